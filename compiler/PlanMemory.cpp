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
  void remark(func::FuncOp entry, int64_t device, int64_t bytes, ArrayRef<LiveRange> ranges);
  AtAttr io(Type type);
  AtAttr port(func::FuncOp entry, BlockArgument argument);
  void placeScratch(func::FuncOp entry);
  void writeAddresses(func::FuncOp entry);
  /// An address on the device of `type`.
  AtAttr at(Segment segment, int64_t offset, Type type, int64_t start = 0) {
    return AtAttr::get(module.getContext(), segment, offset, start, deviceOf(type).value_or(0));
  }

  ModuleOp module;
  bool reuse;
  llvm::StringMap<int64_t> parameters; ///< number of each parameter
  DenseMap<Form, int64_t> weights;     ///< offset of each packed parameter
  int64_t devices = 1;
  DenseMap<Value, AtAttr> places; ///< of the entry at hand
  llvm::StringMap<AtAttr> ports;  ///< inputs of the entry at hand, one offset on all devices
  int64_t ioBytes = 0;            ///< of the entry at hand
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
    return at(Segment::weights, packed->second, type);
  }
  auto parameter = parameters.find(role.name);
  if (parameter == parameters.end())
    return entry.emitError("parameter '")
           << role.name.getValue() << "' is not in alex.network's params";
  auto tensor = cast<RankedTensorType>(type);
  int64_t start = role.firstRow() * (physicalBytes(tensor) / tensor.getDimSize(0));
  return at(role.segment, parameter->second, type, start);
}

/// The next room in the segment of inputs and outputs.
AtAttr MemoryPlan::io(Type type) {
  AtAttr place = at(Segment::io, ioBytes, type);
  ioBytes += alignedBytes(physicalBytes(type));
  return place;
}

/// Inputs and labels: the same offset on each device that reads them.
AtAttr MemoryPlan::port(func::FuncOp entry, BlockArgument argument) {
  StringRef name = entry.getArgAttr(argument.getArgNumber(), "alex.labels") ? "labels" : "input";
  AtAttr &first = ports[name];
  if (!first)
    return first = io(argument.getType());
  return at(Segment::io, first.getOffset(), argument.getType());
}

FailureOr<AtAttr> MemoryPlan::placeArgument(func::FuncOp entry, BlockArgument argument) {
  if (auto role = parameterRole(entry.getArgAttrDict(argument.getArgNumber())))
    return placeParameter(entry, *role, argument.getType());
  if (isa<StepType>(argument.getType()))
    return at(Segment::step, 0, argument.getType());
  return port(entry, argument);
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
  BlockArgument old = findArgument(entry, role, returned.getType());
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

/// Bytes of the arguments of `entry` in `segment` of `device`.
static int64_t bytesIn(func::FuncOp entry, Segment segment, int64_t device) {
  int64_t bytes = 0;
  for (BlockArgument argument : entry.getArguments()) {
    auto at = entry.getArgAttrOfType<AtAttr>(argument.getArgNumber(), "alex.at");
    if (at.getSegment() == segment && at.getDevice() == device)
      bytes += physicalBytes(argument.getType());
  }
  return bytes;
}

void MemoryPlan::remark(func::FuncOp entry, int64_t device, int64_t bytes,
                        ArrayRef<LiveRange> ranges) {
  std::string text = devices > 1 ? fmt::format("device {}: ", device) : "";
  text += fmt::format("{} of scratch for {} values; at least {} are alive at once",
                      bytesText(bytes), ranges.size(), bytesText(leastBytes(ranges)));
  if (int64_t momenta = bytesIn(entry, Segment::momentum, device); momenta && bytes)
    text +=
        fmt::format("; peak {} with inputs, parameters and momenta",
                    bytesText(bytes + ioBytes + momenta + bytesIn(entry, Segment::param, device)));
  remarkFound("alex-plan-memory", entry, text);
}

void MemoryPlan::placeScratch(func::FuncOp entry) {
  SmallVector<LiveRange> all = liveRanges(entry);
  SmallVector<int64_t> bytes;
  for (int64_t device = 0; device < devices; ++device) {
    auto ranges = llvm::filter_to_vector(all, [&](const LiveRange &range) {
      return deviceOf(range.value.getType()).value_or(0) == device;
    });
    ScratchPlan plan = reuse ? planSharing(ranges) : planApart(ranges);
    for (const LiveRange &range : ranges)
      places[range.value] = at(Segment::scratch, plan.offsets[range.value], range.value.getType());
    bytes.push_back(plan.bytes);
    if (!isLoadEntry(entry))
      remark(entry, device, plan.bytes, ranges);
  }
  setScratch(entry, bytes);
}

void MemoryPlan::writeAddresses(func::FuncOp entry) {
  OpBuilder builder(entry);
  for (Operation &op : entry.front().without_terminator()) {
    auto addresses = llvm::map_to_vector(op.getResults(), [&](Value result) -> Attribute {
      return addressIn(places.lookup(memoryOf(result)), result);
    });
    op.setAttr("alex.at", builder.getArrayAttr(addresses));
  }
}

LogicalResult MemoryPlan::planEntry(func::FuncOp entry) {
  places.clear();
  ports.clear();
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
  SmallVector<int64_t> offsets(devices, 0);
  for (auto [number, value] : llvm::enumerate(load.front().getTerminator()->getOperands())) {
    auto name = load.getResultAttrOfType<StringAttr>(number, "alex.state");
    if (!name || isa<BlockArgument>(value))
      return load.emitError(
                 "expected each result to be computed and named by alex.state, got number ")
             << number;
    int64_t &offset = offsets[deviceOf(value.getType()).value_or(0)];
    places[value] = at(Segment::weights, offset, value.getType());
    weights[{name, value.getType()}] = offset;
    load.setResultAttr(number, "alex.at", places[value]);
    offset += alignedBytes(physicalBytes(value.getType()));
  }
  placeScratch(load);
  writeAddresses(load);
  auto texts = llvm::map_to_vector(offsets, bytesText);
  remarkFound("alex-plan-memory", load, llvm::join(texts, " and ") + " of packed parameters");
  return success();
}

LogicalResult MemoryPlan::run() {
  if (auto count = module->getAttrOfType<IntegerAttr>("alex.devices"))
    devices = count.getInt();
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
