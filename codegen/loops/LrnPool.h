//===- LrnPool.h - normalise and pool in one pass ---------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_LRNPOOL_H
#define ALEXC_CODEGEN_LRNPOOL_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// Whether kernel `lrn_pool` can compute `op`, in layouts nchw{b}c throughout: a
/// fused lrn across channels, the max_pool that alone reads it, and elementwise
/// ops after that. Rows too long for the kernel's stack, and windows too large to
/// unroll, are refused.
bool isLrnPool(mlir::Operation *op);

/// Kernel `lrn_pool`: keeps as many normalised rows as the pool's window is
/// high, so that each is computed once. Emits the body of `kernel` and returns
/// its number of work items. Anything else than isLrnPool is an error.
mlir::FailureOr<int64_t> emitLrnPool(KernelBuilder &kb, CpuKernel &kernel);

} // namespace alexc

#endif // ALEXC_CODEGEN_LRNPOOL_H
