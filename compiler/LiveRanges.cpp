//===- LiveRanges.cpp - how long values are alive --------------------------===//

#include "compiler/LiveRanges.h"
#include "compiler/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

int64_t alexc::alignedBytes(int64_t bytes) { return llvm::alignTo(bytes, 64); }

bool alexc::isView(Operation *op) {
  return isa<FlattenOp, UnflattenOp>(op) && layoutOf(op->getOperand(0).getType()) == Layout() &&
         layoutOf(op->getResult(0).getType()) == Layout();
}

/// The operand in whose memory `result` lies; null if it has its own.
static Value sharedOperand(OpResult result) {
  Operation *op = result.getOwner();
  if (isView(op))
    return op->getOperand(0);
  auto layer = dyn_cast<LayerOpInterface>(op);
  auto tied = layer ? layer.getTiedOperand(result.getResultNumber()) : std::nullopt;
  return tied ? op->getOperand(*tied) : Value();
}

Value alexc::memoryOf(Value value) {
  while (auto result = dyn_cast<OpResult>(value)) {
    Value shared = sharedOperand(result);
    if (!shared)
      break;
    value = shared;
  }
  return value;
}

//===----------------------------------------------------------------------===//
// Overwriting
//===----------------------------------------------------------------------===//

/// All values that see the bits that `value` has: itself, what it is a view of,
/// and views of those.
static llvm::SetVector<Value> viewsOfSameBits(Value value) {
  while (value.getDefiningOp() && isView(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  llvm::SetVector<Value> views;
  views.insert(value);
  for (size_t number = 0; number < views.size(); ++number)
    for (Operation *user : views[number].getUsers())
      if (isView(user))
        views.insert(user->getResult(0));
  return views;
}

/// An error at a reader of `old` that runs behind `writer`.
static LogicalResult verifyReaders(Value old, Operation *writer) {
  for (Value view : viewsOfSameBits(old))
    for (Operation *reader : view.getUsers()) {
      if (reader == writer || isView(reader) || reader->isBeforeInBlock(writer))
        continue;
      bool isReturn = reader->hasTrait<OpTrait::IsTerminator>();
      InFlightDiagnostic error = reader->emitError(isReturn ? "returns a value that is overwritten"
                                                            : "reads a value that is overwritten");
      error.attachNote(writer->getLoc()) << "overwritten by " << layerName(writer) << " before";
      return error;
    }
  return success();
}

LogicalResult alexc::verifyOverwriting(func::FuncOp entry) {
  for (auto writer : entry.getOps<LayerOpInterface>())
    for (unsigned number = 0; number < writer->getNumResults(); ++number)
      if (auto tied = writer.getTiedOperand(number))
        if (failed(verifyReaders(writer->getOperand(*tied), writer)))
          return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Live ranges
//===----------------------------------------------------------------------===//

SmallVector<LiveRange> alexc::liveRanges(func::FuncOp entry) {
  llvm::MapVector<Value, LiveRange> ranges;
  int64_t position = 0;
  for (Operation &op : entry.getOps()) {
    for (Value operand : op.getOperands())
      if (auto found = ranges.find(memoryOf(operand)); found != ranges.end())
        found->second.last = position;
    for (Value result : op.getResults())
      if (memoryOf(result) == result)
        ranges.insert(
            {result, {result, position, position, alignedBytes(physicalBytes(result.getType()))}});
    ++position;
  }
  for (Value returned : entry.front().getTerminator()->getOperands())
    ranges.erase(memoryOf(returned));
  return llvm::map_to_vector(ranges, [](const auto &entry) { return entry.second; });
}

int64_t alexc::leastBytes(ArrayRef<LiveRange> ranges) {
  int64_t most = 0;
  for (const LiveRange &moment : ranges) {
    int64_t alive = 0;
    for (const LiveRange &range : ranges)
      if (range.first <= moment.first && moment.first <= range.last)
        alive += range.bytes;
    most = std::max(most, alive);
  }
  return most;
}
