//===- PlaceByDepth.cpp - a plug-in that is a partitioner -------------------===//
//
// Cuts the network in two behind half of its layers with filters: a pipeline of two
// devices, which alexc has no plan for. All that a partitioner needs is a plan.

#include "compiler/Remarks.h"
#include "compiler/partition/Place.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;
using namespace alexc;

namespace {
struct PlaceByDepth : PassWrapper<PlaceByDepth, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PlaceByDepth)

  StringRef getArgument() const override { return "example-place-by-depth"; }
  StringRef getDescription() const override {
    return "Place the first half of the layers on device 0, the others on device 1";
  }

  void runOnOperation() override {
    Plan plan{"by-depth", /*devices=*/2, {}};
    SmallVector<Operation *> layers = plannedLayers(getOperation());
    for (auto [number, layer] : llvm::enumerate(layers)) {
      int64_t device = 2 * number >= layers.size();
      plan.layers.insert({layerName(layer), {LayerPlan::Split::whole, device, /*shares=*/1}});
    }
    placeNetwork(getOperation(), plan);
  }
};
} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "example-place-by-depth", "1",
          [] { PassRegistration<PlaceByDepth>(); }};
}
