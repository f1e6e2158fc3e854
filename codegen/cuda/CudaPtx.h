//===- CudaPtx.h - kernels through MLIR's NVVM path -------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_CUDAPTX_H
#define ALEXC_CODEGEN_CUDA_CUDAPTX_H

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace alexc {

/// Adds to `registry` what makePtx() needs.
void registerPtxTranslations(mlir::DialectRegistry &registry);

/// The PTX of all kernels of `module`, which is at the stage `kernels` for CUDA, for
/// `architecture` ("sm_90"). A second check of the kernels: programs are made from
/// the printed source. Changes no IR.
mlir::FailureOr<std::string> makePtx(mlir::ModuleOp module, llvm::StringRef architecture);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_CUDAPTX_H
