// cudaMemcpy and cudaMemset. Pinned memory is read or written when the copy runs; memory of the
// host that is not pinned is read when the copy is enqueued, and a copy into it is waited for.
#include "emulator/Memory.h"
#include "emulator/Options.h"
#include "emulator/Races.h"
#include "emulator/Streams.h"

#include <cstring>

using namespace alexc::emulator;
using Guard = std::lock_guard<std::recursive_mutex>;

namespace {
enum class Place { Pageable, Pinned, Device, Nowhere };
} // namespace

/// Where `bytes` at an address are; Nowhere for a range that leaves its buffer.
static Place placeOf(const void *address, size_t bytes) {
  const Allocation *allocation = findAllocation(address);
  if (!allocation)
    return Place::Pageable;
  auto *start = static_cast<const char *>(address);
  if (start < allocation->start || start + bytes > allocation->start + allocation->bytes)
    return Place::Nowhere;
  return allocation->pinned ? Place::Pinned : Place::Device;
}

static bool agrees(cudaMemcpyKind kind, Place to, Place from) {
  if (to == Place::Nowhere || from == Place::Nowhere)
    return false;
  if (kind == cudaMemcpyDefault)
    return true;
  bool toDevice = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  bool fromDevice = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  return toDevice == (to == Place::Device) && fromDevice == (from == Place::Device);
}

static void copyNow(void *to, const void *from, size_t bytes) {
  exposeAll();
  memcpy(to, from, bytes);
  hideAll();
}

static Work copyLater(void *to, const void *from, size_t bytes) {
  return {[=] { copyNow(to, from, bytes); }, {}, {}, {}, 0};
}

static Work copyOfNow(void *to, const void *from, size_t bytes) {
  auto *start = static_cast<const char *>(from);
  auto contents = std::make_shared<std::vector<char>>(start, start + bytes);
  return {[=] { copyNow(to, contents->data(), bytes); }, {}, {}, {}, 0};
}

static cudaError_t enqueueCopy(CUstream_st *stream, void *to, const void *from, size_t bytes,
                               cudaMemcpyKind kind) {
  if (!stream)
    return cudaErrorInvalidResourceHandle;
  if (!bytes)
    return cudaSuccess;
  Place toPlace = placeOf(to, bytes), fromPlace = placeOf(from, bytes);
  if (!agrees(kind, toPlace, fromPlace))
    return cudaErrorInvalidValue;
  bool runs = !stream->capture;
  bool mayBeLate = options().streamSeed || racesAreDetected();
  bool readNow = runs && fromPlace == Place::Pageable && mayBeLate;
  cudaError_t error =
      enqueue(stream, readNow ? copyOfNow(to, from, bytes) : copyLater(to, from, bytes));
  if (!error && runs && toPlace == Place::Pageable)
    waitFor(stream);
  return error;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  Guard guard(apiLock());
  return remember(enqueueCopy(findStream(stream), to, from, bytes, kind));
}

cudaError_t cudaMemcpyPeerAsync(void *to, int toDevice, const void *from, int fromDevice,
                                size_t bytes, cudaStream_t stream) {
  Guard guard(apiLock());
  const Allocation *target = findAllocation(to), *source = findAllocation(from);
  if (!target || !source || int(target->device) != toDevice || int(source->device) != fromDevice)
    return remember(cudaErrorInvalidValue);
  return remember(enqueueCopy(findStream(stream), to, from, bytes, cudaMemcpyDeviceToDevice));
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
  Guard guard(apiLock());
  if (cudaError_t error = refuseDuringAnyCapture())
    return remember(error);
  return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t handle) {
  Guard guard(apiLock());
  CUstream_st *stream = findStream(handle);
  if (!stream)
    return remember(cudaErrorInvalidResourceHandle);
  if (placeOf(to, bytes) != Place::Device)
    return remember(cudaErrorInvalidValue);
  auto set = [=] {
    exposeAll();
    memset(to, value, bytes);
    hideAll();
  };
  return remember(enqueue(stream, {set, {}, {}, {}, 0}));
}

cudaError_t cudaMemset(void *to, int value, size_t bytes) {
  Guard guard(apiLock());
  if (cudaError_t error = refuseDuringAnyCapture())
    return remember(error);
  return cudaMemsetAsync(to, value, bytes, nullptr);
}
