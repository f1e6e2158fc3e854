//===- InferTypes.cpp - result types of alex ops ----------------------------===//
//
// Shapes only; the encoding of the (first) operand is handed on. An impossible
// shape is an error that names the constraint's numbers.

#include "dialect/Dialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

static RankedTensorType reshaped(Type type, ArrayRef<int64_t> shape) {
  auto tensor = cast<RankedTensorType>(type);
  return RankedTensorType::get(shape, tensor.getElementType(), tensor.getEncoding());
}

/// The type of an op whose result has its operand's shape.
static LogicalResult inferSame(Value input, SmallVectorImpl<Type> &types) {
  types.push_back(input.getType());
  return success();
}

namespace {
/// One spatial dimension of a sliding window.
struct Sliding {
  int64_t size, window, stride, before, after;

  bool fits() const { return size + before + after >= window; }

  /// Positions of the window. With `ceil` a last, partial one counts, unless it
  /// starts beyond the image and its padding before (Caffe, PyTorch).
  int64_t positions(bool ceil) const {
    int64_t room = size + before + after - window;
    if (!ceil)
      return room / stride + 1;
    int64_t count = llvm::divideCeil(room, stride) + 1;
    return (count - 1) * stride >= size + before ? count - 1 : count;
  }
};
} // namespace

/// The two spatial dimensions of the image (H, W) under a window.
static std::array<Sliding, 2> slide(ArrayRef<int64_t> shape, ArrayRef<int64_t> window,
                                    ArrayRef<int64_t> stride, ArrayRef<int64_t> pad) {
  return {Sliding{shape[2], window[0], stride[0], pad[0], pad[2]},
          Sliding{shape[3], window[1], stride[1], pad[1], pad[3]}};
}

static LogicalResult windowDoesNotFit(std::optional<Location> loc, std::array<Sliding, 2> dims) {
  return emitOptionalError(loc, "window ", dims[0].window, "x", dims[1].window,
                           " does not fit into the padded image of ",
                           dims[0].size + dims[0].before + dims[0].after, "x",
                           dims[1].size + dims[1].before + dims[1].after);
}

LogicalResult Conv2dOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  auto image = cast<RankedTensorType>(op.getInput().getType()).getShape();
  auto filter = cast<RankedTensorType>(op.getFilter().getType()).getShape();
  auto dims = slide(image, {filter[2], filter[3]}, op.getStride(), op.getPad());
  // conv2d_c5
  if (!dims[0].fits() || !dims[1].fits())
    return windowDoesNotFit(loc, dims);
  types.push_back(reshaped(op.getInput().getType(), {image[0], filter[0], dims[0].positions(false),
                                                     dims[1].positions(false)}));
  return success();
}

LogicalResult ReluOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                       SmallVectorImpl<Type> &types) {
  return inferSame(op.getInput(), types);
}

LogicalResult TanhOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                       SmallVectorImpl<Type> &types) {
  return inferSame(op.getInput(), types);
}

LogicalResult SigmoidOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferSame(op.getInput(), types);
}

LogicalResult LrnOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                      SmallVectorImpl<Type> &types) {
  return inferSame(op.getInput(), types);
}

template <typename PoolAdaptor>
static LogicalResult inferPool(std::optional<Location> loc, PoolAdaptor op,
                               SmallVectorImpl<Type> &types) {
  auto image = cast<RankedTensorType>(op.getInput().getType()).getShape();
  auto dims = slide(image, op.getWindow(), op.getStride(), op.getPad());
  // pool_c1
  if (!dims[0].fits() || !dims[1].fits())
    return windowDoesNotFit(loc, dims);
  types.push_back(
      reshaped(op.getInput().getType(), {image[0], image[1], dims[0].positions(op.getCeil()),
                                         dims[1].positions(op.getCeil())}));
  return success();
}

LogicalResult MaxPoolOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferPool(loc, op, types);
}

LogicalResult AvgPoolOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferPool(loc, op, types);
}

LogicalResult FlattenOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  auto shape = cast<RankedTensorType>(op.getInput().getType()).getShape();
  types.push_back(reshaped(op.getInput().getType(), {shape[0], shape[1] * shape[2] * shape[3]}));
  return success();
}

LogicalResult LinearOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  auto rows = cast<RankedTensorType>(op.getInput().getType());
  auto filter = cast<RankedTensorType>(op.getFilter().getType());
  types.push_back(reshaped(rows, {rows.getDimSize(0), filter.getDimSize(0)}));
  return success();
}

LogicalResult DropoutOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferSame(op.getInput(), types);
}

LogicalResult ScaleOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  return inferSame(op.getInput(), types);
}

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                          SmallVectorImpl<Type> &types) {
  return inferSame(op.getInput(), types);
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  if (op.getInputs().empty())
    return emitOptionalError(loc, "expects at least one operand");
  auto first = cast<RankedTensorType>(op.getInputs().front().getType());
  SmallVector<int64_t> shape(first.getShape());
  if (shape.size() < 2)
    return emitOptionalError(loc, "expects operands with channels, got rank ", shape.size());
  shape[1] = 0;
  for (Value input : op.getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getRank() != first.getRank())
      return emitOptionalError(loc, "expects operands of one rank, got ", first.getRank(), " and ",
                               type.getRank());
    shape[1] += type.getDimSize(1);
  }
  types.push_back(reshaped(first, shape));
  return success();
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  SmallVector<int64_t> shape(type.getShape());
  if (shape.size() < 2)
    return emitOptionalError(loc, "expects an operand with channels, got rank ", shape.size());
  shape[1] = op.getSize();
  types.push_back(reshaped(type, shape));
  return success();
}

LogicalResult AddOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                      SmallVectorImpl<Type> &types) {
  return inferSame(op.getLhs(), types);
}
