//===- Passes.td - the graph passes, in pipeline order -----------------------===//

#ifndef ALEXC_COMPILER_PASSES_TD
#define ALEXC_COMPILER_PASSES_TD

include "mlir/Pass/PassBase.td"

class AlexPass<string name> : Pass<name, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::alexc::AlexDialect"];
}

def FuseConvReluPass : AlexPass<"alex-fuse-conv-relu"> {
  let summary = "Fuse the elementwise ops behind a conv2d into its kernel";
}

#endif // ALEXC_COMPILER_PASSES_TD
