//===- CudaCatalog.h - the kernels of a GPU ---------------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDACATALOG_H
#define ALEXC_CODEGEN_CUDA_CUDACATALOG_H

#include "compiler/KernelCatalog.h"

namespace alexc {

/// The ways to compute `op` on a GPU, all in the logical layout; none if there is
/// no such architecture or precision.
llvm::SmallVector<KernelChoice> cudaKernels(mlir::Operation *op, const Machine &machine);
/// In how many parts a GPU sums the gradient of a filter.
int64_t cudaParts(Conv2dFilterGradOp op);
/// Seconds of moving `bytes` through the memory of a GPU; infinite if there is no such
/// architecture.
double cudaCopySeconds(int64_t bytes, llvm::StringRef architecture);
/// Seconds of bringing `bytes` to another GPU, by the slowest link that two have.
double cudaTransferSeconds(int64_t bytes, llvm::StringRef architecture);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDACATALOG_H
