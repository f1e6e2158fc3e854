#include "emulator/Grid.h"

#include "emulator/Memory.h"
#include "emulator/Options.h"
#include "emulator/Races.h"
#include "emulator/Worker.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace alexc::emulator {

static const Launch *lastLaunch;

const Launch *currentLaunch() { return lastLaunch; }

namespace {
/// Workers beside the calling thread, which is one too. All take blocks from one counter.
class Pool {
public:
  Pool() {
    for (unsigned i = 1; i < options().workers; ++i)
      threads.emplace_back([this] { serve(); });
  }
  ~Pool() {
    start(nullptr);
    for (std::thread &thread : threads)
      thread.join();
  }
  void run(const Launch &launch) {
    next = 0;
    if (threads.empty()) // no lock, which would order streams for ThreadSanitizer
      return work(launch);
    start(&launch);
    work(launch);
    std::unique_lock<std::mutex> guard(lock);
    finished.wait(guard, [&] { return busy == 0; });
  }

private:
  void start(const Launch *launch) {
    std::lock_guard<std::mutex> guard(lock);
    current = launch;
    busy = threads.size();
    ++generation;
    started.notify_all();
  }

  void serve() {
    for (uint64_t seen = 0;;) {
      std::unique_lock<std::mutex> guard(lock);
      started.wait(guard, [&] { return generation != seen; });
      seen = generation;
      const Launch *launch = current;
      guard.unlock();
      if (!launch)
        return;
      work(*launch);
      guard.lock();
      if (--busy == 0)
        finished.notify_one();
    }
  }

  void work(const Launch &launch) {
    installFaultHandler();
    static thread_local Worker worker;
    uint64_t blocks = uint64_t(launch.grid.x) * launch.grid.y * launch.grid.z;
    if (options().trap)
      enableTraps();
    for (uint64_t number; (number = next++) < blocks;)
      worker.run(launch, number);
    if (options().trap)
      disableTraps();
  }

  std::mutex lock;
  std::condition_variable started, finished;
  const Launch *current = nullptr;
  uint64_t generation = 0;
  size_t busy = 0;
  std::atomic<uint64_t> next{0};
  std::vector<std::thread> threads;
};
} // namespace

void runGrid(Launch launch) {
  launch.raceStart = freshMark();
  launch.raceEnd = freshMark();
  releaseMark(launch.raceStart);
  static Pool pool;
  lastLaunch = &launch;
  pool.run(launch);
  acquireMark(launch.raceEnd);
  checkBufferEnds(launch.device);
  lastLaunch = nullptr;
}

} // namespace alexc::emulator
