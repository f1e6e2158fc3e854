//===- Interpreter.cpp - runs functions of the alex dialect ------------------===//
//
// The walk over functions and fused bodies; InterpreterOps.cpp has the layers,
// InterpreterGradients.cpp the ops of training.

#include "compiler/InterpreterOps.h"
#include <memory>

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

FailureOr<SmallVector<TensorValue>> alexc::interpretOp(Operation *op,
                                                       ArrayRef<const TensorValue *> operands) {
  if (auto results = interpreter::interpretLayer(op, operands))
    return std::move(*results);
  if (auto results = interpreter::interpretGradient(op, operands))
    return std::move(*results);
  return op->emitError("the interpreter does not know '") << op->getName() << "'";
}

namespace {
/// A value of a run; several SSA values may be one: a fused op's result is what
/// its body yields.
using Shared = std::shared_ptr<TensorValue>;

/// The values of one run, each as long as it is read.
class Run {
public:
  explicit Run(InterpreterObserver observer) : observer(observer) {}

  /// Runs the ops of `block` on `arguments` and returns its terminator's
  /// operands.
  FailureOr<SmallVector<Shared>> runBlock(Block &block, ArrayRef<Shared> arguments);

private:
  LogicalResult runOp(Operation &op);
  LogicalResult runFused(FusedOp fused);
  void forgetOperands(Operation &op);
  SmallVector<Shared> valuesOf(ValueRange range) const {
    return llvm::map_to_vector(range, [&](Value value) { return values.lookup(value); });
  }

  InterpreterObserver observer;
  DenseMap<Value, Shared> values;
};
} // namespace

FailureOr<SmallVector<Shared>> Run::runBlock(Block &block, ArrayRef<Shared> arguments) {
  for (auto [argument, value] : llvm::zip_equal(block.getArguments(), arguments))
    values[argument] = value;
  for (Operation &op : block.without_terminator()) {
    if (failed(runOp(op)))
      return failure();
    forgetOperands(op);
  }
  SmallVector<Shared> yielded = valuesOf(block.getTerminator()->getOperands());
  forgetOperands(*block.getTerminator());
  return yielded;
}

/// Frees what no later op reads.
void Run::forgetOperands(Operation &op) {
  for (Value operand : op.getOperands())
    if (llvm::all_of(operand.getUsers(),
                     [&](Operation *user) { return user == &op || user->isBeforeInBlock(&op); }))
      values.erase(operand);
}

LogicalResult Run::runFused(FusedOp fused) {
  auto results = runBlock(fused.getBody().front(), valuesOf(fused.getInputs()));
  if (failed(results))
    return failure();
  for (auto [result, value] : llvm::zip_equal(fused.getResults(), *results))
    if (!result.use_empty())
      values[result] = value;
  return success();
}

LogicalResult Run::runOp(Operation &op) {
  if (auto fused = dyn_cast<FusedOp>(op))
    return runFused(fused);
  SmallVector<Shared> operands = valuesOf(op.getOperands());
  auto pointers = llvm::map_to_vector(
      operands, [](const Shared &value) -> const TensorValue * { return value.get(); });
  auto results = interpretOp(&op, pointers);
  if (failed(results))
    return failure();
  for (auto [result, value] : llvm::zip_equal(op.getResults(), *results)) {
    observer(result, value);
    if (!result.use_empty())
      values[result] = std::make_shared<TensorValue>(std::move(value));
  }
  return success();
}

/// The shape of a value of `type`; none where a value can't be of it.
static std::optional<ArrayRef<int64_t>> shapeOf(Type type) {
  static constexpr int64_t step[] = {8};
  if (isa<StepType>(type))
    return ArrayRef(step);
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? std::optional(tensor.getShape()) : std::nullopt;
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
  for (auto [index, argument] : llvm::enumerate(arguments))
    if (shapeOf(function.getArgumentTypes()[index]) != ArrayRef(argument->shape))
      return function.emitError("expects argument ")
             << index << " of type " << function.getArgumentTypes()[index] << ", got shape ["
             << argument->shape << "]";
  return success();
}

FailureOr<SmallVector<TensorValue>> alexc::interpret(func::FuncOp function,
                                                     ArrayRef<const TensorValue *> arguments,
                                                     InterpreterObserver observer) {
  if (failed(checkArguments(function, arguments)))
    return failure();
  // the caller's values: never changed, never freed
  auto borrowed = llvm::map_to_vector(arguments, [](const TensorValue *value) {
    return Shared(Shared(), const_cast<TensorValue *>(value));
  });
  auto results = Run(observer).runBlock(function.getBody().front(), borrowed);
  if (failed(results))
    return failure();
  SmallVector<TensorValue> values;
  for (Shared &result : *results)
    values.push_back(result.use_count() == 1 ? std::move(*result) : *result);
  return values;
}
