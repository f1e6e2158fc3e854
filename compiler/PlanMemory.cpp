//===- PlanMemory.cpp - alex-plan-memory -------------------------------------===//

#include "compiler/LiveRanges.h"
#include "compiler/Passes.h"
#include "compiler/Remarks.h"
#include "llvm/ADT/StringMap.h"
#include <fmt/format.h>

namespace alexc {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Scratch
//===----------------------------------------------------------------------===//

namespace {
/// Where each value of an entry lies in scratch, and how much that takes.
struct ScratchPlan {
  DenseMap<Value, int64_t> offsets;
  int64_t bytes = 0;

  void put(const LiveRange &range, int64_t offset) {
    offsets[range.value] = offset;
    bytes = std::max(bytes, offset + range.bytes);
  }
};
} // namespace

/// The lowest offset at which `range` meets none of `neighbours`, which are
/// alive at the same time and sorted by offset.
static int64_t lowestGap(const LiveRange &range, ArrayRef<std::pair<int64_t, int64_t>> neighbours) {
  int64_t offset = 0;
  for (auto [begin, bytes] : neighbours) {
    if (offset + range.bytes <= begin)
      return offset;
    offset = std::max(offset, begin + bytes);
  }
  return offset;
}

/// First fit, the largest value first.
static ScratchPlan planSharing(ArrayRef<LiveRange> ranges) {
  SmallVector<const LiveRange *> order = llvm::to_vector(llvm::make_pointer_range(ranges));
  llvm::sort(order, [](const LiveRange *a, const LiveRange *b) {
    return std::make_pair(-a->bytes, a->first) < std::make_pair(-b->bytes, b->first);
  });
  ScratchPlan plan;
  for (const LiveRange *range : order) {
    SmallVector<std::pair<int64_t, int64_t>> neighbours;
    for (const LiveRange &other : ranges)
      if (auto placed = plan.offsets.find(other.value);
          placed != plan.offsets.end() && range->overlaps(other))
        neighbours.emplace_back(placed->second, other.bytes);
    llvm::sort(neighbours);
    plan.put(*range, lowestGap(*range, neighbours));
  }
  return plan;
}

static ScratchPlan planApart(ArrayRef<LiveRange> ranges) {
  ScratchPlan plan;
  for (const LiveRange &range : ranges)
    plan.put(range, plan.bytes);
  return plan;
}

//===----------------------------------------------------------------------===//
// All segments
//===----------------------------------------------------------------------===//

namespace {
/// Addresses of everything in a network.
class MemoryPlan {
public:
  MemoryPlan(ModuleOp module, bool reuse) : module(module), reuse(reuse) {}

  LogicalResult run();

private:
  using Form = std::pair<StringAttr, Type>; ///< of a parameter: name, type as placed

  LogicalResult readParameters();
  LogicalResult planLoad(func::FuncOp load);
  LogicalResult planEntry(func::FuncOp entry);
  LogicalResult placeArguments(func::FuncOp entry);
  FailureOr<AtAttr> placeParameter(func::FuncOp entry, const ParameterRole &role, Type type);
  FailureOr<AtAttr> placeArgument(func::FuncOp entry, BlockArgument argument);
  LogicalResult placeResults(func::FuncOp entry);
  LogicalResult placeResult(func::FuncOp entry, unsigned number, Value returned);
  LogicalResult verifyNewState(func::FuncOp entry, const ParameterRole &role, Value returned);
  void remark(func::FuncOp entry, const ScratchPlan &plan, ArrayRef<LiveRange> ranges);
  AtAttr io(Type type);
  void placeScratch(func::FuncOp entry);
  void writeAddresses(func::FuncOp entry);
  AtAttr at(Segment segment, int64_t offset) {
    return AtAttr::get(module.getContext(), segment, offset);
  }

  ModuleOp module;
  bool reuse;
  llvm::StringMap<int64_t> parameters; ///< number of each parameter
  DenseMap<Form, int64_t> weights;     ///< offset of each packed parameter
  DenseMap<Value, AtAttr> places;      ///< of the entry at hand
  int64_t ioBytes = 0;                 ///< of the entry at hand
};
} // namespace

/// Reads the order of the parameters from the network's description.
LogicalResult MemoryPlan::readParameters() {
  auto network = module->getAttrOfType<DictionaryAttr>("alex.network");
  auto list = network ? network.getAs<ArrayAttr>("params") : ArrayAttr();
  if (!list)
    return module.emitError("expected a module attribute alex.network with a list params");
  for (Attribute parameter : list) {
    auto dictionary = dyn_cast<DictionaryAttr>(parameter);
    auto name = dictionary ? dictionary.getAs<StringAttr>("name") : StringAttr();
    if (!name)
      return module.emitError("expected params of alex.network to have names, got ") << parameter;
    parameters.try_emplace(name, parameters.size());
  }
  return success();
}

/// Parameters, their momenta and gradients lie in the file's order; a parameter
/// in another form lies where `load` put it.
FailureOr<AtAttr> MemoryPlan::placeParameter(func::FuncOp entry, const ParameterRole &role,
                                             Type type) {
  if (layoutOf(type) != Layout()) {
    auto packed = weights.find({role.name, type});
    if (packed == weights.end())
      return entry.emitError("parameter '") << role.name.getValue() << "' of type " << type
                                            << " is not among the results of @load";
    return at(Segment::weights, packed->second);
  }
  auto parameter = parameters.find(role.name);
  if (parameter == parameters.end())
    return entry.emitError("parameter '")
           << role.name.getValue() << "' is not in alex.network's params";
  return at(role.segment, parameter->second);
}

/// The next room in the segment of inputs and outputs.
AtAttr MemoryPlan::io(Type type) {
  AtAttr place = at(Segment::io, ioBytes);
  ioBytes += alignedBytes(physicalBytes(type));
  return place;
}

FailureOr<AtAttr> MemoryPlan::placeArgument(func::FuncOp entry, BlockArgument argument) {
  if (auto role = parameterRole(entry.getArgAttrDict(argument.getArgNumber())))
    return placeParameter(entry, *role, argument.getType());
  if (isa<StepType>(argument.getType()))
    return at(Segment::step, 0);
  return io(argument.getType());
}

LogicalResult MemoryPlan::placeArguments(func::FuncOp entry) {
  for (BlockArgument argument : entry.getArguments()) {
    FailureOr<AtAttr> place = placeArgument(entry, argument);
    if (failed(place))
      return failure();
    places[argument] = *place;
    entry.setArgAttr(argument.getArgNumber(), "alex.at", *place);
  }
  return success();
}

/// A new parameter or momentum must come from an op that overwrites the old one:
/// nothing is ever copied there.
LogicalResult MemoryPlan::verifyNewState(func::FuncOp entry, const ParameterRole &role,
                                         Value returned) {
  BlockArgument old = findArgument(entry, role);
  if (old && old != returned && memoryOf(returned) == old)
    return success();
  return entry.emitError("expected the new ")
         << (role.segment == Segment::param ? "parameter '" : "momentum of '")
         << role.name.getValue() << "' to be computed in the place of the old one";
}

LogicalResult MemoryPlan::placeResult(func::FuncOp entry, unsigned number, Value returned) {
  auto role = parameterRole(entry.getResultAttrDict(number));
  if (role && role->segment != Segment::gradient)
    return verifyNewState(entry, *role, returned);
  Value memory = memoryOf(returned);
  if (isa<BlockArgument>(memory))
    return entry.emitError("expected the entry to compute its result, got an argument");
  if (!role) {
    if (!places.contains(memory))
      places[memory] = io(memory.getType());
    return success();
  }
  if (places.contains(memory))
    return entry.emitError("expected the gradient of '")
           << role->name.getValue() << "' to be a value of its own, got one that is returned twice";
  FailureOr<AtAttr> place = placeParameter(entry, *role, memory.getType());
  if (succeeded(place))
    places[memory] = *place;
  return place;
}

/// What an entry returns lies behind its inputs, or where its parameter's
/// momenta or gradients lie.
LogicalResult MemoryPlan::placeResults(func::FuncOp entry) {
  for (auto [number, returned] : llvm::enumerate(entry.front().getTerminator()->getOperands()))
    if (failed(placeResult(entry, number, returned)))
      return failure();
  return success();
}

/// Bytes of the arguments of `entry` in `segment`.
static int64_t bytesIn(func::FuncOp entry, Segment segment) {
  int64_t bytes = 0;
  for (BlockArgument argument : entry.getArguments())
    if (entry.getArgAttrOfType<AtAttr>(argument.getArgNumber(), "alex.at").getSegment() == segment)
      bytes += physicalBytes(argument.getType());
  return bytes;
}

void MemoryPlan::remark(func::FuncOp entry, const ScratchPlan &plan, ArrayRef<LiveRange> ranges) {
  std::string text =
      fmt::format("{} of scratch for {} values; at least {} are alive at once",
                  bytesText(plan.bytes), ranges.size(), bytesText(leastBytes(ranges)));
  if (int64_t momenta = bytesIn(entry, Segment::momentum); momenta && plan.bytes)
    text += fmt::format("; peak {} with inputs, parameters and momenta",
                        bytesText(plan.bytes + ioBytes + momenta + bytesIn(entry, Segment::param)));
  remarkFound("alex-plan-memory", entry, text);
}

void MemoryPlan::placeScratch(func::FuncOp entry) {
  SmallVector<LiveRange> ranges = liveRanges(entry);
  ScratchPlan plan = reuse ? planSharing(ranges) : planApart(ranges);
  for (const LiveRange &range : ranges)
    places[range.value] = at(Segment::scratch, plan.offsets[range.value]);
  entry->setAttr("alex.scratch", OpBuilder(entry).getI64IntegerAttr(plan.bytes));
  if (!isLoadEntry(entry))
    remark(entry, plan, ranges);
}

void MemoryPlan::writeAddresses(func::FuncOp entry) {
  OpBuilder builder(entry);
  for (Operation &op : entry.front().without_terminator()) {
    auto addresses = llvm::map_to_vector(op.getResults(), [&](Value result) -> Attribute {
      return places.lookup(memoryOf(result));
    });
    op.setAttr("alex.at", builder.getArrayAttr(addresses));
  }
}

LogicalResult MemoryPlan::planEntry(func::FuncOp entry) {
  places.clear();
  ioBytes = 0;
  if (failed(verifyOverwriting(entry)) || failed(placeArguments(entry)) ||
      failed(placeResults(entry)))
    return failure();
  placeScratch(entry);
  writeAddresses(entry);
  return success();
}

/// The results of `load` follow each other in the weights segment.
LogicalResult MemoryPlan::planLoad(func::FuncOp load) {
  places.clear();
  if (failed(placeArguments(load)))
    return failure();
  int64_t offset = 0;
  for (auto [number, value] : llvm::enumerate(load.front().getTerminator()->getOperands())) {
    auto name = load.getResultAttrOfType<StringAttr>(number, "alex.state");
    if (!name || isa<BlockArgument>(value))
      return load.emitError(
                 "expected each result to be computed and named by alex.state, got number ")
             << number;
    places[value] = at(Segment::weights, offset);
    weights[{name, value.getType()}] = offset;
    load.setResultAttr(number, "alex.at", places[value]);
    offset += alignedBytes(physicalBytes(value.getType()));
  }
  placeScratch(load);
  writeAddresses(load);
  remarkFound("alex-plan-memory", load, bytesText(offset) + " of packed parameters");
  return success();
}

LogicalResult MemoryPlan::run() {
  if (failed(readParameters()))
    return failure();
  // first: the others' packed parameters lie where load puts them
  SmallVector<func::FuncOp> entries = entriesOf(module);
  for (func::FuncOp load : llvm::make_filter_range(entries, isLoadEntry))
    if (failed(planLoad(load)))
      return failure();
  for (func::FuncOp entry : entries)
    if (!isLoadEntry(entry) && failed(planEntry(entry)))
      return failure();
  return success();
}

namespace {
struct PlanMemoryPass : alexc::impl::PlanMemoryPassBase<PlanMemoryPass> {
  using PlanMemoryPassBase::PlanMemoryPassBase;

  void runOnOperation() override {
    if (failed(MemoryPlan(getOperation(), reuse).run()))
      signalPassFailure();
  }
};
} // namespace
