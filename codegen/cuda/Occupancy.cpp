//===- Occupancy.cpp - blocks that a multiprocessor holds at once --------------===//

#include "codegen/cuda/Occupancy.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace alexc;

// The same for all architectures from sm_80 on.
static constexpr int64_t warp = 32;
static constexpr int64_t partitions = 4;     ///< of a multiprocessor, with registers of their own
static constexpr int64_t registerUnit = 256; ///< registers come to a warp in so many
static constexpr int64_t registersOfThread = 256; ///< at most
static constexpr int64_t sharedUnit = 128;        ///< bytes come to a block in so many
static constexpr int64_t sharedOfSystem = 1024;   ///< bytes that each block takes beside its own
static constexpr int64_t threadsOfBlock = 1024;   ///< at most

/// A block's warps lie in all partitions, and each partition holds whole warps. A block
/// whose warps do not fill the partitions evenly must still fit as if they did.
static int64_t blocksByRegisters(const BlockResources &block, const GpuTarget &target) {
  int64_t warps = llvm::divideCeilSigned(block.threads, warp);
  int64_t registersOfWarp = llvm::alignTo(block.registers * warp, registerUnit);
  if (block.registers > registersOfThread ||
      registersOfWarp * static_cast<int64_t>(llvm::alignTo(warps, partitions)) > target.registers)
    return 0;
  if (registersOfWarp == 0)
    return target.blocks;
  return target.registers / partitions / registersOfWarp * partitions / warps;
}

static int64_t blocksByShared(const BlockResources &block, const GpuTarget &target) {
  if (block.sharedBytes > target.sharedBytesOfBlock)
    return 0;
  return target.sharedBytes /
         static_cast<int64_t>(llvm::alignTo(block.sharedBytes + sharedOfSystem, sharedUnit));
}

Occupancy alexc::occupancyOf(const BlockResources &block, const GpuTarget &target) {
  int64_t warps = llvm::divideCeilSigned(block.threads, warp);
  bool isTooLarge = block.threads > threadsOfBlock;
  const std::pair<int64_t, llvm::StringRef> limits[] = {
      {isTooLarge ? 0 : target.threads / warp / warps, "threads"},
      {target.blocks, "blocks"},
      {blocksByRegisters(block, target), "registers"},
      {blocksByShared(block, target), "shared memory"}};
  auto [blocks, limit] = *llvm::min_element(limits, llvm::less_first());
  return {blocks, limit, static_cast<double>(blocks * warps * warp) / target.threads};
}
