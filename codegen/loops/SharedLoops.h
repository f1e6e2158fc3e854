//===- SharedLoops.h - kernels of the ops without a generator ---*- C++ -*-===//

#ifndef ALEXC_CODEGEN_SHAREDLOOPS_H
#define ALEXC_CODEGEN_SHAREDLOOPS_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// Kernel `loops`: any op, or any fused ops, in any layouts, as loops over the
/// elements of the results. Emits the body of `kernel` and returns its number of
/// work items. An op without a rule is an error at its location.
mlir::FailureOr<int64_t> emitLoops(KernelBuilder &kb, CpuKernel &kernel);

} // namespace alexc

#endif // ALEXC_CODEGEN_SHAREDLOOPS_H
