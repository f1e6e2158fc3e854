// RUN: alex-opt %s --split-input-file --alex-lower-kernels=cpu=x86-64-v3 | FileCheck %s

// 13 columns: one tile of 5 and two of 4, each times 2 vectors of filters. The
// sums start at the bias and stay in registers for the whole window.
!x8 = tensor<1x8x13x13xf32, #alex.on<0, nchw8c halo [1, 1, 1, 1]>>
!w8 = tensor<16x8x3x3xf32, #alex.on<0, kcrs8c16k>>
!y8 = tensor<1x16x13x13xf32, #alex.on<0, nchw8c>>
// CHECK-LABEL: func.func @blocked(
// CHECK-SAME:    %[[X:.*]]: memref<1x1x15x15x8xf32> {{.*}}, %[[W:.*]]: memref<1x1x3x3x8x16xf32> {{.*}}, %[[B:.*]]: memref<16xf32> {{.*}}, %[[Y:.*]]: memref<1x2x13x13x8xf32>
// CHECK-SAME:    alexrt.work = 13
// CHECK:          vector.load %[[B]]
// CHECK:          scf.for {{.*}} iter_args({{.*}}) -> ([[SUMS:vector<8xf32>(, vector<8xf32>){9}]]) {
// CHECK:            scf.for {{.*}} -> ([[SUMS]]) {
// CHECK:              scf.for {{.*}} -> ([[SUMS]]) {
// CHECK-COUNT-2:        vector.load %[[W]]
// CHECK-COUNT-5:        memref.load %[[X]]
// CHECK:          vector.store {{.*}}, %[[Y]]
// CHECK:          scf.for {{.*}} iter_args({{.*}}) -> (vector<8xf32>{{(, vector<8xf32>){7}[)]}} {
func.func private @blocked(%x: !x8, %w: !w8, %b: tensor<16xf32>) -> !y8
    attributes {alexrt.kernel = "conv_direct"} {
  %0 = alex.conv2d %x, %w, %b pad [1, 1, 1, 1] : (!x8, !w8, tensor<16xf32>) -> !y8
  return %0 : !y8
}

// -----

// Few channels lie in the logical order. Four rows of 3 columns are one tile.
!x1 = tensor<1x3x8x10xf32, #alex.on<0, nchw halo [0, 0, 1, 1]>>
!w1 = tensor<8x3x3x3xf32, #alex.on<0, kcrs8k>>
!y1 = tensor<1x8x4x3xf32, #alex.on<0, nchw8c halo [1, 1, 1, 1]>>
// CHECK-LABEL: func.func @first_layer(
// CHECK-SAME:    %[[X:.*]]: memref<1x3x9x11xf32> {{.*}}, %[[W:.*]]: memref<1x3x3x3x1x8xf32> {{.*}}, %[[Y:.*]]: memref<1x1x6x5x8xf32>
// CHECK-SAME:    alexrt.work = 1
// CHECK:         scf.for {{.*}} -> (vector<8xf32>{{(, vector<8xf32>){11}[)]}} {
// CHECK:         %[[LARGER:.*]] = arith.cmpf ogt
// CHECK-NEXT:    arith.select %[[LARGER]]
// CHECK:         scf.if
func.func private @first_layer(%x: !x1, %w: !w1) -> !y1 attributes {alexrt.kernel = "conv_direct"} {
  %0 = alex.fused(%x, %w) : (!x1, !w1) -> !y1 {
  ^bb0(%a: !x1, %c: !w1):
    %1 = alex.conv2d %a, %c stride [2, 3] pad [0, 0, 1, 1] : (!x1, !w1) -> tensor<1x8x4x3xf32>
    %2 = alex.relu %1 : (tensor<1x8x4x3xf32>) -> tensor<1x8x4x3xf32>
    alex.yield %2 : tensor<1x8x4x3xf32>
  }
  return %0 : !y1
}
