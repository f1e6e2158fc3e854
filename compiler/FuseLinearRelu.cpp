//===- FuseLinearRelu.cpp - alex-fuse-linear-relu --------------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_FUSELINEARRELUPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// Lets the gradient of a relu take its sign from the dropout behind the relu,
/// so that the relu's value need not be stored: what was dropped has gradient
/// zero, and the rest has the sign of the relu's value.
static void readDropped(ReluGradOp gradient) {
  auto back = gradient.getGradient().getDefiningOp<DropoutOp>();
  if (!back)
    return;
  for (Operation *user : gradient.getOutput().getUsers()) {
    auto dropout = dyn_cast<DropoutOp>(user);
    bool isForward = dropout && dropout.getInput() == gradient.getOutput();
    if (!isForward || !dropout.getStep() || dropout.getStep() != back.getStep() ||
        dropout.getStreamAttr() != back.getStreamAttr() ||
        dropout.getRateAttr() != back.getRateAttr() || !dropout->isBeforeInBlock(gradient))
      continue;
    gradient.getOutputMutable().assign(dropout.getOutput());
    return;
  }
}

namespace {
struct FuseLinearReluPass : alexc::impl::FuseLinearReluPassBase<FuseLinearReluPass> {
  using FuseLinearReluPassBase::FuseLinearReluPassBase;

  void runOnOperation() override {
    for (auto gradient : getOperation().getOps<ReluGradOp>())
      readDropped(gradient);
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = [](Operation *op) { return isa<LinearOp>(op); };
    rules.layers = *layers;
    rules.maxEpilogueOps = maxEpilogueOps;
    fuseChains(getOperation(), rules);
  }
};
} // namespace
