// Blocks that a multiprocessor holds at once, against the toolkit's own calculator where
// there is one.

#include "codegen/cuda/Occupancy.h"
#include <gtest/gtest.h>
#ifdef ALEXC_TEST_CUDA_OCCUPANCY
#include <cuda_occupancy.h>
#endif

using namespace alexc;

static GpuTarget gpu(const char *architecture) {
  GpuTarget target;
  std::string error;
  EXPECT_TRUE(GpuTarget::lookup(architecture, target, error)) << error;
  return target;
}

TEST(Occupancy, IsLimitedByWhatThereIsTooLittleOf) {
  Occupancy threads = occupancyOf({1024, 32, 0}, gpu("sm_90"));
  EXPECT_EQ(threads.blocks, 2);
  EXPECT_EQ(threads.limit, "threads");
  EXPECT_EQ(threads.share, 1);
  Occupancy blocks = occupancyOf({32, 32, 0}, gpu("sm_86"));
  EXPECT_EQ(blocks.blocks, 16);
  EXPECT_EQ(blocks.limit, "blocks");
  Occupancy registers = occupancyOf({256, 122, 0}, gpu("sm_90"));
  EXPECT_EQ(registers.blocks, 2);
  EXPECT_EQ(registers.limit, "registers");
  EXPECT_EQ(registers.share, 0.25);
  Occupancy shared = occupancyOf({256, 32, 100 * 1024}, gpu("sm_90"));
  EXPECT_EQ(shared.blocks, 2);
  EXPECT_EQ(shared.limit, "shared memory");
}

TEST(Occupancy, IsNoneWhereNotEvenOneBlockFits) {
  EXPECT_EQ(occupancyOf({2048, 32, 0}, gpu("sm_90")).blocks, 0);
  EXPECT_EQ(occupancyOf({1024, 128, 0}, gpu("sm_90")).blocks, 0);
  EXPECT_EQ(occupancyOf({64, 257, 0}, gpu("sm_90")).blocks, 0);
  EXPECT_EQ(occupancyOf({64, 32, 228 * 1024}, gpu("sm_90")).blocks, 0);
}

#ifdef ALEXC_TEST_CUDA_OCCUPANCY
static int64_t blocksByToolkit(const BlockResources &block, const GpuTarget &target) {
  int number = std::stoi(target.architecture.substr(strlen("sm_")));
  cudaOccDeviceProp properties;
  properties.computeMajor = number / 10;
  properties.computeMinor = number % 10;
  properties.maxThreadsPerBlock = 1024;
  properties.maxThreadsPerMultiprocessor = static_cast<int>(target.threads);
  properties.regsPerBlock = properties.regsPerMultiprocessor = static_cast<int>(target.registers);
  properties.warpSize = 32;
  properties.sharedMemPerBlock = 48 * 1024;
  properties.sharedMemPerMultiprocessor = target.sharedBytes;
  properties.numSms = static_cast<int>(target.multiprocessors);
  properties.sharedMemPerBlockOptin = target.sharedBytesOfBlock;
  properties.reservedSharedMemPerBlock = 1024;
  cudaOccFuncAttributes kernel;
  kernel.maxThreadsPerBlock = 1024;
  kernel.numRegs = static_cast<int>(block.registers);
  kernel.sharedSizeBytes = 0;
  kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
  kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
  kernel.maxDynamicSharedSizeBytes = block.sharedBytes;
  kernel.numBlockBarriers = 1;
  cudaOccDeviceState state;
  cudaOccResult result;
  if (cudaOccMaxActiveBlocksPerMultiprocessor(&result, &properties, &kernel, &state,
                                              static_cast<int>(block.threads),
                                              block.sharedBytes) != CUDA_OCC_SUCCESS)
    return -1;
  return result.activeBlocksPerMultiprocessor;
}

TEST(Occupancy, IsAsTheToolkitComputesIt) {
  for (const char *architecture : {"sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"}) {
    GpuTarget target = gpu(architecture);
    for (int64_t threads : {1, 32, 64, 96, 128, 160, 224, 256, 384, 512, 736, 1024})
      for (int64_t registers : {1, 16, 24, 32, 33, 40, 64, 72, 96, 122, 128, 168, 255})
        for (int64_t shared : {0, 100, 1024, 9216, 17408, 24576, 40000, 65536, 99 * 1024})
          EXPECT_EQ(occupancyOf({threads, registers, shared}, target).blocks,
                    blocksByToolkit({threads, registers, shared}, target))
              << architecture << ", " << threads << " threads, " << registers << " registers, "
              << shared << " bytes";
  }
}
#endif
