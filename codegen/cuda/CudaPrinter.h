//===- CudaPrinter.h - a kernel as CUDA C++ ---------------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDAPRINTER_H
#define ALEXC_CODEGEN_CUDA_CUDAPRINTER_H

#include "codegen/cuda/KernelAttributes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "llvm/Support/raw_ostream.h"

namespace alexc {

/// What the text calls a kernel.
struct CudaNames {
  std::string kernel; ///< the `__global__` function, an identifier
  std::string entry;  ///< the host function that starts it, an identifier
};

/// Prints `kernel` as a `__global__` function, and behind it the host function
/// `extern "C" int entry(void *const *args, void *stream)` that enqueues it over
/// its whole grid. `head` becomes the lines above, as comments.
///
/// Changes no IR; the same IR gives the same bytes. An op, a type or a form of
/// them without a printer is an error at its place.
mlir::LogicalResult printCudaKernel(mlir::gpu::GPUFuncOp kernel, const CudaNames &names,
                                    llvm::StringRef head, llvm::raw_ostream &out);

/// Bytes of the kernel's shared memory, its tiles one behind the other, each on a
/// boundary of 16 bytes.
int64_t sharedBytes(mlir::gpu::GPUFuncOp kernel);

/// Blocks of a kernel's grid, and threads of each; 1 where it does not say.
int64_t blocksOf(mlir::gpu::GPUFuncOp kernel);
int64_t threadsOf(mlir::gpu::GPUFuncOp kernel);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDAPRINTER_H
