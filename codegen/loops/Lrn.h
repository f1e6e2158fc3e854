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

  /// x / d^beta, of scalars or vectors, d = k + alpha * sumOfSquares.
  mlir::Value emitNormalize(KernelBuilder &kb, mlir::Value x, mlir::Value sumOfSquares) const;

  /// What an element adds to the gradients of the elements in its window.
  struct Share {
    mlir::Value own;  ///< dy / d^beta, to its own
    mlir::Value term; ///< dy * x * d^(-beta - 1), times -2 * alpha * beta * x_j to that of j
  };
  Share emitShare(KernelBuilder &kb, mlir::Value dy, mlir::Value x, mlir::Value sumOfSquares) const;
  /// own - 2 * alpha * beta * x * sumOfTerms.
  mlir::Value emitGradient(KernelBuilder &kb, mlir::Value own, mlir::Value x,
                           mlir::Value sumOfTerms) const;

private:
  template <typename Op>
  LrnRule(Op op, mlir::Value input);
};

/// Gives a channel block of the pixel at hand, by its number, as a vector.
using BlockLoader = llvm::function_ref<mlir::Value(Index)>;

/// For the form `across`: of one pixel, the sum of squares over the window of each
/// of the `lanes` channels in block number `block`. Neighbours are asked for only
/// where there are any.
mlir::Value emitSumOfSquares(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                             BlockLoader loadBlock);
/// The sum over all channels whose window holds the lane's own.
mlir::Value emitSumOfTerms(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                           BlockLoader loadTerm);
/// The normalised channel block.
mlir::Value emitLrnAcross(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                          BlockLoader loadBlock);
/// The gradient of the same with respect to the block.
mlir::Value emitLrnGradAcross(KernelBuilder &kb, const LrnRule &rule, Index block, int64_t lanes,
                              BlockLoader loadGradient, BlockLoader loadInput);

} // namespace alexc

#endif // ALEXC_CODEGEN_LRN_H
