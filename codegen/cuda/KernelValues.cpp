//===- KernelValues.cpp - threads, constants and vectors of a kernel -----------===//

#include "codegen/cuda/KernelPrinter.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printIdentifier(Operation *op, StringRef variable,
                                             gpu::Dimension dimension) {
  Expression id = Expression((variable + "." + gpu::stringifyDimension(dimension)).str());
  id.isUnsigned = true;
  return define(op->getResult(0), id);
}

LogicalResult KernelPrinter::printSize(Operation *op, std::optional<ArrayRef<int32_t>> sizes,
                                       gpu::Dimension dimension) {
  if (!sizes)
    return refuse(op, "the kernel does not know its size");
  return define(op->getResult(0), Expression::number((*sizes)[static_cast<int>(dimension)]));
}

LogicalResult KernelPrinter::printForm(gpu::ShuffleOp shuffle) {
  if (!matchPattern(shuffle.getWidth(), m_Constant<IntegerAttr>(nullptr)) ||
      use(shuffle.getWidth()).constant != 32 || !shuffle.getValid().use_empty())
    return refuse(shuffle, "it is not of a whole warp");
  Type type = shuffle.getValue().getType();
  if (!type.isF32() && !type.isInteger(32))
    return refuse(shuffle, "unknown type");
  StringRef mode = shuffle.getMode() == gpu::ShuffleMode::IDX
                       ? StringRef()
                       : gpu::stringifyShuffleMode(shuffle.getMode());
  Expression value = use(shuffle.getValue()), offset = use(shuffle.getOffset());
  std::string function = ("__shfl_" + mode + (mode.empty() ? "sync" : "_sync")).str();
  Expression result = makeCall(function, {Expression("0xffffffffu"), value, offset});
  result.isUnsigned = value.isUnsigned;
  result.isConvergent = true;
  return define(shuffle.getShuffleResult(), std::move(result));
}

//===----------------------------------------------------------------------===//
// Constants and integers
//===----------------------------------------------------------------------===//

LogicalResult KernelPrinter::printForm(arith::ConstantOp constant) {
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!elements) {
    Expression number = expressionOf(constant.getValue());
    if (number.text.empty())
      return refuse(constant);
    pending[constant] = number;
    return success();
  }
  Expression vector;
  for (Attribute element : elements.getValues<Attribute>())
    vector.lanes.push_back(expressionOf(element));
  return define(constant, std::move(vector));
}

LogicalResult KernelPrinter::printForm(arith::MulUIExtendedOp product) {
  if (isa<VectorType>(product.getLow().getType()))
    return refuse(product, "the operands are vectors");
  SmallVector<Expression> factors = {useLeaf(product.getLhs()), useLeaf(product.getRhs())};
  return success(succeeded(define(product.getLow(), lowOf(product, factors))) &&
                 succeeded(define(product.getHigh(), highOf(product, factors))));
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

std::vector<Expression> KernelPrinter::lanesOf(Value value) {
  auto vector = dyn_cast<VectorType>(value.getType());
  if (!vector)
    return {use(value)};
  Expression whole = useLeaf(value);
  if (!whole.lanes.empty())
    return whole.lanes;
  std::vector<Expression> lanes;
  for (char member : StringRef("xyzw").take_front(vector.getDimSize(0))) {
    Expression lane = whole;
    lane.text += std::string(".") + member;
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

LogicalResult KernelPrinter::printForm(vector::BroadcastOp broadcast) {
  auto vector = dyn_cast<VectorType>(broadcast.getResult().getType());
  if (!vector || vector.getRank() != 1 || isa<VectorType>(broadcast.getSource().getType()))
    return refuse(broadcast, "it does not make a vector of a number");
  Expression scalar = useLeaf(broadcast.getSource());
  Expression result;
  result.lanes.assign(vector.getDimSize(0), scalar);
  return define(broadcast.getResult(), std::move(result));
}

LogicalResult KernelPrinter::printForm(vector::ExtractOp extract) {
  ArrayRef<int64_t> position = extract.getStaticPosition();
  if (extract.hasDynamicPosition() || position.size() != 1)
    return refuse(extract, "the position is no constant");
  if (extract.getSourceVectorType().getNumElements() == 1)
    return define(extract.getResult(), use(extract.getSource()));
  return define(extract.getResult(), lanesOf(extract.getSource())[position.front()]);
}

LogicalResult KernelPrinter::printForm(vector::InsertOp insert) {
  ArrayRef<int64_t> position = insert.getStaticPosition();
  if (insert.hasDynamicPosition() || position.size() != 1)
    return refuse(insert, "the position is no constant");
  Expression result;
  result.lanes = lanesOf(insert.getDest());
  result.lanes[position.front()] = use(insert.getValueToStore());
  return define(insert.getResult(), std::move(result));
}

LogicalResult KernelPrinter::printForm(vector::FromElementsOp elements) {
  if (elements.getType().getRank() != 1)
    return refuse(elements, "the vector has more than one dimension");
  Expression result;
  for (Value element : elements.getElements())
    result.lanes.push_back(use(element));
  return define(elements.getResult(), std::move(result));
}

LogicalResult KernelPrinter::printForm(vector::ToElementsOp elements) {
  std::vector<Expression> lanes = lanesOf(elements.getSource());
  for (auto [element, lane] : llvm::zip(elements.getElements(), lanes))
    if (failed(define(element, lane)))
      return failure();
  return success();
}

LogicalResult KernelPrinter::printForm(vector::ShuffleOp shuffle) {
  std::vector<Expression> lanes = lanesOf(shuffle.getV1()), others = lanesOf(shuffle.getV2());
  lanes.insert(lanes.end(), others.begin(), others.end());
  Expression result;
  for (int64_t lane : shuffle.getMask())
    if (lane >= 0 && lane < static_cast<int64_t>(lanes.size()))
      result.lanes.push_back(lanes[lane]);
  if (result.lanes.size() != shuffle.getMask().size())
    return refuse(shuffle, "it takes elements that neither vector has");
  return define(shuffle.getResult(), std::move(result));
}

//===----------------------------------------------------------------------===//
// Tensor cores
//===----------------------------------------------------------------------===//

/// The same words, seen as other elements or in other rows.
LogicalResult KernelPrinter::printWords(Operation *cast) {
  Type from = cast->getOperand(0).getType(), to = cast->getResult(0).getType();
  if (cudaType(from).empty() || cudaType(from) != cudaType(to))
    return refuse(cast, "the vectors are no words of f32");
  return define(cast->getResult(0), use(cast->getOperand(0)));
}

LogicalResult KernelPrinter::printForm(nvgpu::MmaSyncOp product) {
  std::array<int64_t, 3> shape = product.getMmaShapeAsArray();
  Type element = getElementTypeOrSelf(product.getMatrixA().getType());
  bool isTf32 = element.isF32() && product.getTf32Enabled().has_value();
  bool isKnown = shape[0] == 16 && shape[1] == 8 && cudaType(product.getType()) == "float4" &&
                 ((isTf32 && shape[2] == 8) || (element.isBF16() && shape[2] == 16));
  if (!isKnown)
    return refuse(product, "it is neither 16 x 8 x 8 of tf32 nor 16 x 8 x 16 of bf16");
  Expression result =
      makeCall(isTf32 ? "mma_tf32" : "mma_bf16",
               {use(product.getMatrixA()), use(product.getMatrixB()), use(product.getMatrixC())});
  result.isConvergent = true;
  return define(product.getRes(), std::move(result));
}
