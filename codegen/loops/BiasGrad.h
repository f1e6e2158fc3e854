//===- BiasGrad.h - sums over images and pixels -----------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_BIASGRAD_H
#define ALEXC_CODEGEN_BIASGRAD_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// alex.bias_grad, which `kernel` begins with, of a value in any layout of
/// activations, and elementwise ops after that. An item of work owns its channels
/// and adds up in an order of its own, whatever thread it runs on. Emits the body
/// of `kernel` and returns its number of work items.
mlir::FailureOr<int64_t> emitBiasGrad(KernelBuilder &kb, CpuKernel &kernel);

} // namespace alexc

#endif // ALEXC_CODEGEN_BIASGRAD_H
