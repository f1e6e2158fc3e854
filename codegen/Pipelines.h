//===- Pipelines.h - the phases of code generation --------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_PIPELINES_H
#define ALEXC_CODEGEN_PIPELINES_H

#include "compiler/Pipelines.h"

namespace alexc {

/// What follows the graph phases: "program" (launches and kernels of one op
/// each), "kernels" (loops over buffers), "llvm" (LLVM's dialect).
std::vector<Phase> codegenPhases();

/// Registers `alex-program-pipeline`, `alex-kernels-pipeline` and
/// `alex-llvm-pipeline`, one per phase, for alex-opt.
void registerCodegenPipelines();

} // namespace alexc

#endif // ALEXC_CODEGEN_PIPELINES_H
