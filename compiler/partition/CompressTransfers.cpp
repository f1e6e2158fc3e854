//===- CompressTransfers.cpp - alex-compress-transfers -----------------------===//
//
// Values cross between devices as numbers of 16 bits, and are numbers of 32 on
// both sides. Knows no plan, as alex-insert-transfers does not.

#include "compiler/Passes.h"
#include "compiler/Remarks.h"
#include "compiler/partition/Plan.h"
#include "llvm/Support/MathExtras.h"

namespace alexc {
#define GEN_PASS_DEF_COMPRESSTRANSFERSPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// Gradients are means over the batch: of so many images, times this, they lie in
/// the middle of what f16 can hold.
static constexpr int64_t gradientScale = 16;

namespace {
struct CompressTransfersPass : alexc::impl::CompressTransfersPassBase<CompressTransfersPass> {
  using CompressTransfersPassBase::CompressTransfersPassBase;

  void runOnOperation() override {
    if (precision != "fp16" && precision != "bf16") {
      getOperation().emitError("expected a precision fp16 or bf16, got '") << precision << "'";
      return signalPassFailure();
    }
    for (func::FuncOp entry : entriesOf(getOperation()))
      for (auto transfer : llvm::make_early_inc_range(entry.getOps<TransferOp>()))
        compress(transfer);
    getOperation()->setAttr("alex.link_precision", StringAttr::get(&getContext(), precision));
  }

private:
  /// Why `transfer` stays as it is; empty if it need not.
  StringRef refuse(TransferOp transfer) const {
    if (transfer.getOld())
      return "copies of a parameter stay equal";
    return storedElement(transfer.getType()).isF32() ? "" : "not of f32";
  }

  void compress(TransferOp transfer) {
    if (StringRef reason = refuse(transfer); !reason.empty())
      return remarkRefused(getArgument(), transfer, ("not compressed: " + reason).str());
    OpBuilder builder(transfer);
    double scale = scaleOf(transfer);
    Value sent = convert(builder, transfer.getInput(), scale);
    auto type = placed(sent.getType(), *deviceOf(transfer.getType()));
    auto sending = TransferOp::create(builder, transfer.getLoc(), type, sent,
                                      builder.getStringAttr(layerName(transfer)));
    auto received = ConvertOp::create(builder, transfer.getLoc(), transfer.getType(), sending,
                                      builder.getF64FloatAttr(1 / scale),
                                      builder.getStringAttr(layerName(transfer) + ":expand"));
    remarkDone(getArgument(), transfer,
               precision + ", " + bytesText(physicalBytes(type)) + " instead of " +
                   bytesText(physicalBytes(transfer.getType())));
    transfer.replaceAllUsesWith(received.getOutput());
    transfer.erase();
  }

  /// By what gradients are multiplied on their way, a power of two: f16 has no
  /// numbers as small as theirs.
  double scaleOf(TransferOp transfer) const {
    auto entry = transfer->getParentOfType<func::FuncOp>();
    auto batch = entry->getAttrOfType<IntegerAttr>("alex.batch");
    bool isScaled = precision == "fp16" && isGradientName(layerName(transfer));
    return isScaled ? gradientScale * llvm::PowerOf2Ceil(batch ? batch.getInt() : 1) : 1;
  }

  /// `value` in fewer bits: what another transfer has made of it, or new.
  Value convert(OpBuilder &builder, Value value, double scale) {
    Type element = precision == "fp16" ? Type(builder.getF16Type()) : builder.getBF16Type();
    auto shape = cast<RankedTensorType>(value.getType()).getShape();
    auto type = placed(RankedTensorType::get(shape, element), *deviceOf(value.getType()));
    for (Operation *user : value.getUsers())
      if (auto known = dyn_cast<ConvertOp>(user))
        if (known.getType() == type && known.getScale().convertToDouble() == scale)
          return known;
    Operation *producer = value.getDefiningOp();
    std::string name = producer ? layerName(producer) : "input";
    return ConvertOp::create(builder, value.getLoc(), type, value, builder.getF64FloatAttr(scale),
                             builder.getStringAttr(name + ":compress"));
  }
};
} // namespace
