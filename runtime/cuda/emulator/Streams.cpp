#include "emulator/Streams.h"

#include "emulator/Options.h"
#include "emulator/Races.h"
#include "emulator/Random.h"

#include <algorithm>
#include <cassert>

namespace alexc::emulator {

std::recursive_mutex &apiLock() {
  static std::recursive_mutex lock;
  return lock;
}

namespace {
struct Streams {
  std::vector<std::unique_ptr<CUstream_st>> all;
  CUstream_st *standard[maxDevices] = {}; ///< the default streams, also in `all`
  Random random{options().streamSeed.value_or(0)};
};
} // namespace

static Streams &streams() {
  static Streams result;
  return result;
}

static CUstream_st *addStream(unsigned device, bool nonBlocking) {
  streams().all.push_back(std::make_unique<CUstream_st>(CUstream_st{device, nonBlocking}));
  return streams().all.back().get();
}

static CUstream_st *defaultStream(unsigned device) {
  CUstream_st *&result = streams().standard[device];
  if (!result)
    result = addStream(device, false);
  return result;
}

CUstream_st *findStream(cudaStream_t stream) {
  if (!stream)
    return defaultStream(currentDevice());
  for (auto &known : streams().all)
    if (known.get() == stream)
      return stream;
  return nullptr;
}

static bool hasWork(const CUstream_st *stream) { return !stream->queue.empty(); }

static bool isReady(const Work &work) { return !work.wait || work.wait->completed >= work.number; }

static size_t chooseRandom(size_t count) {
  return options().streamSeed ? streams().random.below(static_cast<unsigned>(count)) : 0;
}

static void runWork(Work work) {
  if (work.wait)
    acquireMark(work.wait.get());
  if (work.run)
    work.run();
  if (!work.record)
    return;
  releaseMark(work.record.get());
  work.record->completed = std::max(work.record->completed, work.number);
  work.record->time = std::chrono::steady_clock::now();
}

/// Runs the stream's first work, or one node of it where it is a graph.
static void runPart(CUstream_st *stream) {
  Work &first = stream->queue.front();
  if (first.graph && first.graph->left) {
    runGraphNode(*first.graph, chooseRandom);
    if (first.graph->left)
      return;
  }
  Work work = std::move(first);
  stream->queue.pop_front();
  runWork(std::move(work));
}

/// Runs work of the stream; for ThreadSanitizer only events and waits order it.
static void runFirst(CUstream_st *stream) {
  stream->fiber.run([stream] {
    acquireMark(&stream->raceEnqueued);
    runPart(stream);
    releaseMark(&stream->raceFinished);
  });
}

/// False where no stream has work that may run.
static bool runOne() {
  std::vector<CUstream_st *> ready;
  for (auto &stream : streams().all)
    if (hasWork(stream.get()) && isReady(stream->queue.front()))
      ready.push_back(stream.get());
  if (ready.empty())
    return false;
  runFirst(ready[chooseRandom(ready.size())]);
  return true;
}

void runUntil(const std::function<bool()> &done) {
  while (!done()) {
    [[maybe_unused]] bool ran = runOne();
    assert(ran && "work waits only for records that were enqueued before");
  }
}

template <typename Condition>
static void waitForStreams(Condition condition) {
  auto &all = streams().all;
  runUntil([&] {
    return std::none_of(all.begin(), all.end(),
                        [&](auto &stream) { return hasWork(stream.get()) && condition(*stream); });
  });
  for (auto &stream : all)
    if (condition(*stream))
      acquireMark(&stream->raceFinished);
}

void waitFor(CUstream_st *stream) {
  runUntil([&] { return !hasWork(stream); });
  acquireMark(&stream->raceFinished);
}

void waitForDevice(unsigned device) {
  waitForStreams([&](const CUstream_st &stream) { return stream.device == device; });
}

static cudaError_t captureWork(CUstream_st *stream, Work work) {
  Capture &capture = *stream->capture;
  if (work.graph) {
    capture.valid = false;
    return cudaErrorStreamCaptureUnsupported;
  }
  capture.nodes.push_back({std::move(work.run), stream->last});
  stream->last = {capture.nodes.size() - 1};
  return cudaSuccess;
}

cudaError_t enqueue(CUstream_st *stream, Work work) {
  if (stream->capture)
    return captureWork(stream, std::move(work));
  bool isDefault = stream == streams().standard[stream->device];
  // the default stream waits for all blocking streams of its device, and they wait for it
  if (isDefault)
    waitForStreams([&](const CUstream_st &other) {
      return other.device == stream->device && !other.nonBlocking;
    });
  stream->queue.push_back(std::move(work));
  releaseMark(&stream->raceEnqueued);
  if (isDefault)
    waitFor(stream);
  else if (!options().streamSeed)
    runUntil([&] { return !hasWork(stream); });
  return cudaSuccess;
}

cudaError_t refuseDuringCapture(const CUstream_st *stream) {
  if (!stream->capture)
    return cudaSuccess;
  stream->capture->valid = false;
  return cudaErrorStreamCaptureUnsupported;
}

/// Whether the capture forbids the calling thread what may not be captured.
static bool forbids(const Capture &capture) {
  return capture.mode == cudaStreamCaptureModeGlobal ||
         (capture.mode == cudaStreamCaptureModeThreadLocal &&
          capture.thread == std::this_thread::get_id());
}

cudaError_t refuseDuringAnyCapture() {
  for (auto &stream : streams().all)
    if (stream->capture && forbids(*stream->capture))
      return refuseDuringCapture(stream.get());
  return cudaSuccess;
}

void endCapture(const Capture &capture) {
  for (auto &stream : streams().all) {
    if (stream->capture.get() != &capture)
      continue;
    stream->last.clear();
    stream->capture.reset();
  }
}

static cudaError_t destroyStream(CUstream_st *stream) {
  waitFor(stream);
  auto &all = streams().all;
  all.erase(
      std::find_if(all.begin(), all.end(), [&](auto &known) { return known.get() == stream; }));
  return cudaSuccess;
}

} // namespace alexc::emulator

using namespace alexc::emulator;
using Guard = std::lock_guard<std::recursive_mutex>;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags) {
  Guard guard(apiLock());
  *stream = addStream(currentDevice(), flags & cudaStreamNonBlocking);
  return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream) {
  return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  Guard guard(apiLock());
  CUstream_st *stream = handle ? findStream(handle) : nullptr;
  return remember(stream ? destroyStream(stream) : cudaErrorInvalidResourceHandle);
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  Guard guard(apiLock());
  CUstream_st *stream = findStream(handle);
  if (!stream)
    return remember(cudaErrorInvalidResourceHandle);
  if (cudaError_t error = refuseDuringCapture(stream))
    return remember(error);
  waitFor(stream);
  static uint64_t waits = 0;
  bool hasFailed = options().failingWait && ++waits >= options().failingWait;
  return hasFailed ? remember(cudaErrorLaunchFailure) : cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  Guard guard(apiLock());
  CUstream_st *stream = findStream(handle);
  if (!stream)
    return remember(cudaErrorInvalidResourceHandle);
  if (hasWork(stream))
    runOne(); // a program that asks again and again gets on
  if (hasWork(stream))
    return cudaErrorNotReady;
  waitFor(stream);
  return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t function, void *argument) {
  Guard guard(apiLock());
  CUstream_st *stream = findStream(handle);
  if (!stream)
    return remember(cudaErrorInvalidResourceHandle);
  return remember(enqueue(stream, {[=] { function(argument); }, {}, {}, {}, 0}));
}
