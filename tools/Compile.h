//===- Compile.h - from a spec or IR to any later form ----------*- C++ -*-===//

#ifndef ALEXC_TOOLS_COMPILE_H
#define ALEXC_TOOLS_COMPILE_H

#include "tools/Lowering.h"

namespace alexc {

/// Writes the input in the form of `stage`. A failure has been printed, and left
/// no file.
mlir::LogicalResult compile(CompileOptions options);

} // namespace alexc

#endif // ALEXC_TOOLS_COMPILE_H
