//===- Lrn.h - local response normalisation in registers --------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_LRN_H
#define ALEXC_CODEGEN_LRN_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// x / (k + a * sumOfSquares)^beta, of scalars or vectors.
mlir::Value emitNormalize(KernelBuilder &kb, LrnOp op, mlir::Value x, mlir::Value sumOfSquares);

/// The normalised channel block number `block` of one pixel, for the form
/// `across`. `loadBlock` gives a block of the same pixel as a vector of `lanes`
/// channels; it is asked for neighbours only where there are any.
mlir::Value emitLrnAcross(KernelBuilder &kb, LrnOp op, Index block, int64_t lanes,
                          llvm::function_ref<mlir::Value(Index)> loadBlock);

/// Elements of the window before and after its centre.
struct LrnReach {
  int64_t before, after;

  explicit LrnReach(LrnOp op)
      : before(static_cast<int64_t>(op.getSize()) / 2),
        after(static_cast<int64_t>(op.getSize()) - 1 - before) {}
};

} // namespace alexc

#endif // ALEXC_CODEGEN_LRN_H
