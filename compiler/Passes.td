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
    read by anything else, or by another op than a max_pool; otherwise as
    `alex-fuse-conv-relu`. Bit-exact. The normalised image is no longer stored;
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
