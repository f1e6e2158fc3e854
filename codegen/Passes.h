//===- Passes.h - the passes of code generation -----------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_PASSES_H
#define ALEXC_CODEGEN_PASSES_H

#include "dialect/Alexrt.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace alexc {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "codegen/Passes.h.inc"

} // namespace alexc

#endif // ALEXC_CODEGEN_PASSES_H
