//===- Generators.h - the kernels of a GPU ----------------------*- C++ -*-===//
//
// One function per kernel name of the catalog. Each emits the kernel of
// `kernel.op` at the builder's insertion point and sets its grid. A failure has
// been reported at the op.

#ifndef ALEXC_CODEGEN_CUDA_GENERATORS_H
#define ALEXC_CODEGEN_CUDA_GENERATORS_H

#include "codegen/cuda/GpuBuilder.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/BitVector.h"

namespace alexc {

/// `loops`: any op, or any fused ops. A thread computes one element of the
/// results, a warp a row of a softmax, a block a sum of a bias_grad.
mlir::LogicalResult emitThreads(GpuBuilder &gb, GpuKernel &kernel);

/// `conv_gemm`: a convolution, or a gradient of one, as a product of matrices in
/// tiles, which elementwise ops may follow.
mlir::LogicalResult emitConvolutionProduct(GpuBuilder &gb, GpuKernel &kernel);
/// `linear_gemm`: the same of a linear layer or a gradient of one.
mlir::LogicalResult emitLinearProduct(GpuBuilder &gb, GpuKernel &kernel);

/// `linear_gemv`: a linear layer of a few images, which elementwise ops may follow. A
/// warp reads a row of the weights once, for all images.
mlir::LogicalResult emitMatrixVector(GpuBuilder &gb, GpuKernel &kernel);

/// Turns `kernel`, a function that holds `op`, into a gpu.func of `module`; the
/// generator is the one that `alexrt.kernel` names. But for the `tied` ones no two
/// buffers, operands and then results, overlap.
mlir::LogicalResult lowerToGpu(mlir::func::FuncOp kernel, mlir::Operation *op,
                               const llvm::BitVector &tied, mlir::gpu::GPUModuleOp module,
                               const GpuTarget &target);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_GENERATORS_H
