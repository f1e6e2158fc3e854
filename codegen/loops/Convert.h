//===- Convert.h - numbers of 16 bits ---------------------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CONVERT_H
#define ALEXC_CODEGEN_CONVERT_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// The result of `op` on `value`, a scalar or a vector: f32, or the bits of an f16
/// or bf16 as i16. Made of 32-bit integers alone: the same bits on any CPU or GPU,
/// whatever it knows of 16 bits.
mlir::Value emitConvert(KernelBuilder &kb, ConvertOp op, mlir::Value value);

} // namespace alexc

#endif // ALEXC_CODEGEN_CONVERT_H
