// Which thread of a block runs next.
#include "emulator/Worker.h"

#include "emulator/Diagnostics.h"
#include "emulator/Options.h"
#include "emulator/Races.h"

#include <cassert>
#include <cstdlib>

__thread uint3 threadIdx, blockIdx;
__thread dim3 blockDim, gridDim;

namespace alexc::emulator {

__thread Block *currentBlock;
__thread Thread *currentThread;
__thread Worker *currentWorker;

static unsigned pickBit(uint64_t bits) {
  switch (options().order) {
  case Order::Forward:
    return static_cast<unsigned>(__builtin_ctzll(bits));
  case Order::Reverse:
    return 63 - static_cast<unsigned>(__builtin_clzll(bits));
  case Order::Random:
    break;
  }
  for (unsigned skip = currentWorker->random.below(__builtin_popcountll(bits)); skip > 0; --skip)
    bits &= bits - 1;
  return static_cast<unsigned>(__builtin_ctzll(bits));
}

Thread *pickThread(unsigned preferred) {
  Block &block = *currentBlock;
  unsigned lanes = block.warp[preferred].ready;
  if (!lanes) {
    if (!block.readyWarps)
      return nullptr;
    preferred = pickBit(block.readyWarps);
    lanes = block.warp[preferred].ready;
  }
  return &block.thread[preferred * 32 + pickBit(lanes)];
}

void clearReady(const Thread *thread) {
  Block &block = *currentBlock;
  Warp &warp = block.warp[thread->linear / 32];
  warp.ready &= ~(1u << (thread->linear & 31));
  if (!warp.ready)
    block.readyWarps &= ~(1ull << (thread->linear / 32));
}

void setReady(unsigned warp, unsigned lanes) {
  currentBlock->warp[warp].ready |= lanes;
  if (currentBlock->warp[warp].ready)
    currentBlock->readyWarps |= 1ull << warp;
}

/// No thread is ready but some have not returned: names one that waits.
[[noreturn]] static void failDeadlock() {
  Block &block = *currentBlock;
  for (unsigned i = 0; i < block.warpCount; ++i) {
    const Warp &warp = block.warp[i];
    if (!warp.arrived)
      continue;
    currentThread = &block.thread[i * 32 + static_cast<unsigned>(__builtin_ctz(warp.arrived))];
    failAt(warp.where,
           "deadlock: lanes %08x of warp %u wait for lanes %08x, %u threads of the block are at a "
           "barrier",
           warp.arrived, i, warp.mask & ~warp.arrived, block.arrived);
  }
  assert(false && "who waits at a barrier is told of those that returned");
  abort();
}

void *nextFiber(Thread *me) {
  static const bool forward = options().order == Order::Forward;
  unsigned next = me->linear + 1;
  Thread *thread;
  // mostly the next lane: a predictable branch, which does not wait for the store of the mask
  if (__builtin_expect(
          forward && (next & 31) && (currentBlock->warp[next / 32].ready >> (next & 31) & 1), 1)) {
    thread = me + 1;
  } else {
    thread = pickThread(me->linear / 32);
    if (!thread)
      failDeadlock();
    if (thread == me)
      return nullptr;
  }
  void *stackPointer = enter(thread);
  currentThread = thread;
  return stackPointer;
}

/// Leaves a fiber for good.
[[noreturn]] static void leaveTo(void *stackPointer, void *raceFiber) {
  void *unused;
  switchRaceFiber(raceFiber);
  alexcEmulatorSwitch(&unused, stackPointer);
  __builtin_unreachable();
}

/// Runs threads of the block, one after the other on the same stack while they have not started.
static void runThreads() {
  Worker &worker = *currentWorker;
  for (;;) {
    Thread *me = currentThread;
    acquireMark(worker.launch->raceStart);
    acquireMark(worker.block.raceStart);
    threadIdx = me->index;
    worker.launch->body();
    int stack = me->stack;
    if (worker.team->stacks.overflowed(stack))
      fail("overflow of the thread's stack of %zu bytes (ALEXC_EMULATOR_STACK)",
           options().stackBytes);
    leaveBlock();
    Thread *next = pickThread(me->linear / 32);
    if (!next && worker.block.live)
      failDeadlock();
    if (next && !next->started && !racesAreDetected()) {
      next->started = true;
      next->stack = stack;
      currentThread = next;
      continue;
    }
    worker.team->stacks.giveBack(stack);
    if (!next)
      leaveTo(worker.stackPointer, worker.raceFiber);
    void *stackPointer = enter(next);
    currentThread = next;
    leaveTo(stackPointer, next->raceFiber);
  }
}

void *enter(Thread *thread) {
  if (thread->started)
    return thread->stackPointer;
  Stacks &stacks = currentWorker->team->stacks;
  thread->stack = stacks.take(thread->linear);
  thread->started = true;
  return thread->stackPointer = stacks.prepare(thread->stack, runThreads);
}

} // namespace alexc::emulator
