// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

// A block of channels is one vector; a work item is a row; row 0 zeros the halo.
!blocked = tensor<2x16x7x9xf32, #alex.on<0, nchw8c>>
!pooled = tensor<2x16x3x4xf32, #alex.on<0, nchw8c halo [1, 0, 0, 0]>>
// CHECK-LABEL: func.func @pool
// CHECK-SAME: %[[X:.*]]: memref<2x2x7x9x8xf32>{{.*}}, %[[Y:.*]]: memref<2x2x4x4x8xf32>
// CHECK-SAME: alexrt.work = 12
// CHECK: scf.if
// CHECK: vector.store %cst{{.*}}, %[[Y]]
// CHECK-COUNT-9: vector.load %[[X]]{{.*}} vector<8xf32>
// CHECK-NOT: vector.load
// CHECK: vector.store {{.*}} %[[Y]]
func.func private @pool(%x: !blocked) -> !pooled attributes {alexrt.kernel = "loops"} {
  %0 = alex.max_pool %x window [3, 3] stride [2, 2] : (!blocked) -> !pooled
  return %0 : !pooled
}

// Elements outside the image: the nearest pixel stands in.
!plain = tensor<1x1x4x4xf32, #alex.on<0>>
// CHECK-LABEL: func.func @padded_pool
// CHECK: arith.maxsi
// CHECK: arith.minui
func.func private @padded_pool(%x: !plain) -> !plain attributes {alexrt.kernel = "loops"} {
  %0 = alex.max_pool %x window [3, 3] pad [1, 1, 1, 1] : (!plain) -> !plain
  return %0 : !plain
}

// The power of the paper's beta is two square roots, of neighbours by shuffles.
!channels = tensor<1x16x2x2xf32, #alex.on<0, nchw8c>>
// CHECK-LABEL: func.func @lrn
// CHECK-COUNT-4: vector.shuffle
// CHECK: %[[ROOT:.*]] = math.sqrt
// CHECK: math.sqrt %[[ROOT]]
// CHECK: arith.divf
func.func private @lrn(%x: !channels) -> !channels attributes {alexrt.kernel = "loops"} {
  %0 = alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 : (!channels) -> !channels
  return %0 : !channels
}

// A softmax needs the whole row: a row is one work item.
!row = tensor<3x96xf32, #alex.on<0>>
// CHECK-LABEL: func.func @softmax
// CHECK-SAME: alexrt.work = 3
// CHECK: vector.reduction <maxnumf>
// CHECK: vector.reduction <add>
func.func private @softmax(%x: !row) -> !row attributes {alexrt.kernel = "loops"} {
  %0 = alex.softmax %x : (!row) -> !row
  return %0 : !row
}

// What lies in memory otherwise goes number by number.
!filter = tensor<8x8x1x1xf32, #alex.on<0>>
!packed = tensor<8x8x1x1xf32, #alex.on<0, kcrs4c8k>>
// CHECK-LABEL: func.func @reorder
// CHECK-SAME: memref<1x2x1x1x4x8xf32>
// CHECK-SAME: alexrt.work = 2
// CHECK: memref.load
// CHECK: memref.store
func.func private @reorder(%x: !filter) -> !packed attributes {alexrt.kernel = "loops"} {
  %0 = alex.reorder %x : !filter to !packed
  return %0 : !packed
}
