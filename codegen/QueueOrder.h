//===- QueueOrder.h - what orders the records of a program ------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_QUEUEORDER_H
#define ALEXC_CODEGEN_QUEUEORDER_H

#include "dialect/Alexrt.h"

namespace alexc {

/// Calls `visit` for each pair of records of different queues that touch the same
/// bytes, one of them writing, where neither their queues nor signals and waits
/// order the two. If it succeeds, it has ordered them. Fails where it does, and
/// where a kernel does not say what it touches.
mlir::LogicalResult forEachUnordered(
    ProgramOp program,
    llvm::function_ref<mlir::LogicalResult(mlir::Operation *earlier, mlir::Operation *later)>
        visit);

} // namespace alexc

#endif // ALEXC_CODEGEN_QUEUEORDER_H
