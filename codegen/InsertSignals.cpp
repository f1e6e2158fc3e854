//===- InsertSignals.cpp - alex-insert-signals --------------------------------===//

#include "codegen/Passes.h"
#include "codegen/QueueOrder.h"

namespace alexc {
#define GEN_PASS_DEF_INSERTSIGNALSPASS
#include "codegen/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

static IntegerAttr queueOf(Operation *record) {
  auto queue = record->getAttrOfType<IntegerAttr>("queue");
  return queue ? queue : Builder(record->getContext()).getI64IntegerAttr(0);
}

namespace {
struct InsertSignalsPass : alexc::impl::InsertSignalsPassBase<InsertSignalsPass> {
  void runOnOperation() override {
    DenseMap<Operation *, int64_t> events; // that a signal behind a record has
    int64_t count = 0;
    getOperation().walk([&](SignalOp signal) {
      count = std::max(count, static_cast<int64_t>(signal.getEvent()) + 1);
    });
    auto order = [&](Operation *earlier, Operation *later) {
      OpBuilder builder(later->getContext());
      auto [event, isNew] = events.insert({earlier, count});
      if (isNew) {
        ++count;
        builder.setInsertionPointAfter(earlier);
        SignalOp::create(builder, earlier->getLoc(), builder.getI64IntegerAttr(event->second),
                         queueOf(earlier));
      }
      builder.setInsertionPoint(later);
      WaitOp::create(builder, later->getLoc(), builder.getI64IntegerAttr(event->second),
                     queueOf(later));
      return success();
    };
    if (failed(forEachUnordered(getOperation(), order)))
      signalPassFailure();
  }
};
} // namespace
