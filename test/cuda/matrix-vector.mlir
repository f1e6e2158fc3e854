// RUN: alex-opt %s --alex-lower-kernels | FileCheck %s

// A warp takes a row of the weights, four numbers a thread, for both images.

!x = tensor<2x256xf32>
!w = tensor<10x256xf32>
!y = tensor<2x10xf32>

module attributes {alex.target = "cuda"} {
// CHECK-LABEL: gpu.func @linear
// CHECK-SAME: (%[[X:.*]]: memref<2x256xf32> {llvm.noalias}, %[[W:.*]]: memref<10x256xf32> {llvm.noalias}, %[[B:.*]]: memref<10xf32> {llvm.noalias}, %[[Y:.*]]: memref<2x10xf32> {llvm.noalias})
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>, known_grid_size = array<i32: 3, 1, 1>
// CHECK: scf.for {{.*}} to %c256 step %c128 iter_args({{.*}}) -> (vector<4xf32>, vector<4xf32>)
// CHECK: %[[ROW:.*]] = vector.load %[[W]]
// CHECK: %[[FIRST:.*]] = vector.load %[[X]][%c0
// CHECK: math.fma %[[ROW]], %[[FIRST]]
// CHECK: %[[SECOND:.*]] = vector.load %[[X]][%c1
// CHECK: math.fma %[[ROW]], %[[SECOND]]
// CHECK: } {alexrt.unroll = 4 : i64}
// CHECK-COUNT-10: gpu.shuffle xor
// CHECK: memref.load %[[B]]
// CHECK: memref.store {{.*}}, %[[Y]][%c0
// CHECK: memref.store {{.*}}, %[[Y]][%c1
func.func private @linear(%x: !x, %w: !w, %b: tensor<10xf32>) -> !y attributes {alexrt.kernel = "linear_gemv"} {
  %0 = alex.fused(%x, %w, %b) : (!x, !w, tensor<10xf32>) -> !y {
  ^bb0(%c: !x, %d: !w, %e: tensor<10xf32>):
    %1 = alex.linear %c, %d, %e : (!x, !w, tensor<10xf32>) -> !y
    %2 = alex.relu %1 : (!y) -> !y
    alex.yield %2 : !y
  }
  return %0 : !y
}
}
