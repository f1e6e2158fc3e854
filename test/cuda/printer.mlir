// RUN: alex-translate --alex-to-cuda %s | FileCheck %s --strict-whitespace --match-full-lines
// RUN: alex-translate --alex-to-cuda %s > %t.cu && alex-translate --alex-to-cuda %s | diff %t.cu -

// The whole text of three kernels: threads and a bound, numbers and conversions,
// and tiles in shared memory and registers.

gpu.module @kernels {

//      CHECK:// 4 blocks of 256 threads
// CHECK-NEXT:__global__ void __launch_bounds__(256, 1) relu(const float *__restrict__ x, float *__restrict__ y) {
// CHECK-NEXT:  const int i = blockIdx.x * 256 + threadIdx.x;
// CHECK-NEXT:  if (i < 1000) {
// CHECK-NEXT:    const float t0 = x[i];
// CHECK-NEXT:    y[i] = t0 > 0.f ? t0 : 0.f;
// CHECK-NEXT:  }
// CHECK-NEXT:}
// CHECK-EMPTY:
// CHECK-NEXT:extern "C" int network_relu(void *const *args, void *stream) {
// CHECK-NEXT:  return launch(relu, dim3(4), dim3(256), 0, static_cast<cudaStream_t>(stream),
// CHECK-NEXT:      static_cast<const float *>(args[0]), static_cast<float *>(args[1]));
// CHECK-NEXT:}
gpu.func @relu(%x: memref<1000xf32> {llvm.noalias} loc("x"), %y: memref<1000xf32> {llvm.noalias} loc("y")) kernel
    attributes {alexrt.kernel = "loops", known_block_size = array<i32: 256, 1, 1>, known_grid_size = array<i32: 4, 1, 1>} {
  %c256 = arith.constant 256 : index
  %c1000 = arith.constant 1000 : index
  %zero = arith.constant 0.0 : f32
  %block = gpu.block_id x
  %thread = gpu.thread_id x
  %first = arith.muli %block, %c256 : index
  %i = arith.addi %first, %thread : index loc("i")
  %inside = arith.cmpi slt, %i, %c1000 : index
  scf.if %inside {
    %v = memref.load %x[%i] : memref<1000xf32>
    %positive = arith.cmpf ogt, %v, %zero : f32
    %r = arith.select %positive, %v, %zero : f32
    memref.store %r, %y[%i] : memref<1000xf32>
  }
  gpu.return
}

//      CHECK:// 1 block of 32 threads
// CHECK-NEXT:__global__ void __launch_bounds__(32, 1) numbers(const float *x, const int *labels, float *y,
// CHECK-NEXT:    int8_t *m) {
// CHECK-NEXT:  const int t0 = threadIdx.x;
// CHECK-NEXT:  const float t1 = x[t0];
// CHECK-NEXT:  const int t2 = labels[t0];
// CHECK-NEXT:  const unsigned t3 = (static_cast<unsigned>(t2) * 0xd2511f53u) ^
// CHECK-NEXT:      __umulhi(static_cast<unsigned>(t2), 0xd2511f53u);
// CHECK-NEXT:  const unsigned t4 = (t3 << 3) + t2;
// CHECK-NEXT:  const float t5 = static_cast<float>(static_cast<int>(t4) >> 3);
// CHECK-NEXT:  const unsigned t6 = __float_as_uint(t1 + __shfl_xor_sync(0xffffffffu, t1, 16));
// CHECK-NEXT:  const float t7 = t5 * __uint_as_float(t6 & 0x7fffffffu);
// CHECK-NEXT:  const float t8 = t7 / (t7 - t5 - t7);
// CHECK-NEXT:  m[t0] = static_cast<int8_t>(t4);
// CHECK-NEXT:  const float t9 =
// CHECK-NEXT:      static_cast<float>(static_cast<unsigned>(static_cast<int>(static_cast<uint8_t>(m[t0]))));
// CHECK-NEXT:  y[t0] = -t8;
// CHECK-NEXT:  y[0] = t9;
// CHECK-NEXT:  float t10 = t7;
// CHECK-NEXT:  float t11 = t8;
// CHECK-NEXT:  for (int i = 0; i < 4; ++i) {
// CHECK-NEXT:    const float t12 = t10 + t11;
// CHECK-NEXT:    t10 = t11;
// CHECK-NEXT:    t11 = t12;
// CHECK-NEXT:  }
// CHECK-NEXT:  const bool t13 = !(t10 <= t11);
// CHECK-NEXT:  float t14;
// CHECK-NEXT:  if (t13) {
// CHECK-NEXT:    t14 = t10;
// CHECK-NEXT:  } else {
// CHECK-NEXT:    t14 = t11 * -2.5e-10f;
// CHECK-NEXT:  }
// CHECK-NEXT:  y[1] = t14;
// CHECK-NEXT:  const float t15 = __shfl_down_sync(0xffffffffu, t14, 16);
// CHECK-NEXT:  y[4] = t13 ? t15 : t14;
// CHECK-NEXT:  y[((t0 * 4) % 7) * 4 / 7] = t14;
// CHECK-NEXT:}
// CHECK-EMPTY:
// CHECK-NEXT:extern "C" int network_numbers(void *const *args, void *stream) {
// CHECK-NEXT:  return launch(numbers, dim3(1), dim3(32), 0, static_cast<cudaStream_t>(stream),
// CHECK-NEXT:      static_cast<const float *>(args[0]), static_cast<const int *>(args[1]),
// CHECK-NEXT:      static_cast<float *>(args[2]), static_cast<int8_t *>(args[3]));
// CHECK-NEXT:}
gpu.func @numbers(%x: memref<8xf32> loc("x"), %labels: memref<8xi32> loc("labels"), %y: memref<8xf32> loc("y"), %m: memref<8xi8> loc("m")) kernel
    attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : i32
  %c32 = arith.constant 32 : i32
  %key = arith.constant 0xD2511F53 : i32
  %lane = gpu.thread_id x
  %x0 = memref.load %x[%lane] : memref<8xf32>
  %other, %valid = gpu.shuffle xor %x0, %c16, %c32 : f32
  %sum = arith.addf %x0, %other : f32
  %label = memref.load %labels[%lane] : memref<8xi32>
  %low, %high = arith.mului_extended %label, %key : i32
  %mixed = arith.xori %low, %high : i32
  %three = arith.constant 3 : i32
  %up = arith.shli %mixed, %three : i32
  %plus = arith.addi %up, %label : i32
  %signed = arith.shrsi %plus, %three : i32
  %f = arith.sitofp %signed : i32 to f32
  %bits = arith.bitcast %sum : f32 to i32
  %mask = arith.constant 0x7fffffff : i32
  %abs = arith.andi %bits, %mask : i32
  %g = arith.bitcast %abs : i32 to f32
  %p = arith.mulf %f, %g : f32
  %d = arith.subf %p, %f : f32
  %e = arith.subf %d, %p : f32
  %q = arith.divf %p, %e : f32
  %neg = arith.negf %q : f32
  %small = arith.trunci %plus : i32 to i8
  memref.store %small, %m[%lane] : memref<8xi8>
  %back = memref.load %m[%lane] : memref<8xi8>
  %wide = arith.extui %back : i8 to i32
  %wf = arith.uitofp %wide : i32 to f32
  memref.store %neg, %y[%lane] : memref<8xf32>
  memref.store %wf, %y[%c0] : memref<8xf32>
  %a, %b = scf.for %i = %c0 to %c4 step %c1 iter_args(%u = %p, %v = %q) -> (f32, f32) {
    %w = arith.addf %u, %v : f32
    scf.yield %v, %w : f32, f32
  }
  %cond = arith.cmpf ugt, %a, %b : f32
  %r = scf.if %cond -> f32 {
    scf.yield %a : f32
  } else {
    %two = arith.constant -2.5e-10 : f32
    %z = arith.mulf %b, %two : f32
    scf.yield %z : f32
  }
  memref.store %r, %y[%c1] : memref<8xf32>
  %far, %is_far = gpu.shuffle down %r, %c16, %c32 : f32
  %nearer = arith.select %cond, %far, %r : f32
  memref.store %nearer, %y[%c4] : memref<8xf32>
  %three_times = arith.muli %lane, %c4 : index
  %c7 = arith.constant 7 : index
  %wrapped = arith.remui %three_times, %c7 : index
  %scaled = arith.muli %wrapped, %c4 : index
  %most = arith.divui %scaled, %c7 : index
  memref.store %r, %y[%most] : memref<8xf32>
  gpu.return
}

//      CHECK:// a tile of 1 x 4
// CHECK-NEXT:// 1 x 16 blocks of 16 x 4 threads, 4176 bytes of shared memory
// CHECK-NEXT:__global__ void __launch_bounds__(64, 1) product(const float (*__restrict__ x)[64],
// CHECK-NEXT:    const float (*__restrict__ w)[64], float (*__restrict__ y)[64]) {
// CHECK-NEXT:  ALEXC_SMEM(smem);
// CHECK-NEXT:  auto &rows = *reinterpret_cast<float (*)[2][8][65]>(smem);
// CHECK-NEXT:  auto &tile = *reinterpret_cast<float (*)[4]>(smem + 4160);
// CHECK-NEXT:  alignas(16) float sums[4];
// CHECK-NEXT:  const int tx = threadIdx.x;
// CHECK-NEXT:  const int row = blockIdx.y * 4 + threadIdx.y;
// CHECK-NEXT:  #pragma unroll
// CHECK-NEXT:  for (int i = 0; i < 4; ++i) {
// CHECK-NEXT:    sums[i] = 0.f;
// CHECK-NEXT:    tile[i] = 0.f;
// CHECK-NEXT:  }
// CHECK-NEXT:  int stage = 0;
// CHECK-NEXT:  for (int i = 0; i < 64; i += 8) {
// CHECK-NEXT:    if (static_cast<unsigned>(tx) < 8u) {
// CHECK-NEXT:      rows[stage][tx][row] = x[row][i + tx];
// CHECK-NEXT:    }
// CHECK-NEXT:    // the rows are there
// CHECK-NEXT:    __syncthreads();
// CHECK-NEXT:    #pragma unroll 2
// CHECK-NEXT:    for (int j = 0; j < 8; ++j) {
// CHECK-NEXT:      const float a = rows[stage][j][row];
// CHECK-NEXT:      #pragma unroll
// CHECK-NEXT:      for (int k = 0; k < 4; ++k) {
// CHECK-NEXT:        sums[k] = fmaf(a, w[i + j][tx * 4 + k], sums[k]);
// CHECK-NEXT:      }
// CHECK-NEXT:    }
// CHECK-NEXT:    stage = 1 - stage;
// CHECK-NEXT:  }
// CHECK-NEXT:  store4(&y[row][tx * 4], load4(&sums[0]) * splat4(0.5f));
// CHECK-NEXT:}
// CHECK-EMPTY:
// CHECK-NEXT:extern "C" int network_product(void *const *args, void *stream) {
// CHECK-NEXT:  return launch(product, dim3(1, 16), dim3(16, 4), 4176, static_cast<cudaStream_t>(stream),
// CHECK-NEXT:      static_cast<const float (*)[64]>(args[0]), static_cast<const float (*)[64]>(args[1]),
// CHECK-NEXT:      static_cast<float (*)[64]>(args[2]));
// CHECK-NEXT:}
gpu.func @product(%x: memref<64x64xf32> {llvm.noalias} loc("x"), %w: memref<64x64xf32> {llvm.noalias} loc("w"), %y: memref<64x64xf32> {llvm.noalias} loc("y"))
    workgroup(%rows: memref<2x8x65xf32, #gpu.address_space<workgroup>> loc("rows"), %more: memref<4xf32, #gpu.address_space<workgroup>>) kernel
    attributes {alexrt.kernel = "linear", alexrt.comment = "a tile of 1 x 4", known_block_size = array<i32: 16, 4, 1>, known_grid_size = array<i32: 1, 16, 1>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloca() : memref<4xf32> loc("sums")
  %tx = gpu.thread_id x loc("tx")
  %ty = gpu.thread_id y
  %by = gpu.block_id y
  %by4 = arith.muli %by, %c4 : index
  %row = arith.addi %by4, %ty : index loc("row")
  scf.for %j = %c0 to %c4 step %c1 {
    memref.store %zero, %sums[%j] : memref<4xf32>
    memref.store %zero, %more[%j] : memref<4xf32, #gpu.address_space<workgroup>>
  } {alexrt.unroll}
  %last = scf.for %k0 = %c0 to %c64 step %c8 iter_args(%stage = %c0) -> index {
    %k = arith.addi %k0, %tx : index
    %in = arith.cmpi ult, %tx, %c8 : index
    scf.if %in {
      %v = memref.load %x[%row, %k] : memref<64x64xf32>
      memref.store %v, %rows[%stage, %tx, %row] : memref<2x8x65xf32, #gpu.address_space<workgroup>>
    }
    gpu.barrier {alexrt.comment = "the rows are there"}
    scf.for %kk = %c0 to %c8 step %c1 {
      %a = memref.load %rows[%stage, %kk, %row] : memref<2x8x65xf32, #gpu.address_space<workgroup>> loc("a")
      %kw = arith.addi %k0, %kk : index
      scf.for %j = %c0 to %c4 step %c1 {
        %column0 = arith.muli %tx, %c4 : index
        %column = arith.addi %column0, %j : index
        %b = memref.load %w[%kw, %column] : memref<64x64xf32>
        %s = memref.load %sums[%j] : memref<4xf32>
        %n = math.fma %a, %b, %s : f32
        memref.store %n, %sums[%j] : memref<4xf32>
      } {alexrt.unroll}
    } {alexrt.unroll = 2 : i64}
    %next = arith.subi %c1, %stage : index
    scf.yield %next : index
  } loc("stage")
  %v4 = vector.load %sums[%c0] : memref<4xf32>, vector<4xf32>
  %factor = arith.constant dense<0.5> : vector<4xf32>
  %h = arith.mulf %v4, %factor : vector<4xf32>
  %at = arith.muli %tx, %c4 : index
  vector.store %h, %y[%row, %at] : memref<64x64xf32>, vector<4xf32>
  gpu.return
}

}
