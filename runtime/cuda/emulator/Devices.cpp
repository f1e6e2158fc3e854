// Devices, their memory, launches and error codes of the runtime API.
#include "emulator/Grid.h"
#include "emulator/Memory.h"
#include "emulator/Options.h"
#include "emulator/Streams.h"

#include <cstdio>
#include <map>

namespace alexc::emulator {

static thread_local unsigned chosenDevice = 0;
static thread_local cudaError_t lastError = cudaSuccess;
static constexpr size_t deviceBytes = size_t(16) << 30;
static constexpr size_t sharedBytesUnasked = 48 * 1024;
static constexpr int cudaVersion = 13000;

unsigned currentDevice() { return chosenDevice; }

cudaError_t remember(cudaError_t error) {
  if (error != cudaSuccess)
    lastError = error;
  return error;
}

static bool isDevice(int device) {
  return device >= 0 && static_cast<unsigned>(device) < options().devices;
}

/// The shared memory that a kernel has been allowed by cudaFuncSetAttribute.
static size_t &allowedShared(const void *kernel) {
  static std::map<const void *, size_t> allowed;
  return allowed.emplace(kernel, sharedBytesUnasked).first->second;
}

static bool isPossible(const cudaLaunchConfig_t &config, const void *kernel) {
  constexpr unsigned maxGridYZ = 65535;
  dim3 grid = config.gridDim, block = config.blockDim;
  uint64_t threads = uint64_t(block.x) * block.y * block.z;
  return threads >= 1 && threads <= maxThreads && block.z <= 64 && grid.x && grid.y && grid.z &&
         grid.x <= 0x7fffffffu && grid.y <= maxGridYZ && grid.z <= maxGridYZ &&
         config.dynamicSmemBytes <= allowedShared(kernel);
}

cudaError_t launchKernel(const cudaLaunchConfig_t &config, const void *kernel,
                         std::function<void()> body) {
  std::lock_guard<std::recursive_mutex> guard(apiLock());
  CUstream_st *stream = findStream(config.stream);
  if (!stream || stream->device != currentDevice())
    return remember(cudaErrorInvalidResourceHandle);
  if (!isPossible(config, kernel))
    return remember(cudaErrorInvalidConfiguration);
  Launch launch{kernel,         stream->device,  std::move(body),
                config.gridDim, config.blockDim, config.dynamicSmemBytes};
  auto run = [launch] {
    exposeTo(launch.device);
    runGrid(launch);
    hideAll();
  };
  return remember(enqueue(stream, {run, {}, {}, {}, 0}));
}

} // namespace alexc::emulator

using namespace alexc::emulator;
using Guard = std::lock_guard<std::recursive_mutex>;

cudaError_t cudaDriverGetVersion(int *version) {
  *version = cudaVersion;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version) { return cudaDriverGetVersion(version); }

cudaError_t cudaGetDeviceCount(int *count) {
  *count = static_cast<int>(options().devices);
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device) {
  if (!isDevice(device))
    return remember(cudaErrorInvalidDevice);
  *properties = {};
  snprintf(properties->name, sizeof properties->name, "alexc emulator %d", device);
  properties->totalGlobalMem = deviceBytes;
  properties->sharedMemPerBlock = sharedBytesUnasked;
  properties->sharedMemPerBlockOptin = maxSharedBytes;
  properties->major = 9;
  properties->multiProcessorCount = static_cast<int>(options().workers);
  properties->maxThreadsPerBlock = maxThreads;
  properties->warpSize = 32;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (!isDevice(device))
    return remember(cudaErrorInvalidDevice);
  chosenDevice = static_cast<unsigned>(device);
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int *device) {
  *device = static_cast<int>(chosenDevice);
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  Guard guard(apiLock());
  if (cudaError_t error = refuseDuringAnyCapture())
    return remember(error);
  waitForDevice(chosenDevice);
  return cudaSuccess;
}

cudaError_t cudaDeviceCanAccessPeer(int *can, int device, int peer) {
  if (!isDevice(device) || !isDevice(peer))
    return remember(cudaErrorInvalidDevice);
  *can = device != peer && options().peers;
  return cudaSuccess;
}

static cudaError_t changePeerAccess(int peer, bool access, cudaError_t already) {
  Guard guard(apiLock());
  if (!isDevice(peer) || static_cast<unsigned>(peer) == chosenDevice)
    return remember(cudaErrorInvalidDevice);
  if (hasAccess(chosenDevice, static_cast<unsigned>(peer)) == access)
    return remember(already);
  setAccess(chosenDevice, static_cast<unsigned>(peer), access);
  return cudaSuccess;
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned) {
  return changePeerAccess(peer, true, cudaErrorPeerAccessAlreadyEnabled);
}

cudaError_t cudaDeviceDisablePeerAccess(int peer) {
  return changePeerAccess(peer, false, cudaErrorPeerAccessNotEnabled);
}

static cudaError_t allocateChecked(void **address, size_t bytes, bool pinned) {
  Guard guard(apiLock());
  *address = nullptr;
  if (cudaError_t error = refuseDuringAnyCapture())
    return remember(error);
  if (!bytes)
    return cudaSuccess;
  if (pinned || bytes <= deviceBytes - allocatedBytes(chosenDevice))
    *address = allocate(chosenDevice, bytes, pinned);
  return remember(*address ? cudaSuccess : cudaErrorMemoryAllocation);
}

static cudaError_t releaseChecked(void *address, bool pinned) {
  Guard guard(apiLock());
  if (cudaError_t error = refuseDuringAnyCapture())
    return remember(error);
  for (unsigned device = 0; device < options().devices; ++device)
    waitForDevice(device); // as CUDA does
  return remember(!address || release(address, pinned) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaMalloc(void **address, size_t bytes) {
  return allocateChecked(address, bytes, false);
}
cudaError_t cudaMallocHost(void **address, size_t bytes) {
  return allocateChecked(address, bytes, true);
}
cudaError_t cudaHostAlloc(void **address, size_t bytes, unsigned) {
  return allocateChecked(address, bytes, true);
}
cudaError_t cudaFree(void *address) { return releaseChecked(address, false); }
cudaError_t cudaFreeHost(void *address) { return releaseChecked(address, true); }

cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
  Guard guard(apiLock());
  *total = deviceBytes;
  *free = deviceBytes - allocatedBytes(chosenDevice);
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void *kernel, cudaFuncAttribute, int value) {
  Guard guard(apiLock());
  if (value < 0 || static_cast<size_t>(value) > maxSharedBytes)
    return remember(cudaErrorInvalidValue);
  allowedShared(kernel) = static_cast<size_t>(value);
  return cudaSuccess;
}

cudaError_t cudaGetLastError() { return std::exchange(lastError, cudaSuccess); }

cudaError_t cudaPeekAtLastError() { return lastError; }
