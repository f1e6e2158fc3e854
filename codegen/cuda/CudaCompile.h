//===- CudaCompile.h - CUDA source to machine code --------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDACOMPILE_H
#define ALEXC_CODEGEN_CUDA_CUDACOMPILE_H

#include "codegen/cuda/CudaSource.h"
#include "llvm/Support/Error.h"

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

/// A source file as machine code.
struct CompiledFile {
  std::string bytes;
  std::string log; ///< what the compiler had to say
};

/// The form of the machine code.
enum class CodeForm {
  object, ///< an object file for the host's linker, with code for all architectures
  cubin,  ///< code for the only architecture of the compiler; the log is `ptxas -v`'s
};

/// Compiles `files`, several at a time. What nvcc made of the same text before, with the
/// same options and headers, comes from the user's cache (see ObjectCache.h). An error
/// holds what the compiler said first.
llvm::Expected<std::vector<CompiledFile>> compileCuda(llvm::ArrayRef<SourceFile> files,
                                                      const CudaCompiler &compiler,
                                                      const CudaRuntimeFiles &cuda, CodeForm form);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDACOMPILE_H
