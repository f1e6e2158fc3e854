//===- KernelReport.h - what a kernel costs before it runs ------*- C++ -*-===//
//
// All figures follow from the kernels' text, the machine code that the toolkit makes of
// it and the data sheet of a GPU. None is a measurement.

#ifndef ALEXC_CODEGEN_CUDA_KERNELREPORT_H
#define ALEXC_CODEGEN_CUDA_KERNELREPORT_H

#include "codegen/cuda/AccessAnalysis.h"
#include "codegen/cuda/CudaCompile.h"
#include "codegen/cuda/MachineCode.h"
#include "codegen/cuda/Occupancy.h"

namespace alexc {

/// A kernel on any GPU.
struct KernelCost {
  std::string name;  ///< of the function in the source
  std::string layer; ///< the layers that it computes
  int64_t blocks = 0, threads = 0;
  int64_t sharedBytes = 0;               ///< that its launch asks for
  int64_t operations = 0;                ///< two for each multiply-add of the layers
  Precision precision = Precision::fp32; ///< of the multiplications
  int64_t bytes = 0;                     ///< each operand read once, each result written once
  std::vector<MemoryAccess> accesses;

  /// Units brought for each one that would do, over all accesses that are known; 1
  /// without any.
  double excess(bool ofShared) const;
  bool isKnown(bool ofShared) const;

  /// No GPU with this data sheet can be faster.
  double seconds(const GpuTarget &gpu) const {
    return std::max(computeSeconds(gpu), memorySeconds(gpu));
  }
  double computeSeconds(const GpuTarget &gpu) const;
  double memorySeconds(const GpuTarget &gpu) const;
};

/// What an entry of the network executes, as numbers of kernels in launch order.
struct ProgramCost {
  std::string name;
  std::vector<size_t> launches;
};

struct NetworkCost {
  std::string network;
  std::vector<KernelCost> kernels;
  std::vector<ProgramCost> programs;
};

/// The costs of `module`, which is at the stage `kernels` for CUDA and printed as
/// `source`.
NetworkCost costOf(mlir::ModuleOp module, const CudaKernels &source);

/// What the toolkit makes of a network's kernels for one architecture, by their names in
/// the source.
struct NetworkCode {
  llvm::StringMap<KernelResources> resources;
  llvm::StringMap<InnerLoop> loops;
  std::string disassemblyError; ///< why there are no loops; empty if there are
};

/// The disassembler, from PATH, beside nvcc or in CUDA_HOME; empty if there is none.
std::string findDisassembler(const CudaCompiler &compiler);

/// Compiles `files` with nvcc for `architecture` and reads what came of it. An empty
/// `disassembler` leaves out the loops.
llvm::Expected<NetworkCode> codeOf(llvm::ArrayRef<SourceFile> files, CudaCompiler compiler,
                                   llvm::StringRef architecture, const CudaRuntimeFiles &cuda,
                                   llvm::StringRef disassembler);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_KERNELREPORT_H
