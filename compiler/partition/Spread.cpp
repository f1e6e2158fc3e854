//===- Spread.cpp - how a value is spread over devices -----------------------===//

#include "compiler/partition/Spread.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace alexc;

using Split = LayerPlan::Split;

static constexpr int64_t images = 0, channels = 1; // dimensions of an activation
static constexpr int64_t filters = 0;              // dimension of a parameter

static OpSpread sameFor(Operation *op, Spread spread) {
  return {SmallVector<Spread>(op->getNumOperands(), spread),
          SmallVector<Spread>(op->getNumResults(), spread)};
}

//===----------------------------------------------------------------------===//
// Layers with filters
//===----------------------------------------------------------------------===//

static int64_t groupsOf(Operation *op) {
  auto groups = op->getAttrOfType<IntegerAttr>("groups");
  return groups ? groups.getInt() : 1;
}

/// Each device has some filters. Where these read all channels, the gradient of
/// the input is a sum over the devices.
static OpSpread splitByFilters(Operation *op, int64_t devices) {
  bool areTowers = groupsOf(op) % devices == 0;
  Spread input = areTowers ? Spread::pieces(channels) : Spread::everywhere();
  Spread inputGradient = areTowers ? Spread::pieces(channels) : Spread::shares();
  Spread rows = Spread::pieces(filters), output = Spread::pieces(channels);
  return llvm::TypeSwitch<Operation *, OpSpread>(op)
      .Case<Conv2dOp, LinearOp>([&](auto layer) {
        OpSpread spread{{input, rows}, {output}};
        if (layer.getBias())
          spread.operands.push_back(rows);
        return spread;
      })
      .Case<Conv2dDataGradOp, LinearDataGradOp>([&](auto) {
        return OpSpread{{output, rows}, {inputGradient}};
      })
      .Case<Conv2dFilterGradOp, LinearFilterGradOp>([&](auto) {
        return OpSpread{{input, output}, {rows}};
      })
      .Case([&](BiasGradOp) {
        return OpSpread{{output}, {rows}};
      })
      .DefaultUnreachable("an op of a layer with filters");
}

/// Each device has some images: the gradients of parameters are sums over the devices.
static OpSpread splitByImages(Operation *op) {
  Spread part = Spread::pieces(images);
  return llvm::TypeSwitch<Operation *, OpSpread>(op)
      .Case<Conv2dOp, LinearOp>([&](auto layer) {
        OpSpread spread = sameFor(op, Spread::everywhere());
        spread.operands[0] = spread.results[0] = part;
        return spread;
      })
      .Case<Conv2dDataGradOp, LinearDataGradOp>([&](auto) {
        return OpSpread{{part, Spread::everywhere()}, {part}};
      })
      .Case<Conv2dFilterGradOp, LinearFilterGradOp, BiasGradOp>([&](auto) {
        OpSpread spread = sameFor(op, part);
        spread.results[0] = Spread::shares();
        return spread;
      })
      .DefaultUnreachable("an op of a layer with filters");
}

std::optional<OpSpread> alexc::spreadOfProduct(Operation *op, const LayerPlan &plan,
                                               int64_t devices) {
  if (!isa<Conv2dOp, LinearOp, Conv2dDataGradOp, LinearDataGradOp, Conv2dFilterGradOp,
           LinearFilterGradOp, BiasGradOp>(op))
    return std::nullopt;
  switch (plan.split) {
  case Split::filters:
    return splitByFilters(op, devices);
  case Split::batch:
    return splitByImages(op);
  case Split::whole:
    break;
  }
  OpSpread spread = sameFor(op, Spread::whole(plan.device));
  if (plan.shares > 1 && isa<Conv2dDataGradOp, LinearDataGradOp>(op))
    spread.results[0] = Spread::shares();
  return spread;
}

//===----------------------------------------------------------------------===//
// Layers without
//===----------------------------------------------------------------------===//

Spread alexc::spreadBehind(Operation *op, Spread spread, int64_t devices) {
  if (!spread.isPieces(channels))
    return spread;
  return llvm::TypeSwitch<Operation *, Spread>(op)
      // the window ends at the edge of a group
      .Case([&](LrnOp lrn) {
        bool staysInside = lrn.getForm() == LrnForm::within || lrn.getGroups() % devices == 0;
        return staysInside ? spread : Spread::everywhere();
      })
      .Case<SliceOp, ConcatOp>([](auto) { return Spread::everywhere(); })
      .Case<SoftmaxOp, SoftmaxCrossEntropyOp>([](auto) { return Spread::whole(0); })
      .Default(spread);
}
