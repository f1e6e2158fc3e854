//===- CudaDevice.cpp - devices of the CUDA runtime -----------------------===//
//
// Compiled with the generated code: by nvcc, or with -DALEXC_EMULATOR for the
// emulator. Host code only, on nothing but alexrt.h and CUDA's runtime.

#include "alexrt.h"
#include <cstdio>

#ifdef ALEXC_EMULATOR
#include "emulator/RuntimeApi.h"
#else
#include <cuda_runtime.h>
#endif

static thread_local const char *failedCallName = "";

/// Takes note of a failure, which CUDA would report once more at the next launch.
static int check(cudaError_t error, const char *call) {
  if (error == cudaSuccess)
    return 0;
  failedCallName = call;
  cudaGetLastError();
  return error;
}

/// A call's error code, with its name kept.
#define CHECKED(call, ...) check(call(__VA_ARGS__), #call)

static cudaStream_t stream(void *queue) { return static_cast<cudaStream_t>(queue); }
static cudaEvent_t event(void *handle) { return static_cast<cudaEvent_t>(handle); }

static const char *errorText(int code) {
  return cudaGetErrorString(static_cast<cudaError_t>(code));
}

static const char *failedCall() { return failedCallName; }

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

static int countDevices(int *count) { return CHECKED(cudaGetDeviceCount, count); }

static int describe(int device, AlexrtDeviceInfo *info) {
  cudaDeviceProp properties;
  if (int code = CHECKED(cudaGetDeviceProperties, &properties, device))
    return code;
  snprintf(info->name, sizeof info->name, "%s", properties.name);
  info->memoryBytes = properties.totalGlobalMem;
  return 0;
}

static int use(int device) { return CHECKED(cudaSetDevice, device); }

static int enablePeer(int peer, int *enabled) {
  int device = 0;
  if (int code = CHECKED(cudaGetDevice, &device))
    return code;
  if (int code = CHECKED(cudaDeviceCanAccessPeer, enabled, device, peer))
    return code;
  if (!*enabled)
    return 0;
  cudaError_t error = cudaDeviceEnablePeerAccess(peer, 0);
  if (error != cudaErrorPeerAccessAlreadyEnabled)
    return check(error, "cudaDeviceEnablePeerAccess");
  cudaGetLastError(); // another network has done it
  return 0;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static int allocate(uint64_t bytes, void **memory) { return CHECKED(cudaMalloc, memory, bytes); }
static int release(void *memory) { return CHECKED(cudaFree, memory); }
static int allocateHost(uint64_t bytes, void **memory) {
  return CHECKED(cudaMallocHost, memory, bytes);
}
static int releaseHost(void *memory) { return CHECKED(cudaFreeHost, memory); }

static int upload(void *queue, void *target, const void *source, uint64_t bytes) {
  return CHECKED(cudaMemcpyAsync, target, source, bytes, cudaMemcpyHostToDevice, stream(queue));
}

static int download(void *queue, void *target, const void *source, uint64_t bytes) {
  return CHECKED(cudaMemcpyAsync, target, source, bytes, cudaMemcpyDeviceToHost, stream(queue));
}

static int copy(void *queue, void *target, const void *source, uint64_t bytes) {
  return CHECKED(cudaMemcpyAsync, target, source, bytes, cudaMemcpyDeviceToDevice, stream(queue));
}

static int copyPeer(void *queue, void *target, int targetDevice, const void *source,
                    int sourceDevice, uint64_t bytes) {
  return CHECKED(cudaMemcpyPeerAsync, target, targetDevice, source, sourceDevice, bytes,
                 stream(queue));
}

static int fill(void *queue, void *target, int byte, uint64_t bytes) {
  return CHECKED(cudaMemsetAsync, target, byte, bytes, stream(queue));
}

//===----------------------------------------------------------------------===//
// Queues and events
//===----------------------------------------------------------------------===//

/// Nothing waits for CUDA's default stream.
static int createQueue(void **queue) {
  cudaStream_t created = nullptr;
  int code = CHECKED(cudaStreamCreateWithFlags, &created, cudaStreamNonBlocking);
  *queue = created;
  return code;
}

static int destroyQueue(void *queue) { return CHECKED(cudaStreamDestroy, stream(queue)); }
static int synchronize(void *queue) { return CHECKED(cudaStreamSynchronize, stream(queue)); }

static int createEvent(void **handle) {
  cudaEvent_t created = nullptr;
  int code = CHECKED(cudaEventCreate, &created);
  *handle = created;
  return code;
}

static int destroyEvent(void *handle) { return CHECKED(cudaEventDestroy, event(handle)); }
static int recordEvent(void *queue, void *handle) {
  return CHECKED(cudaEventRecord, event(handle), stream(queue));
}
static int waitEvent(void *queue, void *handle) {
  return CHECKED(cudaStreamWaitEvent, stream(queue), event(handle), 0);
}
static int synchronizeEvent(void *handle) { return CHECKED(cudaEventSynchronize, event(handle)); }
static int elapsed(void *begin, void *end, float *milliseconds) {
  return CHECKED(cudaEventElapsedTime, milliseconds, event(begin), event(end));
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

/// Of this thread's calls: other networks may be at work in other threads.
static int beginCapture(void *queue) {
  return CHECKED(cudaStreamBeginCapture, stream(queue), cudaStreamCaptureModeThreadLocal);
}

static int endCapture(void *queue, void **graph) {
  cudaGraph_t captured = nullptr;
  if (int code = CHECKED(cudaStreamEndCapture, stream(queue), &captured))
    return code;
  cudaGraphExec_t executable = nullptr;
  int code = CHECKED(cudaGraphInstantiate, &executable, captured, 0);
  *graph = executable;
  int destroyed = CHECKED(cudaGraphDestroy, captured);
  return code ? code : destroyed;
}

static int launchGraph(void *queue, void *graph) {
  return CHECKED(cudaGraphLaunch, static_cast<cudaGraphExec_t>(graph), stream(queue));
}

static int destroyGraph(void *graph) {
  return CHECKED(cudaGraphExecDestroy, static_cast<cudaGraphExec_t>(graph));
}

#ifdef ALEXC_EMULATOR
static constexpr char kind[] = "emulated CUDA";
#else
static constexpr char kind[] = "CUDA";
#endif

extern "C" {
extern const AlexrtDeviceApi alexrt_cuda_device;
}

const AlexrtDeviceApi alexrt_cuda_device = {
    kind,        errorText,    failedCall,   countDevices, describe,    use,
    allocate,    release,      allocateHost, releaseHost,  createQueue, destroyQueue,
    synchronize, upload,       download,     copy,         copyPeer,    fill,
    enablePeer,  createEvent,  destroyEvent, recordEvent,  waitEvent,   synchronizeEvent,
    elapsed,     beginCapture, endCapture,   launchGraph,  destroyGraph};
