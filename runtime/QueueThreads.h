//===- QueueThreads.h - a thread for each queue -----------------*- C++ -*-===//
//
// For devices that are CPUs: a queue is a thread that runs its records in order,
// and an event is what it waits for, awake for a moment and then asleep.

#ifndef ALEXC_RUNTIME_QUEUETHREADS_H
#define ALEXC_RUNTIME_QUEUETHREADS_H

#include "runtime/Waiters.h"
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace alexrt {

class QueueThreads {
public:
  /// For the queues of alexrt.h of so many devices; queue 0 is the caller's
  /// thread. Throws Error where threads cannot be started.
  QueueThreads(uint32_t devices, size_t events);
  ~QueueThreads();
  QueueThreads(const QueueThreads &) = delete;
  QueueThreads &operator=(const QueueThreads &) = delete;

  /// Calls `runQueue(queue)` for `queues`, each on its thread, and returns when
  /// all have ended. Throws what the first to fail has thrown.
  void run(const std::vector<uint32_t> &queues,
           const std::function<void(uint32_t queue)> &runQueue);

  // For `runQueue`:
  /// Whether another queue has failed, so that this one shall end.
  bool isStopping() const { return stopping; }
  /// The event happens in this run.
  void signal(size_t event);
  /// Returns when the event has happened in this run, or the run is stopping.
  void wait(uint32_t queue, size_t event);

private:
  struct Thread {
    std::thread thread;
    std::atomic<uint64_t> job{0}; ///< number of the last run that it is to take part in
    Waiters waiters;
  };

  void threadMain(uint32_t queue);
  void runOne(uint32_t queue);
  void keepFailure();
  void end();

  uint32_t devices;
  std::vector<Thread> threads; ///< of all queues but the first

  // Of a run, stable while it lasts.
  uint64_t number = 0;
  const std::function<void(uint32_t)> *runQueue = nullptr;

  std::atomic<size_t> running{0}; ///< threads that are in the run
  std::atomic<bool> stopping{false};
  std::vector<std::atomic<uint64_t>> happened; ///< number of the last run that signalled an event
  Waiters caller, ofEvents;
  std::mutex failureMutex;
  std::exception_ptr failure; ///< the first
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_QUEUETHREADS_H
