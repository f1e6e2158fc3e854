//===- FuseLrnPoolGrad.cpp - alex-fuse-lrn-pool-grad ------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_FUSELRNPOOLGRADPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// First the gradient of the normalisation, then any elementwise ops.
static std::string refuse(Operation *last, Operation *consumer) {
  if (!isa<MaxPoolGradOp>(last))
    return "";
  auto lrn = dyn_cast<LrnGradOp>(consumer);
  if (!lrn)
    return (consumer->getName().getStringRef() + " is not a lrn_grad").str();
  // as for alex-fuse-lrn-pool: no kernel keeps its rows
  return lrn.getForm() == LrnForm::within ? "its window lies within one channel" : "";
}

namespace {
struct FuseLrnPoolGradPass : alexc::impl::FuseLrnPoolGradPassBase<FuseLrnPoolGradPass> {
  using FuseLrnPoolGradPassBase::FuseLrnPoolGradPassBase;

  void runOnOperation() override {
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = [](Operation *op) { return isa<MaxPoolGradOp>(op); };
    rules.refuse = refuse;
    rules.layers = *layers;
    fuseChains(getOperation(), rules);
  }
};
} // namespace
