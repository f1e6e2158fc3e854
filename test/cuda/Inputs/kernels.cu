// Kernels as alexc generates them: tiles in shared memory, shuffles, asynchronous copies, tensor
// cores. Compiled by nvcc and by the emulator's compiler; compares with the host.
#include "check.cuh"

using namespace alexc;

constexpr int M = 64, N = 64, K = 48;

/// c (M, N) = a (M, K) * b (K, N): tiles of 32x32, double buffered, 2x2 outputs a thread.
__global__ void __launch_bounds__(256)
    tiled_product(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ c) {
  constexpr int tile = 32, depth = 8;
  ALEXC_SMEM(smem);
  auto tile_a = reinterpret_cast<float(*)[depth][tile]>(smem);
  auto tile_b = reinterpret_cast<float(*)[depth][tile]>(smem + 2 * depth * tile * sizeof(float));
  const int t = threadIdx.x, row = t / 16 * 2, column = t % 16 * 2;
  const int m0 = blockIdx.y * tile, n0 = blockIdx.x * tile;
  float sum[2][2] = {};
  auto load = [&](int stage, int k0) {
    tile_a[stage][t % depth][t / depth] = a[(m0 + t / depth) * K + k0 + t % depth];
    tile_b[stage][t / tile][t % tile] = b[(k0 + t / tile) * N + n0 + t % tile];
  };
  load(0, 0);
  __syncthreads();
  for (int k0 = 0; k0 < K; k0 += depth) {
    const int stage = k0 / depth % 2;
    if (k0 + depth < K)
      load(1 - stage, k0 + depth);
    for (int k = 0; k < depth; ++k)
      for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 2; ++j)
          sum[i][j] = fmaf(tile_a[stage][k][row + i], tile_b[stage][k][column + j], sum[i][j]);
    __syncthreads();
  }
  for (int i = 0; i < 2; ++i)
    store2(&c[(m0 + row + i) * N + n0 + column], make_float2(sum[i][0], sum[i][1]));
}

/// The same product with a pipeline of three stages of cp.async; a block is a row of tiles 16x64.
__global__ void __launch_bounds__(128)
    pipelined_product(const float *__restrict__ a, const float *__restrict__ b,
                      float *__restrict__ c) {
  constexpr int stages = 3, depth = 8, rows = 16;
  ALEXC_SMEM(smem);
  auto tile_a = reinterpret_cast<float(*)[rows][depth]>(smem);
  auto tile_b = reinterpret_cast<float(*)[depth][N]>(smem + stages * rows * depth * sizeof(float));
  const int t = threadIdx.x, m0 = blockIdx.x * rows, row = t / 16 * 2, column = t % 16 * 4;
  float4 sum[2] = {splat4(0), splat4(0)};
  auto load = [&](int k0) {
    const int stage = k0 / depth % stages;
    // 128 threads: one element of a each, four of b
    cp_async4_zfill(&tile_a[stage][t / depth][t % depth], &a[(m0 + t / depth) * K + k0 + t % depth],
                    k0 < K ? 4 : 0);
    cp_async16(&tile_b[stage][t / 16][t % 16 * 4], &b[(k0 + t / 16) * N + t % 16 * 4]);
  };
  for (int stage = 0; stage < stages - 1; ++stage) {
    load(stage * depth);
    cp_async_commit();
  }
  for (int k0 = 0; k0 < K; k0 += depth) {
    cp_async_wait<stages - 2>();
    __syncthreads();
    if (k0 + (stages - 1) * depth < K)
      load(k0 + (stages - 1) * depth);
    cp_async_commit();
    const int stage = k0 / depth % stages;
    for (int k = 0; k < depth; ++k)
      for (int i = 0; i < 2; ++i)
        sum[i] = fma(splat4(tile_a[stage][row + i][k]), load4(&tile_b[stage][k][column]), sum[i]);
  }
  for (int i = 0; i < 2; ++i)
    store4(&c[(m0 + row + i) * N + column], sum[i]);
}

__device__ float warp_sum(float value) {
  for (int lanes = 16; lanes > 0; lanes /= 2)
    value += __shfl_xor_sync(0xffffffff, value, lanes);
  return value;
}

/// y[row] = sum of row of x (M, N): a warp a row, then a block of all rows for the total.
__global__ void __launch_bounds__(128)
    row_sums(const float *__restrict__ x, float *__restrict__ y) {
  const int row = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
  float sum = 0;
  for (int column = lane; column < N; column += 32)
    sum += x[row * N + column];
  sum = warp_sum(sum);
  if (lane == 0)
    y[row] = sum;
}

__global__ void __launch_bounds__(64) total(const float *__restrict__ x, float *__restrict__ y) {
  ALEXC_SMEM(smem);
  auto part = reinterpret_cast<float *>(smem);
  const int t = threadIdx.x;
  float sum = x[t];
  for (int lanes = 16; lanes > 0; lanes /= 2)
    sum += __shfl_down_sync(0xffffffff, sum, lanes);
  if (t % 32 == 0)
    part[t / 32] = sum;
  __syncthreads();
  if (t == 0)
    y[0] = part[0] + part[1];
}

/// d (16, 8) = a (16, 16) * b (16, 8) in bf16, one warp; a by ldmatrix, b gathered.
__global__ void __launch_bounds__(32)
    bf16_product(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ d) {
  ALEXC_SMEM(smem);
  auto tile_a = reinterpret_cast<__nv_bfloat16(*)[16]>(smem);
  auto tile_b = reinterpret_cast<__nv_bfloat16(*)[8]>(smem + 16 * 16 * 2);
  const int lane = threadIdx.x;
  for (int i = lane; i < 256; i += 32)
    tile_a[i / 16][i % 16] = __float2bfloat16(a[i]);
  for (int i = lane; i < 128; i += 32)
    tile_b[i / 8][i % 8] = __float2bfloat16(b[i]);
  __syncwarp();
  uint32_t fragment_a[4], fragment_b[2];
  ldmatrix(fragment_a, &tile_a[lane % 16][lane / 16 * 8]);
  ldmatrix_trans(fragment_b, &tile_b[lane % 16][0]);
  float sum[4] = {};
  mma_bf16(sum, fragment_a, fragment_b);
  const int row = lane / 4, column = lane % 4 * 2;
  store2(&d[row * 8 + column], make_float2(sum[0], sum[1]));
  store2(&d[(row + 8) * 8 + column], make_float2(sum[2], sum[3]));
}

/// d (16, 8) = a (16, 8) * b (8, 8) in tf32, one warp.
__global__ void __launch_bounds__(32)
    tf32_product(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ d) {
  const int row = threadIdx.x / 4, k = threadIdx.x % 4;
  uint32_t fragment_a[4], fragment_b[2];
  for (int i = 0; i < 4; ++i)
    fragment_a[i] = to_tf32(a[(row + i % 2 * 8) * 8 + k + i / 2 * 4]);
  for (int i = 0; i < 2; ++i)
    fragment_b[i] = to_tf32(b[(k + i * 4) * 8 + row]);
  float sum[4] = {};
  mma_tf32(sum, fragment_a, fragment_b);
  for (int i = 0; i < 4; ++i)
    d[(row + i / 2 * 8) * 8 + k * 2 + i % 2] = sum[i];
}

int main() {
  float *a = input(M * K, 1), *b = input(K * N, 2), *c = output(M * N);
  std::vector<float> ha = fetch(a, M * K), hb = fetch(b, K * N);
  auto product = [&](int columns, int depth) {
    return [&, columns, depth](size_t i) {
      float sum = 0;
      for (int k = 0; k < depth; ++k)
        sum = fmaf(ha[i / columns * depth + k], hb[k * columns + i % columns], sum);
      return sum;
    };
  };
  CHECK(launch(tiled_product, dim3(2, 2), dim3(256), 4 * 8 * 32 * 4, nullptr, a, b, c));
  compare("tiled", fetch(c, M * N), 0, product(N, K));
  CHECK(cudaMemset(c, 0, M * N * sizeof(float)));
  CHECK(launch(pipelined_product, dim3(4), dim3(128), 3 * (16 + 64) * 8 * 4, nullptr, a, b, c));
  compare("pipelined", fetch(c, M * N), 0, product(N, K));

  float *sums = output(M), *all = output(1);
  CHECK(launch(row_sums, dim3(16), dim3(128), 0, nullptr, c, sums));
  CHECK(launch(total, dim3(1), dim3(64), 8, nullptr, sums, all));
  std::vector<float> hc = fetch(c, M * N);
  double sum = 0;
  for (float value : hc)
    sum += value;
  compare("total", fetch(all, 1), 1e-3f, [&](size_t) { return static_cast<float>(sum); });

  float *d = output(16 * 8);
  CHECK(launch(bf16_product, dim3(1), dim3(32), 16 * 24 * 2, nullptr, a, b, d));
  compare("bf16", fetch(d, 16 * 8), 1e-5f, product(8, 16));
  CHECK(launch(tf32_product, dim3(1), dim3(32), 0, nullptr, a, b, d));
  compare("tf32", fetch(d, 16 * 8), 1e-5f, product(8, 8));
}
