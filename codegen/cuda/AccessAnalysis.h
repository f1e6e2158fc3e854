//===- AccessAnalysis.h - how a kernel's warps reach memory -----*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_ACCESSANALYSIS_H
#define ALEXC_CODEGEN_CUDA_ACCESSANALYSIS_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include <string>
#include <vector>

namespace alexc {

/// How the warps of a kernel read or write an array, by one op of it. Shared memory is
/// reached in passes: one brings a word of each bank, and a vector of two or four words
/// takes a pass for each half or quarter of the warp. Other memory is reached in sectors
/// of 32 bytes.
struct MemoryAccess {
  std::string array; ///< the variable in the printed text; empty if it has no name
  int64_t bytes;     ///< of a thread
  bool isShared, isWrite;
  bool isKnown;    ///< the addresses follow from where the thread is and from loops
  double requests; ///< by the warps of the whole grid
  double units;    ///< passes or sectors of a request, on average
  double least;    ///< as many as would bring the same bytes

  /// 1 where no bank is asked twice and no byte is brought in vain.
  double excess() const { return units / least; }
};

/// The accesses of `kernel` to shared and global memory, in its order. Averages are of
/// 64 requests, spread evenly over the blocks, their warps and the iterations of loops; a
/// condition that depends on data counts as met.
std::vector<MemoryAccess> analyzeAccesses(mlir::gpu::GPUFuncOp kernel);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_ACCESSANALYSIS_H
