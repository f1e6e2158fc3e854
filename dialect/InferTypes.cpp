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

std::optional<SmallVector<int64_t>> alexc::convolvedShape(ArrayRef<int64_t> image,
                                                          ArrayRef<int64_t> filter,
                                                          ArrayRef<int64_t> stride,
                                                          ArrayRef<int64_t> pad) {
  auto dims = slide(image, filter.take_back(2), stride, pad);
  if (!dims[0].fits() || !dims[1].fits())
    return std::nullopt;
  return SmallVector<int64_t>{image[0], filter[0], dims[0].positions(false),
                              dims[1].positions(false)};
}

std::optional<SmallVector<int64_t>> alexc::pooledShape(ArrayRef<int64_t> image,
                                                       ArrayRef<int64_t> window,
                                                       ArrayRef<int64_t> stride,
                                                       ArrayRef<int64_t> pad, bool ceil) {
  auto dims = slide(image, window, stride, pad);
  if (!dims[0].fits() || !dims[1].fits())
    return std::nullopt;
  return SmallVector<int64_t>{image[0], image[1], dims[0].positions(ceil), dims[1].positions(ceil)};
}

LogicalResult Conv2dOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  auto image = cast<RankedTensorType>(op.getInput().getType()).getShape();
  auto filter = cast<RankedTensorType>(op.getFilter().getType()).getShape();
  // conv2d_c5
  auto shape = convolvedShape(image, filter, op.getStride(), op.getPad());
  if (!shape)
    return windowDoesNotFit(loc, slide(image, filter.take_back(2), op.getStride(), op.getPad()));
  types.push_back(reshaped(op.getInput().getType(), *shape));
  return success();
}

template <typename PoolAdaptor>
static LogicalResult inferPool(std::optional<Location> loc, PoolAdaptor op,
                               SmallVectorImpl<Type> &types) {
  auto image = cast<RankedTensorType>(op.getInput().getType()).getShape();
  // pool_c1
  auto shape = pooledShape(image, op.getWindow(), op.getStride(), op.getPad(), op.getCeil());
  if (!shape)
    return windowDoesNotFit(loc, slide(image, op.getWindow(), op.getStride(), op.getPad()));
  types.push_back(reshaped(op.getInput().getType(), *shape));
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

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                         SmallVectorImpl<Type> &types) {
  if (op.getInputs().empty())
    return emitOptionalError(loc, "expects at least one operand");
  auto first = cast<RankedTensorType>(op.getInputs().front().getType());
  SmallVector<int64_t> shape(first.getShape());
  auto dim = static_cast<size_t>(op.getDim());
  if (shape.size() <= dim)
    return emitOptionalError(loc, "expects operands with channels, got rank ", shape.size());
  shape[dim] = 0;
  for (Value input : op.getInputs()) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getRank() != first.getRank())
      return emitOptionalError(loc, "expects operands of one rank, got ", first.getRank(), " and ",
                               type.getRank());
    shape[dim] += type.getDimSize(dim);
  }
  types.push_back(reshaped(first, shape));
  return success();
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                        SmallVectorImpl<Type> &types) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  SmallVector<int64_t> shape(type.getShape());
  auto dim = static_cast<size_t>(op.getDim());
  if (shape.size() <= dim)
    return emitOptionalError(loc, "expects an operand with channels, got rank ", shape.size());
  shape[dim] = op.getSize();
  types.push_back(reshaped(type, shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

/// A float per row of `rows`, and its shape.
LogicalResult SoftmaxCrossEntropyOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                                      Adaptor op, SmallVectorImpl<Type> &types) {
  auto rows = cast<RankedTensorType>(op.getInput().getType());
  types.push_back(RankedTensorType::get(rows.getDimSize(0), rows.getElementType()));
  types.push_back(rows);
  return success();
}

LogicalResult SoftmaxCrossEntropyGradOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                                          Adaptor op,
                                                          SmallVectorImpl<Type> &types) {
  types.push_back(op.getProb().getType());
  return success();
}

LogicalResult SumPartsOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                           SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  SmallVector<int64_t> shape(input.getShape());
  auto parts = static_cast<int64_t>(op.getParts());
  // sum_parts_c1
  if (shape[0] % parts)
    return emitOptionalError(loc, "expects rows divisible by parts, got ", shape[0], " and ",
                             parts);
  shape[0] /= parts;
  types.push_back(reshaped(input, shape));
  return success();
}

LogicalResult LinearDataGradOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                                 SmallVectorImpl<Type> &types) {
  auto gradient = cast<RankedTensorType>(op.getGradient().getType());
  auto filter = cast<RankedTensorType>(op.getFilter().getType());
  types.push_back(reshaped(gradient, {gradient.getDimSize(0), filter.getDimSize(1)}));
  return success();
}

LogicalResult LinearFilterGradOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                                   Adaptor op, SmallVectorImpl<Type> &types) {
  auto input = cast<RankedTensorType>(op.getInput().getType());
  auto gradient = cast<RankedTensorType>(op.getGradient().getType());
  types.push_back(
      RankedTensorType::get({gradient.getDimSize(1), input.getDimSize(1)}, input.getElementType()));
  return success();
}

LogicalResult BiasGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor op,
                                           SmallVectorImpl<Type> &types) {
  auto gradient = cast<RankedTensorType>(op.getGradient().getType());
  // bias_grad_c1
  if (gradient.getRank() != 2 && gradient.getRank() != 4)
    return emitOptionalError(loc, "expects a gradient of rank 2 or 4, got ", gradient.getRank());
  types.push_back(RankedTensorType::get(gradient.getDimSize(1), gradient.getElementType()));
  return success();
}

LogicalResult SgdUpdateOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor op,
                                            SmallVectorImpl<Type> &types) {
  types.append({op.getParameter().getType(), op.getMomentum().getType()});
  return success();
}
