//===- LiveRanges.cpp - how long values are alive --------------------------===//

#include "compiler/LiveRanges.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

int64_t alexc::alignedBytes(int64_t bytes) { return llvm::alignTo(bytes, 64); }

bool alexc::isView(Operation *op) {
  return isa<FlattenOp>(op) && layoutOf(op->getOperand(0).getType()) == Layout() &&
         layoutOf(op->getResult(0).getType()) == Layout();
}

Value alexc::memoryOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isView(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

SmallVector<LiveRange> alexc::liveRanges(func::FuncOp entry) {
  llvm::MapVector<Value, LiveRange> ranges;
  int64_t position = 0;
  for (Operation &op : entry.getOps()) {
    for (Value operand : op.getOperands())
      if (auto found = ranges.find(memoryOf(operand)); found != ranges.end())
        found->second.last = position;
    if (!isView(&op))
      for (Value result : op.getResults())
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
