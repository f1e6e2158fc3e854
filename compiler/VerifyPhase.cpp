//===- VerifyPhase.cpp - alex-verify-phase -----------------------------------===//

#include "compiler/KernelCatalog.h"
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
// import, differentiate: entries of layers
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

/// What kernels compute with, what crosses between devices, labels, places of maxima,
/// numbers of a step.
static bool isNetworkType(Type type) {
  if (isa<StepType>(type))
    return true;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !hasUsableShape(tensor.getShape()))
    return false;
  Type element = tensor.getElementType();
  bool isHalf = element.isF16() || element.isBF16();
  return element.isF32() || isHalf || element.isInteger(8) || element.isInteger(32);
}

static LogicalResult verifyShapes(func::FuncOp entry) {
  return forEachValue(entry, [](Value value, Operation *where) -> LogicalResult {
    if (isNetworkType(value.getType()))
      return success();
    return where->emitError("expected f32, i8 or i32 tensors of fixed, positive dimensions and at "
                            "most 2^40 elements, or a step, got ")
           << value.getType();
  });
}

static bool isMarked(func::FuncOp entry, BlockArgument argument) {
  unsigned number = argument.getArgNumber();
  return isa<StepType>(argument.getType()) || entry.getArgAttr(number, "alex.input") ||
         entry.getArgAttr(number, "alex.labels") || parameterRole(entry.getArgAttrDict(number));
}

static LogicalResult verifyArguments(func::FuncOp entry) {
  int64_t inputs = 0;
  for (BlockArgument argument : entry.getArguments()) {
    if (!isMarked(entry, argument))
      return entry.emitError("expected argument ")
             << argument.getArgNumber()
             << " to be marked alex.input, alex.labels, alex.state, alex.momentum or alex.gradient";
    inputs += entry.getArgAttr(argument.getArgNumber(), "alex.input") != nullptr;
  }
  int64_t wanted = isLoadEntry(entry) || entryKind(entry) == "apply" ? 0 : 1;
  bool isPlaced = wanted && entry.getNumArguments() &&
                  deviceOf(entry.getArgumentTypes().front()); // once for each device
  if (isPlaced ? inputs < wanted : inputs != wanted)
    return entry.emitError("expected ") << wanted << " inputs, got " << inputs;
  return success();
}

static LogicalResult verifyResults(func::FuncOp entry) {
  if (isLoadEntry(entry))
    return success();
  if (entryKind(entry) == "infer") {
    if (entry.getNumResults() != 1)
      return entry.emitError("expected one result, got ") << entry.getNumResults();
    return success();
  }
  for (unsigned number = 0; number < entry.getNumResults(); ++number) {
    auto role = parameterRole(entry.getResultAttrDict(number));
    if (!role && !entry.getResultAttr(number, "alex.output"))
      return entry.emitError("expected result ")
             << number << " to be marked alex.output, alex.state, alex.momentum or alex.gradient";
    if (role && role->segment != Segment::gradient &&
        !findArgument(entry, *role, entry.getResultTypes()[number]))
      return entry.emitError("expected an argument that result ")
             << number << " is the new value of, got none that is the "
             << (role->segment == Segment::param ? "parameter" : "momentum of") << " '"
             << role->name.getValue() << "'";
  }
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
  return success(succeeded(verifyArguments(entry)) && succeeded(verifyResults(entry)));
}

//===----------------------------------------------------------------------===//
// partition, fuse: devices, but no layouts
//===----------------------------------------------------------------------===//

static LogicalResult verifyUnplaced(func::FuncOp entry, StringRef phase) {
  return forEachValue(entry, [&](Value value, Operation *where) -> LogicalResult {
    if (!deviceOf(value.getType()))
      return success();
    return where->emitError("expected values that are not placed before phase ")
           << phase << ", got " << value.getType();
  });
}

/// No op mixes devices: only a transfer reads what lies on another.
static LogicalResult verifyDevice(Operation &op) {
  if (isa<TransferOp>(op))
    return success();
  for (Value operand : op.getOperands())
    for (Value result : op.getResults())
      if (!isa<StepType>(operand.getType()) &&
          deviceOf(operand.getType()) != deviceOf(result.getType()))
        return op.emitError("expected operands and results on one device, got ")
               << operand.getType() << " and " << result.getType();
  return success();
}

/// All values are on devices, or none is.
static LogicalResult verifyDevices(func::FuncOp entry) {
  if (!entry->getParentOfType<ModuleOp>()->hasAttr("alex.devices"))
    return verifyUnplaced(entry, "select");
  LogicalResult placed = forEachValue(entry, [](Value value, Operation *where) -> LogicalResult {
    if (isa<StepType>(value.getType()) ||
        (deviceOf(value.getType()) && layoutOf(value.getType()) == Layout()))
      return success();
    return where->emitError("expected values on devices, without layout, got ") << value.getType();
  });
  if (failed(placed))
    return failure();
  for (Operation &op : entry.front().without_terminator())
    if (failed(verifyDevice(op)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// select: layouts and kernels
//===----------------------------------------------------------------------===//

/// On a GPU nothing is packed or padded: parameters are used where they are.
static LogicalResult verifyLogicalLayouts(func::FuncOp entry) {
  return forEachValue(entry, [](Value value, Operation *where) -> LogicalResult {
    if (layoutOf(value.getType()) == Layout())
      return success();
    return where->emitError("expected the logical layout on target cuda, got ") << value.getType();
  });
}

static LogicalResult verifyPlaced(func::FuncOp entry) {
  LogicalResult placed = forEachValue(entry, [](Value value, Operation *where) -> LogicalResult {
    if (isa<StepType>(value.getType()) || deviceOf(value.getType()))
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
  if (Machine::of(entry->getParentOfType<ModuleOp>()).isGpu)
    return verifyLogicalLayouts(entry);
  if (isLoadEntry(entry))
    return success();
  for (Type result : entry.getResultTypes())
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
  LogicalResult verifySharing();
  LogicalResult verifyResults();
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
  bool isLabels = getElementTypeOrSelf(value.getType()).isInteger(32); // of some images, too
  if (!isByParameter(place.getSegment()) && !isLabels &&
      place.getOffset() != alignedBytes(place.getOffset()))
    return where->emitError("expected an offset divisible by 64, got ") << place;
  bool isState = place.getSegment() == Segment::param || place.getSegment() == Segment::momentum;
  if (isState && !isa<BlockArgument>(memoryOf(value)))
    return where->emitError("expected a result outside of the weights file, got ") << place;
  return success();
}

/// A view lies in its operand, and the new value of something where the old one
/// did.
LogicalResult AddressVerifier::verifySharing() {
  for (Operation &op : entry.front().without_terminator())
    for (Value result : op.getResults()) {
      AtAttr wanted = addressIn(places[memoryOf(result)], result);
      if (places[result] != wanted)
        return op.emitError(isView(&op) ? "expected a view at its place in its operand, "
                                        : "expected a new value at the old one's address ")
               << wanted << ", got " << places[result];
    }
  return verifyOverwriting(entry);
}

/// A result leaves the entry, so it lies in a segment that outlives it; new
/// state lies where the old did.
LogicalResult AddressVerifier::verifyResults() {
  for (auto [number, value] : llvm::enumerate(entry.front().getTerminator()->getOperands())) {
    auto role = parameterRole(entry.getResultAttrDict(number));
    Segment wanted = isLoadEntry(entry) ? Segment::weights : role ? role->segment : Segment::io;
    if (places[value].getSegment() != wanted)
      return entry.emitError("expected a result in segment ")
             << stringifySegment(wanted) << ", got " << places[value];
    bool isNew = role && wanted != Segment::weights && wanted != Segment::gradient;
    AtAttr old = isNew ? places[findArgument(entry, *role, value.getType())] : AtAttr();
    if (isNew && places[value] != old)
      return entry.emitError("expected the new '")
             << role->name.getValue() << "' at the old one's address " << old << ", got "
             << places[value];
  }
  return success();
}

/// No two values that are alive at the same time share a byte, and all lie in
/// the room that the entry asks for.
LogicalResult AddressVerifier::verifyScratch() {
  SmallVector<int64_t> scratch = scratchOf(entry);
  if (scratch.empty())
    return entry.emitError("expected an attribute alex.scratch");
  SmallVector<LiveRange> ranges = liveRanges(entry);
  llvm::erase_if(ranges, [&](const LiveRange &range) {
    return places[range.value].getSegment() != Segment::scratch;
  });
  for (const LiveRange &range : ranges) {
    int64_t begin = places[range.value].getOffset(), end = begin + range.bytes;
    Operation *op = range.value.getDefiningOp();
    auto device = static_cast<size_t>(places[range.value].getDevice());
    int64_t room = device < scratch.size() ? scratch[device] : 0;
    if (end > room)
      return op->emitError("expected a value within ")
             << room << " bytes of scratch, got [" << begin << ", " << end << ")";
    for (const LiveRange &other : ranges) {
      int64_t otherBegin = places[other.value].getOffset();
      bool isShared = begin < otherBegin + other.bytes && otherBegin < end &&
                      places[range.value].getDevice() == places[other.value].getDevice();
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
  return success(succeeded(verifySharing()) && succeeded(verifyResults()) &&
                 succeeded(verifyScratch()));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static constexpr StringRef phases[] = {"import", "differentiate", "partition",
                                       "fuse",   "select",        "plan-memory"};

static LogicalResult verifyEntry(func::FuncOp entry, size_t phase) {
  if (failed(verifyLayers(entry)))
    return failure();
  if (phase <= 1)
    return verifyUnplaced(entry, "partition");
  if (phase <= 3)
    return verifyDevices(entry);
  if (failed(verifyPlaced(entry)))
    return failure();
  return phase == 5 ? AddressVerifier(entry).run() : success();
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
