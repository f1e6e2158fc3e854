#include "emulator/Races.h"
#include "emulator/Streams.h"

#include <algorithm>

using namespace alexc::emulator;
using Guard = std::lock_guard<std::recursive_mutex>;

static Work runsNothing() {
  return {[] {}, {}, {}, {}, 0};
}

/// Puts a stream into the capture that an event was recorded in.
static cudaError_t joinCapture(CUstream_st *stream, CUevent_st *event) {
  if (stream->capture && stream->capture != event->capture)
    return cudaErrorStreamCaptureIsolation;
  stream->capture = event->capture;
  for (size_t node : event->nodes)
    if (std::find(stream->last.begin(), stream->last.end(), node) == stream->last.end())
      stream->last.push_back(node);
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
  Guard guard(apiLock());
  *event = new CUevent_st{currentDevice(), std::make_shared<EventState>(), {}, {}};
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *event) {
  return cudaEventCreateWithFlags(event, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  Guard guard(apiLock());
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle) {
  Guard guard(apiLock());
  CUstream_st *stream = findStream(handle);
  if (!stream || stream->device != event->device)
    return remember(cudaErrorInvalidResourceHandle);
  event->capture = stream->capture;
  event->nodes = stream->last;
  if (stream->capture)
    return cudaSuccess;
  Work work = runsNothing();
  work.record = event->state;
  work.number = ++event->state->recorded;
  return remember(enqueue(stream, std::move(work)));
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned) {
  Guard guard(apiLock());
  CUstream_st *stream = findStream(handle);
  if (!stream)
    return remember(cudaErrorInvalidResourceHandle);
  if (event->capture)
    return remember(joinCapture(stream, event));
  if (stream->capture) { // an event from outside the capture
    stream->capture->valid = false;
    return remember(cudaErrorStreamCaptureIsolation);
  }
  Work work = runsNothing();
  work.wait = event->state;
  work.number = event->state->recorded;
  return remember(enqueue(stream, std::move(work)));
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  Guard guard(apiLock());
  uint64_t number = event->state->recorded;
  runUntil([&] { return event->state->completed >= number; });
  acquireMark(event->state.get());
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  Guard guard(apiLock());
  if (event->state->completed < event->state->recorded)
    return cudaErrorNotReady;
  acquireMark(event->state.get());
  return cudaSuccess;
}

cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end) {
  Guard guard(apiLock());
  if (!start->state->recorded || !end->state->recorded)
    return remember(cudaErrorInvalidResourceHandle);
  if (cudaEventQuery(start) || cudaEventQuery(end))
    return remember(cudaErrorNotReady);
  std::chrono::duration<float, std::milli> elapsed = end->state->time - start->state->time;
  *milliseconds = elapsed.count();
  return cudaSuccess;
}
