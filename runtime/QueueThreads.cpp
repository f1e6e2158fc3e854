//===- QueueThreads.cpp - a thread for each queue -------------------------===//

#include "runtime/QueueThreads.h"
#include "runtime/Error.h"
#include <fmt/format.h>
#include <utility>

using namespace alexrt;

/// The job that ends a thread.
static constexpr uint64_t endOfJobs = UINT64_MAX;

QueueThreads::QueueThreads(uint32_t devices, size_t events)
    : devices(devices), threads(2 * size_t(devices) - 1), happened(events) {
  try {
    for (uint32_t queue = 1; queue < 2 * devices; ++queue)
      threads[queue - 1].thread = std::thread([this, queue] { threadMain(queue); });
  } catch (const std::system_error &) {
    end();
    throw Error(fmt::format("cannot start {} threads", threads.size()));
  }
}

QueueThreads::~QueueThreads() { end(); }

void QueueThreads::end() {
  for (Thread &thread : threads) {
    thread.job = endOfJobs;
    thread.waiters.wake();
    if (thread.thread.joinable())
      thread.thread.join();
  }
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

void QueueThreads::run(const std::vector<uint32_t> &queues,
                       const std::function<void(uint32_t)> &function) {
  runQueue = &function;
  ++number;
  stopping = false;
  running = queues.size();
  for (uint32_t queue : queues) {
    if (queue == 0)
      continue;
    threads[queue - 1].job = number;
    threads[queue - 1].waiters.wake();
  }
  if (!queues.empty() && queues.front() == 0)
    runOne(0);
  caller.wait(spinTime, [&] { return running == 0; });
  if (failure)
    std::rethrow_exception(std::exchange(failure, nullptr));
}

void QueueThreads::threadMain(uint32_t queue) {
  Thread &self = threads[queue - 1];
  for (uint64_t job = 0;;) {
    self.waiters.wait({}, [&] { return self.job != job; });
    job = self.job;
    if (job == endOfJobs)
      return;
    runOne(queue);
  }
}

void QueueThreads::runOne(uint32_t queue) {
  try {
    (*runQueue)(queue);
  } catch (...) {
    keepFailure();
  }
  if (--running == 0)
    caller.wake();
}

void QueueThreads::keepFailure() {
  {
    std::lock_guard<std::mutex> lock(failureMutex);
    if (!failure)
      failure = std::current_exception();
  }
  stopping = true;
  ofEvents.wake();
}

//===----------------------------------------------------------------------===//
// Events
//===----------------------------------------------------------------------===//

void QueueThreads::signal(size_t event) {
  happened[event] = number;
  ofEvents.wake();
}

/// What only moves has no reason to keep a CPU from what computes.
void QueueThreads::wait(uint32_t queue, size_t event) {
  ofEvents.wait(queue < devices ? spinTime : std::chrono::microseconds(0),
                [&] { return happened[event] == number || stopping; });
}
