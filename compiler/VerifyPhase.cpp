//===- VerifyPhase.cpp - alex-verify-phase -----------------------------------===//

#include "compiler/LiveRanges.h"
#include "compiler/Passes.h"
#include "compiler/Remarks.h"

namespace alexc {
#define GEN_PASS_DEF_VERIFYPHASEPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// import: entries of layers
//===----------------------------------------------------------------------===//

/// Calls `check` on each argument and each result of an op of `entry`.
static LogicalResult
forEachValue(func::FuncOp entry, llvm::function_ref<LogicalResult(Value, Operation *where)> check) {
  for (Value argument : entry.getArguments())
    if (failed(check(argument, entry)))
      return failure();
  for (Operation &op : entry.front().without_terminator())
    for (Value result : op.getResults())
      if (failed(check(result, &op)))
        return failure();
  return success();
}

static LogicalResult verifyShapes(func::FuncOp entry) {
  return forEachValue(entry, [](Value value, Operation *where) -> LogicalResult {
    auto tensor = dyn_cast<RankedTensorType>(value.getType());
    bool isKnown = tensor && tensor.hasStaticShape() && tensor.getElementType().isF32();
    if (isKnown && tensor.getNumElements() > 0)
      return success();
    return where->emitError("expected f32 tensors of known shape that are not empty, got ")
           << value.getType();
  });
}

static LogicalResult verifyArguments(func::FuncOp entry) {
  int64_t inputs = 0;
  for (unsigned number = 0; number < entry.getNumArguments(); ++number) {
    bool isInput = entry.getArgAttr(number, "alex.input") != nullptr;
    if (!isInput && !entry.getArgAttrOfType<StringAttr>(number, "alex.state"))
      return entry.emitError("expected argument ")
             << number << " to be marked alex.input or alex.state";
    inputs += isInput;
  }
  bool isLoad = isLoadEntry(entry);
  if (inputs != (isLoad ? 0 : 1))
    return entry.emitError("expected ") << (isLoad ? 0 : 1) << " inputs, got " << inputs;
  if (!isLoad && entry.getNumResults() != 1)
    return entry.emitError("expected one result, got ") << entry.getNumResults();
  return success();
}

static LogicalResult verifyLayers(func::FuncOp entry) {
  if (!entry.getBody().hasOneBlock())
    return entry.emitError("expected an entry of one block");
  for (Operation &op : entry.front().without_terminator())
    if (!isa<LayerOpInterface>(op))
      return op.emitError("expected an entry of layers, got ") << op.getName();
  if (failed(verifyShapes(entry)))
    return failure();
  return verifyArguments(entry);
}

//===----------------------------------------------------------------------===//
// fuse: nothing is placed
//===----------------------------------------------------------------------===//

static LogicalResult verifyUnplaced(func::FuncOp entry) {
  return forEachValue(entry, [](Value value, Operation *where) -> LogicalResult {
    if (!deviceOf(value.getType()))
      return success();
    return where->emitError("expected values that are not placed before phase select, got ")
           << value.getType();
  });
}

//===----------------------------------------------------------------------===//
// select: places and kernels
//===----------------------------------------------------------------------===//

static LogicalResult verifyDevice(Operation &op) {
  for (Value operand : op.getOperands())
    if (deviceOf(operand.getType()) != deviceOf(op.getResult(0).getType()))
      return op.emitError("expected operands and results on one device, got ")
             << operand.getType() << " and " << op.getResult(0).getType();
  return success();
}

static LogicalResult verifyPlaced(func::FuncOp entry) {
  LogicalResult placed = forEachValue(entry, [](Value value, Operation *where) -> LogicalResult {
    if (deviceOf(value.getType()))
      return success();
    return where->emitError("expected values that are placed, got ") << value.getType();
  });
  if (failed(placed))
    return failure();
  for (Operation &op : entry.front().without_terminator()) {
    if (!isView(&op) && !op.getAttrOfType<StringAttr>("alex.kernel"))
      return op.emitError("expected a kernel in alex.kernel");
    if (failed(verifyDevice(op)))
      return failure();
  }
  if (isLoadEntry(entry))
    return success();
  Type result = entry.getResultTypes().front();
  if (layoutOf(result) != Layout())
    return entry.emitError("expected a result in the logical layout, got ") << result;
  return success();
}

//===----------------------------------------------------------------------===//
// plan-memory: addresses
//===----------------------------------------------------------------------===//

namespace {
/// Checks the addresses of one entry.
class AddressVerifier {
public:
  explicit AddressVerifier(func::FuncOp entry) : entry(entry) {}

  LogicalResult run();

private:
  LogicalResult readAddresses();
  LogicalResult verifyAddress(Value value, Operation *where);
  LogicalResult verifyViews();
  LogicalResult verifyResult();
  LogicalResult verifyScratch();

  func::FuncOp entry;
  DenseMap<Value, AtAttr> places;
};
} // namespace

LogicalResult AddressVerifier::readAddresses() {
  for (BlockArgument argument : entry.getArguments()) {
    places[argument] = entry.getArgAttrOfType<AtAttr>(argument.getArgNumber(), "alex.at");
    if (!places[argument])
      return entry.emitError("expected an address alex.at of argument ") << argument.getArgNumber();
  }
  for (Operation &op : entry.front().without_terminator()) {
    auto addresses = op.getAttrOfType<ArrayAttr>("alex.at");
    if (!addresses)
      return op.emitError("expected addresses in alex.at");
    for (auto [result, address] : llvm::zip(op.getResults(), addresses))
      places[result] = cast<AtAttr>(address);
  }
  return success();
}

LogicalResult AddressVerifier::verifyAddress(Value value, Operation *where) {
  AtAttr place = places.lookup(value);
  bool isParameter = place.getSegment() == Segment::param;
  if (!isParameter && place.getOffset() != alignedBytes(place.getOffset()))
    return where->emitError("expected an offset divisible by 64, got ") << place;
  if (isParameter && !isa<BlockArgument>(value))
    return where->emitError("expected a result outside of the weights file, got ") << place;
  return success();
}

LogicalResult AddressVerifier::verifyViews() {
  for (auto flatten : entry.getOps<FlattenOp>())
    if (isView(flatten) && places[flatten.getInput()] != places[flatten.getOutput()])
      return flatten.emitError("expected a view at its operand's address ")
             << places[flatten.getInput()] << ", got " << places[flatten.getOutput()];
  return success();
}

/// The result leaves the entry, so it lies in a segment that outlives it.
LogicalResult AddressVerifier::verifyResult() {
  Segment wanted = isLoadEntry(entry) ? Segment::weights : Segment::io;
  for (Value returned : entry.front().getTerminator()->getOperands())
    if (places[returned].getSegment() != wanted)
      return entry.emitError("expected a result in segment ")
             << stringifySegment(wanted) << ", got " << places[returned];
  return success();
}

/// No two values that are alive at the same time share a byte, and all lie in
/// the room that the entry asks for.
LogicalResult AddressVerifier::verifyScratch() {
  auto scratch = entry->getAttrOfType<IntegerAttr>("alex.scratch");
  if (!scratch)
    return entry.emitError("expected an attribute alex.scratch");
  SmallVector<LiveRange> ranges = liveRanges(entry);
  llvm::erase_if(ranges, [&](const LiveRange &range) {
    return places[range.value].getSegment() != Segment::scratch;
  });
  for (const LiveRange &range : ranges) {
    int64_t begin = places[range.value].getOffset(), end = begin + range.bytes;
    Operation *op = range.value.getDefiningOp();
    if (end > scratch.getInt())
      return op->emitError("expected a value within ")
             << scratch.getInt() << " bytes of scratch, got [" << begin << ", " << end << ")";
    for (const LiveRange &other : ranges) {
      int64_t otherBegin = places[other.value].getOffset();
      bool isShared = begin < otherBegin + other.bytes && otherBegin < end;
      if (other.value == range.value || !range.overlaps(other) || !isShared)
        continue;
      return (op->emitError("expected room of its own, got scratch [")
              << begin << ", " << end << ")")
                 .attachNote(other.value.getLoc())
             << "shared with this value, alive at the same time, at " << places[other.value];
    }
  }
  return success();
}

LogicalResult AddressVerifier::run() {
  if (failed(readAddresses()) || failed(forEachValue(entry, [&](Value value, Operation *where) {
        return verifyAddress(value, where);
      })))
    return failure();
  return success(succeeded(verifyViews()) && succeeded(verifyResult()) &&
                 succeeded(verifyScratch()));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static constexpr StringRef phases[] = {"import", "fuse", "select", "plan-memory"};

static LogicalResult verifyEntry(func::FuncOp entry, size_t phase) {
  if (failed(verifyLayers(entry)))
    return failure();
  if (phase <= 1)
    return verifyUnplaced(entry);
  if (failed(verifyPlaced(entry)))
    return failure();
  return phase == 3 ? AddressVerifier(entry).run() : success();
}

namespace {
struct VerifyPhasePass : alexc::impl::VerifyPhasePassBase<VerifyPhasePass> {
  using VerifyPhasePassBase::VerifyPhasePassBase;

  void runOnOperation() override {
    size_t number = llvm::find(phases, phase.getValue()) - std::begin(phases);
    if (number == std::size(phases)) {
      getOperation().emitError("no phase '")
          << phase << "'; the phases are " << llvm::join(ArrayRef(phases), ", ");
      return signalPassFailure();
    }
    bool hasEntry = false;
    for (auto entry : getOperation().getOps<func::FuncOp>()) {
      if (!entry->hasAttr("alex.entry"))
        continue;
      hasEntry = true;
      if (failed(verifyEntry(entry, number)))
        return signalPassFailure();
    }
    if (!hasEntry) {
      getOperation().emitError("expected a function with attribute alex.entry");
      signalPassFailure();
    }
  }
};
} // namespace
