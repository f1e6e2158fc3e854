//===- Alexrt.td - the alexrt dialect: programs of kernel launches -----------===//
//
// What a network is after planning: per entry one list of launches with the
// address of every argument. The runtime executes it as a table.

#ifndef ALEXRT_TD
#define ALEXRT_TD

include "dialect/Dialect.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

def AlexrtDialect : Dialect {
  let name = "alexrt";
  let cppNamespace = "::alexc";
  let summary = "Programs of kernel launches, as the runtime executes them";
  let description = [{
    A program is data: a list of records on queues. Queue d runs what device d
    computes, queue (devices + d) brings it what other devices have. Records of a
    queue run one after the other, each after the one before it has ended;
    between queues only signals and waits order them. A wait stands behind its
    signal in the list, so the first record that has not ended can always run:
    there is no deadlock. An argument is an address, `#alex.at<segment, offset>`.
    The kernels are functions beside the programs; they hold tensor ops at
    first (one op each) and loops over buffers after `alex-lower-kernels`.
  }];
  let dependentDialects = ["::alexc::AlexDialect"];
}

class AlexrtOp<string mnemonic, list<Trait> traits = []>
    : Op<AlexrtDialect, mnemonic, traits>;

def AddressArrayAttr : TypedArrayAttrBase<AtAttr, "array of addresses">;
def PortTypeAttr : TypeAttrOf<NetworkTensor<RankedTensorOf<[F32, I32]>, "", "f32 or i32">>;
def PartAttr : ConfinedAttr<DenseI64ArrayAttr, // [dimension, first]
    [DenseArrayCount<2>, DenseArrayNonNegative<DenseI64ArrayAttr>, DenseArraySmall]>;
def MacsAttr : ConfinedAttr<I64Attr, [IntNonNegative]>;
def BytesAttr : ConfinedAttr<I64Attr, [IntNonNegative, IntMaxValue<1125899906842624>]>; // 2^50
def QueueAttr : DefaultValuedAttr<ConfinedAttr<I64Attr, [IntNonNegative]>, "0">;
def EventAttr : ConfinedAttr<I64Attr, [IntNonNegative]>;
/// A number for each device: `scratch 128`, or `scratch [128, 64]`.
def ScratchAttr : ConfinedAttr<DenseI64ArrayAttr,
    [DenseArrayNonNegative<DenseI64ArrayAttr>]>;

def ProgramOp : AlexrtOp<"program", [Symbol, SingleBlock, NoTerminator, NoRegionArguments,
                                     IsolatedFromAbove, HasParent<"::mlir::ModuleOp">]> {
  let summary = "What one entry of the network executes";
  let description = [{
    `entry` is what the program is for, as `alex.entry` of Dialect.td. A program
    that takes images has a batch size and ports, the places of its inputs and
    outputs in segment `io`: input and output (the probabilities), and where it
    takes labels these and the loss of each image. Entry "gradients" may have one
    more, the gradient of its input. `scratch` is the size of the scratch memory
    that its launches use, on each device. Inputs have one place on all devices.

    Example:
    ```mlir
    alexrt.program @infer_1 entry "infer" batch 1
        input <io, 0> : tensor<1x8xf32> output <io, 64> : tensor<1x8xf32> scratch 0 {
      alexrt.launch @relu1 [#alex.at<io, 0>] to [#alex.at<io, 64>] {layer = "relu1"}
    }
    ```
    **Constraints:** (program_c1) the entry is "load", "infer", "evaluate",
    "train_step", "gradients" or "apply". (program_c2) an entry has the ports
    that belong to its kind: "infer" batch, input and output; "evaluate",
    "train_step" and "gradients" labels and loss too. (program_c3) ports are in
    segment io. (program_c4) a port has an address and a type; it is on one of
    the program's devices, at a multiple of 4 bytes.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$entry,
    OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$batch,
    OptionalAttr<AtAttr>:$input, OptionalAttr<PortTypeAttr>:$input_type,
    OptionalAttr<AtAttr>:$labels, OptionalAttr<PortTypeAttr>:$labels_type,
    OptionalAttr<AtAttr>:$output, OptionalAttr<PortTypeAttr>:$output_type,
    OptionalAttr<AtAttr>:$loss, OptionalAttr<PortTypeAttr>:$loss_type,
    OptionalAttr<AtAttr>:$input_gradient, OptionalAttr<PortTypeAttr>:$input_gradient_type,
    ScratchAttr:$scratch);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `entry` $entry (`batch` $batch^)? (`input` $input^ `:` $input_type)?
    (`labels` $labels^ `:` $labels_type)? (`output` $output^ `:` $output_type)?
    (`loss` $loss^ `:` $loss_type)?
    (`input_gradient` $input_gradient^ `:` $input_gradient_type)? `scratch` custom<Scratch>($scratch)
    attr-dict-with-keyword $body
  }];
  let extraClassDeclaration = [{
    /// An input or output; `at` is null where the program has none.
    struct Port {
      ::llvm::StringRef name;
      ::alexc::AtAttr at;
      ::mlir::Type type;
    };
    /// input, labels, output, loss and input_gradient.
    ::std::array<Port, 5> getPorts();
    /// How many devices it runs on.
    int64_t getDevices() { return getScratch().size(); }
  }];
  let hasVerifier = 1;
}

/// An op of a program that the table has a record for.
class RecordOp<string mnemonic, list<Trait> traits = []>
    : AlexrtOp<mnemonic, !listconcat([HasParent<"ProgramOp">], traits)>;

def LaunchOp : RecordOp<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Run a kernel over its whole work list";
  let description = [{
    Addresses in the order of the kernel's operands and results. `layer` names
    the layers that the kernel computes, `layers` lists them.

    Example:
    ```mlir
    alexrt.launch @conv1_relu1 [#alex.at<io, 0>, #alex.at<weights, 0>] to [#alex.at<scratch, 0>]
      {layer = "conv1+relu1", layers = ["conv1", "relu1"], macs = 105415200 : i64}
    ```
    **Constraints:** (launch_c1) the kernel exists, beside the program or in
    a gpu.module there, and has `alexrt.kernel`.
    (launch_c2) as many addresses as the kernel has operands and results.
    (launch_c3) offsets are not negative and, where they are bytes, multiples
    of 64, or of 4 in segment io. (launch_c4) parameters and momenta are written in "train_step" and
    "apply" alone, gradients in "gradients", the step's numbers nowhere.
    (launch_c5) scratch addresses lie in the program's scratch memory.
    (launch_c6) its queue is a device's, on which all addresses are.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, AddressArrayAttr:$reads,
    AddressArrayAttr:$writes, DefaultValuedAttr<StrAttr, "\"\"">:$layer,
    DefaultValuedAttr<StrArrayAttr, "{}">:$layers, DefaultValuedAttr<MacsAttr, "0">:$macs,
    QueueAttr:$queue);
  let assemblyFormat = "$kernel $reads `to` $writes attr-dict";
  let hasVerifier = 1;
}

def CopyOp : RecordOp<"copy"> {
  let summary = "Copy bytes from one address to another";
  let description = [{
    Also from one device to another; `layer` is then the one whose value crosses.

    Examples: `alexrt.copy <scratch, 0> to <io, 64> bytes 32`,
    `alexrt.copy <scratch, 0> to <scratch, 64 on 1> bytes 32 {layer = "pool2", queue = 3 : i64}`

    **Constraints:** (copy_c1) addresses as in launch_c3 and launch_c4. (copy_c2)
    its queue exists, and is the target's.
  }];
  let arguments = (ins AtAttr:$source, AtAttr:$target, BytesAttr:$bytes,
                       DefaultValuedAttr<StrAttr, "\"\"">:$layer, QueueAttr:$queue);
  let assemblyFormat = "$source `to` $target `bytes` $bytes attr-dict";
  let hasVerifier = 1;
}

def SignalOp : RecordOp<"signal"> {
  let summary = "Tell other queues that this one has come so far";
  let description = [{
    Example: `alexrt.signal 3 {queue = 1 : i64}`

    **Constraints:** (signal_c1) the queue exists. (signal_c2) no other signal of
    the program has this event.
  }];
  let arguments = (ins EventAttr:$event, QueueAttr:$queue);
  let assemblyFormat = "$event attr-dict";
  let hasVerifier = 1;
}

def WaitOp : RecordOp<"wait"> {
  let summary = "Go on when an event has been signalled";
  let description = [{
    Example: `alexrt.wait 3`

    **Constraints:** (wait_c1) the queue exists. (wait_c2) a signal of this event
    stands before it.
  }];
  let arguments = (ins EventAttr:$event, QueueAttr:$queue);
  let assemblyFormat = "$event attr-dict";
  let hasVerifier = 1;
}

def ValueOp : AlexrtOp<"value", [HasParent<"ProgramOp">]> {
  let summary = "Say that a layer's value is in memory from here on";
  let description = [{
    Executes nothing; `infer --dump` and `info` go by it. Several layers may
    have one address (a flatten only sees its operand in another way), and one
    layer several parts on several devices: `part [dimension, first]`.

    Examples:
    ```mlir
    alexrt.value "relu1" <scratch, 0> : tensor<1x96x55x55xf32, #alex.on<0, nchw16c>>
    alexrt.value "relu2" part [1, 128] <scratch, 0 on 1> : tensor<1x128x27x27xf32, #alex.on<1>>
    ```

    **Constraints:** (value_c1) the address is as in launch_c3. (value_c2) a
    part is along a dimension that the type has.
  }];
  let arguments = (ins StrAttr:$layer, OptionalAttr<PartAttr>:$part, AtAttr:$at,
                       TypeAttrOf<AnyRankedTensor>:$type);
  let assemblyFormat = "$layer (`part` $part^)? $at `:` $type attr-dict";
  let hasVerifier = 1;
}

#endif // ALEXRT_TD
