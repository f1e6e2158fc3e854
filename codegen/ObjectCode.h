//===- ObjectCode.h - from LLVM's dialect to machine code -------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_OBJECTCODE_H
#define ALEXC_CODEGEN_OBJECTCODE_H

#include "codegen/CpuTarget.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace alexc {

/// Makes the translation to LLVM IR known to `registry`.
void registerTranslations(mlir::DialectRegistry &registry);

/// Translates a module in LLVM's dialect; programs are left out. The functions
/// say that they are for `target`. Null where it failed, which was reported.
std::unique_ptr<llvm::Module> translateToLlvm(mlir::ModuleOp module, const CpuTarget &target,
                                              llvm::LLVMContext &context);

/// The bytes of an object file.
using ObjectCode = llvm::SmallVector<char, 0>;

/// Optimizes `module` and compiles it to a position-independent object file.
llvm::Expected<ObjectCode> makeObject(llvm::Module &module, const CpuTarget &target);

/// The same as several object files that are to be linked together, made on all
/// processors. They do not depend on how many these are.
llvm::Expected<std::vector<ObjectCode>> makeObjects(llvm::Module &module, const CpuTarget &target);

} // namespace alexc

#endif // ALEXC_CODEGEN_OBJECTCODE_H
