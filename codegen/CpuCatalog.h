//===- CpuCatalog.h - the kernels of a CPU ----------------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CPUCATALOG_H
#define ALEXC_CODEGEN_CPUCATALOG_H

#include "compiler/KernelCatalog.h"

namespace alexc {

/// The ways to compute `op` on a CPU; none if there is no such CPU.
llvm::SmallVector<KernelChoice> cpuKernels(mlir::Operation *op, llvm::StringRef cpu);
/// Predicted seconds of moving `bytes` through a CPU's memory.
double cpuCopySeconds(int64_t bytes);

} // namespace alexc

#endif // ALEXC_CODEGEN_CPUCATALOG_H
