// The one header that generated CUDA code includes. With nvcc or clang it stands on the CUDA
// toolkit; with -DALEXC_EMULATOR the same text is compiled for the CPU and run by the emulator.
#pragma once

#ifdef ALEXC_EMULATOR
#include "emulator/DeviceFunctions.h"
#include "emulator/RuntimeApi.h"
#else
#include <cstdint>
#include <cstring>
#include <cuda_bf16.h>
#include <cuda_runtime.h>
#endif

#include <utility>

/// Declares `name`, the start of the block's dynamic shared memory, aligned to 16 bytes.
#ifdef ALEXC_EMULATOR
#define ALEXC_SMEM(name) unsigned char *const name = ::alexc::emulator::currentBlock->shared
#else
#define ALEXC_SMEM(name) extern __shared__ __align__(16) unsigned char name[]
#endif

namespace alexc {

/// Enqueues a kernel with `sharedBytes` of dynamic shared memory. Returns what CUDA returned.
template <typename... Parameters, typename... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t sharedBytes,
                   cudaStream_t stream, Arguments &&...arguments) {
  constexpr size_t withoutAsking = 48 * 1024;
  if (sharedBytes > withoutAsking) {
    cudaError_t error = cudaFuncSetAttribute(reinterpret_cast<const void *>(kernel),
                                             cudaFuncAttributeMaxDynamicSharedMemorySize,
                                             static_cast<int>(sharedBytes));
    if (error != cudaSuccess)
      return error;
  }
  cudaLaunchConfig_t config = {};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = sharedBytes;
  config.stream = stream;
  return cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...);
}

// Copies from global to shared memory that run beside the kernel (cp.async), in groups. Both sides
// are aligned to the size. The zeroing forms copy the first `bytes` and zero the rest.

#ifdef ALEXC_EMULATOR

inline void cp_async4(void *shared, const void *global,
                      emulator::Site where = emulator::Site::here()) {
  emulator::copyAsync(shared, global, 4, 4, where);
}
inline void cp_async16(void *shared, const void *global,
                       emulator::Site where = emulator::Site::here()) {
  emulator::copyAsync(shared, global, 16, 16, where);
}
inline void cp_async4_zfill(void *shared, const void *global, unsigned bytes,
                            emulator::Site where = emulator::Site::here()) {
  emulator::copyAsync(shared, global, 4, bytes, where);
}
inline void cp_async16_zfill(void *shared, const void *global, unsigned bytes,
                             emulator::Site where = emulator::Site::here()) {
  emulator::copyAsync(shared, global, 16, bytes, where);
}
inline void cp_async_commit() { emulator::commitCopies(); }
template <int Pending>
void cp_async_wait() {
  emulator::waitForCopies(Pending);
}

#else

__device__ __forceinline__ unsigned shared_address(const void *shared) {
  return static_cast<unsigned>(__cvta_generic_to_shared(shared));
}
__device__ __forceinline__ void cp_async4(void *shared, const void *global) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;\n" ::"r"(shared_address(shared)),
               "l"(global)
               : "memory");
}
__device__ __forceinline__ void cp_async16(void *shared, const void *global) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(shared_address(shared)),
               "l"(global)
               : "memory");
}
__device__ __forceinline__ void cp_async4_zfill(void *shared, const void *global, unsigned bytes) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;\n" ::"r"(shared_address(shared)),
               "l"(global), "r"(bytes)
               : "memory");
}
__device__ __forceinline__ void cp_async16_zfill(void *shared, const void *global, unsigned bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(shared_address(shared)),
               "l"(global), "r"(bytes)
               : "memory");
}
/// Closes the group of the copies since the last call.
__device__ __forceinline__ void cp_async_commit() {
  asm volatile("cp.async.commit_group;\n" ::: "memory");
}
/// Waits until at most `Pending` groups of this thread are in flight.
template <int Pending>
__device__ __forceinline__ void cp_async_wait() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(Pending) : "memory");
}

#endif

// Tensor cores, fp32 accumulation; fragments as the PTX manual lays them out over the warp.

#ifdef ALEXC_EMULATOR

/// d (16, 8) += a (16, 16) * b (16, 8), bf16 in pairs.
inline void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                     emulator::Site where = emulator::Site::here()) {
  emulator::multiplyBf16(d, a, b, where);
}
/// d (16, 8) += a (16, 8) * b (8, 8), tf32.
inline void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                     emulator::Site where = emulator::Site::here()) {
  emulator::multiplyTf32(d, a, b, where);
}
/// Rounds to tf32: nearest, ties away from zero.
inline uint32_t to_tf32(float value) { return (__float_as_uint(value) + 0x1000u) & 0xffffe000u; }

/// Loads `Count` 8x8 matrices of 16-bit elements; lane 8 * i + r names row r of matrix i.
template <int Count>
void ldmatrix(uint32_t (&fragments)[Count], const void *row,
              emulator::Site where = emulator::Site::here()) {
  emulator::loadMatrices(fragments, row, Count, false, where);
}
/// The same, each matrix transposed.
template <int Count>
void ldmatrix_trans(uint32_t (&fragments)[Count], const void *row,
                    emulator::Site where = emulator::Site::here()) {
  emulator::loadMatrices(fragments, row, Count, true, where);
}

#else

__device__ __forceinline__ void mma_bf16(float (&d)[4], const uint32_t (&a)[4],
                                         const uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
               "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ __forceinline__ void mma_tf32(float (&d)[4], const uint32_t (&a)[4],
                                         const uint32_t (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
               "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
__device__ __forceinline__ uint32_t to_tf32(float value) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
}
__device__ __forceinline__ void ldmatrix(uint32_t (&fragments)[2], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];\n"
               : "=r"(fragments[0]), "=r"(fragments[1])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix(uint32_t (&fragments)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(fragments[0]), "=r"(fragments[1]), "=r"(fragments[2]), "=r"(fragments[3])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix_trans(uint32_t (&fragments)[2], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];\n"
               : "=r"(fragments[0]), "=r"(fragments[1])
               : "r"(shared_address(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrix_trans(uint32_t (&fragments)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(fragments[0]), "=r"(fragments[1]), "=r"(fragments[2]), "=r"(fragments[3])
               : "r"(shared_address(row))
               : "memory");
}

#endif

} // namespace alexc

// Element by element. At global scope, where the vectors are declared.

__host__ __device__ __forceinline__ float2 operator+(float2 a, float2 b) {
  return make_float2(a.x + b.x, a.y + b.y);
}
__host__ __device__ __forceinline__ float2 operator-(float2 a, float2 b) {
  return make_float2(a.x - b.x, a.y - b.y);
}
__host__ __device__ __forceinline__ float2 operator*(float2 a, float2 b) {
  return make_float2(a.x * b.x, a.y * b.y);
}
__host__ __device__ __forceinline__ float2 operator/(float2 a, float2 b) {
  return make_float2(a.x / b.x, a.y / b.y);
}
__host__ __device__ __forceinline__ float4 operator+(float4 a, float4 b) {
  return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
}
__host__ __device__ __forceinline__ float4 operator-(float4 a, float4 b) {
  return make_float4(a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w);
}
__host__ __device__ __forceinline__ float4 operator*(float4 a, float4 b) {
  return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}
__host__ __device__ __forceinline__ float4 operator/(float4 a, float4 b) {
  return make_float4(a.x / b.x, a.y / b.y, a.z / b.z, a.w / b.w);
}
__host__ __device__ __forceinline__ float2 operator-(float2 a) { return make_float2(-a.x, -a.y); }
__host__ __device__ __forceinline__ float4 operator-(float4 a) {
  return make_float4(-a.x, -a.y, -a.z, -a.w);
}

namespace alexc {

/// a * b + c, rounded once.
__host__ __device__ __forceinline__ float2 fma(float2 a, float2 b, float2 c) {
  return make_float2(fmaf(a.x, b.x, c.x), fmaf(a.y, b.y, c.y));
}
__host__ __device__ __forceinline__ float4 fma(float4 a, float4 b, float4 c) {
  return make_float4(fmaf(a.x, b.x, c.x), fmaf(a.y, b.y, c.y), fmaf(a.z, b.z, c.z),
                     fmaf(a.w, b.w, c.w));
}
__host__ __device__ __forceinline__ float2 max(float2 a, float2 b) {
  return make_float2(fmaxf(a.x, b.x), fmaxf(a.y, b.y));
}
__host__ __device__ __forceinline__ float4 max(float4 a, float4 b) {
  return make_float4(fmaxf(a.x, b.x), fmaxf(a.y, b.y), fmaxf(a.z, b.z), fmaxf(a.w, b.w));
}
/// All elements `value`.
__host__ __device__ __forceinline__ float2 splat2(float value) { return make_float2(value, value); }
__host__ __device__ __forceinline__ float4 splat4(float value) {
  return make_float4(value, value, value, value);
}

// Tensor cores on words: a float holds the bits of one tf32 number or of two bf16 numbers.

#ifdef ALEXC_EMULATOR
#define ALEXC_SITE_PARAMETER , emulator::Site where = emulator::Site::here()
#define ALEXC_SITE , where
#else
#define ALEXC_SITE_PARAMETER
#define ALEXC_SITE
#endif

/// The bf16 numbers nearest to two numbers, of two equally near ones the even: the first is the
/// word's lower half.
__device__ __forceinline__ float pack_bf16(float2 numbers) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(numbers.x, numbers.y);
  float word;
  memcpy(&word, &pair, sizeof word);
  return word;
}
/// c (16, 8) + a (16, 8) * b (8, 8), tf32.
__device__ __forceinline__ float4 mma_tf32(float4 a, float2 b, float4 c ALEXC_SITE_PARAMETER) {
  float d[4] = {c.x, c.y, c.z, c.w};
  mma_tf32(d,
           {__float_as_uint(a.x), __float_as_uint(a.y), __float_as_uint(a.z), __float_as_uint(a.w)},
           {__float_as_uint(b.x), __float_as_uint(b.y)} ALEXC_SITE);
  return make_float4(d[0], d[1], d[2], d[3]);
}
/// c (16, 8) + a (16, 16) * b (16, 8), bf16.
__device__ __forceinline__ float4 mma_bf16(float4 a, float2 b, float4 c ALEXC_SITE_PARAMETER) {
  float d[4] = {c.x, c.y, c.z, c.w};
  mma_bf16(d,
           {__float_as_uint(a.x), __float_as_uint(a.y), __float_as_uint(a.z), __float_as_uint(a.w)},
           {__float_as_uint(b.x), __float_as_uint(b.y)} ALEXC_SITE);
  return make_float4(d[0], d[1], d[2], d[3]);
}

#undef ALEXC_SITE
#undef ALEXC_SITE_PARAMETER

/// The vector at `address`, which is aligned to its size.
__host__ __device__ __forceinline__ float2 load2(const float *address) {
  return *reinterpret_cast<const float2 *>(address);
}
__host__ __device__ __forceinline__ float4 load4(const float *address) {
  return *reinterpret_cast<const float4 *>(address);
}
__host__ __device__ __forceinline__ void store2(float *address, float2 value) {
  *reinterpret_cast<float2 *>(address) = value;
}
__host__ __device__ __forceinline__ void store4(float *address, float4 value) {
  *reinterpret_cast<float4 *>(address) = value;
}

} // namespace alexc
