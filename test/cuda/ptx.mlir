// RUN: alex-translate --alex-to-ptx %s | FileCheck %s

// The same ops go through MLIR's NVVM path. What the GPU has instructions for is no
// call of a library.

gpu.module @kernels {
// CHECK: .target sm_90
// CHECK: .entry root(
// CHECK-NOT: __nv_
// CHECK: ld.global
// CHECK: fma.rn.f32
// CHECK: sqrt.rn.f32
// CHECK: st.global
gpu.func @root(%x: memref<32xf32> {llvm.noalias}, %y: memref<32xf32> {llvm.noalias}) kernel
    attributes {alexrt.kernel = "loops", known_block_size = array<i32: 32, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} {
  %i = gpu.thread_id x
  %v = memref.load %x[%i] : memref<32xf32>
  %a = math.absf %v : f32
  %f = math.fma %a, %v, %v : f32
  %r = math.sqrt %f : f32
  memref.store %r, %y[%i] : memref<32xf32>
  gpu.return
}
}
