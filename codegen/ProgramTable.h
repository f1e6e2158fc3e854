//===- ProgramTable.h - the network as one constant -------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_PROGRAMTABLE_H
#define ALEXC_CODEGEN_PROGRAMTABLE_H

#include "mlir/IR/BuiltinOps.h"
#include "runtime/alexrt.h"
#include "llvm/IR/Module.h"
#include <array>
#include <string>
#include <vector>

namespace alexc {

/// What becomes an AlexrtNetwork of alexrt.h.
struct ProgramTable {
  struct Program {
    std::string name;
    std::vector<AlexrtRecord> records;
    std::vector<AlexrtArg> args;
    uint64_t eventCount = 0;
    std::vector<std::array<uint64_t, ALEXRT_SEGMENTS>> segmentBytes; ///< of each device
  };
  std::string network; ///< a C identifier made of the network's name
  uint32_t deviceCount = 1;
  std::vector<std::string> kernels;
  std::vector<Program> programs;
  std::string description; ///< JSON; see Describe.h
};

/// Reads the programs of a module whose kernels are lowered to buffers. An
/// error is reported at the op.
mlir::FailureOr<ProgramTable> readProgramTable(mlir::ModuleOp module);

/// Adds the table to `module`, which holds the kernels, as the constant
/// `alexrt_network_NETWORK`. Kernels become internal; their names begin with
/// the network's, as a profiler shows them.
void emitProgramTable(const ProgramTable &table, llvm::Module &module);

} // namespace alexc

#endif // ALEXC_CODEGEN_PROGRAMTABLE_H
