//===- VerifyGradients.cpp - what makes an op of training wrong -------------===//
//
// The constraints that GradientOps.td cannot state, each under its label.

#include "dialect/Verify.h"

using namespace mlir;
using namespace alexc;

/// Checks that two operands have one shape, as constraint NAME_c1 says.
static LogicalResult verifySameShape(Operation *op, Value lhs, Value rhs) {
  if (shapeOf(lhs) == shapeOf(rhs))
    return success();
  return op->emitOpError("expects operands of one shape, got ")
         << lhs.getType() << " and " << rhs.getType();
}

LogicalResult FillOp::verify() {
  // fill_c1
  if (!getValue().isFinite())
    return emitOpError("expects a finite value, got ") << getValue().convertToDouble();
  return success();
}

LogicalResult SoftmaxCrossEntropyOp::verify() {
  int64_t rows = shapeOf(getInput())[0], labels = shapeOf(getLabels())[0];
  // softmax_cross_entropy_c1
  if (rows != labels)
    return emitOpError("expects ") << rows << " labels, got " << labels;
  return success();
}

LogicalResult SoftmaxCrossEntropyGradOp::verify() {
  int64_t rows = shapeOf(getProb())[0];
  // softmax_cross_entropy_grad_c1
  for (auto [name, value] :
       {std::pair<StringRef, Value>{"gradients", getGradient()}, {"labels", getLabels()}})
    if (shapeOf(value)[0] != rows)
      return emitOpError("expects ") << rows << " " << name << ", got " << shapeOf(value)[0];
  return success();
}

LogicalResult SoftmaxGradOp::verify() {
  return verifySameShape(*this, getGradient(), getOutput()); // softmax_grad_c1
}

/// conv2d_grad_c1: the convolution of which `op` is a gradient is one, and
/// conv2d_grad_c2.
template <typename Op>
static LogicalResult verifyConvolution(Op op, ArrayRef<int64_t> image, ArrayRef<int64_t> filter,
                                       ArrayRef<int64_t> output) {
  int64_t groups = op.getGroups();
  if (image[1] % groups || filter[0] % groups || filter[1] != image[1] / groups)
    return op.emitOpError("expects channels and filters that fit ")
           << groups << " groups, got images [" << image << "] and filters [" << filter << "]";
  auto wanted = convolvedShape(image, filter, op.getStride(), op.getPad());
  if (!wanted)
    return op.emitOpError("expects a window that fits into the image, got images [")
           << image << "] and filters [" << filter << "]";
  if (ArrayRef<int64_t>(*wanted) != output)
    return op.emitOpError("expects a gradient of shape [")
           << *wanted << "], got [" << output << "]";
  return verifyMacs(op, filter, output); // conv2d_grad_c2
}

LogicalResult Conv2dDataGradOp::verify() {
  return verifyConvolution(*this, shapeOf(getInputGradient()), shapeOf(getFilter()),
                           shapeOf(getGradient()));
}

LogicalResult Conv2dFilterGradOp::verify() {
  SmallVector<int64_t> filter(shapeOf(getFilterGradient()));
  int64_t parts = getParts(), images = shapeOf(getInput())[0];
  // conv2d_filter_grad_c1
  if (images % parts || filter[0] % parts)
    return emitOpError("expects images and rows divisible by parts, got ")
           << images << ", " << filter[0] << " and " << parts;
  filter[0] /= parts;
  return verifyConvolution(*this, shapeOf(getInput()), filter, shapeOf(getGradient()));
}

LogicalResult SumPartsOp::verify() { return success(); } // sum_parts_c1: inference says it

LogicalResult LinearDataGradOp::verify() {
  int64_t columns = shapeOf(getGradient())[1], rows = shapeOf(getFilter())[0];
  // linear_data_grad_c1
  if (columns != rows)
    return emitOpError("expects weights of ") << columns << " rows, got " << rows;
  return success();
}

LogicalResult LinearFilterGradOp::verify() {
  int64_t images = shapeOf(getInput())[0], gradients = shapeOf(getGradient())[0];
  // linear_filter_grad_c1
  if (images != gradients)
    return emitOpError("expects gradients of ") << images << " rows, got " << gradients;
  return success();
}

LogicalResult BiasGradOp::verify() { return success(); } // bias_grad_c1: inference says it

LogicalResult LrnGradOp::verify() {
  if (failed(verifyLrn(*this)))
    return failure();
  return verifySameShape(*this, getGradient(), getInput()); // lrn_grad_c1
}

/// pool_grad_c1: rounded up or down, the pool gives the gradient's shape.
template <typename Op>
static LogicalResult verifyPoolGrad(Op op) {
  ArrayRef<int64_t> image = shapeOf(op.getInputGradient()), got = shapeOf(op.getGradient());
  auto isPooled = [&](bool ceil) {
    auto shape = pooledShape(image, op.getWindow(), op.getStride(), op.getPad(), ceil);
    return shape && ArrayRef<int64_t>(*shape) == got;
  };
  if (isPooled(false) || isPooled(true))
    return success();
  return op.emitOpError("expects the gradient of a pool of [") << image << "], got [" << got << "]";
}

LogicalResult MaxPoolGradOp::verify() {
  // max_pool_grad_c1
  if (failed(verifySameShape(*this, getGradient(), getArgmax())))
    return failure();
  return verifyPoolGrad(*this);
}

LogicalResult AvgPoolGradOp::verify() { return verifyPoolGrad(*this); }

LogicalResult UnflattenOp::verify() {
  ArrayRef<int64_t> rows = shapeOf(getInput()), images = shapeOf(getOutput());
  // unflatten_c1
  if (rows[0] != images[0] || rows[1] != images[1] * images[2] * images[3])
    return emitOpError("expects images of as many elements as the rows, got ")
           << getInput().getType() << " and " << getOutput().getType();
  return success();
}

LogicalResult SliceGradOp::verify() {
  ArrayRef<int64_t> part = shapeOf(getGradient()), whole = shapeOf(getInputGradient());
  // slice_grad_c1
  uint64_t dim = getDim();
  StringRef counted = dim == 1 ? "channels" : "images";
  bool fits = part.size() == whole.size() && part.size() > dim && part.size() > 1 &&
              part.take_front(dim) == whole.take_front(dim) &&
              part.drop_front(dim + 1) == whole.drop_front(dim + 1);
  if (!fits)
    return emitOpError("expects shapes that differ in ")
           << counted << " only, got " << getGradient().getType() << " and "
           << getInputGradient().getType();
  if (int64_t end = getBegin() + part[dim]; end > whole[dim])
    return emitOpError("expects ") << counted << " below " << whole[dim] << ", got " << end - 1;
  return success();
}

LogicalResult SgdUpdateOp::verify() {
  // sgd_update_c1
  for (auto [name, value] : {std::pair<StringRef, APFloat>{"rate_factor", getRateFactor()},
                             {"decay_factor", getDecayFactor()}})
    if (!value.isFinite() || value.isNegative())
      return emitOpError("expects a finite ")
             << name << " of at least zero, got " << value.convertToDouble();
  return success();
}
