//===- KernelTest.h - compare a kernel with the oracle ----------*- C++ -*-===//

#ifndef ALEXC_TEST_UNIT_KERNELTEST_H
#define ALEXC_TEST_UNIT_KERNELTEST_H

#include "test/unit/KernelRunner.h"
#include <gtest/gtest.h>

namespace alexc {

/// The type of an operand or result.
struct Placed {
  std::string shape;           ///< "2x16x5x7", "2x16x5x7xi8", "4xi32", "4x8xf16" or "step"
  std::string layout = "nchw"; ///< as in #alex.on
};

/// One op on placed values.
struct Case {
  std::string name;
  std::string kernel;     ///< as in alexrt.kernel
  std::string expression; ///< of operands %a, %b, ... of types !a, !b, ..., to !y and !z
  std::vector<Placed> operands, results;
  double tolerance = 1e-6; ///< of the largest value of the result
};

/// How GoogleTest shows a case.
inline void PrintTo(const Case &test, std::ostream *out) { *out << test.expression; }
/// For the last argument of INSTANTIATE_TEST_SUITE_P.
inline std::string nameOf(const testing::TestParamInfo<Case> &info) { return info.param.name; }

class KernelTest : public testing::Test {
protected:
  KernelTest();

  mlir::OwningOpRef<mlir::ModuleOp> parse(const Case &test);
  /// Sets `runner` to the code of `test` for `cpu`, on `operands`, and `wanted`
  /// to the oracle's results.
  void compile(const Case &test, llvm::StringRef cpu, llvm::ArrayRef<TensorValue> operands);
  /// Runs `test`, compiled for `cpu`, on random numbers: all work items at once,
  /// and one by one in descending order, which must give the same bits.
  void compare(const Case &test, llvm::StringRef cpu);

  mlir::MLIRContext context;
  std::unique_ptr<KernelRunner> runner;
  llvm::SmallVector<TensorValue> wanted;
};

} // namespace alexc

#endif // ALEXC_TEST_UNIT_KERNELTEST_H
