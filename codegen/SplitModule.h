//===- SplitModule.h - the kernels of a module in several -------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_SPLITMODULE_H
#define ALEXC_CODEGEN_SPLITMODULE_H

#include "llvm/IR/Module.h"
#include <memory>
#include <vector>

namespace alexc {

/// Copies `module` into at most `count` modules of about the same size, each with
/// some of the kernels: functions that only the program table refers to. The
/// table is in the first. Kernels of `module` and its copies become hidden symbols, so
/// that the copies can be linked. The same module is always split the same way.
std::vector<std::unique_ptr<llvm::Module>> splitModule(llvm::Module &module, size_t count);

} // namespace alexc

#endif // ALEXC_CODEGEN_SPLITMODULE_H
