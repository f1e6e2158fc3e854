//===- Alexrt.h - the alexrt dialect ----------------------------*- C++ -*-===//

#ifndef ALEXC_DIALECT_ALEXRT_H
#define ALEXC_DIALECT_ALEXRT_H

#include "dialect/Dialect.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace alexc {

/// Attributes of a kernel, which is a function beside the programs: the name of
/// its generator, and (once lowered) the number of its work items.
inline constexpr llvm::StringLiteral kernelAttrName = "alexrt.kernel";
inline constexpr llvm::StringLiteral workAttrName = "alexrt.work";

/// The kernel of this name beside the programs of `module`, or in a gpu.module of
/// it; null if there is none.
mlir::FunctionOpInterface findKernel(mlir::ModuleOp module, mlir::StringAttr name);

} // namespace alexc

#include "dialect/AlexrtDialect.h.inc"

#define GET_OP_CLASSES
#include "dialect/Alexrt.h.inc"

#endif // ALEXC_DIALECT_ALEXRT_H
