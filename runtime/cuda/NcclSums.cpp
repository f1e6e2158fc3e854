//===- NcclSums.cpp - sums over ranks by NCCL -----------------------------===//
//
// Compiled by nvcc with the code of a network whose binary was asked for with --ranks
// nccl. Ranks find each other by MPI; here is the main function that has both.

#if !__has_include(<nccl.h>)
#error no NCCL to link with: install libnccl-dev (looked for nccl.h)
#endif
#include "runtime/command/CommandLine.h"
#include "runtime/ranks/DeviceSums.h"
#include "runtime/ranks/MpiRanks.h"
#include <cstring>
#include <cuda_runtime.h>
#include <nccl.h>

static_assert(sizeof(ncclUniqueId) == ALEXRT_SUMS_KEY);

static const char *errorText(int code) {
  return ncclGetErrorString(static_cast<ncclResult_t>(code));
}

static int makeKey(void *key) { return ncclGetUniqueId(static_cast<ncclUniqueId *>(key)); }

static int join(const void *key, int rank, int count, void **group) {
  ncclUniqueId id;
  memcpy(&id, key, sizeof id);
  return ncclCommInitRank(reinterpret_cast<ncclComm_t *>(group), count, id, rank);
}

static int average(void *group, void *queue, void *data, uint64_t count) {
  return ncclAllReduce(data, data, count, ncclFloat, ncclAvg, static_cast<ncclComm_t>(group),
                       static_cast<cudaStream_t>(queue));
}

static int leave(void *group) { return ncclCommDestroy(static_cast<ncclComm_t>(group)); }

static int giveUp(void *group) { return ncclCommAbort(static_cast<ncclComm_t>(group)); }

static const AlexrtDeviceSums sums = {"NCCL", errorText, makeKey, join, average, leave, giveUp};

/// The network, in the code that alexc made.
extern "C" const AlexrtNetwork alexrt_network;

int main(int argc, char **argv) {
  auto join = [](double patience) { return alexrt::joinMpiRanks(patience, &sums); };
  int status = alexrt::runCommandLine(alexrt_network, argc, argv, join);
  alexrt::leaveMpiRanks(status);
  return status;
}
