//===- Verify.cpp - what makes an alex op wrong -----------------------------===//
//
// The constraints that Ops.td cannot state, each under its label.

#include "dialect/Verify.h"

using namespace mlir;
using namespace alexc;

bool alexc::hasUsableShape(ArrayRef<int64_t> shape) {
  constexpr int64_t limit = int64_t(1) << 40;
  int64_t elements = 1;
  for (int64_t size : shape) { // a dynamic size is negative
    if (size <= 0 || size > limit / elements)
      return false;
    elements *= size;
  }
  return !shape.empty();
}

LogicalResult alexc::verifyMacs(Operation *op, ArrayRef<int64_t> filter, ArrayRef<int64_t> output) {
  if (macsOf(filter, output))
    return success();
  return op->emitOpError("expects fewer than 2^63 multiply-adds, got filters [")
         << filter << "] and " << (isa<Conv2dOp>(op) ? "results [" : "gradients [") << output
         << "]";
}

LogicalResult Conv2dOp::verify() {
  int64_t channels = shapeOf(getInput())[1], groups = getGroups();
  int64_t filters = shapeOf(getFilter())[0], filterChannels = shapeOf(getFilter())[1];
  // conv2d_c1
  if (channels % groups)
    return emitOpError("expects input channels divisible by groups, got ")
           << channels << " and " << groups;
  // conv2d_c2
  if (filters % groups)
    return emitOpError("expects filters divisible by groups, got ") << filters << " and " << groups;
  // conv2d_c3
  if (filterChannels != channels / groups)
    return emitOpError("expects filters of ")
           << channels / groups << " channels, got " << filterChannels;
  // conv2d_c4
  if (getBias() && shapeOf(getBias())[0] != filters)
    return emitOpError("expects a bias of ")
           << filters << " elements, got " << shapeOf(getBias())[0];
  return verifyMacs(*this, shapeOf(getFilter()), shapeOf(getOutput())); // conv2d_c6
}

LogicalResult LrnOp::verify() { return verifyLrn(*this); }

template <typename Op>
static LogicalResult verifyPool(Op op) {
  ArrayRef<int64_t> window = op.getWindow(), pad = op.getPad();
  // pool_c2
  for (unsigned side : {0, 1, 2, 3})
    if (pad[side] >= window[side % 2])
      return op.emitOpError("expects padding smaller than the window, got ")
             << pad[side] << " and " << window[side % 2];
  return success();
}

LogicalResult MaxPoolOp::verify() {
  if (!getArgmax())
    return verifyPool(*this);
  // max_pool_c1
  if (shapeOf(getArgmax()) != shapeOf(getOutput()))
    return emitOpError("expects results of one shape, got ")
           << getOutput().getType() << " and " << getArgmax().getType();
  if (int64_t pixels = getWindow()[0] * getWindow()[1]; pixels > 256)
    return emitOpError("expects a window of at most 256 pixels to know which is the largest, got ")
           << pixels;
  return verifyPool(*this);
}

LogicalResult AvgPoolOp::verify() { return verifyPool(*this); }

LogicalResult LinearOp::verify() {
  ArrayRef<int64_t> rows = shapeOf(getInput()), filter = shapeOf(getFilter());
  // linear_c1
  if (rows[1] != filter[1])
    return emitOpError("expects weights of ") << rows[1] << " columns, got " << filter[1];
  // linear_c2
  if (getBias() && shapeOf(getBias())[0] != filter[0])
    return emitOpError("expects a bias of ")
           << filter[0] << " elements, got " << shapeOf(getBias())[0];
  return success();
}

LogicalResult DropoutOp::verify() {
  double rate = getRate().convertToDouble();
  // dropout_c1
  if (!(rate >= 0 && rate < 1))
    return emitOpError("expects a rate from 0 up to, not including, 1, got ") << rate;
  // dropout_c2
  if (bool(getStep()) != bool(getStream()))
    return emitOpError("expects a stream ") << (getStep() ? "with" : "only with") << " a step";
  return success();
}

LogicalResult ScaleOp::verify() {
  // scale_c1
  if (!getFactor().isFinite())
    return emitOpError("expects a finite factor, got ") << getFactor().convertToDouble();
  return success();
}

// Runs before the result's type is inferred, which refuses these.
static bool lacksDim(ValueRange inputs, uint64_t dim) {
  return inputs.empty() || shapeOf(inputs.front()).size() <= dim;
}

/// What dimension `dim` counts, as errors call it.
static StringRef nameOfDim(uint64_t dim) { return dim == 1 ? "channels" : "images"; }

LogicalResult ConcatOp::verify() {
  if (lacksDim(getInputs(), getDim()))
    return success();
  ArrayRef<int64_t> first = shapeOf(getInputs().front());
  // concat_c1
  for (Value input : getInputs())
    for (auto [dim, sizes] : llvm::enumerate(llvm::zip(first, shapeOf(input))))
      if (dim != getDim() && std::get<0>(sizes) != std::get<1>(sizes))
        return emitOpError("expects operands that differ in ")
               << nameOfDim(getDim()) << " only, got " << getInputs().front().getType() << " and "
               << input.getType();
  return success();
}

LogicalResult SliceOp::verify() {
  if (lacksDim(getInput(), getDim()))
    return success();
  int64_t there = shapeOf(getInput())[getDim()], end = getBegin() + getSize();
  // slice_c1
  if (end > there)
    return emitOpError("expects ")
           << nameOfDim(getDim()) << " below " << there << ", got " << end - 1;
  return success();
}

LogicalResult TransferOp::verify() {
  Type from = getInput().getType(), to = getOutput().getType();
  // transfer_c1
  if (unplaced(from) != unplaced(to) || layoutOf(from) != layoutOf(to))
    return emitOpError("expects shape and layout to stay, got ") << from << " and " << to;
  // transfer_c2
  if (!deviceOf(from) || !deviceOf(to) || deviceOf(from) == deviceOf(to))
    return emitOpError("expects two devices, got ") << from << " and " << to;
  // transfer_c3
  if (getOld() && getOld().getType() != to)
    return emitOpError("expects to take the place of a value of type ")
           << to << ", got " << getOld().getType();
  return success();
}

LogicalResult ConvertOp::verify() {
  auto from = cast<RankedTensorType>(getInput().getType());
  auto to = cast<RankedTensorType>(getOutput().getType());
  // convert_c1
  if (from.getShape() != to.getShape() || deviceOf(from) != deviceOf(to))
    return emitOpError("expects shape and device to stay, got ") << from << " and " << to;
  // convert_c2
  if (from.getElementType().isF32() == to.getElementType().isF32())
    return emitOpError("expects one side to be of f32, got ") << from << " and " << to;
  // convert_c3
  if (!getScale().isFiniteNonZero() || getScale().isNegative())
    return emitOpError("expects a positive and finite scale, got ") << getScaleAttr();
  return success();
}

LogicalResult ReorderOp::verify() {
  // reorder_c1
  if (unplaced(getInput().getType()) != unplaced(getOutput().getType()))
    return emitOpError("expects the shape to stay, got ")
           << getInput().getType() << " and " << getOutput().getType();
  if (deviceOf(getInput().getType()) != deviceOf(getOutput().getType()))
    return emitOpError("expects the device to stay, got ")
           << getInput().getType() << " and " << getOutput().getType();
  return success();
}

LogicalResult FusedOp::verifyRegions() {
  Block &body = getBody().front();
  // fused_c1
  if (body.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("expects block arguments of the operands' types");
  auto yield = dyn_cast<YieldOp>(body.back());
  // fused_c2
  if (!yield || !haveSameShapes(yield.getValues().getTypes(), getOutputs().getTypes()))
    return emitOpError("expects a body that yields values of the results' shapes");
  // fused_c3
  for (Operation &op : body) {
    bool isLayer = isa<LayerOpInterface>(op) && !isa<FusedOp>(op);
    if (!isLayer && !isa<YieldOp>(op))
      return (emitOpError("expects a body of layers, got '") << op.getName() << "'")
                 .attachNote(op.getLoc())
             << "this op";
  }
  if (isa<YieldOp>(body.front()))
    return emitOpError("expects at least one op in its body");
  // fused_c4
  if (getOutputs().empty())
    return emitOpError("expects at least one result, got none");
  return success();
}
