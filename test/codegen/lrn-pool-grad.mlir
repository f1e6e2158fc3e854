// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

!dy = tensor<2x16x3x4xf32, #alex.on<0, nchw8c>>
!argmax = tensor<2x16x3x4xi8, #alex.on<0, nchw8c>>
!x = tensor<2x16x7x9xf32, #alex.on<0, nchw8c>>

// A work item is a row of an image. Nothing of the image's size lies between pool
// and normalisation: one row of one channel block, two of all blocks.
// CHECK-LABEL: func.func @lrn_pool_grad(
// CHECK-SAME:    %[[DY:.*]]: memref<2x2x3x4x8xf32>{{.*}}, %[[ARGMAX:.*]]: memref<2x2x3x4x8xi8>{{.*}}, %[[X:.*]]: memref<2x2x7x9x8xf32>{{.*}}, %[[DX:.*]]: memref<2x2x7x9x8xf32>
// CHECK-SAME:    alexrt.work = 14
// CHECK-DAG:     %[[SPREAD:.*]] = memref.alloca(){{.*}} memref<9x8xf32>
// CHECK-DAG:     memref.alloca(){{.*}} memref<2x9x8xf32>
// CHECK-DAG:     memref.alloca(){{.*}} memref<2x9x8xf32>
// CHECK:         vector.load %[[DY]]
// CHECK:         vector.load %[[ARGMAX]]
// CHECK-COUNT-3: vector.store {{.*}}, %[[SPREAD]]
// CHECK:         vector.load %[[X]]
// CHECK:         math.sqrt
// CHECK:         arith.divf
// CHECK-NOT:     arith.divf
// CHECK:         arith.cmpf ogt
// CHECK:         vector.store {{.*}}, %[[DX]]
func.func private @lrn_pool_grad(%dy: !dy, %argmax: !argmax, %x: !x) -> !x
    attributes {alexrt.kernel = "lrn_pool_grad"} {
  %0 = alex.fused(%dy, %argmax, %x) : (!dy, !argmax, !x) -> !x {
  ^bb0(%a: !dy, %b: !argmax, %c: !x):
    %1 = alex.max_pool_grad %a, %b window [3, 3] stride [2, 2] : (!dy, !argmax) -> !x
    %2 = alex.lrn_grad %1, %c across size 5 k 2.0 alpha 1.0e-4 beta 0.75 : (!x, !x) -> !x
    %3 = alex.relu_grad %2, %c : (!x, !x) -> !x
    alex.yield %3 : !x
  }
  return %0 : !x
}
