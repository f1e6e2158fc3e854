//===- Describe.h - what a compiled network says of itself ------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_DESCRIBE_H
#define ALEXC_CODEGEN_DESCRIBE_H

#include "codegen/CpuTarget.h"
#include "mlir/IR/BuiltinOps.h"
#include <nlohmann/json_fwd.hpp>

namespace alexc {

/// The module attribute alex.network as JSON; null where there is none.
nlohmann::json networkToJson(mlir::ModuleOp module);

/// The JSON text that runtime/Description.h documents, of a module with
/// programs whose kernels are made for `target`.
std::string describe(mlir::ModuleOp module, const CpuTarget &target);

} // namespace alexc

#endif // ALEXC_CODEGEN_DESCRIBE_H
