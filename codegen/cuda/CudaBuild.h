//===- CudaBuild.h - from CUDA source to a program --------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDABUILD_H
#define ALEXC_CODEGEN_CUDA_CUDABUILD_H

#include "codegen/Link.h"
#include "codegen/cuda/CudaSource.h"

namespace alexc {

/// What compiles the same source: nvcc for a GPU, or the host's C++ compiler for the
/// emulator of CUDA.
struct CudaCompiler {
  std::string program;
  bool isEmulator = false;
  std::vector<std::string> architectures; ///< to compile for: "sm_80", "sm_90"

  /// From PATH or CUDA_HOME; an error says what to install.
  static llvm::Expected<CudaCompiler> findNvcc();
  static llvm::Expected<CudaCompiler> findHost();
};

/// The runtime's files for CUDA, which stand beside every alexc, installed or not.
struct CudaRuntimeFiles {
  std::string sources;  ///< the folder with all of the runtime's source
  std::string emulator; ///< libalexrt-emulator.a: runs CUDA code on a CPU

  /// As RuntimeFiles::find.
  static llvm::Expected<CudaRuntimeFiles> find(llvm::StringRef alexc);
};

/// Compiles `files`, on all processors, and links them with the runtime into the
/// program `output`. An error holds what the compiler said first.
llvm::Error buildCudaProgram(llvm::ArrayRef<SourceFile> files, const CudaCompiler &compiler,
                             const RuntimeFiles &runtime, const CudaRuntimeFiles &cuda,
                             llvm::StringRef output);

/// Writes `files`, and the runtime's source into the folder `runtime` among them, as
/// the new folder `output`: whole or not at all. It may exist if it is empty.
llvm::Error writeCudaProject(llvm::ArrayRef<SourceFile> files, const CudaRuntimeFiles &cuda,
                             llvm::StringRef output);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDABUILD_H
