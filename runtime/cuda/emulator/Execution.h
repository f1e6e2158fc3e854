// The state of the block that a worker runs, and the hot paths that kernels inline.
//
// A block is run by one worker (an OS thread). Its CUDA threads are fibers: each runs until it has
// to wait at a barrier or in a warp operation and then switches straight to the next ready one.
#pragma once

#if !defined(__x86_64__) || !defined(__linux__)
#error "the CUDA emulator runs on x86-64 CPUs under Linux alone"
#endif

#include "emulator/Site.h"
#include "emulator/Types.h"

#if defined(__SANITIZE_THREAD__)
#define ALEXC_EMULATOR_RACES 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ALEXC_EMULATOR_RACES 1
#endif
#endif

#define ALEXC_EMULATOR_TLS __attribute__((tls_model("initial-exec")))
#define ALEXC_EMULATOR_INLINE __attribute__((always_inline)) inline

// __thread, not thread_local: no initialisation wrapper at each use. Objects, not macros:
// cudaLaunchConfig_t has members of these names.
extern __thread uint3 threadIdx ALEXC_EMULATOR_TLS;
extern __thread uint3 blockIdx ALEXC_EMULATOR_TLS;
extern __thread dim3 blockDim ALEXC_EMULATOR_TLS;
extern __thread dim3 gridDim ALEXC_EMULATOR_TLS;

namespace alexc::emulator {

struct AsyncCopies;

/// One CUDA thread of the block being run; a cache line.
struct alignas(64) Thread {
  uint3 index;
  unsigned linear;     ///< x + blockDim.x * (y + blockDim.y * z)
  void *stackPointer;  ///< of the fiber while it waits
  Site where;          ///< the barrier, warp operation or copy it came to last
  AsyncCopies *copies; ///< cp.async in flight; made at first use
  void *raceFiber;     ///< the thread as ThreadSanitizer knows it
  int stack;           ///< index of its stack, once started
  bool started;
};

/// The vote of __syncthreads_count, _and and _or.
struct Vote {
  unsigned count;
  bool all, any;
};

/// A warp, and the operation that its lanes gather for.
struct Warp {
  unsigned ready, live, arrived, mask; ///< one bit a lane
  int operation;                       ///< what the gathered lanes wait for
  Site where;
  unsigned long long values[32];
  unsigned sources[32];
  void *pointers[32][3];
  void *raceMark; ///< of this gathering, for ThreadSanitizer
};

struct Block {
  uint3 index;
  dim3 threads, blocks;
  unsigned char *shared; ///< the dynamic shared memory
  unsigned long long sharedBytes;
  unsigned threadCount, warpCount, live, arrived;
  Site barrier; ///< where the arrived threads wait
  Vote gathering, vote;
  unsigned long long readyWarps; ///< one bit a warp with a ready lane
  Warp *warp;
  Thread *thread;
  void *raceMark; ///< of the barrier that threads gather at, for ThreadSanitizer
  void *raceStart;
};

extern __thread Block *currentBlock ALEXC_EMULATOR_TLS;
extern __thread Thread *currentThread ALEXC_EMULATOR_TLS;

/// Saves the fiber's registers, stores its stack pointer at `save` and continues at `load`.
extern "C" void alexcEmulatorSwitch(void **save, void *load);

/// Has the current thread wait at a barrier. Returns the stack pointer of the fiber to run next,
/// which is current from now on, or null where the barrier is complete.
void *arriveAtBarrier(Site where, bool vote);
/// The same with the switch and what ThreadSanitizer must know.
void waitAtBarrier(Site where, bool vote);

/// __syncthreads. Inline, so that the only jump that leaves a fiber is the indirect one of the
/// switch, which is predicted; resuming elsewhere would mispredict a chain of returns.
ALEXC_EMULATOR_INLINE void barrier(Site where, bool vote) {
#ifdef ALEXC_EMULATOR_RACES
  waitAtBarrier(where, vote);
#else
  Thread *me = currentThread;
  if (void *next = arriveAtBarrier(where, vote)) {
    alexcEmulatorSwitch(&me->stackPointer, next);
    threadIdx = me->index;
  }
#endif
}

inline unsigned lane() { return currentThread->linear & 31; }

void syncWarp(unsigned mask, Site where);
unsigned long long shuffle(unsigned mask, unsigned long long value, unsigned source, Site where);
unsigned ballot(unsigned mask, bool vote, Site where);

/// cp.async: `bytes` are copied, the rest of the `size` bytes at `target` zeroed.
void copyAsync(void *target, const void *source, unsigned size, unsigned bytes, Site where);
void commitCopies();
/// Waits until at most `pending` committed groups are in flight.
void waitForCopies(unsigned pending);

/// The fragments of mma.sync and ldmatrix, laid out over the warp as in the PTX manual.
void multiplyBf16(float *d, const uint32_t *a, const uint32_t *b, Site where);
void multiplyTf32(float *d, const uint32_t *a, const uint32_t *b, Site where);
void loadMatrices(uint32_t *fragments, const void *row, unsigned count, bool transposed,
                  Site where);

} // namespace alexc::emulator
