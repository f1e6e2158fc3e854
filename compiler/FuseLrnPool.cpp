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
  if (isa<LrnOp>(last) && !isa<MaxPoolOp>(consumer))
    return (consumer->getName().getStringRef() + " is not a max_pool").str();
  return "";
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
