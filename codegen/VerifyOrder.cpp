//===- VerifyOrder.cpp - alex-verify-order ------------------------------------===//

#include "codegen/Passes.h"
#include "codegen/QueueOrder.h"

namespace alexc {
#define GEN_PASS_DEF_VERIFYORDERPASS
#include "codegen/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

namespace {
struct VerifyOrderPass : alexc::impl::VerifyOrderPassBase<VerifyOrderPass> {
  void runOnOperation() override {
    auto report = [](Operation *earlier, Operation *later) -> LogicalResult {
      InFlightDiagnostic error =
          later->emitError("touches memory that another queue may be working on");
      error.attachNote(earlier->getLoc()) << "this record is not ordered before it";
      return error;
    };
    if (failed(forEachUnordered(getOperation(), report)))
      signalPassFailure();
  }
};
} // namespace
