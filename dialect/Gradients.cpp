//===- Gradients.cpp - the gradient of each op, in network order -----------===//
//
// DifferentiableOpInterface. `dy` is the gradient of the loss with respect to
// an op's result; the ops that are built are those of GradientOps.td.

#include "dialect/Dialect.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace alexc;

using Gradients = SmallVector<Value>;

/// The name of a gradient op: "conv2:filter_grad".
static StringAttr named(Operation *op, StringRef suffix) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  return layer ? StringAttr::get(op->getContext(), layer.getValue() + ":" + suffix) : StringAttr();
}

/// Tells the user what an op's gradient reads or computes again in order not to
/// keep something of `saved` bytes: "LAYER: HOW (saves 148.7 MB)".
static void explain(Operation *op, const char *how, int64_t saved) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  remark::passed(op->getLoc(), remark::RemarkOpts::name("done").category("alex-differentiate"))
      << remark::add("{0}: {1} (saves {2:F1} MB)",
                     layer ? layer.getValue() : op->getName().getStringRef(), how, saved / 1e6);
}

FailureOr<Gradients> Conv2dOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  Value dy = gradients.front(), bias;
  Location loc = getLoc();
  Value image =
      Conv2dDataGradOp::create(builder, loc, getInput().getType(), dy, getFilter(), getStrideAttr(),
                               getPadAttr(), getGroupsAttr(), named(*this, "data_grad"));
  Value filter = Conv2dFilterGradOp::create(
      builder, loc, getFilter().getType(), getInput(), dy, getStrideAttr(), getPadAttr(),
      getGroupsAttr(), named(*this, "filter_grad"), builder.getI64IntegerAttr(1));
  if (!getBias())
    return Gradients{image, filter};
  bias = BiasGradOp::create(builder, loc, dy, named(*this, "bias_grad"));
  return Gradients{image, filter, bias};
}

FailureOr<Gradients> ReluOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  explain(*this, "its gradient reads the sign of its value, what it read is not kept",
          physicalBytes(getInput().getType()));
  return Gradients{
      ReluGradOp::create(builder, getLoc(), gradients.front(), getOutput(), named(*this, "grad"))};
}

FailureOr<Gradients> TanhOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  explain(*this, "its gradient reads its value, what it read is not kept",
          physicalBytes(getInput().getType()));
  return Gradients{
      TanhGradOp::create(builder, getLoc(), gradients.front(), getOutput(), named(*this, "grad"))};
}

FailureOr<Gradients> SigmoidOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  explain(*this, "its gradient reads its value, what it read is not kept",
          physicalBytes(getInput().getType()));
  return Gradients{SigmoidGradOp::create(builder, getLoc(), gradients.front(), getOutput(),
                                         named(*this, "grad"))};
}

/// Normalises again: keeping the energies would cost a value of the input's size.
FailureOr<Gradients> LrnOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  explain(*this, "its gradient normalises again, energies are not kept",
          physicalBytes(getInput().getType()));
  return Gradients{LrnGradOp::create(
      builder, getLoc(), gradients.front(), getInput(), getFormAttr(), getSizeAttr(), getKAttr(),
      getAlphaAttr(), getBetaAttr(), getAlphaFormAttr(), getGroupsAttr(), named(*this, "grad"))};
}

/// The pool once more, with the second result; takes over the first one's uses,
/// so that the pool without it is dead.
static MaxPoolOp withArgmax(OpBuilder &builder, MaxPoolOp pool) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(pool);
  auto output = cast<RankedTensorType>(pool.getOutput().getType());
  Type argmax = RankedTensorType::get(output.getShape(), builder.getI8Type());
  auto twin = MaxPoolOp::create(builder, pool.getLoc(), TypeRange{output, argmax}, pool.getInput(),
                                pool.getWindowAttr(), pool.getStrideAttr(), pool.getPadAttr(),
                                pool.getCeilAttr(), pool.getLayerAttr());
  twin->setDiscardableAttrs(pool->getDiscardableAttrDictionary());
  pool.getOutput().replaceAllUsesWith(twin.getOutput());
  return twin;
}

FailureOr<Gradients> MaxPoolOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  if (int64_t pixels = getWindow()[0] * getWindow()[1]; pixels > 256)
    return emitOpError("has no gradient: a byte does not tell ") << pixels << " pixels apart";
  Value argmax = getArgmax() ? getArgmax() : withArgmax(builder, *this).getArgmax();
  explain(*this, "its gradient reads places of maxima of one byte, what it read is not kept",
          physicalBytes(getInput().getType()) - physicalBytes(argmax.getType()));
  return Gradients{MaxPoolGradOp::create(builder, getLoc(), getInput().getType(), gradients.front(),
                                         argmax, getWindowAttr(), getStrideAttr(), getPadAttr(),
                                         named(*this, "grad"))};
}

FailureOr<Gradients> AvgPoolOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  return Gradients{AvgPoolGradOp::create(builder, getLoc(), getInput().getType(), gradients.front(),
                                         getWindowAttr(), getStrideAttr(), getPadAttr(),
                                         named(*this, "grad"))};
}

FailureOr<Gradients> FlattenOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  return Gradients{UnflattenOp::create(builder, getLoc(), getInput().getType(), gradients.front(),
                                       named(*this, "grad"))};
}

FailureOr<Gradients> LinearOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  Value dy = gradients.front();
  Location loc = getLoc();
  Value rows = LinearDataGradOp::create(builder, loc, dy, getFilter(), named(*this, "data_grad"));
  Value filter =
      LinearFilterGradOp::create(builder, loc, getInput(), dy, named(*this, "filter_grad"));
  if (!getBias())
    return Gradients{rows, filter};
  Value bias = BiasGradOp::create(builder, loc, dy, named(*this, "bias_grad"));
  return Gradients{rows, filter, bias};
}

/// What was dropped gets no gradient, and the rest the same factor: the same
/// numbers come out of the same counter.
FailureOr<Gradients> DropoutOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  explain(*this, "its gradient draws the same numbers again, a mask is not kept",
          cast<RankedTensorType>(getInput().getType()).getNumElements());
  Value input =
      DropoutOp::create(builder, getLoc(), gradients.front(), getStep(), getRateAttr(),
                        getFormAttr(), getStreamAttr(), getOriginAttr(), named(*this, "grad"));
  return getStep() ? Gradients{input, Value()} : Gradients{input};
}

FailureOr<Gradients> ScaleOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  return Gradients{
      ScaleOp::create(builder, getLoc(), gradients.front(), getFactorAttr(), named(*this, "grad"))};
}

FailureOr<Gradients> SoftmaxOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  return Gradients{SoftmaxGradOp::create(builder, getLoc(), gradients.front(), getOutput(),
                                         named(*this, "grad"))};
}

/// The probabilities are for the user to look at: no gradient comes from there.
FailureOr<Gradients> SoftmaxCrossEntropyOp::buildGradient(OpBuilder &builder,
                                                          ValueRange gradients) {
  if (!gradients[0] || gradients[1])
    return emitOpError("has a gradient for its loss only");
  return Gradients{SoftmaxCrossEntropyGradOp::create(builder, getLoc(), gradients[0], getProb(),
                                                     getLabels(), named(*this, "grad")),
                   Value()};
}

FailureOr<Gradients> ConcatOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  Gradients parts;
  int64_t begin = 0;
  for (Value input : getInputs()) {
    int64_t size = cast<RankedTensorType>(input.getType()).getDimSize(getDim());
    parts.push_back(
        SliceOp::create(builder, getLoc(), gradients.front(), builder.getI64IntegerAttr(begin),
                        builder.getI64IntegerAttr(size), getDimAttr(), named(*this, "grad")));
    begin += size;
  }
  return parts;
}

FailureOr<Gradients> SliceOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  return Gradients{SliceGradOp::create(builder, getLoc(), getInput().getType(), gradients.front(),
                                       getBeginAttr(), getDimAttr(), named(*this, "grad"))};
}

FailureOr<Gradients> TransferOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  return Gradients{TransferOp::create(builder, getLoc(), getInput().getType(), gradients.front(),
                                      named(*this, "grad"))};
}

// y = scale * x but for the rounding, and so is dx = scale * dy
FailureOr<Gradients> ConvertOp::buildGradient(OpBuilder &builder, ValueRange gradients) {
  return Gradients{ConvertOp::create(builder, getLoc(), getInput().getType(), gradients.front(),
                                     getScaleAttr(), named(*this, "grad"))};
}

FailureOr<Gradients> AddOp::buildGradient(OpBuilder &, ValueRange gradients) {
  return Gradients{gradients.front(), gradients.front()};
}
