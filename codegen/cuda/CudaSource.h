//===- CudaSource.h - the CUDA source of a network --------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDASOURCE_H
#define ALEXC_CODEGEN_CUDA_CUDASOURCE_H

#include "codegen/ProgramTable.h"
#include "llvm/ADT/StringMap.h"

namespace alexc {

/// A file of generated source; `name` is without folder.
struct SourceFile {
  std::string name, text;
};

/// The kernels of a network as source.
struct CudaKernels {
  /// One file per family (`alexrt.kernel`), in the order of their first kernels.
  std::vector<SourceFile> files;
  llvm::StringMap<std::string> functions; ///< the `__global__` function of each kernel
  llvm::StringMap<std::string> entries;   ///< the host function that starts each kernel
};

/// Prints the kernels of `module`, which is at the stage `kernels` for CUDA. A
/// kernel's head comment says what the first launch of it computes. Same module,
/// same bytes.
mlir::FailureOr<CudaKernels> printCudaKernels(mlir::ModuleOp module);

/// The kernels of `module`, and network.cpp with the programs of `table`: it defines
/// the constant `alexrt_network`, on the device `alexrt_cuda_device`.
mlir::FailureOr<std::vector<SourceFile>> printCudaNetwork(mlir::ModuleOp module,
                                                          const ProgramTable &table);

/// Bytes of buffers of these types, together.
int64_t bytesOf(mlir::TypeRange types);

/// Adds CMakeLists.txt and README.md to the files of a network. With the runtime's
/// source beside them, in the folder `runtime`, they are a project of their own.
/// `architectures` are those to compile for, as "sm_90".
void addCudaProject(std::vector<SourceFile> &files, llvm::StringRef network,
                    llvm::ArrayRef<std::string> architectures);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDASOURCE_H
