//===- Passes.h - the graph passes -------------------------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_PASSES_H
#define ALEXC_COMPILER_PASSES_H

#include "dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace alexc {

/// Whether `entry` is the one that brings parameters into the forms that
/// kernels want, and runs once.
bool isLoadEntry(mlir::func::FuncOp entry);

/// The entries of a network: functions of one block marked `alex.entry`.
llvm::SmallVector<mlir::func::FuncOp> entriesOf(mlir::ModuleOp module);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Passes.h.inc"

} // namespace alexc

#endif // ALEXC_COMPILER_PASSES_H
