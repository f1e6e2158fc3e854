// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

!x = tensor<2x128x7x9xf32, #alex.on<0, nchw8c>>
!y = tensor<2x128x3x4xf32, #alex.on<0, nchw8c>>

// A work item is a plane; each row is normalised once, into a ring of three.
// CHECK-LABEL: func.func @lrn_pool
// CHECK-SAME: %[[X:.*]]: memref<2x16x7x9x8xf32>{{.*}}, %[[Y:.*]]: memref<2x16x3x4x8xf32>
// CHECK-SAME: alexrt.work = 32
// CHECK: %[[RING:.*]] = memref.alloca(){{.*}} memref<3x9x8xf32>
// CHECK: scf.for {{.*}} iter_args(%[[DONE:.*]] =
// CHECK: vector.load %[[X]]
// CHECK: math.sqrt
// CHECK: vector.store {{.*}} %[[RING]]
// CHECK-COUNT-9: vector.load %[[RING]]
// CHECK: vector.store {{.*}} %[[Y]]
func.func private @lrn_pool(%x: !x) -> !y attributes {alexrt.kernel = "lrn_pool"} {
  %0 = alex.fused(%x) : (!x) -> !y {
  ^bb0(%a: !x):
    %1 = alex.lrn %a across size 5 k 2.0 alpha 1.0e-4 beta 0.75 groups 2 : (!x) -> !x
    %2 = alex.max_pool %1 window [3, 3] stride [2, 2] : (!x) -> !y
    alex.yield %2 : !y
  }
  return %0 : !y
}
