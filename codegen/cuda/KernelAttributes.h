//===- KernelAttributes.h - what generators tell the printer ----*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_KERNELATTRIBUTES_H
#define ALEXC_CODEGEN_CUDA_KERNELATTRIBUTES_H

#include "llvm/ADT/StringRef.h"

namespace alexc {

/// A loop with this attribute is unrolled: wholly, or as often as an integer says.
inline constexpr llvm::StringLiteral unrollAttrName = "alexrt.unroll";
/// The text of an op's comment, or of a kernel's.
inline constexpr llvm::StringLiteral commentAttrName = "alexrt.comment";

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_KERNELATTRIBUTES_H
