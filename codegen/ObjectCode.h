//===- ObjectCode.h - from LLVM's dialect to machine code -------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_OBJECTCODE_H
#define ALEXC_CODEGEN_OBJECTCODE_H

#include "codegen/CpuTarget.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace alexc {

/// Makes the translation to LLVM IR known to `registry`.
void registerTranslations(mlir::DialectRegistry &registry);

/// Translates a module in LLVM's dialect; programs are left out. The functions
/// say that they are for `target`. Null where it failed, which was reported.
std::unique_ptr<llvm::Module> translateToLlvm(mlir::ModuleOp module, const CpuTarget &target,
                                              llvm::LLVMContext &context);

/// Optimizes `module` and writes it as a position-independent object file.
llvm::Error writeObject(llvm::Module &module, const CpuTarget &target,
                        llvm::raw_pwrite_stream &out);

} // namespace alexc

#endif // ALEXC_CODEGEN_OBJECTCODE_H
