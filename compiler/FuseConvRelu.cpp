//===- FuseConvRelu.cpp - alex-fuse-conv-relu --------------------------------===//

#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_FUSECONVRELUPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

namespace {
struct FuseConvReluPass : alexc::impl::FuseConvReluPassBase<FuseConvReluPass> {
  void runOnOperation() override {}
};
} // namespace
