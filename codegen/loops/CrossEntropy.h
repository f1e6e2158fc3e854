//===- CrossEntropy.h - the loss of rows of scores --------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CROSSENTROPY_H
#define ALEXC_CODEGEN_CROSSENTROPY_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// alex.softmax_cross_entropy, all values in the logical order; an item of work is
/// a row. A label that is no column gives a loss that is not a number. Emits the
/// body of `kernel` and returns its number of work items.
mlir::FailureOr<int64_t> emitCrossEntropy(KernelBuilder &kb, CpuKernel &kernel);

/// Stores the loss of row `n` of a kernel of alex.softmax_cross_entropy. `logarithm`, of
/// the sum of the row's exponentials, is what the loss would be for a score of zero.
void emitLoss(KernelBuilder &kb, const Kernel &kernel, Index n, mlir::Value logarithm);

} // namespace alexc

#endif // ALEXC_CODEGEN_CROSSENTROPY_H
