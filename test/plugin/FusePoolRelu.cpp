//===- FusePoolRelu.cpp - a plug-in that fuses what alexc does not -----------===//
//
// alexc fuses the ops behind a max_pool only if a lrn leads to it. This pass
// does it for every max_pool: all that a fusion needs is where kernels start.

#include "compiler/Fusion.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;
using namespace alexc;

namespace {
struct FusePoolRelu : PassWrapper<FusePoolRelu, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FusePoolRelu)

  StringRef getArgument() const override { return "example-fuse-pool-relu"; }
  StringRef getDescription() const override {
    return "Fuse the elementwise ops behind a max_pool into its kernel";
  }

  void runOnOperation() override {
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = [](Operation *op) { return isa<MaxPoolOp>(op); };
    fuseChains(getOperation(), rules);
  }
};
} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "example-fuse-pool-relu", "1",
          [] { PassRegistration<FusePoolRelu>(); }};
}
