//===- FuseConvRelu.cpp - alex-fuse-conv-relu --------------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_FUSECONVRELUPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

namespace {
struct FuseConvReluPass : alexc::impl::FuseConvReluPassBase<FuseConvReluPass> {
  using FuseConvReluPassBase::FuseConvReluPassBase;

  void runOnOperation() override {
    FusionRules rules;
    rules.pass = getArgument();
    rules.mayStart = [](Operation *op) { return isa<Conv2dOp>(op); };
    rules.layers = *layers;
    rules.maxEpilogueOps = maxEpilogueOps;
    fuseChains(getOperation(), rules);
  }
};
} // namespace
