// What a kernel calls: barriers, warp operations, atomics, intrinsics.
#pragma once

#include "emulator/Execution.h"

#include <cmath>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __restrict__ __restrict
#define __align__(bytes) alignas(bytes)
#define __launch_bounds__(...)

inline constexpr int warpSize = 32;

ALEXC_EMULATOR_INLINE void
__syncthreads(alexc::emulator::Site where = alexc::emulator::Site::here()) {
  alexc::emulator::barrier(where, false);
}
inline int __syncthreads_count(int vote,
                               alexc::emulator::Site where = alexc::emulator::Site::here()) {
  alexc::emulator::barrier(where, vote != 0);
  return static_cast<int>(alexc::emulator::currentBlock->vote.count);
}
inline int __syncthreads_and(int vote,
                             alexc::emulator::Site where = alexc::emulator::Site::here()) {
  alexc::emulator::barrier(where, vote != 0);
  return alexc::emulator::currentBlock->vote.all;
}
inline int __syncthreads_or(int vote, alexc::emulator::Site where = alexc::emulator::Site::here()) {
  alexc::emulator::barrier(where, vote != 0);
  return alexc::emulator::currentBlock->vote.any;
}
inline void __syncwarp(unsigned mask = 0xffffffffu,
                       alexc::emulator::Site where = alexc::emulator::Site::here()) {
  alexc::emulator::syncWarp(mask, where);
}

namespace alexc::emulator {
template <typename T>
T shuffleFrom(unsigned mask, T value, unsigned source, Site where) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  unsigned long long bits = 0;
  memcpy(&bits, &value, sizeof value);
  bits = shuffle(mask, bits, source, where);
  memcpy(&value, &bits, sizeof value);
  return value;
}
/// The lane `to` if it is in the same segment of `width` lanes as the caller, else the caller.
inline unsigned inSegment(unsigned to, int width) {
  unsigned segment = ~(static_cast<unsigned>(width) - 1);
  return ((to ^ lane()) & segment) == 0 ? to : lane();
}
} // namespace alexc::emulator

template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize,
              alexc::emulator::Site where = alexc::emulator::Site::here()) {
  unsigned segment = static_cast<unsigned>(width) - 1;
  unsigned from = (alexc::emulator::lane() & ~segment) | (static_cast<unsigned>(source) & segment);
  return alexc::emulator::shuffleFrom(mask, value, from, where);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = warpSize,
                  alexc::emulator::Site where = alexc::emulator::Site::here()) {
  unsigned from = alexc::emulator::lane() ^ static_cast<unsigned>(lanes);
  return alexc::emulator::shuffleFrom(mask, value, alexc::emulator::inSegment(from, width), where);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int width = warpSize,
                   alexc::emulator::Site where = alexc::emulator::Site::here()) {
  unsigned from = alexc::emulator::lane() + lanes;
  return alexc::emulator::shuffleFrom(mask, value, alexc::emulator::inSegment(from, width), where);
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned lanes, int width = warpSize,
                 alexc::emulator::Site where = alexc::emulator::Site::here()) {
  unsigned from = alexc::emulator::lane() - lanes;
  return alexc::emulator::shuffleFrom(mask, value, alexc::emulator::inSegment(from, width), where);
}
inline unsigned __ballot_sync(unsigned mask, int vote,
                              alexc::emulator::Site where = alexc::emulator::Site::here()) {
  return alexc::emulator::ballot(mask, vote != 0, where);
}
inline int __any_sync(unsigned mask, int vote,
                      alexc::emulator::Site where = alexc::emulator::Site::here()) {
  return alexc::emulator::ballot(mask, vote != 0, where) != 0;
}
inline int __all_sync(unsigned mask, int vote,
                      alexc::emulator::Site where = alexc::emulator::Site::here()) {
  return alexc::emulator::ballot(mask, vote == 0, where) == 0;
}

inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

template <typename T>
T __ldg(const T *address) {
  return *address;
}

inline int atomicAdd(int *address, int value) {
  return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}
inline unsigned atomicAdd(unsigned *address, unsigned value) {
  return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}
inline float atomicAdd(float *address, float value) {
  auto *word = reinterpret_cast<unsigned *>(address);
  unsigned old = __atomic_load_n(word, __ATOMIC_RELAXED), sum;
  do
    sum = __float_as_uint(__uint_as_float(old) + value);
  while (!__atomic_compare_exchange_n(word, &old, sum, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return __uint_as_float(old);
}
inline int atomicMax(int *address, int value) {
  int old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (old < value && !__atomic_compare_exchange_n(address, &old, value, true, __ATOMIC_RELAXED,
                                                     __ATOMIC_RELAXED))
    ;
  return old;
}

// glibc declares functions of the first three names itself
#define __expf(x) expf(x)
#define __logf(x) logf(x)
#define __powf(x, y) powf(x, y)
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32);
}
inline float __fdividef(float a, float b) { return a / b; }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
template <typename T>
T min(T a, T b) {
  return b < a ? b : a;
}
template <typename T>
T max(T a, T b) {
  return a < b ? b : a;
}
