//===- ThreadPool.h - the threads of one network ----------------*- C++ -*-===//
//
// A launch costs about a microsecond while the workers are awake: they spin
// for a moment after each job and only then sleep. A worker that is late
// misses the job: nobody waits for a thread that has not joined.

#ifndef ALEXC_RUNTIME_THREADPOOL_H
#define ALEXC_RUNTIME_THREADPOOL_H

#include "runtime/Waiters.h"
#include "runtime/alexrt.h"
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace alexrt {

/// CPUs that this process may use.
int availableCpus();

/// Told what thread number `thread`, 0 being parallelFor's caller, did for a
/// launch. Called on that thread, before parallelFor returns.
using WorkObserver = std::function<void(size_t thread, std::chrono::steady_clock::time_point begin,
                                        std::chrono::steady_clock::time_point end)>;

class ThreadPool {
public:
  /// `threads` in all, the caller of parallelFor included; 0: availableCpus().
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  int size() const { return static_cast<int>(shares.size()); }

  /// Calls `kernel(args, begin, end)` for ranges that together are [0, work),
  /// and returns when all have ended. Each thread has a share of its own and
  /// helps with the others' when done. Must not be called by two threads at
  /// once, nor from within a kernel. An observer costs nothing where it is null.
  void parallelFor(int64_t work, AlexrtKernel kernel, void *const *args,
                   const WorkObserver *observer = nullptr);

  /// The same for a callable `body(begin, end)`, which must not throw.
  template <typename Body>
  void parallelFor(int64_t work, Body &&body) {
    void *args[] = {&body};
    parallelFor(
        work,
        [](void *const *args, int64_t begin, int64_t end) {
          (*static_cast<std::remove_reference_t<Body> *>(args[0]))(begin, end);
        },
        args);
  }

private:
  /// What is left of one thread's part of the work.
  struct alignas(64) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
  };

  // The caller.
  void divide(int64_t work);
  void close();
  void stop();
  // The workers.
  void workerMain(size_t self);
  bool isCalled(uint64_t lastJob) const;
  bool waitForJob(uint64_t lastJob);
  bool join(uint64_t &lastJob);
  // Both.
  void doWork(size_t self);
  bool takeChunks(size_t self);

  // The job, stable from the opening of `state` to its closing.
  AlexrtKernel kernel = nullptr;
  void *const *args = nullptr;
  const WorkObserver *observer = nullptr;
  int64_t chunk = 1;
  std::vector<Share> shares;

  /// Number of the job, whether it is open, and how many workers are in it.
  alignas(64) std::atomic<uint64_t> state{0};
  std::atomic<bool> stopping{false};
  Waiters waiters;
  std::vector<std::thread> workers;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_THREADPOOL_H
