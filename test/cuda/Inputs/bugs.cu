// One bug a kernel, and what the emulator says of it: bugs.test runs each by its name.
#include "check.cuh"

using namespace alexc;

constexpr int threads = 128;

// A neighbour's element is read before the neighbour wrote it.
// MISSING-BARRIER: bugs.cu:[[#@LINE+7]]: error: kernel missing_barrier,
// MISSING-BARRIER-SAME: block (0,0,0), thread (0,0,0): arithmetic on memory that nothing has
// MISSING-BARRIER-SAME: written
__global__ void missing_barrier(float *y) {
  ALEXC_SMEM(smem);
  auto s = reinterpret_cast<float *>(smem);
  s[threadIdx.x] = threadIdx.x;
  y[threadIdx.x] = s[(threadIdx.x + 33) % threads] + 1;
}

// MISSING-WARP-BARRIER: bugs.cu:[[#@LINE+7]]: error: kernel missing_warp_barrier,
// MISSING-WARP-BARRIER-SAME: block (0,0,0), thread (0,0,0): arithmetic on memory that nothing has
// MISSING-WARP-BARRIER-SAME: written
__global__ void missing_warp_barrier(float *y) {
  ALEXC_SMEM(smem);
  auto s = reinterpret_cast<float *>(smem);
  s[threadIdx.x] = threadIdx.x;
  y[threadIdx.x] = s[threadIdx.x ^ 1] + 1;
}

// The next round overwrites what others still read: only the order of threads shows it.
__global__ void missing_second_barrier(float *y) {
  ALEXC_SMEM(smem);
  auto s = reinterpret_cast<float *>(smem);
  float sum = 0;
  for (int round = 0; round < 4; ++round) {
    s[threadIdx.x] = threadIdx.x + round;
    __syncthreads();
    sum += s[(threadIdx.x + 1) % threads];
  }
  y[threadIdx.x] = sum;
}

// Two blocks write one element.
__global__ void race_between_blocks(float *y) { y[(threadIdx.x + blockIdx.x) % threads] = 1; }

// OUTSIDE: bugs.cu:[[#@LINE+3]]: error: kernel outside,
// OUTSIDE-SAME: block (0,0,0), thread (64,0,0): illegal access outside a buffer of 512 bytes of
// OUTSIDE-SAME: device 0, at offset 512
__global__ void outside(float *y) { y[threadIdx.x < 64 ? threadIdx.x : threadIdx.x + 64] = 1; }

// BEFORE: bugs.cu:[[#@LINE+4]]: error: kernel before,
// BEFORE-SAME: block (0,0,0), thread (64,0,0): illegal access outside a buffer of 512 bytes of
// BEFORE-SAME: device 0, at offset -4000
__global__ void before(float *y) {
  y[threadIdx.x < 64 ? int(threadIdx.x) : int(threadIdx.x) - 1064] = 1;
}

// The buffer's 500 bytes end less than 16 before its guard page.
// SLIGHTLY-OUTSIDE: emulator: error: kernel slightly_outside: wrote outside a buffer of 500 bytes
// SLIGHTLY-OUTSIDE-SAME: of device 0, at offset 500
__global__ void slightly_outside(float *y) { y[threadIdx.x] = 1; }

// OUTSIDE-SHARED: bugs.cu:[[#@LINE+6]]: error: kernel outside_shared,
// OUTSIDE-SHARED-SAME: block (0,0,0), thread (127,0,0): illegal access to shared memory: at
// OUTSIDE-SHARED-SAME: offset 512 of 512 bytes
__global__ void outside_shared(float *y) {
  ALEXC_SMEM(smem);
  auto s = reinterpret_cast<float *>(smem);
  s[threadIdx.x + 1] = y[0];
}

// NULL-POINTER: bugs.cu:[[#@LINE+2]]: error: kernel null_pointer,
// NULL-POINTER-SAME: block (0,0,0), thread (0,0,0): illegal access to address (nil)
__global__ void null_pointer(float *) { *static_cast<float *volatile *>(nullptr) = nullptr; }

// DIVERGENT-BARRIER: bugs.cu:[[#@LINE+7]]: error: kernel divergent_barrier,
// DIVERGENT-BARRIER-SAME: block (0,0,0), thread (32,0,0): divergent __syncthreads: 32 threads of
// DIVERGENT-BARRIER-SAME: the block wait at {{.*}}bugs.cu:[[#@LINE+3]]
__global__ void divergent_barrier(float *y) {
  if (threadIdx.x < 32)
    __syncthreads();
  else
    __syncthreads();
  y[threadIdx.x] = 1;
}

// EARLY-RETURN: bugs.cu:[[#@LINE+6]]: error: kernel early_return,
// EARLY-RETURN-SAME: block (0,0,0), thread (100,0,0): returned, but 100 threads of the block wait
// EARLY-RETURN-SAME: at a barrier
__global__ void early_return(float *y) {
  if (threadIdx.x >= 100)
    return;
  __syncthreads();
  y[threadIdx.x] = 1;
}

// The same, seen from the other side.
// LATE-BARRIER: bugs.cu:[[#@LINE+6]]: error: kernel late_barrier,
// LATE-BARRIER-SAME: block (0,0,0), thread (28,0,0): __syncthreads, but 28 threads of the block
// LATE-BARRIER-SAME: have returned
__global__ void late_barrier(float *y) {
  if (threadIdx.x < 28)
    return;
  __syncthreads();
  y[threadIdx.x] = 1;
}

// PART-OF-WARP: bugs.cu:[[#@LINE+5]]: error: kernel part_of_warp,
// PART-OF-WARP-SAME: block (0,0,0), thread (32,0,0): deadlock: lanes 00000001 of warp 1 wait for
// PART-OF-WARP-SAME: lanes fffffffe, 127 threads of the block are at a barrier
__global__ void part_of_warp(float *y) {
  if (threadIdx.x < 33)
    __syncwarp();
  y[threadIdx.x] = 1;
  __syncthreads();
}

// HALF-SHUFFLE: bugs.cu:[[#@LINE+6]]: error: kernel half_shuffle,
// HALF-SHUFFLE-SAME: block (0,0,0), thread (1,0,0): warp operation waits for lanes 00000001,
// HALF-SHUFFLE-SAME: which have returned
__global__ void half_shuffle(float *y) {
  float value = threadIdx.x;
  if (threadIdx.x % 2)
    value = __shfl_xor_sync(0xffffffff, value, 1);
  y[threadIdx.x] = value;
}

// DIVERGENT-SHUFFLE: bugs.cu:[[#@LINE+7]]: error: kernel divergent_shuffle,
// DIVERGENT-SHUFFLE-SAME: block (0,0,0), thread (16,0,0): divergent warp operation: lanes
// DIVERGENT-SHUFFLE-SAME: 0000ffff wait in another one at {{.*}}bugs.cu:[[#@LINE+4]]
__global__ void divergent_shuffle(float *y) {
  float value = threadIdx.x;
  if (threadIdx.x < 16)
    __syncwarp();
  value = __shfl_xor_sync(0xffffffff, value, 1);
  y[threadIdx.x] = value;
}

// SHUFFLE-OUTSIDE-MASK: bugs.cu:[[#@LINE+5]]: error: kernel shuffle_outside_mask,
// SHUFFLE-OUTSIDE-MASK-SAME: block (0,0,0), thread (0,0,0): shuffle reads lane 16, which is not
// SHUFFLE-OUTSIDE-MASK-SAME: in its mask 0000ffff
__global__ void shuffle_outside_mask(float *y) {
  float value = threadIdx.x;
  value = __shfl_sync(threadIdx.x % 32 < 16 ? 0x0000ffff : 0xffff0000, value, 16);
  y[threadIdx.x] = value;
}

// UNWRITTEN-SHARED: bugs.cu:[[#@LINE+9]]: error: kernel unwritten_shared,
// UNWRITTEN-SHARED-SAME: block (0,0,0), thread (127,0,0): arithmetic on memory that nothing has
// UNWRITTEN-SHARED-SAME: written
__global__ void unwritten_shared(float *y) {
  ALEXC_SMEM(smem);
  auto s = reinterpret_cast<float *>(smem);
  if (threadIdx.x < 100)
    s[threadIdx.x] = threadIdx.x;
  __syncthreads();
  y[threadIdx.x] = s[threadIdx.x] * 2;
}

// UNWRITTEN-GLOBAL: bugs.cu:[[#@LINE+3]]: error: kernel unwritten_global,
// UNWRITTEN-GLOBAL-SAME: block (0,0,0), thread (0,0,0): arithmetic on memory that nothing has
// UNWRITTEN-GLOBAL-SAME: written
__global__ void unwritten_global(float *y) { y[threadIdx.x] += 1; }

// MISSING-COPY-WAIT: bugs.cu:[[#@LINE+9]]: error: kernel missing_copy_wait,
// MISSING-COPY-WAIT-SAME: block (0,0,0), thread (127,0,0): arithmetic on memory that nothing has
// MISSING-COPY-WAIT-SAME: written
__global__ void missing_copy_wait(float *y) {
  ALEXC_SMEM(smem);
  auto s = reinterpret_cast<float *>(smem);
  cp_async4(&s[threadIdx.x], &y[threadIdx.x]);
  cp_async_commit();
  __syncthreads();
  y[threadIdx.x] = s[threadIdx.x ^ 1] + 1;
}

// MISALIGNED-COPY: bugs.cu:[[#@LINE+4]]: error: kernel misaligned_copy,
// MISALIGNED-COPY-SAME: block (0,0,0), thread (1,0,0): cp.async: address is not a multiple of 16
__global__ void misaligned_copy(float *y) {
  ALEXC_SMEM(smem);
  cp_async16(smem + 4 * (threadIdx.x % 2), y);
}

// COPY-OUTSIDE-SHARED: bugs.cu:[[#@LINE+5]]: error: kernel copy_outside_shared,
// COPY-OUTSIDE-SHARED-SAME: block (0,0,0), thread (32,0,0): cp.async of 16 bytes to shared memory
// COPY-OUTSIDE-SHARED-SAME: at offset 512 of 512
__global__ void copy_outside_shared(float *y) {
  ALEXC_SMEM(smem);
  cp_async16(smem + 16 * threadIdx.x, y);
}

// MISALIGNED-LDMATRIX: bugs.cu:[[#@LINE+6]]: error: kernel misaligned_ldmatrix,
// MISALIGNED-LDMATRIX-SAME: block (0,0,0), thread (1,0,0): ldmatrix: the row's address is not a
// MISALIGNED-LDMATRIX-SAME: multiple of 16
__global__ void misaligned_ldmatrix(float *y) {
  ALEXC_SMEM(smem);
  uint32_t fragments[4];
  ldmatrix(fragments, smem + 8 * (threadIdx.x % 32));
  y[threadIdx.x] = fragments[0];
}

// LANE-OUTSIDE-MASK: bugs.cu:[[#@LINE+3]]: error: kernel lane_outside_mask,
// LANE-OUTSIDE-MASK-SAME: block (0,0,0), thread (16,0,0): lane 16 is not in the mask 0000ffff of
// LANE-OUTSIDE-MASK-SAME: its own warp operation
__global__ void lane_outside_mask(float *) { __syncwarp(0x0000ffff); }

// TOO-MANY-COPIES: bugs.cu:[[#@LINE+5]]: error: kernel too_many_copies,
// TOO-MANY-COPIES-SAME: block (0,0,0), thread (0,0,0): more than 128 cp.async in flight
__global__ void too_many_copies(float *y) {
  ALEXC_SMEM(smem);
  for (int i = 0; i < 129; ++i)
    cp_async4(smem, y);
}

// TOO-LONG-COPY: bugs.cu:[[#@LINE+5]]: error: kernel too_long_copy,
// TOO-LONG-COPY-SAME: block (0,0,0), thread (0,0,0): cp.async of 16 bytes of which 17 are
// TOO-LONG-COPY-SAME: to be copied
__global__ void too_long_copy(float *y) {
  ALEXC_SMEM(smem);
  cp_async16_zfill(smem, y, 17);
}

// No bug: an operation that is invalid, but not for reading what nothing has written.
__global__ void infinities(float *y) {
  float infinity = y[threadIdx.x] + INFINITY;
  y[threadIdx.x] = infinity - infinity;
}

// STACK: bugs.cu:[[#@LINE+6]]: error: kernel stack,
// STACK-SAME: block (0,0,0), thread (0,0,0): overflow of the thread's stack of 4096 bytes
// STACK-SAME: (ALEXC_EMULATOR_STACK)
__global__ void stack(float *y) {
  volatile float large[1250];
  for (int i = 0; i < 1250; ++i)
    large[i] = i;
  y[threadIdx.x] = large[threadIdx.x];
}

// PEER: bugs.cu:[[#@LINE+3]]: error: kernel peer,
// PEER-SAME: block (0,0,0), thread (0,0,0): illegal access inside a buffer of 512 bytes of device
// PEER-SAME: 0, at offset 0
__global__ void peer(float *y) { y[threadIdx.x] = 1; }

struct Bug {
  const char *name;
  void (*kernel)(float *);
};
#define BUG(name)                                                                                  \
  { #name, name }
const Bug bugs[] = {
    BUG(missing_barrier),
    BUG(missing_warp_barrier),
    BUG(missing_second_barrier),
    BUG(outside),
    BUG(before),
    BUG(slightly_outside),
    BUG(outside_shared),
    BUG(null_pointer),
    BUG(divergent_barrier),
    BUG(early_return),
    BUG(late_barrier),
    BUG(part_of_warp),
    BUG(half_shuffle),
    BUG(divergent_shuffle),
    BUG(shuffle_outside_mask),
    BUG(unwritten_shared),
    BUG(unwritten_global),
    BUG(missing_copy_wait),
    BUG(misaligned_copy),
    BUG(copy_outside_shared),
    BUG(misaligned_ldmatrix),
    BUG(stack),
    BUG(lane_outside_mask),
    BUG(too_many_copies),
    BUG(too_long_copy),
    BUG(infinities),
    BUG(peer),
    BUG(race_between_blocks),
};

// HOST: bugs.cu:[[#@LINE+2]]: error: host code touched memory inside a buffer of 512 bytes of
// HOST-SAME: device 0, at offset 0
float touch(const float *y) { return *y; }

int main(int, char **arguments) {
  const char *name = arguments[1];
  size_t bytes = !strcmp(name, "slightly_outside") ? 500 : threads * sizeof(float);
  float *y;
  CHECK(cudaMalloc(&y, bytes));
  if (strcmp(name, "unwritten_global"))
    CHECK(cudaMemset(y, 0, bytes));
  if (!strcmp(name, "host"))
    return touch(y) > 0;
  if (!strcmp(name, "peer"))
    CHECK(cudaSetDevice(1));
  for (const Bug &bug : bugs)
    if (!strcmp(name, bug.name))
      CHECK(launch(bug.kernel, dim3(2), dim3(threads), threads * sizeof(float), nullptr, y));
  print(name, fetch(y, threads));
}
