//===- MarkLayers.cpp - alex-mark-layers -------------------------------------===//

#include "compiler/Diagnostics.h"
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

static LogicalResult reportUnknown(ModuleOp module, StringRef name) {
  SmallVector<StringRef> known;
  module.walk([&](LayerOpInterface layer) { known.push_back(layer.getLayerName()); });
  return module.emitError("no layer '") << name << "'" << suggest(name, known);
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
