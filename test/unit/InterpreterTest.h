//===- InterpreterTest.h - run the oracle on a line of IR --------*- C++ -*-===//

#ifndef ALEXC_TEST_UNIT_INTERPRETERTEST_H
#define ALEXC_TEST_UNIT_INTERPRETERTEST_H

#include "compiler/Interpreter.h"
#include <gmock/gmock.h>

namespace alexc {

/// The elements of a value, row-major.
using Data = std::vector<double>;

/// from, from + 1, ... (`count` of them)
Data counting(size_t count, double from = 1);
void expectNear(const Data &got, const Data &wanted);

class InterpreterTest : public testing::Test {
protected:
  InterpreterTest();

  /// The first function of `text`; null, with a failure, where it does not parse.
  mlir::func::FuncOp parse(llvm::StringRef text);
  /// A function of `expression`, an op and its types, whose operands %0, %1, ...
  /// are its arguments; it returns the op's results.
  mlir::func::FuncOp parseExpression(llvm::StringRef expression);

  /// What `function` returns.
  std::vector<Data> runAll(mlir::func::FuncOp function, llvm::ArrayRef<Data> arguments);
  Data run(mlir::func::FuncOp function, llvm::ArrayRef<Data> arguments) {
    std::vector<Data> results = runAll(function, arguments);
    return results.empty() ? Data() : results.front();
  }

  /// The results of `expression`, whose operands are `arguments`.
  std::vector<Data> evaluateAll(llvm::StringRef expression, llvm::ArrayRef<Data> arguments) {
    return runAll(parseExpression(expression), arguments);
  }
  Data evaluate(llvm::StringRef expression, llvm::ArrayRef<Data> arguments) {
    return run(parseExpression(expression), arguments);
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace alexc

#endif // ALEXC_TEST_UNIT_INTERPRETERTEST_H
