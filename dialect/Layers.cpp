//===- Layers.cpp - LayerOpInterface of each op ------------------------------===//
//
// What a layer costs, and what may join its kernel.

#include "dialect/Dialect.h"

using namespace mlir;
using namespace alexc;

/// The rule of the ops whose generators end in an epilogue: elementwise ops,
/// which may read other values at the same position if they are gradients or
/// updates. An add has no operand that comes first.
static std::string refuseUnlessElementwise(Operation *root, Operation *consumer) {
  StringRef name = consumer->getName().getStringRef();
  if (!consumer->hasTrait<OpTrait::Elementwise>())
    return (name + " is not elementwise").str();
  if (isa<AddOp>(consumer))
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

std::optional<unsigned> TransferOp::getTiedOperand(unsigned) {
  return getOld() ? std::optional<unsigned>(1) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

static int64_t elementsOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

/// The multiply-adds of the convolution itself: `filter` (K, C/groups, R, S) at
/// each place of `output` (N, K, P, Q).
static int64_t convolutionMacs(Value filter, Value output) {
  return elementsOf(output) *
         (elementsOf(filter) / cast<RankedTensorType>(filter.getType()).getDimSize(0));
}

int64_t Conv2dDataGradOp::getMacs() { return convolutionMacs(getFilter(), getGradient()); }

std::string Conv2dDataGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

int64_t Conv2dFilterGradOp::getMacs() {
  return convolutionMacs(getFilterGradient(), getGradient());
}

std::string Conv2dFilterGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string SumPartsOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

int64_t LinearDataGradOp::getMacs() {
  return elementsOf(getFilter()) * cast<RankedTensorType>(getGradient().getType()).getDimSize(0);
}

std::string LinearDataGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

int64_t LinearFilterGradOp::getMacs() {
  return elementsOf(getFilterGradient()) *
         cast<RankedTensorType>(getGradient().getType()).getDimSize(0);
}

std::string LinearFilterGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string BiasGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string ReluGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string TanhGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string SigmoidGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string LrnGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

/// A gradient that is spread over the image goes on through the normalisation.
std::string MaxPoolGradOp::refuseConsumer(Operation *consumer) {
  if (isa<LrnGradOp>(consumer))
    return "";
  return refuseUnlessElementwise(*this, consumer);
}

std::string AvgPoolGradOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::string SgdUpdateOp::refuseConsumer(Operation *consumer) {
  return refuseUnlessElementwise(*this, consumer);
}

std::optional<unsigned> SgdUpdateOp::getTiedOperand(unsigned result) { return result; }

//===----------------------------------------------------------------------===//
// Fused ops
//===----------------------------------------------------------------------===//

YieldOp FusedOp::getYield() { return cast<YieldOp>(getBody().front().getTerminator()); }

int64_t FusedOp::getMacs() {
  int64_t macs = 0;
  for (auto layer : getBody().getOps<LayerOpInterface>())
    macs += layer.getMacs();
  return macs;
}

/// The operand that the body's op ties the result to.
std::optional<unsigned> FusedOp::getTiedOperand(unsigned result) {
  auto yielded = dyn_cast<OpResult>(getYield().getValues()[result]);
  auto layer = yielded ? dyn_cast<LayerOpInterface>(yielded.getOwner()) : LayerOpInterface();
  std::optional<unsigned> inner =
      layer ? layer.getTiedOperand(yielded.getResultNumber()) : std::nullopt;
  auto argument = inner ? dyn_cast<BlockArgument>(layer->getOperand(*inner)) : BlockArgument();
  return argument ? std::optional<unsigned>(argument.getArgNumber()) : std::nullopt;
}

/// A kernel goes on as the op would whose value the consumer reads.
std::string FusedOp::refuseConsumer(Operation *consumer) {
  for (auto [result, value] : llvm::zip_equal(getResults(), getYield().getValues())) {
    if (!llvm::is_contained(consumer->getOperands(), result))
      continue;
    auto layer = value.getDefiningOp<LayerOpInterface>();
    std::string reason = layer ? layer.refuseConsumer(consumer) : "the kernel yields an operand";
    if (!reason.empty())
      return reason;
  }
  return "";
}
