//===- Catalog.h - the kernels of all targets -------------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CATALOG_H
#define ALEXC_CODEGEN_CATALOG_H

#include "compiler/KernelCatalog.h"

namespace alexc {

/// Gives the alex dialect the catalog of the code generator's kernels, for
/// alex-select to ask.
void registerKernelCatalog(mlir::DialectRegistry &registry);

} // namespace alexc

#endif // ALEXC_CODEGEN_CATALOG_H
