//===- CpuCatalog.h - the kernels of a CPU ----------------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CPUCATALOG_H
#define ALEXC_CODEGEN_CPUCATALOG_H

#include "compiler/KernelCatalog.h"

namespace alexc {

/// Gives the alex dialect the catalog of CPU kernels, for alex-select to ask.
void registerCpuKernelCatalog(mlir::DialectRegistry &registry);

} // namespace alexc

#endif // ALEXC_CODEGEN_CPUCATALOG_H
