//===- FuseUpdate.cpp - alex-fuse-update ------------------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_FUSEUPDATEPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

static std::string refuse(Operation *, Operation *consumer) {
  return isa<SgdUpdateOp>(consumer) ? ""
                                    : (consumer->getName().getStringRef() + " is no update").str();
}

/// The ops whose value is the gradient of a parameter.
static bool mayStart(Operation *op) {
  if (auto gradient = dyn_cast<Conv2dFilterGradOp>(op))
    return gradient.getParts() == 1;
  return isa<SumPartsOp, LinearFilterGradOp, BiasGradOp>(op);
}

namespace {
struct FuseUpdatePass : alexc::impl::FuseUpdatePassBase<FuseUpdatePass> {
  using FuseUpdatePassBase::FuseUpdatePassBase;

  void runOnOperation() override {
    if (getOperation().getOps<SgdUpdateOp>().empty())
      return; // gradients that are returned on purpose are no missed fusion
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = mayStart;
    rules.refuse = refuse;
    rules.layers = *layers;
    fuseChains(getOperation(), rules);
  }
};
} // namespace
