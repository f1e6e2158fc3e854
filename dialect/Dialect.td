//===- Dialect.td - the alex dialect and its attributes ------------------===//
//
// What every other .td of this folder builds on: the dialect, the enums, and
// the tensor encoding that says where a value lives and how it is laid out.

#ifndef ALEXC_DIALECT_TD
#define ALEXC_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/TensorEncoding.td"

def AlexDialect : Dialect {
  let name = "alex";
  let cppNamespace = "::alexc";
  let summary = "Convolutional networks of the AlexNet family, as their users think of them";
  let description = [{
    One op per layer, on tensors. Letter code of all shapes: N batch, C H W
    input, K filters, R S window, P Q output. The logical layout is always
    (N, C, H, W) for activations and (K, C/groups, R, S) for filters; where a
    value lives and how its bytes are laid out is said by the encoding of its
    type, `#alex.on`. A type without encoding is not placed yet.

    Parameters are arguments of an entry function and carry `alex.state`, the
    name of the tensor in the weights file. Attributes of the dialect on other
    ops:

    | attribute      | on               | value                                        |
    |----------------|------------------|----------------------------------------------|
    | `alex.network` | module           | what the spec says of the network as a whole |
    | `alex.target`  | module           | `"cpu"`, the default, or `"cuda"`            |
    | `alex.cpu`     | module           | name of the CPU to compile for               |
    | `alex.gpu`     | module           | architecture of the GPU: `"sm_90"`           |
    | `alex.devices` | module           | how many devices it is placed on             |
    | `alex.plan`    | module           | name of the plan that placed it: `"paper"`   |
    | `alex.link_precision` | module    | to what values are rounded that cross: `"fp16"` |
    | `alex.entry`   | function         | what it is for, see below                    |
    | `alex.batch`   | function         | images of one execution                      |
    | `alex.scratch` | function         | bytes that its values need between them, of several devices an array |
    | `alex.input`   | argument         | unit: the images                             |
    | `alex.labels`  | argument         | unit: the images' classes                    |
    | `alex.state`   | argument, result | the parameter's name in the weights file     |
    | `alex.momentum` | argument, result | the parameter whose momentum it is          |
    | `alex.gradient` | argument, result | the parameter whose gradient it is          |
    | `alex.rows`    | argument, result | `[first, count]`: these rows of the parameter only |
    | `alex.rate_factor` | argument     | times the learning rate; 0 freezes it        |
    | `alex.decay_factor` | argument    | times the weight decay                       |
    | `alex.output`  | result           | `"loss"`, `"prob"` or `"input_gradient"`     |
    | `alex.at`      | argument, result | `#alex.at`: its address                      |
    | `alex.at`      | layer            | array of `#alex.at`, one per result          |
    | `alex.kernel`  | layer            | the kernel that computes it                  |
    | `alex.keep`    | layer            | unit: its value must exist in memory         |
    | `alex.no_fuse` | layer            | unit: it joins no kernel                     |
    | `alex.pieces`  | layer            | in how many pieces other plans cut its filters: it gets a kernel that these can have |
    | `alex.part`    | layer            | `[dimension, first]`: its value is a part of the layer's, which begins there |

    Entries: `infer` (images to probabilities), `evaluate` (with labels, to loss
    and probabilities), `train_step` (one update of all parameters), `gradients`
    and `apply` (the same in two halves), `load` (parameters into the forms that
    kernels want). A result `alex.state` or `alex.momentum` is the new value of
    the argument of that name and lies where it lies.
  }];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasConstantMaterializer = 0;
}

class AlexEnum<string name, string summary, list<I32EnumCase> cases>
    : I32Enum<name, summary, cases> {
  let cppNamespace = "::alexc";
}

/// Which elements a local response normalisation sums over.
def LrnForm : AlexEnum<"LrnForm", "window of a local response normalisation", [
  I32EnumCase<"across", 0>, // `size` neighbouring channels, same pixel
  I32EnumCase<"within", 1>  // `size` x `size` pixels of the same channel
]>;

/// What alpha of a local response normalisation multiplies.
def AlphaForm : AlexEnum<"AlphaForm", "meaning of alpha in a local response normalisation", [
  I32EnumCase<"sum", 0>, // the sum of squares (the paper)
  I32EnumCase<"mean", 1> // the sum divided by the number of window elements
]>;

/// Where a dropout puts the factor that keeps the expectation.
def DropoutForm : AlexEnum<"DropoutForm", "form of a dropout", [
  I32EnumCase<"paper", 0>,   // training drops, inference multiplies by 1 - rate
  I32EnumCase<"inverted", 1> // training drops and divides by 1 - rate
]>;

/// Memory that a network has on a device; runtime/alexrt.h says what each holds.
def Segment : AlexEnum<"Segment", "memory segment of a device", [
  I32EnumCase<"param", 0>, I32EnumCase<"weights", 1>,
  I32EnumCase<"scratch", 2>, I32EnumCase<"io", 3>,
  I32EnumCase<"momentum", 4>, I32EnumCase<"gradient", 5>,
  I32EnumCase<"step", 6>
]>;

class AlexEnumAttr<I32Enum enum, string mnemonic>
    : EnumAttr<AlexDialect, enum, mnemonic>;
def LrnFormAttr : AlexEnumAttr<LrnForm, "lrn_form">;
def AlphaFormAttr : AlexEnumAttr<AlphaForm, "alpha_form">;
def DropoutFormAttr : AlexEnumAttr<DropoutForm, "dropout_form">;

def LayoutParameter : AttrParameter<"::alexc::Layout", "physical layout"> {
  let parser = "::alexc::Layout::parse($_parser)";
  let printer = "$_self.print($_printer)";
  let defaultValue = "::alexc::Layout()";
}

def OnAttr : AttrDef<AlexDialect, "On", [
    DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let mnemonic = "on";
  let summary = "Where a tensor lives and how it is laid out";
  let description = [{
    The encoding of a placed tensor: its device, and its physical layout where
    that is not the logical one. Layouts:

    | keyword      | physical order                                         |
    |--------------|--------------------------------------------------------|
    | `nchw`       | as the type says; for filters (K, C/groups, R, S)      |
    | `nchw16c`    | (N, C/16, H, W, 16): channels in blocks of 16          |
    | `cn32`       | (N/32, C, 32): rank 2, feature-major, batches of 32    |
    | `kcrs16c32k` | (K/32, C/16, R, S, 16, 32): filters, packed in panels  |
    | `kcrs32k`    | (K/32, C, R, S, 32): filters of a layer with few channels |
    | `ckrs16k32c` | (C/32, K/16, R, S, 16, 32): the filters of a gradient, whose channels are its results; the windows turned around |

    Any block size up to 4096 may stand for 16 and 32. `halo [top, left, bottom, right]`
    after an activation's layout says that each plane is stored with that many
    rows and columns of zeros around it, which its producer writes. In memory a
    value takes at most 2^50 bytes.

    Example: `tensor<1x96x27x27xf32, #alex.on<0, nchw16c halo [2, 2, 2, 2]>>`
  }];
  let parameters = (ins "int64_t":$device, LayoutParameter:$layout);
  let genVerifyDecl = 1;
  let assemblyFormat = "`<` $device (`,` $layout^)? `>`";
}

def AtAttr : AttrDef<AlexDialect, "At"> {
  let mnemonic = "at";
  let summary = "Address of a value: segment and offset in bytes";
  let description = [{
    Where `alex-plan-memory` put a value. In segments `param`, `momentum` and
    `gradient` the offset is the number of the parameter in the network's list
    instead, and `start` the byte of it where the value begins. Neither is beyond
    2^56. Segments are of one device.

    Examples: `#alex.at<scratch, 4096>`, `#alex.at<param, 3 + 1024 on 1>`
  }];
  let parameters = (ins EnumParameter<Segment>:$segment, "int64_t":$offset,
                        DefaultValuedParameter<"int64_t", "0">:$start,
                        DefaultValuedParameter<"int64_t", "0">:$device);
  let builders = [AttrBuilder<(ins "::alexc::Segment":$segment, "int64_t":$offset),
                              [{ return $_get($_ctxt, segment, offset, 0, 0); }]>];
  let genVerifyDecl = 1;
  let assemblyFormat = "`<` $segment `,` $offset (`+` $start^)? (`on` $device^)? `>`";
}

def StepType : TypeDef<AlexDialect, "Step"> {
  let mnemonic = "step";
  let summary = "Numbers of one training step";
  let description = [{
    What a kernel needs to know of the step at hand: learning rate, momentum,
    weight decay, seed, the step's number and the number of the batch's first
    image in it. Read from memory at run time (AlexrtStep in alexrt.h), so that
    neither a schedule nor a seed is compiled in.
  }];
}
def Step : Type<CPred<"::llvm::isa<::alexc::StepType>($_self)">, "numbers of a training step",
                "::alexc::StepType">,
           BuildableType<"::alexc::StepType::get($_builder.getContext())">;

/// What a value of a network may be: no dimension unknown or empty, and few
/// enough elements that no product of sizes overflows.
class NetworkTensor<Type type, string rank, string element = "f32"> : ConfinedType<type,
    [CPred<"::alexc::hasUsableShape(::llvm::cast<::mlir::ShapedType>($_self).getShape())">],
    element # " tensor of " # rank # "fixed, positive dimensions and at most 2^40 elements">;

defvar maxSize = 1073741824; // 2^30: sums and products with dimensions stay in 64 bits
def DenseArraySmall : AttrConstraint<
    CPred<"::llvm::all_of(::llvm::cast<::mlir::DenseI64ArrayAttr>($_self).asArrayRef(), "
          "[](int64_t v) { return v <= " # !cast<string>(maxSize) # "; })">,
    "whose maximum value is " # !cast<string>(maxSize)>;

#endif // ALEXC_DIALECT_TD
