// __syncthreads and the gathering of a warp's lanes.
#include "emulator/Warps.h"

#include "emulator/Diagnostics.h"
#include "emulator/Races.h"
#include "emulator/Worker.h"

namespace alexc::emulator {

void releaseBarrier() {
  Block &block = *currentBlock;
  block.vote = block.gathering;
  block.gathering = {0, true, false};
  block.arrived = 0;
  block.barrier = {};
  for (unsigned i = 0; i < block.warpCount; ++i)
    setReady(i, block.warp[i].live);
  block.raceMark = freshMark();
}

void *arriveAtBarrier(Site where, bool vote) {
  Block &block = *currentBlock;
  Thread *me = currentThread;
  if (block.barrier && block.barrier != where)
    failAt(where, "divergent __syncthreads: %u threads of the block wait at %s:%d", block.arrived,
           block.barrier.file, block.barrier.line);
  if (block.live < block.threadCount)
    failAt(where, "__syncthreads, but %u threads of the block have returned",
           block.threadCount - block.live);
  block.barrier = me->where = where;
  block.gathering.count += vote;
  block.gathering.all &= vote;
  block.gathering.any |= vote;
  clearReady(me);
  if (++block.arrived < block.live)
    return nextFiber(me);
  releaseBarrier();
  return nullptr;
}

/// Goes on with the fiber that is current now; returns when `me` is resumed.
static void switchFrom(Thread *me, void *stackPointer) {
  switchRaceFiber(currentThread->raceFiber);
  alexcEmulatorSwitch(&me->stackPointer, stackPointer);
  threadIdx = me->index;
}

// Each gathering has a mark of its own: with one for all, a thread that runs ahead to the next
// barrier would release it before another acquires it for this one, which orders too much and
// hides races.
void waitAtBarrier(Site where, bool vote) {
  Thread *me = currentThread;
  void *mark = currentBlock->raceMark;
  releaseMark(mark);
  if (void *next = arriveAtBarrier(where, vote))
    switchFrom(me, next);
  acquireMark(mark);
}

static void checkMask(const Warp &warp, unsigned mask, Site where) {
  if (!(mask >> lane() & 1))
    failAt(where, "lane %u is not in the mask %08x of its own warp operation", lane(), mask);
  unsigned present = currentBlock->threadCount - (currentThread->linear & ~31u);
  unsigned started = present >= 32 ? ~0u : (1u << present) - 1;
  unsigned missing = mask & started & ~warp.live;
  if (missing)
    failAt(where, "warp operation waits for lanes %08x, which have returned", missing);
}

bool gatherWarp(unsigned mask, WarpOperation operation, Site where) {
  Thread *me = currentThread;
  Warp &warp = currentWarp();
  me->where = where;
  checkMask(warp, mask, where);
  if (warp.arrived && (warp.operation != int(operation) || warp.mask != mask))
    failAt(where, "divergent warp operation: lanes %08x wait in another one at %s:%d", warp.arrived,
           warp.where.file, warp.where.line);
  warp.operation = int(operation);
  warp.where = where;
  warp.mask = mask;
  void *mark = warp.raceMark;
  releaseMark(mark);
  warp.arrived |= 1u << lane();
  unsigned needed = mask & warp.live;
  bool last = (warp.arrived & needed) == needed;
  if (!last) {
    clearReady(me);
    if (void *next = nextFiber(me))
      switchFrom(me, next);
  }
  acquireMark(mark);
  return last;
}

void releaseWarp() {
  Warp &warp = currentWarp();
  unsigned lanes = warp.mask & warp.live;
  warp.arrived &= ~lanes;
  setReady(currentThread->linear / 32, lanes);
  warp.raceMark = freshMark();
}

void leaveBlock() {
  Block &block = *currentBlock;
  Thread *me = currentThread;
  Warp &warp = currentWarp();
  finishCopies(me);
  clearReady(me);
  warp.live &= ~(1u << lane());
  --block.live;
  releaseMark(currentWorker->launch->raceEnd);
  if (warp.arrived & warp.mask && warp.mask >> lane() & 1)
    failAt(warp.where, "returned, but lanes %08x wait for it in a warp operation", warp.arrived);
  if (block.live && block.arrived)
    failAt(block.barrier, "returned, but %u threads of the block wait at a barrier", block.arrived);
}

} // namespace alexc::emulator
