//===- Ops.td - the ops of the alex dialect, in network order -------------===//
//
// What each op is. What makes one wrong beyond what is said here is in
// Verify.cpp under the same label; result types are in InferTypes.cpp,
// canonicalizers in Fold.cpp, costs and fusion rules in Layers.cpp.

#ifndef ALEXC_OPS_TD
#define ALEXC_OPS_TD

include "dialect/Dialect.td"
include "dialect/Interfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def F32Value : NetworkTensor<RankedTensorOf<[F32]>, "">;
def F32Vector : NetworkTensor<TensorRankOf<[F32], [1]>, "rank 1, ">; // (K)
def F32Rows : NetworkTensor<TensorRankOf<[F32], [2]>, "rank 2, ">;   // (N, C)
def F32Images : NetworkTensor<TensorRankOf<[F32], [4]>, "rank 4, ">; // (N, C, H, W) or (K, C/groups, R, S)
def I8Images : NetworkTensor<TensorRankOf<[I8], [4]>, "rank 4, ", "i8">;     // (N, C, P, Q)
def I32Vector : NetworkTensor<TensorRankOf<[I32], [1]>, "rank 1, ", "i32">;  // (N)
def HalfValue : NetworkTensor<RankedTensorOf<[F16, BF16]>, "", "f16 or bf16">;
/// A tensor of any kind.
def NetworkValue : AnyTypeOf<[F32Value, I8Images, I32Vector]>;
/// What may lie on one device and be read on another.
def TransferredValue : AnyTypeOf<[F32Value, I8Images, I32Vector, HalfValue]>;
/// What a kernel may read or write.
def KernelValue : AnyTypeOf<[F32Value, I8Images, I32Vector, Step]>;

/// A dimension that values are cut along: 0, images or filters, or 1, channels.
def OuterDim : ConfinedAttr<I64Attr, [IntNonNegative, IntMaxValue<1>]>;
def PositiveI64 : ConfinedAttr<I64Attr, [IntPositive, IntMaxValue<maxSize>]>;
def NonNegativeI64 : ConfinedAttr<I64Attr, [IntNonNegative, IntMaxValue<maxSize>]>;
def PositivePairAttr : ConfinedAttr<DenseI64ArrayAttr, // [vertical, horizontal]
    [DenseArrayCount<2>, DenseArrayStrictlyPositive<DenseI64ArrayAttr>, DenseArraySmall]>;
def OriginAttr : ConfinedAttr<DenseI64ArrayAttr, // [image, element]
    [DenseArrayCount<2>, DenseArrayNonNegative<DenseI64ArrayAttr>]>;
def PadAttr : ConfinedAttr<DenseI64ArrayAttr, // [top, left, bottom, right]
    [DenseArrayCount<4>, DenseArrayNonNegative<DenseI64ArrayAttr>, DenseArraySmall]>;

/// The layer's name names the SSA value: `%conv1 = alex.conv2d ...`.
def NamedAfterLayer : NativeOpTrait<"NamedAfterLayer", [], [{
  void getAsmResultNames(::mlir::OpAsmSetValueNameFn setName) {
    ::alexc::nameResultsAfterLayer(getOperation(), setName);
  }
}]> {
  let cppNamespace = "::alexc";
}

/// A layer whose kernel elementwise ops may join: its generator ends in an
/// epilogue. Other methods of the interface are in Layers.cpp.
def EndsInEpilogue : NativeOpTrait<"EndsInEpilogue", [], [{
  ::std::string refuseConsumer(::mlir::Operation *consumer) {
    return ::alexc::refuseUnlessElementwise(consumer);
  }
}]> {
  let cppNamespace = "::alexc";
}
class EpilogueLayer<list<string> methods = []>
    : TraitList<[DeclareOpInterfaceMethods<LayerOpInterface, methods>, EndsInEpilogue]>;

/// An op that computes one value. `layer` is its name in the spec.
class AlexOp<string mnemonic, list<Trait> traits = []>
    : Op<AlexDialect, mnemonic, !listconcat([Pure, OpAsmOpInterface, NamedAfterLayer], traits)>;

/// An op whose result shape follows from its operands and attributes. Places
/// (device, layout) are not part of that check: `alex-verify-phase` is.
class InferredOp<string mnemonic, list<Trait> traits = []>
    : AlexOp<mnemonic, !listconcat([InferTypeOpAdaptorBase<[{
        static bool isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange got) {
          return ::alexc::haveSameShapes(inferred, got);
        }
      }]>], traits)>;

/// An op whose result has the type of its first operand.
class SameTypeOp<string mnemonic, list<Trait> traits = []> : InferredOp<mnemonic, traits> {
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *, ::std::optional<::mlir::Location>, Adaptor op,
        ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      types.push_back(op.getOperands().front().getType());
      return ::mlir::success();
    }
  }];
}

/// y[i] = f(x[i]): same shape, any rank, may run in a producer's epilogue.
class ActivationOp<string mnemonic, list<Trait> traits = []>
    : SameTypeOp<mnemonic, !listconcat([Elementwise, EpilogueLayer<>,
        DeclareOpInterfaceMethods<DifferentiableOpInterface>], traits)> {
  dag activationArguments = (ins F32Value:$input, OptionalAttr<StrAttr>:$layer);
  let arguments = activationArguments;
  let results = (outs F32Value:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Layers, in network order
//===----------------------------------------------------------------------===//

def Conv2dOp : InferredOp<"conv2d", [
    EpilogueLayer<["getMacs"]>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Convolve images with grouped filters and add a bias per filter";
  let description = [{
    y[n,k,p,q] = bias[k] + sum over c,r,s of
        x[n, g*C/groups + c, p*stride_h + r - top, q*stride_w + s - left] * w[k,c,r,s]
    where g = k / (K/groups) and pixels outside the image are zero. `pad` is
    [top, left, bottom, right], `stride` [vertical, horizontal].

    Example:
    ```mlir
    %conv1 = alex.conv2d %x, %w, %b stride [4, 4] pad [0, 0, 3, 3] {layer = "conv1"}
      : (tensor<1x3x224x224xf32>, tensor<96x3x11x11xf32>, tensor<96xf32>) -> tensor<1x96x55x55xf32>
    ```
    **Constraints:** (conv2d_c1) C is divisible by groups. (conv2d_c2) K is
    divisible by groups. (conv2d_c3) the filter has C/groups channels.
    (conv2d_c4) the bias has K elements. (conv2d_c5) the window fits into the
    padded image. P = (H + top + bottom - R) / stride_h + 1, rounded down; Q
    likewise. (conv2d_c6) it takes fewer than 2^63 multiply-adds.
  }];
  let arguments = (ins
    F32Images:$input,         // (N, C, H, W)
    F32Images:$filter,        // (K, C/groups, R, S)
    Optional<F32Vector>:$bias, // (K)
    DefaultValuedAttr<PositivePairAttr, "{1, 1}">:$stride,
    DefaultValuedAttr<PadAttr, "{0, 0, 0, 0}">:$pad,
    DefaultValuedAttr<PositiveI64, "1">:$groups,
    OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Images:$output); // (N, K, P, Q)
  let assemblyFormat = [{
    $input `,` $filter (`,` $bias^)? (`stride` $stride^)? (`pad` $pad^)?
    (`groups` $groups^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def ReluOp : ActivationOp<"relu"> {
  let summary = "Clamp negative values to zero";
  let description = [{
    y = max(x, 0).

    Example: `%relu1 = alex.relu %conv1 : (tensor<1x96x55x55xf32>) -> tensor<1x96x55x55xf32>`
  }];
  let hasFolder = 1;
}

def TanhOp : ActivationOp<"tanh"> {
  let summary = "Squash values into (-1, 1)";
  let description = [{
    y = tanh(x).

    Example: `%t = alex.tanh %x : (tensor<1x8xf32>) -> tensor<1x8xf32>`
  }];
}

def SigmoidOp : ActivationOp<"sigmoid"> {
  let summary = "Squash values into (0, 1)";
  let description = [{
    y = 1 / (1 + exp(-x)).

    Example: `%s = alex.sigmoid %x : (tensor<1x8xf32>) -> tensor<1x8xf32>`
  }];
}

def LrnOp : SameTypeOp<"lrn", [
    DeclareOpInterfaceMethods<LayerOpInterface, ["refuseConsumer"]>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Normalise each value by the energy of its neighbours";
  let description = [{
    y = x / (k + a * sum of x'^2 over the window)^beta. `across`: the window is
    the `size` channels centred on this one, same pixel, from c - size/2 to
    c - size/2 + size - 1, cut off at the edges of the channel group (C /
    `groups` channels). `within`: the window is the size x size pixels centred
    on this one, same channel, cut off at the image's edges. `alpha_is sum`:
    a = alpha. `alpha_is mean`: a = alpha / size across channels, alpha /
    size^2 within one, at the edges too.

    Example (the paper's, section 3.3, inside each of two towers):
    ```mlir
    %lrn1 = alex.lrn %relu1 across size 5 k 2.0 alpha 1.0e-4 beta 0.75 groups 2
      : (tensor<1x96x55x55xf32>) -> tensor<1x96x55x55xf32>
    ```
    **Constraints:** (lrn_c1) C is divisible by groups. (lrn_c2) `within` has
    one group. (lrn_c3) k, alpha and beta are finite and not negative, and k is
    positive.
  }];
  let arguments = (ins
    F32Images:$input,
    LrnFormAttr:$form,
    PositiveI64:$size,
    F64Attr:$k,
    F64Attr:$alpha,
    F64Attr:$beta,
    DefaultValuedAttr<AlphaFormAttr, "::alexc::AlphaForm::sum">:$alpha_form,
    DefaultValuedAttr<PositiveI64, "1">:$groups,
    OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Images:$output);
  let assemblyFormat = [{
    $input $form `size` $size `k` $k `alpha` $alpha `beta` $beta
    (`alpha_is` $alpha_form^)? (`groups` $groups^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

/// `moreResults` may or may not be there.
class PoolOp<string mnemonic, dag moreResults = (outs)> : AlexOp<mnemonic, [
    InferTypeOpAdaptorBase<[{
      static bool isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange got) {
        return !got.empty() && ::alexc::haveSameShapes(inferred, got.take_front());
      }
    }]>,
    EpilogueLayer<>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let arguments = (ins
    F32Images:$input,
    PositivePairAttr:$window,
    DefaultValuedAttr<PositivePairAttr, "{1, 1}">:$stride,
    DefaultValuedAttr<PadAttr, "{0, 0, 0, 0}">:$pad,
    UnitAttr:$ceil,
    OptionalAttr<StrAttr>:$layer);
  let results = !con((outs F32Images:$output), moreResults);
  let assemblyFormat = [{
    $input `window` $window (`stride` $stride^)? (`pad` $pad^)? (`ceil` $ceil^)?
    attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def MaxPoolOp : PoolOp<"max_pool", (outs Optional<I8Images>:$argmax)> {
  let summary = "Keep the largest value of each window";
  let description = [{
    y[n,c,p,q] = max of x over the R x S pixels from (p*stride_h - top,
    q*stride_w - left); pixels outside the image are ignored. `ceil` rounds P
    and Q up, but a window never starts beyond the image and its left and top
    padding. The second result, which only training asks for, says which pixel
    of its window each value is: r * S + s, the first of equal ones, as an
    unsigned byte.

    Example (the paper's overlapping pool, section 3.4):
    ```mlir
    %pool1 = alex.max_pool %lrn1 window [3, 3] stride [2, 2]
      : (tensor<1x96x55x55xf32>) -> tensor<1x96x27x27xf32>
    ```
    **Constraints:** (pool_c1) the window fits into the padded image. (pool_c2)
    the padding on each side is smaller than the window, so that each window
    holds a pixel. (max_pool_c1) the second result has the shape of the first,
    and then the window holds at most 256 pixels.
  }];
}

def AvgPoolOp : PoolOp<"avg_pool"> {
  let summary = "Average the pixels of each window";
  let description = [{
    y[n,c,p,q] = mean of x over the pixels of the window that lie inside the
    image (padding is not counted). Windows as in `alex.max_pool`.

    Example:
    ```mlir
    %pool2 = alex.avg_pool %x window [3, 3] stride [2, 2] ceil
      : (tensor<1x32x16x16xf32>) -> tensor<1x32x8x8xf32>
    ```
    **Constraints:** (pool_c1) and (pool_c2) as for `alex.max_pool`.
  }];
}

def FlattenOp : InferredOp<"flatten", [LayerOpInterface,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "See the pixels of each image as one row";
  let description = [{
    (N, C, H, W) becomes (N, C*H*W), the order of the elements stays.

    Example: `%flat = alex.flatten %pool5 : (tensor<1x256x6x6xf32>) -> tensor<1x9216xf32>`
  }];
  let arguments = (ins F32Images:$input, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Rows:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def LinearOp : InferredOp<"linear", [
    EpilogueLayer<["getMacs"]>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Multiply rows by a weight matrix and add a bias";
  let description = [{
    y[n,k] = bias[k] + sum over c of x[n,c] * w[k,c].

    Example:
    ```mlir
    %fc6 = alex.linear %flat, %w, %b {layer = "fc6"}
      : (tensor<1x9216xf32>, tensor<4096x9216xf32>, tensor<4096xf32>) -> tensor<1x4096xf32>
    ```
    **Constraints:** (linear_c1) the weights have C columns. (linear_c2) the
    bias has K elements.
  }];
  let arguments = (ins
    F32Rows:$input,            // (N, C)
    F32Rows:$filter,           // (K, C)
    Optional<F32Vector>:$bias, // (K)
    OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Rows:$output); // (N, K)
  let assemblyFormat = [{
    $input `,` $filter (`,` $bias^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def DropoutOp : ActivationOp<"dropout"> {
  let summary = "Drop values at random while training, scale them otherwise";
  let description = [{
    A piece of a value says where it begins in the whole: `origin [image,
    element]`, its first image in the batch and its first element in each image.
    Then n and i below count from there.

    Without `step`, at inference: y = (1 - rate) * x in the paper's form
    (section 4.2), y = x in the inverted form. It canonicalizes to `alex.scale`,
    or to nothing.

    With `step`, in training: y = 0 with probability rate, else x, or x / (1 -
    rate) in the inverted form. Element i (row-major) of the batch's image n is
    dropped where word i mod 4 of Philox 4x32-10 is below rate * 2^32, with the
    seed as key and the counter (i / 4, first image + n, step, FNV-1a of
    "STREAM:dropout"). So the mask is nowhere stored: the gradient is the same
    op on dy.

    Examples:
    ```mlir
    %drop6 = alex.dropout %relu6 rate 0.5 form paper : (tensor<1x4096xf32>) -> tensor<1x4096xf32>
    %drop7 = alex.dropout %relu7, %step rate 0.5 form paper stream "drop7"
      : (tensor<8x4096xf32>, !alex.step) -> tensor<8x4096xf32>
    ```
    **Constraints:** (dropout_c1) 0 <= rate < 1. (dropout_c2) it has a stream
    where it has a step, and only there.
  }];
  let arguments = (ins F32Value:$input, Optional<Step>:$step, F64Attr:$rate,
                       DropoutFormAttr:$form, OptionalAttr<StrAttr>:$stream,
                       DefaultValuedAttr<OriginAttr, "{0, 0}">:$origin,
                       OptionalAttr<StrAttr>:$layer);
  let assemblyFormat = [{
    $input (`,` $step^)? `rate` $rate `form` $form (`stream` $stream^)? (`origin` $origin^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def ScaleOp : ActivationOp<"scale"> {
  let summary = "Multiply by a constant";
  let description = [{
    y = factor * x.

    Example: `%drop6 = alex.scale %relu6 by 0.5 : (tensor<1x4096xf32>) -> tensor<1x4096xf32>`

    **Constraints:** (scale_c1) the factor is finite.
  }];
  let arguments = (ins F32Value:$input, F64Attr:$factor, OptionalAttr<StrAttr>:$layer);
  let assemblyFormat = "$input `by` $factor attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def SoftmaxOp : SameTypeOp<"softmax", [LayerOpInterface,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Turn each row of scores into probabilities";
  let description = [{
    y[n,k] = exp(x[n,k] - m) / sum over j of exp(x[n,j] - m), m the row's maximum.

    Example: `%prob = alex.softmax %fc8 : (tensor<1x1000xf32>) -> tensor<1x1000xf32>`
  }];
  let arguments = (ins F32Rows:$input, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Rows:$output);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def ConcatOp : InferredOp<"concat", [LayerOpInterface,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Put the channels of several values one after the other";
  let description = [{
    Values of equal shape but for the number of channels (dimension 1), or of
    images (dimension 0).

    Examples:
    ```mlir
    %both = alex.concat %left, %right : (tensor<1x48x27x27xf32>, tensor<1x48x27x27xf32>) -> tensor<1x96x27x27xf32>
    %all = alex.concat %first, %second dim 0 : (tensor<64x10xf32>, tensor<64x10xf32>) -> tensor<128x10xf32>
    ```
    **Constraints:** (concat_c1) all dimensions but that one are equal.
  }];
  let arguments = (ins Variadic<F32Value>:$inputs, DefaultValuedAttr<OuterDim, "1">:$dim,
                       OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Value:$output);
  let assemblyFormat = "$inputs (`dim` $dim^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def SliceOp : InferredOp<"slice", [LayerOpInterface,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Take some of the channels";
  let description = [{
    Channels `begin` to `begin + size - 1` (dimension 1), or images, or filters
    (dimension 0). The latter follow each other in memory in all layouts of
    images: nothing is copied.

    Examples:
    ```mlir
    %left = alex.slice %x from 0 size 48 : (tensor<1x96x27x27xf32>) -> tensor<1x48x27x27xf32>
    %half = alex.slice %w dim 0 from 192 size 192 : (tensor<384x256x3x3xf32>) -> tensor<192x256x3x3xf32>
    ```
    **Constraints:** (slice_c1) the channels, images or filters exist.
  }];
  let arguments = (ins NetworkValue:$input,
                       NonNegativeI64:$begin,
                       PositiveI64:$size, DefaultValuedAttr<OuterDim, "1">:$dim,
                       OptionalAttr<StrAttr>:$layer);
  let results = (outs NetworkValue:$output);
  let assemblyFormat = [{
    $input (`dim` $dim^)? `from` $begin `size` $size attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def AddOp : SameTypeOp<"add", [Elementwise,
    EpilogueLayer<>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Add two values";
  let description = [{
    y[i] = a[i] + b[i].

    Example: `%sum = alex.add %a, %b : (tensor<1x8xf32>, tensor<1x8xf32>) -> tensor<1x8xf32>`

    **Constraints:** (add_c1) both have the same shape (trait Elementwise).
  }];
  let arguments = (ins F32Value:$lhs, F32Value:$rhs, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Value:$output);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// What passes add
//===----------------------------------------------------------------------===//

def ReorderOp : AlexOp<"reorder", [LayerOpInterface]> {
  let summary = "Store a value in another physical layout";
  let description = [{
    The same logical value on the same device; only the layout of the type
    differs. The one op that changes a layout; inserted by `alex-select`.

    Example: `%1 = alex.reorder %x : tensor<1x16x4x4xf32, #alex.on<0, nchw16c>> to tensor<1x16x4x4xf32, #alex.on<0>>`

    **Constraints:** (reorder_c1) shape and device stay.
  }];
  let arguments = (ins F32Value:$input, OptionalAttr<StrAttr>:$layer);
  let results = (outs F32Value:$output);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def TransferOp : AlexOp<"transfer", [
    DeclareOpInterfaceMethods<LayerOpInterface, ["getTiedOperand"]>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Bring a value to another device";
  let description = [{
    The same logical value in the same layout; only the device of the type
    differs. The one op that reads what lies on another device; inserted by
    `alex-insert-transfers`. Its gradient is a transfer back. Where a device has a
    copy of a parameter, the new value takes the place of the old one: `into`.

    Examples:
    ```mlir
    %1 = alex.transfer %pool2 : tensor<1x128x13x13xf32, #alex.on<0>> to tensor<1x128x13x13xf32, #alex.on<1>>
    %w2 = alex.transfer %w1 : tensor<4xf32, #alex.on<0>> to tensor<4xf32, #alex.on<1>> into %w : tensor<4xf32, #alex.on<1>>
    ```
    **Constraints:** (transfer_c1) shape and layout stay. (transfer_c2) both
    sides have a device, and not the same. (transfer_c3) what it takes the place
    of has the result's type.
  }];
  let arguments = (ins TransferredValue:$input, Optional<TransferredValue>:$old,
                       OptionalAttr<StrAttr>:$layer);
  let results = (outs TransferredValue:$output);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `to` type($output) (`into` $old^ `:` type($old))?
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$type, "::mlir::Value":$input,
                                 "::mlir::StringAttr":$layer), [{
    build($_builder, $_state, type, input, ::mlir::Value(), layer);
  }]>];
  let hasVerifier = 1;
}

def ConvertOp : AlexOp<"convert", [LayerOpInterface,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "Change the precision of a value that crosses between devices";
  let description = [{
    y[i] = scale * x[i], rounded to the nearest number of the result's type, of two
    equally near ones to the even one. What is beyond the largest number becomes
    that; infinity stays, and so does what is no number. Inserted by
    `alex-compress-transfers`, on both sides of a transfer.

    Example: `%1 = alex.convert %x scale 1024.0 : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf16, #alex.on<0>>`

    **Constraints:** (convert_c1) shape and device stay. (convert_c2) one side is
    f32, the other is not. (convert_c3) the scale is positive and finite.
  }];
  let arguments = (ins AnyTypeOf<[F32Value, HalfValue]>:$input,
                       DefaultValuedAttr<F64Attr, "1.0">:$scale, OptionalAttr<StrAttr>:$layer);
  let results = (outs AnyTypeOf<[F32Value, HalfValue]>:$output);
  let assemblyFormat = "$input (`scale` $scale^)? attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
}

def YieldOp : Op<AlexDialect, "yield", [Pure, Terminator, ReturnLike,
                                        HasParent<"FusedOp">]> {
  let summary = "End the body of a fused op";
  let description = [{
    Example: `alex.yield %relu1 : tensor<1x96x55x55xf32>`
  }];
  let arguments = (ins Variadic<KernelValue>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def FusedOp : AlexOp<"fused", [IsolatedFromAbove, SingleBlock,
    DeclareOpInterfaceMethods<LayerOpInterface,
                              ["getMacs", "refuseConsumer", "getTiedOperand"]>]> {
  let summary = "Ops that run as one kernel";
  let description = [{
    Holds the ops that a fusion merged, so that the interpreter, the verifiers
    and the cost model understand any fusion. Its value is that of its body
    with the operands as block arguments. No value of the body is stored
    except those that it yields. `layer` names the layers joined by `+`.

    Example:
    ```mlir
    %0 = alex.fused(%x, %w) {layer = "conv1+relu1"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
    ^bb0(%a: tensor<1x3x8x8xf32>, %b: tensor<4x3x3x3xf32>):
      %conv1 = alex.conv2d %a, %b : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
      %relu1 = alex.relu %conv1 : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
      alex.yield %relu1 : tensor<1x4x6x6xf32>
    }
    ```
    **Constraints:** (fused_c1) block arguments and operands have the same
    types. (fused_c2) yielded values and results have the same shapes.
    (fused_c3) the body holds alex ops only, and no other fused op. (fused_c4)
    it has a result.
  }];
  let arguments = (ins Variadic<KernelValue>:$inputs, OptionalAttr<StrAttr>:$layer);
  let results = (outs Variadic<NetworkValue>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` attr-dict `:` functional-type(operands, results) $body
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The op whose generator makes the kernel: the first of the body.
    ::mlir::Operation *getRoot() { return &getBody().front().front(); }
    ::alexc::YieldOp getYield();
  }];
}

include "dialect/GradientOps.td"

#endif // ALEXC_OPS_TD
