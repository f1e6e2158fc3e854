//===- Plan.cpp - which device computes what ---------------------------------===//

#include "compiler/partition/Plan.h"
#include "compiler/Diagnostics.h"
#include "compiler/Passes.h"
#include "compiler/Remarks.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace alexc;

using Split = LayerPlan::Split;

LayerPlan Plan::of(StringRef layer) const {
  auto found = layers.find(layer.str());
  return found == layers.end() ? LayerPlan() : found->second;
}

int64_t Plan::ownerOf(StringRef layer) const {
  auto found = layers.find(layer.str());
  return (found - layers.begin()) % devices; // by turns
}

ArrayRef<StringRef> alexc::planNames() {
  static constexpr StringRef names[] = {"none", "paper", "data", "owt"};
  return names;
}

StringRef alexc::layerOfName(StringRef name) {
  StringRef layer = name.split(':').first.split('+').first;
  for (StringRef parameter : {".weight", ".bias"}) // a layer's own name may have points
    if (layer.ends_with(parameter))
      return layer.drop_back(parameter.size());
  return layer;
}

bool alexc::isGradientName(StringRef name) { return name.split(':').second.contains("grad"); }

//===----------------------------------------------------------------------===//
// The layers of a network
//===----------------------------------------------------------------------===//

SmallVector<Operation *> alexc::plannedLayers(ModuleOp module) {
  SmallVector<Operation *> layers;
  llvm::StringSet<> seen;
  for (func::FuncOp entry : entriesOf(module))
    for (Operation &op : entry.getOps())
      if (isa<Conv2dOp, LinearOp>(op) && seen.insert(layerName(&op)).second)
        layers.push_back(&op);
  return layers;
}

/// K of a convolution's or a product's filters (K, ...).
static int64_t filtersOf(Operation *layer) {
  return cast<RankedTensorType>(layer->getOperand(1).getType()).getDimSize(0);
}

static int64_t groupsOf(Operation *layer) {
  auto conv = dyn_cast<Conv2dOp>(layer);
  return conv ? conv.getGroups() : 1;
}

bool alexc::readsAllChannels(Operation *layer, int64_t devices) {
  return groupsOf(layer) % devices != 0;
}

std::string alexc::refuseSplit(Operation *layer, const LayerPlan &plan, int64_t devices) {
  auto count = [](int64_t number) { return std::to_string(number); };
  if (plan.device < 0 || plan.device >= devices)
    return "there is no device " + count(plan.device) + " among " + count(devices);
  int64_t filters = filtersOf(layer), groups = groupsOf(layer);
  if (plan.shares > 1 && groups > 1)
    return "a layer of " + count(groups) + " groups has no shares";
  if (filters % plan.shares)
    return count(filters) + " filters are not divisible by " + count(plan.shares) + " shares";
  if (plan.split != Split::filters)
    return "";
  if (filters % devices)
    return count(filters) + " filters are not divisible by " + count(devices) + " devices";
  if (groups > 1 && groups % devices)
    return count(groups) + " groups are not divisible by " + count(devices) + " devices";
  return "";
}

//===----------------------------------------------------------------------===//
// Named plans
//===----------------------------------------------------------------------===//

/// The two towers of the paper, section 3.5: each device has its share of the
/// filters of every layer but the last. What cannot be split is on device 0.
static Plan paperPlan(ArrayRef<Operation *> layers, int64_t devices) {
  Plan plan{"paper", devices, {}};
  for (Operation *layer : layers) {
    LayerPlan split{Split::filters, 0, 1};
    bool isWhole = layer == layers.back() || !refuseSplit(layer, split, devices).empty();
    plan.layers.insert({layerName(layer), isWhole ? LayerPlan() : split});
  }
  return plan;
}

/// All on one device, with the sums of the paper's plan for `devices`.
static Plan nonePlan(ArrayRef<Operation *> layers, int64_t devices) {
  Plan plan = paperPlan(layers, devices);
  plan.name = "none";
  plan.devices = 1;
  for (Operation *layer : layers) {
    LayerPlan &own = plan.layers[layerName(layer)];
    bool isSummed = own.split == Split::filters && readsAllChannels(layer, devices);
    own = {Split::whole, 0, isSummed ? devices : 1};
  }
  return plan;
}

/// Each device has all parameters and its share of the images.
static Plan dataPlan(ArrayRef<Operation *> layers, int64_t devices) {
  Plan plan{"data", devices, {}};
  for (Operation *layer : layers)
    plan.layers.insert({layerName(layer), {Split::batch, 0, 1}});
  return plan;
}

static Plan owtPlan(ArrayRef<Operation *> layers, int64_t devices) {
  Plan plan = paperPlan(layers, devices);
  plan.name = "owt";
  for (Operation *layer : layers)
    if (isa<Conv2dOp>(layer))
      plan.layers[layerName(layer)] = {Split::batch, 0, 1};
  return plan;
}

llvm::Error alexc::checkPlanName(StringRef name) {
  SmallVector<StringRef> known(planNames());
  known.push_back("auto");
  if (llvm::is_contained(known, name) || name.ends_with(".json"))
    return llvm::Error::success();
  return llvm::createStringError("no plan '" + name + "'; the plans are " +
                                 llvm::join(known, ", ") + suggest(name, known));
}

Plan alexc::makePlan(ModuleOp module, StringRef name, int64_t devices) {
  assert(llvm::is_contained(planNames(), name));
  SmallVector<Operation *> layers = plannedLayers(module);
  if (name == "none")
    return nonePlan(layers, devices);
  if (name == "paper")
    return paperPlan(layers, devices);
  if (name == "data")
    return dataPlan(layers, devices);
  return owtPlan(layers, devices);
}
