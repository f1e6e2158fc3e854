//===- Passes.h - the graph passes -------------------------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_PASSES_H
#define ALEXC_COMPILER_PASSES_H

#include "dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace alexc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Passes.h.inc"

} // namespace alexc

#endif // ALEXC_COMPILER_PASSES_H
