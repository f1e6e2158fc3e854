//===- Interpreter.h - the alex dialect in fp64, op by op --------*- C++ -*-===//
//
// The oracle of all numeric tests: the formulas of Ops.td as plain loops, with
// nothing of the code generator in it. Places and layouts are ignored; a value
// is always in its logical order.

#ifndef ALEXC_COMPILER_INTERPRETER_H
#define ALEXC_COMPILER_INTERPRETER_H

#include "dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace alexc {

/// The value of a tensor, row-major.
struct TensorValue {
  llvm::SmallVector<int64_t> shape;
  std::vector<double> data;

  TensorValue() = default;
  /// All zeros.
  explicit TensorValue(llvm::ArrayRef<int64_t> shape);
  TensorValue(llvm::ArrayRef<int64_t> shape, std::vector<double> data);

  /// The elements from `index` of the leading dimensions on: of x (N, C, H, W),
  /// x.at({n, c}) points to the first pixel of a plane.
  double *at(llvm::ArrayRef<int64_t> index);
  const double *at(llvm::ArrayRef<int64_t> index) const;
};

/// Sees each result of each op, in order, those in fused bodies included (of the
/// fused op itself it sees nothing), and may change it before others read it.
using InterpreterObserver = llvm::function_ref<void(mlir::OpResult, TensorValue &)>;

/// Runs `function`, one block of alex ops, on `arguments`, which are not copied,
/// and returns what it returns. Values die with their last use. A `!alex.step`
/// is a value of shape (8): learning rate, momentum, weight decay, the seed's
/// low and high word, step, first image, 0; labels and argmax are numbers, too.
/// Emits an error where an argument's shape is not the declared one or an op is
/// not of the dialect.
mlir::FailureOr<llvm::SmallVector<TensorValue>> interpret(
    mlir::func::FuncOp function, llvm::ArrayRef<const TensorValue *> arguments,
    InterpreterObserver observer = [](mlir::OpResult, TensorValue &) {});

/// The results of one op that is not alex.fused. Emits an error where the op is
/// unknown.
mlir::FailureOr<llvm::SmallVector<TensorValue>>
interpretOp(mlir::Operation *op, llvm::ArrayRef<const TensorValue *> operands);

} // namespace alexc

#endif // ALEXC_COMPILER_INTERPRETER_H
