//===- Elementwise.h - elementwise ops on values in registers ---*- C++ -*-===//

#ifndef ALEXC_CODEGEN_ELEMENTWISE_H
#define ALEXC_CODEGEN_ELEMENTWISE_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// The result of an elementwise op (relu, tanh, sigmoid, dropout, scale, add) on
/// `operands`: scalars, or vectors of one type. An op without a rule is an error
/// at its location, and the result a null value.
mlir::Value emitElementwise(KernelBuilder &kb, mlir::Operation *op, mlir::ValueRange operands);

/// Gives the value of an argument of a fused op's body at the current position.
using ArgumentLoader = llvm::function_ref<mlir::Value(mlir::BlockArgument)>;

/// What the kernel yields at one position, given `value`, that of `computed`,
/// there: runs the elementwise ops between. For a kernel of a single op that is
/// `value` itself. An op that is not elementwise is an error at its location.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> emitEpilogue(KernelBuilder &kb, Kernel &kernel,
                                                             mlir::Operation *computed,
                                                             mlir::Value value,
                                                             ArgumentLoader loadArgument);

} // namespace alexc

#endif // ALEXC_CODEGEN_ELEMENTWISE_H
