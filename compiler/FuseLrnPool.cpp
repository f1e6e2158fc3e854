//===- FuseLrnPool.cpp - alex-fuse-lrn-pool ----------------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_FUSELRNPOOLPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// First the pool, then any elementwise ops.
static std::string refuse(Operation *last, Operation *consumer) {
  auto lrn = dyn_cast<LrnOp>(last);
  if (!lrn)
    return "";
  if (!isa<MaxPoolOp>(consumer))
    return (consumer->getName().getStringRef() + " is not a max_pool").str();
  // no kernel keeps its rows: overlapping windows of the pool would normalise again
  return lrn.getForm() == LrnForm::within ? "its window lies within one channel" : "";
}

namespace {
struct FuseLrnPoolPass : alexc::impl::FuseLrnPoolPassBase<FuseLrnPoolPass> {
  using FuseLrnPoolPassBase::FuseLrnPoolPassBase;

  void runOnOperation() override {
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = [](Operation *op) { return isa<LrnOp>(op); };
    rules.refuse = refuse;
    rules.layers = *layers;
    fuseChains(getOperation(), rules);
  }
};
} // namespace
