//===- TensorCores.h - products in tf32 and bf16 ----------------*- C++ -*-===//
//
// Operands travel as words of 32 bits in the guise of f32: one tf32 number, or two bf16
// numbers, the first in the lower half.

#ifndef ALEXC_CODEGEN_CUDA_TENSORCORES_H
#define ALEXC_CODEGEN_CUDA_TENSORCORES_H

#include "codegen/cuda/GpuBuilder.h"

namespace alexc {

/// The word that holds `numbers`, rounded: to tf32 ties away from zero, to bf16 ties to
/// even. With fp32 it is the number itself.
mlir::Value roundedWord(GpuBuilder &gb, Precision precision, llvm::ArrayRef<mlir::Value> numbers);
/// `words` side by side: a number, or a vector.
mlir::Value vectorOf(GpuBuilder &gb, llvm::ArrayRef<mlir::Value> words);
/// A thread's four of 16 x 8 sums: `sums` and the product of `left`, four words, with
/// `right`, two. The whole warp must get here.
mlir::Value multiplyFragments(GpuBuilder &gb, Precision precision, mlir::Value left,
                              mlir::Value right, mlir::Value sums);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_TENSORCORES_H
