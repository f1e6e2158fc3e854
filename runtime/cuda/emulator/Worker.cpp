#include "emulator/Worker.h"

#include "emulator/Diagnostics.h"
#include "emulator/Memory.h"
#include "emulator/Options.h"
#include "emulator/Races.h"

#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace alexc::emulator {

static size_t sharedPageBytes() {
  return (maxSharedBytes + pageBytes() - 1) / pageBytes() * pageBytes();
}

Worker::Worker()
    : threads(maxThreads), warps(maxThreads / 32), sharedPages(sharedPageBytes() + pageBytes()),
      sharedEnd(reinterpret_cast<unsigned char *>(sharedPages.start) + sharedPageBytes()) {
  mprotect(sharedEnd, pageBytes(), PROT_NONE);
}

Worker::~Worker() {
  for (Thread &thread : threads)
    freeCopies(&thread);
}

/// Tells ThreadSanitizer of a new block: its threads, and that its shared memory is another one
/// than the last block's.
static void announceBlock(Block &block, std::vector<void *> &fibers) {
  for (unsigned i = 0; i < block.threadCount; ++i) {
    Thread &thread = block.thread[i];
    if (i == fibers.size())
      fibers.push_back(createRaceFiber());
    thread.raceFiber = fibers[i];
    nameRaceFiber(thread.raceFiber,
                  ("block " + text(block.index) + " thread " + text(thread.index)).c_str());
  }
  for (unsigned i = 0; i < block.warpCount; ++i)
    block.warp[i].raceMark = freshMark();
  block.raceMark = freshMark();
  block.raceStart = freshMark();
  uintptr_t page = pageBytes();
  auto start = reinterpret_cast<uintptr_t>(block.shared);
  uintptr_t end = (start + block.sharedBytes + page - 1) & ~(page - 1);
  start &= ~(page - 1);
  if (start != end)
    mmap(reinterpret_cast<void *>(start), end - start, PROT_READ | PROT_WRITE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  releaseMark(block.raceStart);
}

static uint3 blockIndex(dim3 grid, uint64_t number) {
  return {static_cast<unsigned>(number % grid.x), static_cast<unsigned>(number / grid.x % grid.y),
          static_cast<unsigned>(number / grid.x / grid.y)};
}

static void resetWarps(Block &block) {
  block.readyWarps = 0;
  for (unsigned i = 0; i < block.warpCount; ++i) {
    unsigned lanes = block.threadCount - i * 32;
    Warp &warp = block.warp[i];
    warp.ready = warp.live = lanes >= 32 ? ~0u : (1u << lanes) - 1;
    warp.arrived = warp.mask = 0;
    block.readyWarps |= 1ull << i;
  }
}

static void resetThreads(Block &block) {
  uint3 index = {0, 0, 0};
  for (unsigned i = 0; i < block.threadCount; ++i) {
    Thread &thread = block.thread[i];
    thread.index = index;
    thread.linear = i;
    thread.started = false;
    thread.where = {};
    if (++index.x < block.threads.x)
      continue;
    index.x = 0;
    if (++index.y < block.threads.y)
      continue;
    index.y = 0;
    ++index.z;
  }
}

static void resetBlock(Worker &worker, const Launch &launch, uint64_t number) {
  Block &block = worker.block;
  block.index = blockIndex(launch.grid, number);
  block.threads = launch.block;
  block.blocks = launch.grid;
  block.threadCount = launch.block.x * launch.block.y * launch.block.z;
  block.warpCount = (block.threadCount + 31) / 32;
  block.live = block.threadCount;
  block.arrived = 0;
  block.barrier = {};
  block.gathering = {0, true, false};
  block.warp = worker.warps.data();
  block.thread = worker.threads.data();
  size_t padded = (launch.sharedBytes + 15) & ~size_t(15);
  block.shared = worker.sharedEnd - padded;
  block.sharedBytes = launch.sharedBytes;
  resetWarps(block);
  resetThreads(block);
  if (racesAreDetected())
    announceBlock(block, worker.team->raceFibers);
  if (options().poison)
    poison(block.shared, padded);
}

void Worker::run(const Launch &newLaunch, uint64_t number) {
  launch = &newLaunch;
  raceFiber = currentRaceFiber();
  team = &teams[raceFiber];
  resetBlock(*this, newLaunch, number);
  random = Random(options().orderSeed ^ number << 20);
  currentWorker = this;
  currentBlock = &block;
  blockIdx = block.index;
  blockDim = block.threads;
  gridDim = block.blocks;
  Thread *first = pickThread(0);
  void *fiber = enter(first);
  currentThread = first;
  switchRaceFiber(first->raceFiber);
  alexcEmulatorSwitch(&stackPointer, fiber);
  currentBlock = nullptr;
  currentThread = nullptr;
}

} // namespace alexc::emulator
