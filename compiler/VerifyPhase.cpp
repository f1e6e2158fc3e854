//===- VerifyPhase.cpp - alex-verify-phase -----------------------------------===//

#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_VERIFYPHASEPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

namespace {
struct VerifyPhasePass : alexc::impl::VerifyPhasePassBase<VerifyPhasePass> {
  using VerifyPhasePassBase::VerifyPhasePassBase;

  void runOnOperation() override {}
};
} // namespace
