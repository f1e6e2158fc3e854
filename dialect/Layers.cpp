//===- Layers.cpp - LayerOpInterface of each op ------------------------------===//
//
// What a layer costs, and what may join its kernel.

#include "dialect/Dialect.h"

using namespace mlir;
using namespace alexc;

/// The rule of the ops whose generators end in an epilogue: elementwise ops of
/// one operand.
static std::string refuseUnlessElementwise(Operation *root, Operation *consumer) {
  StringRef name = consumer->getName().getStringRef();
  if (!consumer->hasTrait<OpTrait::Elementwise>())
    return (name + " is not elementwise").str();
  if (consumer->getNumOperands() != 1)
    return (name + " reads another value").str();
  return "";
}

int64_t Conv2dOp::getMacs() {
  auto filter = cast<RankedTensorType>(getFilter().getType());
  auto output = cast<RankedTensorType>(getOutput().getType());
  return output.getNumElements() * (filter.getNumElements() / filter.getDimSize(0));
}

std::string Conv2dOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string ReluOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string TanhOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string SigmoidOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string LrnOp::refuseConsumer(Operation *consumer) {
  if (isa<MaxPoolOp>(consumer))
    return "";
  return refuseUnlessElementwise(*this, consumer);
}

std::string MaxPoolOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string AvgPoolOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

int64_t LinearOp::getMacs() {
  auto filter = cast<RankedTensorType>(getFilter().getType());
  return filter.getNumElements() * cast<RankedTensorType>(getInput().getType()).getDimSize(0);
}

std::string LinearOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string DropoutOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string ScaleOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string AddOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

YieldOp FusedOp::getYield() { return cast<YieldOp>(getBody().front().getTerminator()); }

int64_t FusedOp::getMacs() {
  int64_t macs = 0;
  for (auto layer : getBody().getOps<LayerOpInterface>())
    macs += layer.getMacs();
  return macs;
}

/// A kernel goes on as its last op would.
std::string FusedOp::refuseConsumer(Operation *consumer) {
  if (getNumResults() != 1)
    return "the kernel has " + std::to_string(getNumResults()) + " results";
  auto last = getYield().getValues().front().getDefiningOp<LayerOpInterface>();
  return last ? last.refuseConsumer(consumer) : "the kernel yields an operand";
}
