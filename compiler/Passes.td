//===- Passes.td - the graph passes, in pipeline order -----------------------===//

#ifndef ALEXC_COMPILER_PASSES_TD
#define ALEXC_COMPILER_PASSES_TD

include "mlir/Pass/PassBase.td"

/// A pass on the functions of a network, one at a time.
class AlexPass<string name> : Pass<name, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::alexc::AlexDialect"];
}

/// A pass on a whole network.
class AlexModulePass<string name> : Pass<name, "::mlir::ModuleOp"> {
  let dependentDialects = ["::alexc::AlexDialect", "::mlir::func::FuncDialect"];
}

//===----------------------------------------------------------------------===//
// Phase "import"
//===----------------------------------------------------------------------===//

def MarkLayersPass : AlexModulePass<"alex-mark-layers"> {
  let summary = "Mark the layers whose values are kept and those that fuse with nothing";
  let description = [{
    What `--keep LAYER` and `--no-fuse=LAYER` ask for, as attributes that later
    passes respect. With `keep=relu1 no-fuse=conv2`:

    ```mlir
    %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
    ==>
    ```mlir
    %relu1 = alex.relu %conv1 {alex.keep, layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
    A name that is no layer's is an error, and so is a layer that a fused op
    holds already. Changes no number.
  }];
  let options = [
    ListOption<"keep", "keep", "std::string", "Layers whose value stays in memory">,
    ListOption<"noFuse", "no-fuse", "std::string", "Layers that get a kernel of their own">,
  ];
}

//===----------------------------------------------------------------------===//
// Phase "fuse"
//===----------------------------------------------------------------------===//

def LayersOption : ListOption<"layers", "layers", "std::string",
                              "Layers whose kernels may grow; all if empty">;
def MaxEpilogueOpsOption : Option<"maxEpilogueOps", "max-epilogue-ops", "int64_t",
                                  /*default=*/"-1",
                                  "Ops that may join a kernel; any number if negative">;

def FuseConvReluPass : AlexPass<"alex-fuse-conv-relu"> {
  let summary = "Fuse the elementwise ops behind a conv2d into its kernel";
  let description = [{
    ```mlir
    %conv1 = alex.conv2d %x, %w {layer = "conv1"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
    %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
    ```
    ==>
    ```mlir
    %0 = alex.fused(%x, %w) {layer = "conv1+relu1"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
    ^bb0(%a: tensor<1x3x8x8xf32>, %b: tensor<4x3x3x3xf32>):
      %conv1 = alex.conv2d %a, %b {layer = "conv1"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
      %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
      alex.yield %relu1 : tensor<1x4x6x6xf32>
    }
    ```
    Any number of relu, tanh, sigmoid, scale and dropout may follow. Does not
    apply where the value between two ops has other users, is the result of the
    entry, or is marked `alex.keep`; nor to ops marked `alex.no_fuse`; nor to an
    op that reads a second value (add). Bit-exact. The value of the convolution
    is no longer stored.
  }];
  let options = [LayersOption, MaxEpilogueOpsOption];
}

def FuseLrnPoolPass : AlexPass<"alex-fuse-lrn-pool"> {
  let summary = "Fuse a lrn with the max_pool that reads it";
  let description = [{
    ```mlir
    %norm1 = alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
    %pool1 = alex.max_pool %norm1 window [3, 3] stride [2, 2] {layer = "pool1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
    ```
    ==>
    ```mlir
    %0 = alex.fused(%x) {layer = "norm1+pool1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32> {
    ^bb0(%a: tensor<1x8x7x7xf32>):
      %norm1 = alex.lrn %a across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
      %pool1 = alex.max_pool %norm1 window [3, 3] stride [2, 2] {layer = "pool1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
      alex.yield %pool1 : tensor<1x8x3x3xf32>
    }
    ```
    Elementwise ops behind the pool join too. Does not apply where the lrn is
    read by anything else, or by another op than a max_pool, or normalises
    within one channel; otherwise as `alex-fuse-conv-relu`. Bit-exact. The normalised image is no longer stored;
    the kernel keeps a ring of its rows.
  }];
  let options = [LayersOption];
}

def FuseLinearReluPass : AlexPass<"alex-fuse-linear-relu"> {
  let summary = "Fuse the elementwise ops behind a linear into its kernel";
  let description = [{
    ```mlir
    %fc6 = alex.linear %x, %w {layer = "fc6"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
    %relu6 = alex.relu %fc6 {layer = "relu6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
    %drop6 = alex.scale %relu6 by 5.0e-1 {layer = "drop6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
    ```
    ==>
    ```mlir
    %0 = alex.fused(%x, %w) {layer = "fc6+relu6+drop6"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32> {
    ^bb0(%a: tensor<1x8xf32>, %b: tensor<4x8xf32>):
      %fc6 = alex.linear %a, %b {layer = "fc6"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
      %relu6 = alex.relu %fc6 {layer = "relu6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
      %drop6 = alex.scale %relu6 by 5.0e-1 {layer = "drop6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
      alex.yield %drop6 : tensor<1x4xf32>
    }
    ```
    Does not apply where `alex-fuse-conv-relu` does not. Bit-exact. The values
    of all layers but the last are no longer stored.
  }];
  let options = [LayersOption, MaxEpilogueOpsOption];
}

//===----------------------------------------------------------------------===//
// Phase "select"
//===----------------------------------------------------------------------===//

def SelectPass : AlexModulePass<"alex-select"> {
  let summary = "Choose the kernel and the layouts of each op";
  let description = [{
    Asks the kernel catalog for the ways to compute each op, and takes those
    that are predicted to be fastest together, reorders between kernels of
    different layouts included. Every value is placed, on device 0; a kernel
    writes as large a halo as the readers of its result want.

    ```mlir
    func.func @infer_1(%x: tensor<1x16x4x4xf32> {alex.input}, %w: tensor<16x16x3x3xf32> {alex.state = "conv.weight"})
        -> tensor<1x16x2x2xf32> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
      %conv = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x16x4x4xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x2x2xf32>
      return %conv : tensor<1x16x2x2xf32>
    }
    ```
    ==>
    ```mlir
    func.func @infer_1(%x: tensor<1x16x4x4xf32, #alex.on<0>> {alex.input}, %w: tensor<16x16x3x3xf32, #alex.on<0>> {alex.state = "conv.weight"})
        -> tensor<1x16x2x2xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
      %0 = alex.reorder %w {alex.kernel = "loops", layer = "reorder of conv.weight"} : tensor<16x16x3x3xf32, #alex.on<0>> to tensor<16x16x3x3xf32, #alex.on<0, kcrs16c16k>>
      %1 = alex.reorder %x {alex.kernel = "loops", layer = "reorder of input"} : tensor<1x16x4x4xf32, #alex.on<0>> to tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>
      %conv = alex.conv2d %1, %0 {alex.kernel = "conv_direct", layer = "conv"} : (tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>, tensor<16x16x3x3xf32, #alex.on<0, kcrs16c16k>>) -> tensor<1x16x2x2xf32, #alex.on<0, nchw16c>>
      %2 = alex.reorder %conv {alex.kernel = "loops", layer = "reorder of conv"} : tensor<1x16x2x2xf32, #alex.on<0, nchw16c>> to tensor<1x16x2x2xf32, #alex.on<0>>
      return %2 : tensor<1x16x2x2xf32, #alex.on<0>>
    }
    ```
    Input, state and result stay in the logical layout. An op without kernel is
    an error, and so is a value that is placed already. The kernels decide the
    order of additions, so this changes rounding.
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", /*default=*/"\"\"",
           "CPU to choose for, as for --mcpu; recorded in the module's alex.cpu, which is the default">,
    ListOption<"force", "force", "std::string", "LAYER:KERNEL: the kernel of a layer">,
  ];
}

def ExtractLoadPass : AlexModulePass<"alex-extract-load"> {
  let summary = "Move the reorders of parameters into an entry that runs once";
  let description = [{
    ```mlir
    func.func @infer_1(%x: tensor<1x16x2x2xf32, #alex.on<0>> {alex.input}, %w: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv.weight"})
        -> tensor<1x16x2x2xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
      %0 = alex.reorder %w {alex.kernel = "loops"} : tensor<16x16x1x1xf32, #alex.on<0>> to tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
      %conv = alex.conv2d %x, %0 {alex.kernel = "conv_direct"} : (tensor<1x16x2x2xf32, #alex.on<0>>, tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>) -> tensor<1x16x2x2xf32, #alex.on<0>>
      return %conv : tensor<1x16x2x2xf32, #alex.on<0>>
    }
    ```
    ==>
    ```mlir
    func.func @infer_1(%x: tensor<1x16x2x2xf32, #alex.on<0>> {alex.input}, %w: tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.state = "conv.weight"})
        -> tensor<1x16x2x2xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
      %conv = alex.conv2d %x, %w {alex.kernel = "conv_direct"} : (tensor<1x16x2x2xf32, #alex.on<0>>, tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>) -> tensor<1x16x2x2xf32, #alex.on<0>>
      return %conv : tensor<1x16x2x2xf32, #alex.on<0>>
    }
    func.func @load(%w: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv.weight"})
        -> (tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.state = "conv.weight"}) attributes {alex.entry = "load"} {
      %0 = alex.reorder %w {alex.kernel = "loops"} : tensor<16x16x1x1xf32, #alex.on<0>> to tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
      return %0 : tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
    }
    ```
    Entries that want the same form of a parameter share it. A parameter that
    is used as it lies in the file stays an argument of its own. Bit-exact.
  }];
}

//===----------------------------------------------------------------------===//
// Phase "plan-memory"
//===----------------------------------------------------------------------===//

def PlanMemoryPass : AlexModulePass<"alex-plan-memory"> {
  let summary = "Give each value an address";
  let description = [{
    Input and result of an entry lie in segment `io`, parameters in `param` as
    the file has them or in `weights` as `load` writes them, and everything
    else in `scratch`, where values that are never alive at the same time share
    room: the largest value first, each at the lowest offset that is free
    during its life. A flatten of a value in the logical layout is a view: it
    gets its operand's address.

    ```mlir
    %relu = alex.relu %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    %tanh = alex.tanh %relu {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    return %tanh : tensor<1x8xf32, #alex.on<0>>
    ```
    ==>
    ```mlir
    %relu = alex.relu %x {alex.at = [#alex.at<scratch, 0>], alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    %tanh = alex.tanh %relu {alex.at = [#alex.at<io, 64>], alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    return %tanh : tensor<1x8xf32, #alex.on<0>>
    ```
    The entry's `alex.scratch` is the bytes it needs. Without `reuse` each value
    gets room of its own, so that all of them can be looked at after a run. An
    entry that returns its own argument is an error. Bit-exact.
  }];
  let options = [Option<"reuse", "reuse", "bool", /*default=*/"true",
                        "Let values that are never alive together share room">];
}

//===----------------------------------------------------------------------===//
// Ends of phases
//===----------------------------------------------------------------------===//

def VerifyPhasePass : AlexModulePass<"alex-verify-phase"> {
  let summary = "Check what a phase of the graph pipeline promises to the next";
  let description = [{
    Each phase promises what those before it do, and:

    | phase         | promise                                                    |
    |---------------|------------------------------------------------------------|
    | `import`      | entries of layers, whose arguments are one input and state |
    | `fuse`        | nothing is placed yet                                      |
    | `select`      | each value is placed, each op has a kernel, on one device  |
    | `plan-memory` | each value has an address, and no two live ones overlap    |

    Errors name the op and what was wanted and got. Changes nothing.
  }];
  let options = [Option<"phase", "phase", "std::string", /*default=*/"\"import\"",
                        "The phase that has just ended">];
}

#endif // ALEXC_COMPILER_PASSES_TD
