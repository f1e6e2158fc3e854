//===- InsertTransfers.cpp - alex-insert-transfers ---------------------------===//
//
// Knows nothing of plans: wherever an op reads what lies on another device, the
// value is brought there, once, as soon as it is there.

#include "compiler/Passes.h"
#include "compiler/Remarks.h"

namespace alexc {
#define GEN_PASS_DEF_INSERTTRANSFERSPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

namespace {
struct InsertTransfersPass : alexc::impl::InsertTransfersPassBase<InsertTransfersPass> {
  void runOnOperation() override {
    for (Operation &op : llvm::make_early_inc_range(getOperation().getOps()))
      if (!isa<TransferOp>(op) && op.getNumResults())
        bringOperands(&op);
    for (auto transfer : llvm::make_early_inc_range(getOperation().getOps<TransferOp>()))
      drop(transfer);
  }

private:
  /// Erases a transfer that nobody reads, or whose value another has brought before.
  void drop(TransferOp transfer) {
    if (transfer.getOld())
      return;
    for (Operation *user : transfer.getInput().getUsers()) {
      auto other = dyn_cast<TransferOp>(user);
      if (other && other != transfer && !other.getOld() && other.getType() == transfer.getType() &&
          other->isBeforeInBlock(transfer)) {
        transfer.replaceAllUsesWith(other.getOutput());
        break;
      }
    }
    if (transfer.use_empty())
      transfer.erase();
  }

  void bringOperands(Operation *op) {
    std::optional<int64_t> target = deviceOf(op->getResult(0).getType());
    for (OpOperand &operand : op->getOpOperands()) {
      std::optional<int64_t> source = deviceOf(operand.get().getType());
      if (source && target && source != target)
        operand.set(bring(operand.get(), *target));
    }
  }

  /// `value` on `device`: by the transfer that is there, or by a new one.
  Value bring(Value value, int64_t device) {
    for (Operation *user : value.getUsers())
      if (auto transfer = dyn_cast<TransferOp>(user))
        if (transfer.getInput() == value && !transfer.getOld() &&
            deviceOf(transfer.getType()) == device)
          return transfer;
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    Operation *producer = value.getDefiningOp();
    std::string name = producer ? layerName(producer) : "input";
    auto type = placed(value.getType(), device, layoutOf(value.getType()));
    auto transfer = TransferOp::create(builder, value.getLoc(), type, value,
                                       builder.getStringAttr(name + ":transfer"));
    remarkDone(getArgument(), transfer,
               bytesText(physicalBytes(type)) + " from device " +
                   std::to_string(*deviceOf(value.getType())) + " to device " +
                   std::to_string(device));
    return transfer;
  }
};
} // namespace
