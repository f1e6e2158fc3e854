//===- MarkLayers.cpp - alex-mark-layers -------------------------------------===//

#include "compiler/Passes.h"
#include "compiler/Remarks.h"

namespace alexc {
#define GEN_PASS_DEF_MARKLAYERSPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// The ops of layer `name`, one per entry, and ops inside fused ones.
static SmallVector<Operation *> findLayer(ModuleOp module, StringRef name) {
  SmallVector<Operation *> found;
  module.walk([&](LayerOpInterface layer) {
    if (layer.getLayerName() == name)
      found.push_back(layer);
  });
  return found;
}

/// The layer whose name is nearest to `name`.
static std::string nearestLayer(ModuleOp module, StringRef name) {
  std::string nearest;
  unsigned best = std::max<size_t>(name.size() / 2, 1) + 1;
  module.walk([&](LayerOpInterface layer) {
    unsigned distance = name.edit_distance(layer.getLayerName(), true, best);
    if (distance < best && !layer.getLayerName().empty()) {
      best = distance;
      nearest = layer.getLayerName().str();
    }
  });
  return nearest;
}

static LogicalResult reportUnknown(ModuleOp module, StringRef name) {
  std::string nearest = nearestLayer(module, name);
  InFlightDiagnostic error = module.emitError("no layer '") << name << "'";
  if (!nearest.empty())
    error << "; did you mean '" << nearest << "'?";
  return error;
}

static LogicalResult markLayer(ModuleOp module, StringRef name, StringRef mark) {
  SmallVector<Operation *> layers = findLayer(module, name);
  if (layers.empty())
    return reportUnknown(module, name);
  for (Operation *layer : layers) {
    if (auto fused = layer->getParentOfType<FusedOp>())
      return layer->emitError("layer '")
             << name << "' is already part of kernel '" << layerName(fused) << "'";
    layer->setAttr(mark, UnitAttr::get(module.getContext()));
  }
  return success();
}

namespace {
struct MarkLayersPass : alexc::impl::MarkLayersPassBase<MarkLayersPass> {
  using MarkLayersPassBase::MarkLayersPassBase;

  void runOnOperation() override {
    for (const std::string &name : keep)
      if (failed(markLayer(getOperation(), name, "alex.keep")))
        return signalPassFailure();
    for (const std::string &name : noFuse)
      if (failed(markLayer(getOperation(), name, "alex.no_fuse")))
        return signalPassFailure();
  }
};
} // namespace
