// RUN: alex-opt %s --split-input-file --alex-lower-kernels=cpu=x86-64-v3 | FileCheck %s

// 11 columns: a vector of 8 and one of 3, each for 3 filters.
!x = tensor<2x2x4x12xf32, #alex.on<0, nchw halo [0, 1, 0, 1]>>
!w = tensor<3x2x2x4xf32, #alex.on<0>>
!y = tensor<2x3x3x11xf32, #alex.on<0>>
// CHECK-LABEL: func.func @rows(
// CHECK-SAME:    %[[X:.*]]: memref<2x2x4x14xf32>
// CHECK-SAME:    alexrt.work = 6
// CHECK:         scf.for {{.*}} -> ([[SUMS:vector<8xf32>, vector<8xf32>, vector<8xf32>]]) {
// CHECK:           vector.load %[[X]]{{.*}} vector<8xf32>
// CHECK:         scf.for {{.*}} -> (vector<3xf32>, vector<3xf32>, vector<3xf32>) {
// CHECK:           vector.load %[[X]]{{.*}} vector<3xf32>
func.func private @rows(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "conv_plain"} {
  %0 = alex.conv2d %x, %w pad [0, 1, 0, 1] : (!x, !w) -> !y
  return %0 : !y
}

// -----

// With a stride, windows are no neighbours: single numbers, two at a time.
!x = tensor<1x1x5x5xf32, #alex.on<0>>
!w = tensor<2x1x3x3xf32, #alex.on<0>>
!y = tensor<1x2x2x2xf32, #alex.on<0>>
// CHECK-LABEL: func.func @strided(
// CHECK-NOT:     vector.load
// CHECK:         scf.for {{.*}} -> (f32, f32, f32, f32) {
func.func private @strided(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "conv_plain"} {
  %0 = alex.conv2d %x, %w stride [2, 2] : (!x, !w) -> !y
  return %0 : !y
}
