//===- MachineCode.h - what became of a kernel in machine code --*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_MACHINECODE_H
#define ALEXC_CODEGEN_CUDA_MACHINECODE_H

#include "codegen/cuda/GpuTarget.h"
#include "llvm/ADT/StringMap.h"

namespace alexc {

/// What ptxas says that a kernel takes.
struct KernelResources {
  int64_t registers = 0;    ///< of a thread
  int64_t sharedBytes = 0;  ///< static, and so beside what a launch asks for
  int64_t stackBytes = 0;   ///< of a thread, in the device's memory
  int64_t spilledBytes = 0; ///< stored and loaded for want of registers
};

/// Reads what `ptxas -v` wrote about the kernels of a file, by their names in the
/// source without namespaces.
llvm::StringMap<KernelResources> readPtxasLog(llvm::StringRef log);

/// The innermost loop of a kernel that multiplies most, on tensor cores if it can; the longest if
/// none does.
struct InnerLoop {
  int64_t instructions = 0;
  int64_t multiplyAdds = 0; ///< f32, and so are other sums and products
  int64_t otherFloat = 0;
  int64_t tensor = 0;  ///< products of 16 x 8 x 8 tf32 or 16 x 8 x 16 bf16 numbers by a warp
  int64_t shared = 0;  ///< loads and stores of shared memory
  int64_t global = 0;  ///< loads and stores of other memory
  int64_t special = 0; ///< roots, exponentials and the like

  int64_t other() const {
    return instructions - multiplyAdds - otherFloat - tensor - shared - global - special;
  }
  /// The most that the loop can reach of the peak rate of multiply-adds, of tensor cores
  /// if it uses them: each unit of a multiprocessor takes only so many instructions in a
  /// cycle. 0 without any.
  double shareOfPeak(const GpuTarget &target) const;
};

/// Reads what `nvdisasm -c` wrote about a file, by the names of kernels as above. A
/// kernel without a loop is left out.
llvm::StringMap<InnerLoop> readDisassembly(llvm::StringRef text);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_MACHINECODE_H
