//===- Layers.cpp - LayerOpInterface of each op ------------------------------===//
//
// What a layer costs, and what may join its kernel.

#include "dialect/Verify.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

std::string alexc::refuseUnlessElementwise(Operation *consumer) {
  StringRef name = consumer->getName().getStringRef();
  if (!consumer->hasTrait<OpTrait::Elementwise>())
    return (name + " is not elementwise").str();
  if (isa<AddOp>(consumer))
    return (name + " reads another value").str();
  return "";
}

std::optional<int64_t> alexc::macsOf(ArrayRef<int64_t> filter, ArrayRef<int64_t> output) {
  int64_t ofEach = ShapedType::getNumElements(filter.drop_front()), macs;
  if (llvm::MulOverflow(ShapedType::getNumElements(output), ofEach, macs))
    return std::nullopt;
  return macs;
}

/// The same of an op that the verifier has let pass.
static int64_t countMacs(Value filter, Value output) {
  return *macsOf(shapeOf(filter), shapeOf(output));
}

int64_t Conv2dOp::getMacs() { return countMacs(getFilter(), getOutput()); }

std::string LrnOp::refuseConsumer(Operation *consumer) {
  if (isa<MaxPoolOp>(consumer))
    return "";
  return refuseUnlessElementwise(consumer);
}

int64_t LinearOp::getMacs() { return countMacs(getFilter(), getOutput()); }

std::optional<unsigned> TransferOp::getTiedOperand(unsigned) {
  return getOld() ? std::optional<unsigned>(1) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

int64_t Conv2dDataGradOp::getMacs() { return countMacs(getFilter(), getGradient()); }

int64_t Conv2dFilterGradOp::getMacs() { return countMacs(getFilterGradient(), getGradient()); }

int64_t LinearDataGradOp::getMacs() { return countMacs(getFilter(), getGradient()); }

int64_t LinearFilterGradOp::getMacs() { return countMacs(getFilterGradient(), getGradient()); }

/// A gradient that is spread over the image goes on through the normalisation.
std::string MaxPoolGradOp::refuseConsumer(Operation *consumer) {
  if (isa<LrnGradOp>(consumer))
    return "";
  return refuseUnlessElementwise(consumer);
}

std::optional<unsigned> SgdUpdateOp::getTiedOperand(unsigned result) { return result; }

//===----------------------------------------------------------------------===//
// Fused ops
//===----------------------------------------------------------------------===//

YieldOp FusedOp::getYield() { return cast<YieldOp>(getBody().front().getTerminator()); }

int64_t FusedOp::getMacs() {
  uint64_t macs = 0; // two of less than 2^63 fit
  for (auto layer : getBody().getOps<LayerOpInterface>())
    macs = std::min<uint64_t>(macs + layer.getMacs(), std::numeric_limits<int64_t>::max());
  return static_cast<int64_t>(macs);
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
