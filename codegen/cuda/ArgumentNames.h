//===- ArgumentNames.h - a kernel's arguments in formulas -------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_ARGUMENTNAMES_H
#define ALEXC_CODEGEN_CUDA_ARGUMENTNAMES_H

#include "mlir/IR/Operation.h"
#include <string>
#include <vector>

namespace alexc {

/// One name for each operand and each result of an op.
struct ArgumentNames {
  std::vector<std::string> operands, results;
};

/// What formulas call the operands and results of `op`: x, w and bias in, y out, dy for the
/// gradient with respect to y. Those of fused ops are what the ops of the body call them.
ArgumentNames nameArguments(mlir::Operation *op);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_ARGUMENTNAMES_H
