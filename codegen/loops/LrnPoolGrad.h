//===- LrnPoolGrad.h - back through pool and normalisation ------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_LRNPOOLGRAD_H
#define ALEXC_CODEGEN_LRNPOOLGRAD_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// Whether kernel `lrn_pool_grad` can compute `op`, in layouts nchw{b}c
/// throughout: a fused max_pool_grad, the lrn_grad across channels that alone
/// reads it, and elementwise ops after that. Rows too long for the kernel's stack
/// and windows too wide to unroll are refused.
bool isLrnPoolGrad(mlir::Operation *op);

/// Kernel `lrn_pool_grad`: keeps one row of the gradient between the two, of all
/// channels, so that it never goes through memory. Emits the body of `kernel` and
/// returns its number of work items. Anything else than isLrnPoolGrad is an error.
mlir::FailureOr<int64_t> emitLrnPoolGrad(KernelBuilder &kb, CpuKernel &kernel);

} // namespace alexc

#endif // ALEXC_CODEGEN_LRNPOOLGRAD_H
