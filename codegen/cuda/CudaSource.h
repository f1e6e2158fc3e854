//===- CudaSource.h - the CUDA source of a network --------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDASOURCE_H
#define ALEXC_CODEGEN_CUDA_CUDASOURCE_H

#include "mlir/IR/BuiltinOps.h"
#include <string>
#include <vector>

namespace alexc {

/// A file of generated source; `name` is without folder.
struct SourceFile {
  std::string name, text;
};

/// The kernels of `module`, which is at the stage `kernels` for CUDA: one file per
/// family (`alexrt.kernel`), in the order of their first kernels. A kernel's head
/// comment says what the first launch of it computes. Same module, same bytes.
mlir::FailureOr<std::vector<SourceFile>> printCudaKernels(mlir::ModuleOp module);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDASOURCE_H
