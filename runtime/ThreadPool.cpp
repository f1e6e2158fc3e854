//===- ThreadPool.cpp - the threads of one network ------------------------===//

#include "runtime/ThreadPool.h"
#include "runtime/Error.h"
#include <algorithm>
#include <fmt/format.h>
#include <sched.h>

using namespace alexrt;

/// Enough chunks of a share that a thread which lost its CPU for a moment can
/// be helped, few enough that a kernel's own set-up does not count.
static constexpr int64_t chunksOfShare = 8;
static constexpr int mostThreads = 1024;

// `state` is (number of the job, open, workers in it).
static constexpr uint64_t activeMask = 0xffff;
static constexpr uint64_t openBit = activeMask + 1;
static constexpr uint64_t nextJob = openBit << 1;

static bool isOpen(uint64_t state) { return state & openBit; }
static uint64_t jobOf(uint64_t state) { return state / nextJob; }

int alexrt::availableCpus() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    return std::max(1, CPU_COUNT(&allowed));
  return std::max(1u, std::thread::hardware_concurrency());
}

static size_t checkedThreadCount(int threads) {
  if (threads < 0 || threads > mostThreads)
    throw Error(fmt::format("expected 0 to {} threads, got {}", mostThreads, threads));
  return threads > 0 ? threads : std::min(availableCpus(), mostThreads);
}

ThreadPool::ThreadPool(int threads) : shares(checkedThreadCount(threads)) {
  try {
    for (size_t self = 1; self < shares.size(); ++self)
      workers.emplace_back([this, self] { workerMain(self); });
  } catch (const std::system_error &) {
    stop();
    throw Error(fmt::format("cannot start {} threads", shares.size()));
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::stop() {
  stopping = true;
  waiters.wake();
  for (std::thread &worker : workers)
    worker.join();
}

//===----------------------------------------------------------------------===//
// The caller
//===----------------------------------------------------------------------===//

void ThreadPool::parallelFor(int64_t work, AlexrtKernel kernel, void *const *args,
                             const WorkObserver *observer) {
  if (work <= 0)
    return;
  if ((work == 1 || shares.size() == 1) && !observer)
    return kernel(args, 0, work);
  this->kernel = kernel;
  this->args = args;
  this->observer = observer;
  divide(work);
  state.store((jobOf(state) + 1) * nextJob | openBit);
  waiters.wake();
  doWork(0);
  close();
}

void ThreadPool::divide(int64_t work) {
  int64_t count = size();
  chunk = std::max<int64_t>(1, work / (count * chunksOfShare));
  for (int64_t i = 0; i < count; ++i) {
    shares[i].next.store(work * i / count, std::memory_order_relaxed);
    shares[i].end = work * (i + 1) / count;
  }
}

/// Waits until the workers that joined have left. Who comes later sees the
/// closed job and stays away.
void ThreadPool::close() {
  uint64_t open = state.load(std::memory_order_relaxed) & ~activeMask;
  auto start = std::chrono::steady_clock::now();
  for (uint64_t expected = open; !state.compare_exchange_weak(
           expected, open & ~openBit, std::memory_order_acquire, std::memory_order_relaxed);
       expected = open) {
    spinPause();
    // Where more threads than CPUs run, a worker may need ours to go on.
    if (std::chrono::steady_clock::now() - start > spinTime)
      std::this_thread::yield();
  }
}

//===----------------------------------------------------------------------===//
// The workers
//===----------------------------------------------------------------------===//

void ThreadPool::workerMain(size_t self) {
  uint64_t lastJob = 0;
  while (waitForJob(lastJob)) {
    if (!join(lastJob))
      continue;
    doWork(self);
    state.fetch_sub(1, std::memory_order_release);
  }
}

/// Whether there is something to do for who was in `lastJob`.
bool ThreadPool::isCalled(uint64_t lastJob) const {
  uint64_t now = state;
  return stopping || (isOpen(now) && jobOf(now) != lastJob);
}

/// Returns false when the pool ends.
bool ThreadPool::waitForJob(uint64_t lastJob) {
  waiters.wait(spinTime, [&] { return isCalled(lastJob); });
  return !stopping;
}

bool ThreadPool::join(uint64_t &lastJob) {
  uint64_t now = state;
  while (isOpen(now) && jobOf(now) != lastJob) {
    if (state.compare_exchange_weak(now, now + 1)) {
      lastJob = jobOf(now);
      return true;
    }
  }
  return false;
}

void ThreadPool::doWork(size_t self) {
  if (!observer) {
    takeChunks(self);
    return;
  }
  auto begin = std::chrono::steady_clock::now();
  if (takeChunks(self))
    (*observer)(self, begin, std::chrono::steady_clock::now());
}

/// Returns whether there was anything left to take.
bool ThreadPool::takeChunks(size_t self) {
  bool tookSome = false;
  for (size_t i = 0; i < shares.size(); ++i) {
    Share &share = shares[(self + i) % shares.size()];
    while (true) {
      int64_t begin = share.next.fetch_add(chunk, std::memory_order_relaxed);
      if (begin >= share.end)
        break;
      kernel(args, begin, std::min(begin + chunk, share.end));
      tookSome = true;
    }
  }
  return tookSome;
}
