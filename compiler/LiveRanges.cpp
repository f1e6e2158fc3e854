//===- LiveRanges.cpp - how long values are alive --------------------------===//

#include "compiler/LiveRanges.h"
#include "compiler/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

int64_t alexc::alignedBytes(int64_t bytes) { return llvm::alignTo(bytes, 64); }

/// Bytes in front of what a slice of images or filters takes.
static int64_t bytesBefore(SliceOp slice, const Layout &layout) {
  auto type = cast<RankedTensorType>(slice.getInput().getType());
  return physicalBytes(placed(type, 0, layout)) / type.getDimSize(0) *
         static_cast<int64_t>(slice.getBegin());
}

bool alexc::isViewIn(Operation *op, const Layout &operand, const Layout &result) {
  if (isa<FlattenOp, UnflattenOp>(op))
    return operand == Layout() && result == Layout();
  auto slice = dyn_cast<SliceOp>(op);
  if (!slice || slice.getDim() != 0 || operand != result || operand.kind != Layout::Kind::plain)
    return false;
  int64_t offset = bytesBefore(slice, operand);
  bool isLabels = getElementTypeOrSelf(slice.getInput().getType()).isInteger(32);
  return isLabels || offset == alignedBytes(offset); // labels are read one by one
}

bool alexc::isView(Operation *op) {
  return isa<FlattenOp, UnflattenOp, SliceOp>(op) &&
         isViewIn(op, layoutOf(op->getOperand(0).getType()), layoutOf(op->getResult(0).getType()));
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

/// Bytes from the beginning of its memory to `value`.
static int64_t offsetInMemory(Value value) {
  int64_t offset = 0;
  while (auto result = dyn_cast<OpResult>(value)) {
    Value shared = sharedOperand(result);
    if (!shared)
      break;
    if (auto slice = dyn_cast<SliceOp>(result.getOwner()))
      offset += bytesBefore(slice, layoutOf(shared.getType()));
    value = shared;
  }
  return offset;
}

AtAttr alexc::addressIn(AtAttr memory, Value value) {
  int64_t further = offsetInMemory(value);
  if (!further)
    return memory;
  bool isNumbered = isByParameter(memory.getSegment());
  return AtAttr::get(value.getContext(), memory.getSegment(),
                     memory.getOffset() + (isNumbered ? 0 : further),
                     memory.getStart() + (isNumbered ? further : 0), memory.getDevice());
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

//===----------------------------------------------------------------------===//
// Scratch
//===----------------------------------------------------------------------===//

SmallVector<int64_t> alexc::scratchOf(func::FuncOp entry) {
  Attribute scratch = entry->getAttr("alex.scratch");
  if (auto bytes = dyn_cast_or_null<IntegerAttr>(scratch))
    return {bytes.getInt()};
  if (auto list = dyn_cast_or_null<DenseI64ArrayAttr>(scratch))
    return SmallVector<int64_t>(list.asArrayRef());
  return {};
}

void alexc::setScratch(func::FuncOp entry, ArrayRef<int64_t> bytes) {
  Builder builder(entry.getContext());
  entry->setAttr("alex.scratch", bytes.size() == 1
                                     ? Attribute(builder.getI64IntegerAttr(bytes.front()))
                                     : builder.getDenseI64ArrayAttr(bytes));
}
