//===- Compile.h - from a spec or IR to any later form ----------*- C++ -*-===//

#ifndef ALEXC_TOOLS_COMPILE_H
#define ALEXC_TOOLS_COMPILE_H

#include "tools/CommandLine.h"

namespace alexc {

/// The forms of a network, each made from the one before.
enum class Stage { alex, graph, program, kernels, cuda, ptx, llvm, object, library, binary };

struct CompileOptions {
  InputOptions input;
  PassOptions passes;
  Stage stage = Stage::binary;
  std::string target;                     ///< cpu, cuda or cuda-emu; empty: the input's, or cpu
  std::vector<std::string> architectures; ///< of GPUs; empty: the input's, or sm_90
  std::string output;                     ///< empty: named after the input; "-": stdout, for text
};

/// Every phase, from import to LLVM.
std::vector<Phase> allPhases();

/// Writes the input in the form of `stage`. A failure has been printed, and left
/// no file.
mlir::LogicalResult compile(CompileOptions options);

} // namespace alexc

#endif // ALEXC_TOOLS_COMPILE_H
