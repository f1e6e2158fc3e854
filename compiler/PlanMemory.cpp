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
  FailureOr<AtAttr> placeState(func::FuncOp entry, unsigned number, StringAttr name);
  LogicalResult placeResult(func::FuncOp entry);
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

/// Parameters lie where the file has them, or where `load` put their form.
FailureOr<AtAttr> MemoryPlan::placeState(func::FuncOp entry, unsigned number, StringAttr name) {
  Type type = entry.getArgument(number).getType();
  if (layoutOf(type) != Layout()) {
    auto packed = weights.find({name, type});
    if (packed == weights.end())
      return entry.emitError("parameter '")
             << name.getValue() << "' of type " << type << " is not among the results of @load";
    return at(Segment::weights, packed->second);
  }
  auto parameter = parameters.find(name);
  if (parameter == parameters.end())
    return entry.emitError("parameter '") << name.getValue() << "' is not in alex.network's params";
  return at(Segment::param, parameter->second);
}

LogicalResult MemoryPlan::placeArguments(func::FuncOp entry) {
  for (BlockArgument argument : entry.getArguments()) {
    unsigned number = argument.getArgNumber();
    FailureOr<AtAttr> place = at(Segment::io, ioBytes);
    if (auto name = entry.getArgAttrOfType<StringAttr>(number, "alex.state"))
      place = placeState(entry, number, name);
    else
      ioBytes += alignedBytes(physicalBytes(argument.getType()));
    if (failed(place))
      return failure();
    places[argument] = *place;
    entry.setArgAttr(number, "alex.at", *place);
  }
  return success();
}

/// What an entry returns lies behind its input.
LogicalResult MemoryPlan::placeResult(func::FuncOp entry) {
  for (Value returned : entry.front().getTerminator()->getOperands()) {
    Value memory = memoryOf(returned);
    if (isa<BlockArgument>(memory))
      return entry.emitError("expected the entry to compute its result, got an argument");
    if (places.contains(memory))
      continue;
    places[memory] = at(Segment::io, ioBytes);
    ioBytes += alignedBytes(physicalBytes(memory.getType()));
  }
  return success();
}

void MemoryPlan::placeScratch(func::FuncOp entry) {
  SmallVector<LiveRange> ranges = liveRanges(entry);
  ScratchPlan plan = reuse ? planSharing(ranges) : planApart(ranges);
  for (const LiveRange &range : ranges)
    places[range.value] = at(Segment::scratch, plan.offsets[range.value]);
  entry->setAttr("alex.scratch", OpBuilder(entry).getI64IntegerAttr(plan.bytes));
  if (isLoadEntry(entry))
    return;
  remarkFound("alex-plan-memory", entry,
              fmt::format("{} of scratch for {} values; at least {} are alive at once",
                          bytesText(plan.bytes), ranges.size(), bytesText(leastBytes(ranges))));
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
  if (failed(placeArguments(entry)) || failed(placeResult(entry)))
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
