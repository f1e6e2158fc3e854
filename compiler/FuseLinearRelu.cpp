//===- FuseLinearRelu.cpp - alex-fuse-linear-relu --------------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_FUSELINEARRELUPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

namespace {
struct FuseLinearReluPass : alexc::impl::FuseLinearReluPassBase<FuseLinearReluPass> {
  using FuseLinearReluPassBase::FuseLinearReluPassBase;

  void runOnOperation() override {
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = [](Operation *op) { return isa<LinearOp>(op); };
    rules.layers = *layers;
    rules.maxEpilogueOps = maxEpilogueOps;
    fuseChains(getOperation(), rules);
  }
};
} // namespace
