//===- Lrn.h - local response normalisation in registers --------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_LRN_H
#define ALEXC_CODEGEN_LRN_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// What alex.lrn and alex.lrn_grad compute with.
struct LrnRule {
  LrnForm form;
  int64_t size, channels, channelsOfGroup;
  int64_t before, after; ///< elements of the window before and after its centre
  double k, alpha, beta; ///< alpha multiplies the sum of squares, in either form of it

  explicit LrnRule(LrnOp op) : LrnRule(op, op.getInput()) {}
  explicit LrnRule(LrnGradOp op) : LrnRule(op, op.getInput()) {}

  /// d = k + alpha * sumOfSquares, of scalars or vectors.
  mlir::Value emitEnergy(KernelBuilder &kb, mlir::Value sumOfSquares) const;
  /// d^beta.
  mlir::Value emitDivisor(KernelBuilder &kb, mlir::Value energy) const;
  /// x / d^beta.
  mlir::Value emitNormalize(KernelBuilder &kb, mlir::Value x, mlir::Value sumOfSquares) const;
  /// dy * x * d^(-beta - 1): what an element adds to the gradients of its window.
  mlir::Value emitTerm(KernelBuilder &kb, mlir::Value dy, mlir::Value x,
                       mlir::Value sumOfSquares) const;
  /// dy / d^beta - 2 * alpha * beta * x * sumOfTerms.
  mlir::Value emitGradient(KernelBuilder &kb, mlir::Value dy, mlir::Value x,
                           mlir::Value sumOfSquares, mlir::Value sumOfTerms) const;

private:
  template <typename Op>
  LrnRule(Op op, mlir::Value input);
};

/// Gives a channel block of the pixel at hand, by its number, as a vector.
using BlockLoader = llvm::function_ref<mlir::Value(Index)>;

/// The normalised channel block number `block` of one pixel, for the form
/// `across`: a vector of `lanes` channels. Neighbours are asked for only where
/// there are any.
mlir::Value emitLrnAcross(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                          BlockLoader loadBlock);
/// The gradient of the same with respect to the block.
mlir::Value emitLrnGradAcross(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                              BlockLoader loadGradient, BlockLoader loadInput);

} // namespace alexc

#endif // ALEXC_CODEGEN_LRN_H
