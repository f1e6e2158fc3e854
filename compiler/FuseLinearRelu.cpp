//===- FuseLinearRelu.cpp - alex-fuse-linear-relu --------------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Passes.h"
#include "compiler/Remarks.h"

namespace alexc {
#define GEN_PASS_DEF_FUSELINEARRELUPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// Whether two dropouts drop the same: `origin` tells the pieces of a layer apart.
static bool haveSameMask(DropoutOp lhs, DropoutOp rhs) {
  return lhs.getStep() && lhs.getStep() == rhs.getStep() &&
         lhs.getStreamAttr() == rhs.getStreamAttr() && lhs.getRateAttr() == rhs.getRateAttr() &&
         lhs.getOrigin() == rhs.getOrigin();
}

/// The dropout behind the relu of `gradient` whose value has the relu's sign
/// wherever the gradient is not zero; null if there is none.
static DropoutOp findDropout(ReluGradOp gradient) {
  auto back = gradient.getGradient().getDefiningOp<DropoutOp>();
  if (!back)
    return {};
  for (Operation *user : gradient.getOutput().getUsers()) {
    auto dropout = dyn_cast<DropoutOp>(user);
    bool isForward =
        dropout && dropout.getInput() == gradient.getOutput() && dropout->isBeforeInBlock(gradient);
    if (isForward && haveSameMask(dropout, back))
      return dropout;
  }
  return {};
}

namespace {
struct FuseLinearReluPass : alexc::impl::FuseLinearReluPassBase<FuseLinearReluPass> {
  using FuseLinearReluPassBase::FuseLinearReluPassBase;

  void runOnOperation() override {
    for (auto gradient : getOperation().getOps<ReluGradOp>())
      if (isChosen(gradient.getOutput()))
        readDropped(gradient);
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = [](Operation *op) { return isa<LinearOp>(op); };
    rules.layers = *layers;
    rules.maxEpilogueOps = maxEpilogueOps;
    fuseChains(getOperation(), rules);
  }

  /// Whether option `layers` lets a kernel start before the relu of value `relu`.
  bool isChosen(Value relu) {
    auto op = relu.getDefiningOp<ReluOp>();
    auto linear = op ? op.getInput().getDefiningOp<LinearOp>() : LinearOp();
    return layers.empty() || (linear && llvm::is_contained(*layers, layerName(linear)));
  }

  /// Lets the gradient of a relu take its sign from the dropout behind the relu,
  /// so that the relu's value need not be stored: what was dropped has gradient
  /// zero, and the rest has the sign of the relu's value.
  void readDropped(ReluGradOp gradient) {
    DropoutOp dropout = findDropout(gradient);
    if (!dropout)
      return;
    remarkDone(getArgument(), gradient, "takes its sign from the value of " + layerName(dropout));
    gradient.getOutputMutable().assign(dropout.getOutput());
  }
};
} // namespace
