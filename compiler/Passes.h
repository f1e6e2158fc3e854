//===- Passes.h - the graph passes -------------------------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_PASSES_H
#define ALEXC_COMPILER_PASSES_H

#include "dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace alexc {

/// Whether `entry` is the one that brings parameters into the forms that
/// kernels want, and runs once.
inline bool isLoadEntry(mlir::func::FuncOp entry) {
  auto kind = entry->getAttrOfType<mlir::StringAttr>("alex.entry");
  return kind && kind.getValue() == "load";
}

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Passes.h.inc"

} // namespace alexc

#endif // ALEXC_COMPILER_PASSES_H
