//===- FuseReluGrad.cpp - alex-fuse-relu-grad -------------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_FUSERELUGRADPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

static std::string refuse(Operation *, Operation *consumer) {
  if (isa<ReluGradOp, TanhGradOp, SigmoidGradOp, DropoutOp, ScaleOp>(consumer))
    return "";
  return (consumer->getName().getStringRef() + " is no gradient of an activation").str();
}

/// The ops whose value is the gradient of an activation's result.
static bool mayStart(Operation *op) {
  return isa<Conv2dDataGradOp, LinearDataGradOp, MaxPoolGradOp, AvgPoolGradOp, LrnGradOp,
             UnflattenOp>(op);
}

namespace {
struct FuseReluGradPass : alexc::impl::FuseReluGradPassBase<FuseReluGradPass> {
  using FuseReluGradPassBase::FuseReluGradPassBase;

  void runOnOperation() override {
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = mayStart;
    rules.refuse = refuse;
    rules.layers = *layers;
    rules.maxEpilogueOps = maxEpilogueOps;
    fuseChains(getOperation(), rules);
  }
};
} // namespace
