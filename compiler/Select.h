//===- Select.h - choose a kernel for each op ------------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_SELECT_H
#define ALEXC_COMPILER_SELECT_H

#include "compiler/KernelCatalog.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace alexc {

/// What a caller may say about the choice.
struct SelectOptions {
  Machine machine;                      ///< what the catalog is asked about
  llvm::StringMap<std::string> kernels; ///< kernels that the user chose, by layer
};

/// Chooses a kernel for each op of the entries of `module`, places all values
/// on device 0 and inserts the reorders between kernels that disagree on a
/// layout. What the pass `alex-select` does, with a catalog of the caller's.
mlir::LogicalResult selectKernels(mlir::ModuleOp module, const KernelCatalog &catalog,
                                  const SelectOptions &options);

} // namespace alexc

#endif // ALEXC_COMPILER_SELECT_H
