//===- CudaBuild.h - from CUDA source to a program --------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDABUILD_H
#define ALEXC_CODEGEN_CUDA_CUDABUILD_H

#include "codegen/Link.h"
#include "codegen/cuda/CudaCompile.h"

namespace alexc {

/// Compiles `files`, on all processors, and links them with the runtime into the
/// program `output`, as linkProgram does; `withNccl` makes ranks exchange gradients by
/// NCCL. An error holds what the compiler said first, or what to install.
llvm::Error buildCudaProgram(llvm::ArrayRef<SourceFile> files, const CudaCompiler &compiler,
                             const RuntimeFiles &runtime, const CudaRuntimeFiles &cuda,
                             llvm::StringRef output, llvm::ArrayRef<std::string> libraries = {},
                             bool withNccl = false);

/// Writes `files`, and the runtime's source into the folder `runtime` among them, as
/// the new folder `output`: whole or not at all. It may exist if it is empty.
llvm::Error writeCudaProject(llvm::ArrayRef<SourceFile> files, const CudaRuntimeFiles &cuda,
                             llvm::StringRef output);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDABUILD_H
