//===- AutoPlan.cpp - search for the fastest plan ----------------------------===//

#include "compiler/partition/AutoPlan.h"
#include "compiler/Passes.h"
#include "compiler/Pipelines.h"
#include "compiler/Remarks.h"
#include "compiler/partition/PartitionReport.h"
#include "compiler/partition/Place.h"
#include "compiler/partition/Spread.h"
#include <limits>

using namespace mlir;
using namespace alexc;

using Split = LayerPlan::Split;
using Kind = Spread::Kind;

//===----------------------------------------------------------------------===//
// Dynamic programming over the layers
//===----------------------------------------------------------------------===//

namespace {
/// A layer with filters and what follows it up to the next one.
struct Segment {
  Operation *layer;
  double compute = 0;     ///< seconds of all its ops on one device
  double update = 0;      ///< seconds of the updates alone, which are not split by images
  int64_t parameters = 0; ///< bytes
  int64_t input = 0;      ///< bytes of what the layer reads
};

/// The cheapest way to the end of a segment with a split.
struct Way {
  double seconds = std::numeric_limits<double>::infinity();
  size_t before = 0; ///< the split of the segment in front
};

/// Finds a plan for one entry from sums over its segments.
class PlanSearch {
public:
  PlanSearch(func::FuncOp entry, int64_t devices, const KernelCatalog &catalog,
             const Machine &machine)
      : entry(entry), devices(devices), catalog(catalog), machine(machine) {}

  Plan run();

private:
  static constexpr Split splits[] = {Split::whole, Split::filters, Split::batch};

  void readSegments(ArrayRef<Operation *> layers);
  double secondsOf(Operation *op) const;
  bool isPossible(const Segment &segment, Split split) const;
  double computing(const Segment &segment, Split split) const;
  double crossing(const Segment &segment, Split from, Split to) const;

  func::FuncOp entry;
  int64_t devices;
  const KernelCatalog &catalog;
  const Machine &machine;
  std::vector<Segment> segments;
};
} // namespace

/// Of the op by itself: which fusions come is not known yet.
double PlanSearch::secondsOf(Operation *op) const {
  double least = std::numeric_limits<double>::infinity();
  for (const KernelChoice &choice : catalog.choices(op, machine))
    least = std::min(least, choice.seconds);
  return std::isinf(least) ? 0 : least;
}

void PlanSearch::readSegments(ArrayRef<Operation *> layers) {
  llvm::StringMap<size_t> segmentOf; // of each layer's name
  for (Operation *layer : layers) {
    segmentOf[layerName(layer)] = segments.size();
    segments.push_back({layer});
    segments.back().input = physicalBytes(layer->getOperand(0).getType());
    for (Value parameter : layer->getOperands().drop_front())
      segments.back().parameters += physicalBytes(parameter.getType());
  }
  size_t current = 0;
  for (Operation &op : entry.front().without_terminator()) {
    std::string name = layerName(&op);
    StringRef layer = layerOfName(name);
    auto found = segmentOf.find(layer);
    if (found != segmentOf.end())
      current = found->second;
    else
      segmentOf[layer] = current; // its gradient belongs here too
    double seconds = secondsOf(&op);
    segments[current].compute += seconds;
    if (isa<SgdUpdateOp>(op))
      segments[current].update += seconds;
  }
}

bool PlanSearch::isPossible(const Segment &segment, Split split) const {
  auto batch = entry->getAttrOfType<IntegerAttr>("alex.batch");
  if (split == Split::batch)
    return batch && batch.getInt() % devices == 0;
  return refuseSplit(segment.layer, {split, 0, 1}, devices).empty();
}

double PlanSearch::computing(const Segment &segment, Split split) const {
  switch (split) {
  case Split::whole:
    return segment.compute;
  case Split::filters:
    return segment.compute / devices;
  case Split::batch:
    break;
  }
  bool isTrained = segment.update > 0; // gradients to the owner, new values back
  double copies = isTrained ? 2 * catalog.transferSeconds(segment.parameters, machine) : 0;
  return (segment.compute - segment.update) / devices + segment.update + copies;
}

/// Of what `segment` reads, on the way forward and, in training, back.
double PlanSearch::crossing(const Segment &segment, Split from, Split to) const {
  bool isTower = to == Split::filters && !readsAllChannels(segment.layer, devices);
  bool isAligned = from == to && (to != Split::filters || isTower);
  if (isAligned)
    return 0;
  // each device lacks what the others have; a whole one has all, or none of it
  int64_t missing = from == Split::whole ? segment.input : segment.input - segment.input / devices;
  if (from == Split::whole && to == Split::batch)
    missing = segment.input / devices;
  double seconds = catalog.transferSeconds(missing, machine);
  return isTrainingEntry(entry) ? 2 * seconds : seconds;
}

Plan PlanSearch::run() {
  SmallVector<Operation *> layers;
  for (Operation &op : entry.getOps())
    if (isa<Conv2dOp, LinearOp>(op))
      layers.push_back(&op);
  readSegments(layers);
  constexpr size_t count = std::size(splits);
  std::vector<std::array<Way, count>> ways(segments.size());
  for (auto [i, segment] : llvm::enumerate(segments))
    for (size_t to = 0; to < count; ++to) {
      if (!isPossible(segment, splits[to]))
        continue;
      double own = computing(segment, splits[to]);
      if (i == 0) // all devices have the input
        ways[i][to].seconds = own;
      for (size_t from = 0; i > 0 && from < count; ++from) {
        double seconds =
            ways[i - 1][from].seconds + crossing(segment, splits[from], splits[to]) + own;
        if (seconds < ways[i][to].seconds)
          ways[i][to] = {seconds, from};
      }
    }
  Plan plan{"auto", devices, {}};
  std::vector<size_t> chosen(segments.size());
  for (size_t i = segments.size(); i-- > 0;) {
    auto cheapest = llvm::min_element(
        ways[i], [](const Way &a, const Way &b) { return a.seconds < b.seconds; });
    chosen[i] =
        i + 1 == segments.size() ? cheapest - ways[i].begin() : ways[i + 1][chosen[i + 1]].before;
  }
  for (auto [segment, split] : llvm::zip(segments, chosen))
    plan.layers.insert({layerName(segment.layer), {splits[split], 0, 1}});
  return plan;
}

//===----------------------------------------------------------------------===//
// Comparison with the named plans
//===----------------------------------------------------------------------===//

/// The entry that a plan is made for.
static func::FuncOp entryToPlan(ModuleOp module) {
  func::FuncOp chosen;
  for (func::FuncOp entry : entriesOf(module)) {
    if (entryKind(entry) == "train_step")
      return entry;
    auto batchOf = [](func::FuncOp f) {
      auto batch = f->getAttrOfType<IntegerAttr>("alex.batch");
      return batch ? batch.getInt() : 0;
    };
    if (entryKind(entry) == "infer" && (!chosen || batchOf(chosen) < batchOf(entry)))
      chosen = entry;
  }
  return chosen;
}

/// What `plan` costs: the rest of the graph phases, on a copy of the one entry.
static FailureOr<PartitionReport> tryPlan(func::FuncOp entry, const Plan &plan,
                                          const KernelCatalog &catalog) {
  auto module = entry->getParentOfType<ModuleOp>();
  OwningOpRef<ModuleOp> copy = ModuleOp::create(module.getLoc());
  (*copy)->setAttrs(module->getAttrs());
  copy->push_back(entry->clone());
  placeNetwork(*copy, plan);
  std::vector<Phase> phases = graphPhases();
  PassManager passes(copy->getContext(), ModuleOp::getOperationName(),
                     OpPassManager::Nesting::Implicit);
  passes.nest<func::FuncOp>().addPass(createInsertTransfersPass());
  PipelineOptions options;
  buildPhases(passes, ArrayRef(phases).drop_front(3), options);
  if (failed(passes.run(*copy)))
    return failure();
  return reportPartition(entriesOf(*copy).front(), catalog, Machine::of(*copy));
}

static int64_t largestPeak(const PartitionReport &report) {
  int64_t peak = 0;
  for (const DeviceLoad &device : report.devices)
    peak = std::max(peak, device.peak());
  return peak;
}

FailureOr<Plan> alexc::searchPlan(ModuleOp module, int64_t devices, int64_t deviceMemory) {
  func::FuncOp entry = entryToPlan(module);
  auto *catalog =
      module.getContext()->getLoadedDialect<AlexDialect>()->getRegisteredInterface<KernelCatalog>();
  if (!entry || !catalog)
    return module.emitError("plan auto expects an entry that trains or infers, and kernels to "
                            "choose from");
  SmallVector<Plan> candidates{PlanSearch(entry, devices, *catalog, Machine::of(module)).run()};
  for (StringRef name : planNames())
    candidates.push_back(makePlan(module, name, devices));
  double best = std::numeric_limits<double>::infinity();
  int64_t least = std::numeric_limits<int64_t>::max();
  Plan chosen;
  for (Plan &plan : candidates) {
    FailureOr<PartitionReport> report = tryPlan(entry, plan, *catalog);
    if (failed(report))
      return failure();
    least = std::min(least, largestPeak(*report));
    if ((deviceMemory && largestPeak(*report) > deviceMemory) || report->step >= best)
      continue;
    best = report->step;
    chosen = plan;
  }
  if (std::isinf(best))
    return entry.emitError("no plan fits: on ")
           << devices << " devices it needs at least " << bytesText(least) << " on one, "
           << bytesText(deviceMemory) << " are allowed";
  chosen.name = "auto";
  return chosen;
}

//===----------------------------------------------------------------------===//
// The plan that is asked for
//===----------------------------------------------------------------------===//

OwnDevices alexc::devicesOfNetwork(ModuleOp module) {
  auto network = module->getAttrOfType<DictionaryAttr>("alex.network");
  auto own = network ? network.getAs<DictionaryAttr>("devices") : DictionaryAttr();
  auto count = own ? own.getAs<IntegerAttr>("count") : IntegerAttr();
  auto plan = own ? own.getAs<StringAttr>("plan") : StringAttr();
  return {count ? std::max<int64_t>(count.getInt(), 1) : 1, plan ? plan.str() : "none"};
}

/// A file's plan, which must be for `devices` of them unless that is 0.
static FailureOr<Plan> readPlanFor(ModuleOp module, StringRef path, int64_t devices) {
  FailureOr<Plan> plan = readPlan(module, path);
  if (succeeded(plan) && devices != 0 && plan->devices != devices)
    return emitError(FileLineColLoc::get(module.getContext(), path, 1, 1))
           << "the plan is for " << plan->devices << " devices, not for " << devices;
  return plan;
}

FailureOr<Plan> alexc::choosePlan(ModuleOp module, StringRef name, int64_t devices,
                                  int64_t deviceMemory) {
  OwnDevices own = devicesOfNetwork(module);
  int64_t wanted = devices == 0 ? own.count : devices;
  std::string planned = name.empty() ? own.planFor(wanted) : name.str();
  bool saysNoNumber = !name.empty() && devices == 0; // but a plan
  if (StringRef(planned).ends_with(".json")) {
    if (saysNoNumber || wanted > 1)
      return readPlanFor(module, planned, saysNoNumber ? 0 : wanted);
    planned = "none";
  }
  if (llvm::Error error = checkPlanName(planned))
    return module.emitError() << llvm::toString(std::move(error));
  if (saysNoNumber && wanted == 1 && planned != "none")
    return module.emitError("plan '") << name << "' is for several devices: give --devices N";
  if (wanted == 1)
    return makePlan(module, "none", own.count);
  return planned == "auto" ? searchPlan(module, wanted, deviceMemory)
                           : makePlan(module, planned, wanted);
}
