//===- QueueOrder.cpp - what orders the records of a program -----------------===//

#include "codegen/QueueOrder.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Who touches what
//===----------------------------------------------------------------------===//

namespace {
/// Bytes that a record reads or writes.
struct Access {
  AtAttr at;
  int64_t bytes;
  bool writes;

  int64_t begin() const { return isByParameter(at.getSegment()) ? at.getStart() : at.getOffset(); }
};

/// For each queue, how many of its records have ended.
using Clock = SmallVector<int64_t>;

struct Record {
  Operation *op;
  size_t queue;
  int64_t number; ///< in its queue
  SmallVector<Access> accesses;
  Clock after; ///< what has ended when it has
};
} // namespace

/// Bytes of an argument of a kernel, lowered or not; none of one that is wrapped
/// already, which takes pointers.
static std::optional<int64_t> bytesOf(Type type) {
  if (isa_and_nonnull<StepType>(type))
    return physicalBytes(type);
  if (!isa_and_nonnull<MemRefType, RankedTensorType>(type))
    return std::nullopt;
  auto shaped = cast<ShapedType>(type);
  if (!hasUsableShape(shaped.getShape()) || !shaped.getElementType().isIntOrFloat())
    return std::nullopt;
  return isa<MemRefType>(type) ? shaped.getNumElements() * shaped.getElementTypeBitWidth() / 8
                               : physicalBytes(type);
}

using Accesses = SmallVector<Access>;

static FailureOr<Accesses> accessesOf(LaunchOp launch) {
  FunctionOpInterface kernel =
      findKernel(launch->getParentOfType<ModuleOp>(), launch.getKernelAttr().getAttr());
  SmallVector<Type> types(kernel.getArgumentTypes());
  llvm::append_range(types, kernel.getResultTypes());
  Accesses accesses;
  for (auto [number, at] : llvm::enumerate(llvm::concat<const Attribute>(
           launch.getReads().getValue(), launch.getWrites().getValue()))) {
    auto bytes = bytesOf(number < types.size() ? types[number] : Type());
    if (!bytes)
      return launch.emitOpError("expects a kernel on tensors or buffers of known size, got ")
             << kernel.getFunctionType();
    accesses.push_back({cast<AtAttr>(at), *bytes, number >= launch.getReads().size()});
  }
  return accesses;
}

static FailureOr<Accesses> accessesOf(Operation *op) {
  if (auto launch = dyn_cast<LaunchOp>(op))
    return accessesOf(launch);
  if (auto copy = dyn_cast<CopyOp>(op)) {
    auto bytes = static_cast<int64_t>(copy.getBytes());
    return Accesses{{copy.getSource(), bytes, false}, {copy.getTarget(), bytes, true}};
  }
  return Accesses{};
}

/// Each device has its own scratch memory and packed parameters.
static bool isOfOneDevice(Segment segment) {
  return segment == Segment::scratch || segment == Segment::weights;
}

static bool meet(const Access &lhs, const Access &rhs) {
  Segment segment = lhs.at.getSegment();
  if ((!lhs.writes && !rhs.writes) || segment != rhs.at.getSegment())
    return false;
  if (isOfOneDevice(segment) && lhs.at.getDevice() != rhs.at.getDevice())
    return false;
  if (isByParameter(segment) && lhs.at.getOffset() != rhs.at.getOffset())
    return false;
  return lhs.begin() < rhs.begin() + rhs.bytes && rhs.begin() < lhs.begin() + lhs.bytes;
}

static bool meet(const Record &lhs, const Record &rhs) {
  return llvm::any_of(lhs.accesses, [&](const Access &access) {
    return llvm::any_of(rhs.accesses, [&](const Access &other) { return meet(access, other); });
  });
}

//===----------------------------------------------------------------------===//
// The walk
//===----------------------------------------------------------------------===//

static void advance(Clock &clock, const Clock &to) {
  for (auto [own, other] : llvm::zip_equal(clock, to))
    own = std::max(own, other);
}

namespace {
/// Follows the queues of a program down its list.
class OrderWalk {
public:
  explicit OrderWalk(ProgramOp program)
      : program(program), clocks(2 * program.getDevices(), Clock(2 * program.getDevices(), 0)) {}

  LogicalResult run(llvm::function_ref<LogicalResult(Operation *, Operation *)> visit);

private:
  LogicalResult take(Operation *op, size_t queue,
                     llvm::function_ref<LogicalResult(Operation *, Operation *)> visit);

  ProgramOp program;
  SmallVector<Clock> clocks; ///< of each queue: what has ended before its next record
  DenseMap<int64_t, Clock> events;
  SmallVector<Record> records;
};
} // namespace

/// The latest first: what has to wait for it is ordered behind earlier ones too.
LogicalResult OrderWalk::take(Operation *op, size_t queue,
                              llvm::function_ref<LogicalResult(Operation *, Operation *)> visit) {
  Clock &clock = clocks[queue];
  FailureOr<Accesses> accesses = accessesOf(op);
  if (failed(accesses))
    return failure();
  Record record{op, queue, clock[queue], std::move(*accesses), {}};
  for (const Record &earlier : llvm::reverse(records)) {
    bool isOrdered = earlier.number < clock[earlier.queue];
    if (isOrdered || !meet(earlier, record))
      continue;
    if (failed(visit(earlier.op, op)))
      return failure();
    advance(clock, earlier.after);
  }
  ++clock[queue];
  record.after = clock;
  records.push_back(std::move(record));
  return success();
}

LogicalResult OrderWalk::run(llvm::function_ref<LogicalResult(Operation *, Operation *)> visit) {
  for (Operation &op : llvm::make_early_inc_range(program.getBody().front())) {
    LogicalResult result = llvm::TypeSwitch<Operation *, LogicalResult>(&op)
                               .Case<LaunchOp, CopyOp>([&](auto record) {
                                 return take(record, static_cast<size_t>(record.getQueue()), visit);
                               })
                               .Case([&](SignalOp signal) {
                                 events[signal.getEvent()] = clocks[signal.getQueue()];
                                 return success();
                               })
                               .Case([&](WaitOp wait) {
                                 advance(clocks[wait.getQueue()], events[wait.getEvent()]);
                                 return success();
                               })
                               .Default(success());
    if (failed(result))
      return failure();
  }
  return success();
}

LogicalResult
alexc::forEachUnordered(ProgramOp program,
                        llvm::function_ref<LogicalResult(Operation *, Operation *)> visit) {
  if (program.getDevices() == 1)
    return success(); // one queue
  return OrderWalk(program).run(visit);
}
