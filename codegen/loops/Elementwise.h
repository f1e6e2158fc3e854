//===- Elementwise.h - elementwise ops on values in registers ---*- C++ -*-===//

#ifndef ALEXC_CODEGEN_ELEMENTWISE_H
#define ALEXC_CODEGEN_ELEMENTWISE_H

#include "codegen/loops/Dropout.h"

namespace alexc {

/// The results of an elementwise op (an activation or its gradient, dropout,
/// scale, add, update) on `operands`: scalars or vectors of one type, and for
/// `!alex.step` its memory. `place` is where the op's result is. An op without a
/// rule is an error at its location, and the results are none.
llvm::SmallVector<mlir::Value> emitElementwise(KernelBuilder &kb, mlir::Operation *op,
                                               mlir::ValueRange operands, PlaceFinder place);

/// Gives the value of an argument of a fused op's body at the current position;
/// of a step, its memory.
using ArgumentLoader = llvm::function_ref<mlir::Value(mlir::BlockArgument)>;

/// What the kernel yields at one position, given `values`, those of `computed`,
/// there: runs the elementwise ops between. For a kernel of a single op that is
/// `values` themselves. An op that is not elementwise is an error at its location.
mlir::FailureOr<llvm::SmallVector<mlir::Value>>
emitEpilogue(KernelBuilder &kb, Kernel &kernel, mlir::Operation *computed, mlir::ValueRange values,
             ArgumentLoader loadArgument, PlaceFinder place);

/// How a generator reaches one position of its kernel's operands and results, and
/// which elements of its root's result those are.
struct Access {
  llvm::function_ref<mlir::Value(const Buffer &)> load;
  llvm::function_ref<void(mlir::Value, const Buffer &)> store;
  PlaceFinder place;
};

/// Ends a kernel at one position, where its root has `value`: computes the rest
/// of the body and stores the results. Fails where a body's op is not elementwise.
mlir::LogicalResult finishPosition(KernelBuilder &kb, Kernel &kernel, mlir::Value value,
                                   Access access);

} // namespace alexc

#endif // ALEXC_CODEGEN_ELEMENTWISE_H
