//===- Interpreter.cpp - runs functions of the alex dialect ------------------===//
//
// The walk over functions and fused bodies; InterpreterOps.cpp has the ops.

#include "compiler/Interpreter.h"
#include <deque>
#include <numeric>

using namespace mlir;
using namespace alexc;

TensorValue::TensorValue(ArrayRef<int64_t> shape)
    : TensorValue(shape, std::vector<double>(ShapedType::getNumElements(shape))) {}

TensorValue::TensorValue(ArrayRef<int64_t> shape, std::vector<double> data)
    : shape(shape), data(std::move(data)) {
  assert(ShapedType::getNumElements(shape) == int64_t(this->data.size()));
}

const double *TensorValue::at(ArrayRef<int64_t> index) const {
  int64_t offset = 0;
  for (size_t dim = 0; dim < shape.size(); ++dim)
    offset = offset * shape[dim] + (dim < index.size() ? index[dim] : 0);
  return data.data() + offset;
}

double *TensorValue::at(ArrayRef<int64_t> index) {
  return const_cast<double *>(std::as_const(*this).at(index));
}

namespace {
/// The values of one run.
class Run {
public:
  explicit Run(InterpreterObserver observer) : observer(observer) {}

  /// Runs the ops of `block` on `arguments` and returns its terminator's
  /// operands.
  FailureOr<SmallVector<const TensorValue *>> runBlock(Block &block,
                                                       ArrayRef<const TensorValue *> arguments);

private:
  LogicalResult runOp(Operation &op);
  SmallVector<const TensorValue *> valuesOf(ValueRange range) const {
    return llvm::map_to_vector(range, [&](Value value) { return values.lookup(value); });
  }

  InterpreterObserver observer;
  DenseMap<Value, const TensorValue *> values;
  std::deque<TensorValue> computed; // what the pointers point to; never moves
};
} // namespace

FailureOr<SmallVector<const TensorValue *>> Run::runBlock(Block &block,
                                                          ArrayRef<const TensorValue *> arguments) {
  for (auto [argument, value] : llvm::zip_equal(block.getArguments(), arguments))
    values[argument] = value;
  for (Operation &op : block.without_terminator())
    if (failed(runOp(op)))
      return failure();
  return valuesOf(block.getTerminator()->getOperands());
}

LogicalResult Run::runOp(Operation &op) {
  SmallVector<const TensorValue *> operands = valuesOf(op.getOperands());
  if (auto fused = dyn_cast<FusedOp>(op)) {
    auto results = runBlock(fused.getBody().front(), operands);
    if (failed(results))
      return failure();
    for (auto [result, value] : llvm::zip_equal(fused.getResults(), *results))
      values[result] = value;
    return success();
  }
  FailureOr<TensorValue> result = interpretOp(&op, operands);
  if (failed(result))
    return failure();
  observer(&op, computed.emplace_back(std::move(*result)));
  values[op.getResult(0)] = &computed.back();
  return success();
}

/// Whether the arguments have the shapes that the function declares.
static LogicalResult checkArguments(func::FuncOp function,
                                    ArrayRef<const TensorValue *> arguments) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("expects a function of one block, got ")
           << function.getBody().getBlocks().size();
  if (arguments.size() != function.getNumArguments())
    return function.emitError("expects ")
           << function.getNumArguments() << " arguments, got " << arguments.size();
  for (auto [index, argument] : llvm::enumerate(arguments)) {
    auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[index]);
    if (!type || type.getShape() != ArrayRef(argument->shape))
      return function.emitError("expects argument ")
             << index << " of type " << function.getArgumentTypes()[index] << ", got shape ["
             << argument->shape << "]";
  }
  return success();
}

FailureOr<SmallVector<TensorValue>> alexc::interpret(func::FuncOp function,
                                                     ArrayRef<const TensorValue *> arguments,
                                                     InterpreterObserver observer) {
  if (failed(checkArguments(function, arguments)))
    return failure();
  Run run(observer);
  auto results = run.runBlock(function.getBody().front(), arguments);
  if (failed(results))
    return failure();
  return llvm::map_to_vector(*results, [](const TensorValue *value) { return *value; });
}
