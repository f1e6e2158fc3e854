// Streams, events and captured graphs: what is enqueued, and when it runs.
//
// One lock guards all of it; work runs while the lock is held, on the thread that waits for it (or
// enqueues it, where streams are eager). Virtual devices do not run at the same time: that they
// could is shown by running their work in any order that streams and events allow.
#pragma once

#include "emulator/RuntimeApi.h"
#include "emulator/SideFiber.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace alexc::emulator {

/// What an event knows; lives as long as work that refers to it.
struct EventState {
  uint64_t recorded = 0, completed = 0; ///< numbers of records enqueued and done
  std::chrono::steady_clock::time_point time;
};

/// A graph that has been launched and is on its way.
struct GraphRun;

/// One piece of work in a stream: something to run, an event to record or to wait for, or a graph.
struct Work {
  std::function<void()> run;
  std::shared_ptr<EventState> record, wait;
  std::shared_ptr<GraphRun> graph;
  uint64_t number = 0; ///< of the record that is made or waited for
};

struct GraphNode {
  std::function<void()> run;
  std::vector<size_t> needs; ///< nodes that come before
};

struct GraphRun {
  std::shared_ptr<const std::vector<GraphNode>> nodes;
  std::vector<bool> done;
  size_t left;
};

/// The graph that streams are being captured into.
struct Capture {
  CUstream_st *origin;
  std::vector<GraphNode> nodes;
  cudaStreamCaptureMode mode;
  std::thread::id thread; ///< that began it
  bool valid = true;
};

std::recursive_mutex &apiLock();

/// The device that the calling thread has chosen.
unsigned currentDevice();

/// Keeps the error for cudaGetLastError and returns it.
cudaError_t remember(cudaError_t error);

/// The stream of a handle: null is the current device's default stream. Null where there is none.
CUstream_st *findStream(cudaStream_t stream);

/// Enqueues work (or captures it), and runs it where streams are eager.
cudaError_t enqueue(CUstream_st *stream, Work work);
/// Runs work of all streams, in a random legal order, until `done`.
void runUntil(const std::function<bool()> &done);
/// Returns when the stream has no work left; what it did happens before what follows.
void waitFor(CUstream_st *stream);
/// The same for all streams of a device.
void waitForDevice(unsigned device);

/// Refuses what may not be called while a stream is captured; that capture is void then.
cudaError_t refuseDuringCapture(const CUstream_st *stream);
cudaError_t refuseDuringAnyCapture();

/// Takes all streams out of the capture.
void endCapture(const Capture &capture);

/// Runs one node of the graph; its needs are met.
void runGraphNode(GraphRun &graph, const std::function<size_t(size_t count)> &choose);

} // namespace alexc::emulator

struct CUstream_st {
  unsigned device;
  bool nonBlocking;
  std::deque<alexc::emulator::Work> queue = {};
  std::shared_ptr<alexc::emulator::Capture> capture = {};
  std::vector<size_t> last = {}; ///< nodes of the capture that its next one needs
  alexc::emulator::SideFiber fiber = {};
  uint64_t raceEnqueued = 0, raceFinished = 0; ///< marks: what was before the work, and the work
};

struct CUevent_st {
  unsigned device;
  std::shared_ptr<alexc::emulator::EventState> state;
  std::shared_ptr<alexc::emulator::Capture> capture; ///< recorded while this was captured
  std::vector<size_t> nodes;
};
