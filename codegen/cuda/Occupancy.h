//===- Occupancy.h - blocks that a multiprocessor holds at once -*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_OCCUPANCY_H
#define ALEXC_CODEGEN_CUDA_OCCUPANCY_H

#include "codegen/cuda/GpuTarget.h"

namespace alexc {

/// What a block of a kernel takes.
struct BlockResources {
  int64_t threads;
  int64_t registers;   ///< of a thread
  int64_t sharedBytes; ///< static and dynamic together
};

struct Occupancy {
  int64_t blocks;        ///< at once on a multiprocessor; 0 if not even one fits
  llvm::StringRef limit; ///< what there is too little of: threads, blocks, registers, shared memory
  double share;          ///< of the warps that a multiprocessor can hold
};

/// How many blocks of a kernel a multiprocessor of `target` holds, as the toolkit's
/// cuda_occupancy.h computes it for the architectures that GpuTarget knows.
Occupancy occupancyOf(const BlockResources &block, const GpuTarget &target);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_OCCUPANCY_H
