// A worker: the stacks, the shared memory and the block of one OS thread.
#pragma once

#include "emulator/Execution.h"
#include "emulator/Grid.h"
#include "emulator/Random.h"

#include <map>
#include <vector>

namespace alexc::emulator {

/// The stack pointer of a fiber that will run `entry` from its first line, on a stack that ends at
/// `top`.
void *prepareStack(char *top, void (*entry)());

/// Pages of memory, unmapped at the end. Fails where there are none.
class Pages {
public:
  explicit Pages(size_t bytes);
  ~Pages();
  Pages(const Pages &) = delete;
  Pages &operator=(const Pages &) = delete;
  char *const start;

private:
  size_t bytes;
};

/// Fiber stacks back to back in huge pages, behind a guard page. Each begins with a canary.
class Stacks {
public:
  Stacks();
  /// A stack for the thread of this number. Where races are detected each has its own, or
  /// ThreadSanitizer would take two threads that had one after the other for racing.
  int take(unsigned thread);
  void giveBack(int stack);
  /// As prepareStack.
  void *prepare(int stack, void (*entry)());
  bool overflowed(int stack) const;
  /// Whether an address is in the guard page below the first stack.
  bool isBelow(const char *address) const;

private:
  char *bottom(int stack) const;
  size_t stride;
  Pages pages;
  char *memory;
  std::vector<int> free;
  int used = 0;
};

/// What the threads of a block run on.
struct Team {
  Stacks stacks;
  std::vector<void *> raceFibers; ///< the threads as ThreadSanitizer knows them
};

struct Worker {
  Worker();
  ~Worker();
  /// Runs block `number` of the launch.
  void run(const Launch &launch, uint64_t number);

  Block block{};
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  Pages sharedPages;
  unsigned char *sharedEnd; ///< a guard page begins here
  void *stackPointer = nullptr;
  void *raceFiber = nullptr; ///< of what called run
  /// By the caller's race fiber: for ThreadSanitizer each stream has threads of its own, or what
  /// one thread does in two streams would seem to be ordered.
  std::map<void *, Team> teams;
  Team *team = nullptr;
  const Launch *launch = nullptr;
  Random random;
};

extern __thread Worker *currentWorker ALEXC_EMULATOR_TLS;

/// The ready thread to run next, of warp `preferred` if it has one; null where none is ready.
Thread *pickThread(unsigned preferred);
/// The stack pointer of a thread, with a stack of its own if it has not started.
void *enter(Thread *thread);
/// Chooses the next thread, makes it current and returns its stack pointer; null if it is `me`.
void *nextFiber(Thread *me);

void clearReady(const Thread *thread);
void setReady(unsigned warp, unsigned lanes);

/// Lets the gathered threads of the block's barrier go.
void releaseBarrier();
/// The current thread has returned from the kernel: whoever waits for all does so no more.
void leaveBlock();
/// Does all copies that the thread still has in flight.
void finishCopies(Thread *thread);
/// Frees what copyAsync made for the thread.
void freeCopies(Thread *thread);

} // namespace alexc::emulator
