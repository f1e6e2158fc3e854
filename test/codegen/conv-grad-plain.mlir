// RUN: alex-opt %s --split-input-file --alex-lower-kernels=cpu=x86-64-v3 | FileCheck %s

// A row of dx is summed up on the stack, with the columns beside the image. 11
// columns of dy are a vector of 8 and one of 3.
!dy = tensor<2x3x3x11xf32, #alex.on<0>>
!w = tensor<3x2x2x4xf32, #alex.on<0>>
!dx = tensor<2x2x4x12xf32, #alex.on<0, nchw halo [1, 1, 1, 1]>>
// CHECK-LABEL: func.func @data(
// CHECK-SAME:    %[[DY:[a-z0-9]+]]: memref<2x3x3x11xf32>
// CHECK-SAME:    %[[DX:[a-z0-9]+]]: memref<2x2x6x14xf32>
// CHECK-SAME:    alexrt.work = 16
// CHECK:         %[[ROW:.*]] = memref.alloca() {{.*}} : memref<14xf32>
// CHECK:         vector.load %[[DY]]{{.*}} vector<8xf32>
// CHECK:         vector.store {{.*}}, %[[ROW]]{{.*}} vector<8xf32>
// CHECK:         vector.load %[[DY]]{{.*}} vector<3xf32>
// CHECK:         vector.store {{.*}}, %[[DX]]
func.func private @data(%dy: !dy, %w: !w) -> !dx attributes {alexrt.kernel = "conv_grad_plain"} {
  %0 = alex.conv2d_data_grad %dy, %w pad [0, 1, 0, 1] : (!dy, !w) -> !dx
  return %0 : !dx
}

// -----

// With a stride a pixel's window elements are every second row.
!dy = tensor<1x2x2x2xf32, #alex.on<0>>
!w = tensor<2x1x3x3xf32, #alex.on<0>>
!dx = tensor<1x1x5x5xf32, #alex.on<0>>
// CHECK-LABEL: func.func @strided_data(
// CHECK-DAG:     arith.divui
// CHECK-DAG:     arith.remui
// CHECK-NOT:     vector.load %arg0
func.func private @strided_data(%dy: !dy, %w: !w) -> !dx attributes {alexrt.kernel = "conv_grad_plain"} {
  %0 = alex.conv2d_data_grad %dy, %w stride [2, 2] : (!dy, !w) -> !dx
  return %0 : !dx
}

// -----

// The elements of a window's row share each vector of dy: 4 sums of 8 columns,
// then of the 3 that are left.
!x = tensor<2x2x4x12xf32, #alex.on<0, nchw halo [0, 1, 0, 1]>>
!dy = tensor<2x3x3x11xf32, #alex.on<0>>
!dw = tensor<3x2x2x4xf32, #alex.on<0>>
// CHECK-LABEL: func.func @filter(
// CHECK-SAME:    alexrt.work = 12
// CHECK:         scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>) {
// CHECK:         scf.for {{.*}} -> (f32, f32, f32, f32) {
// CHECK-COUNT-4: memref.store
func.func private @filter(%x: !x, %dy: !dy) -> !dw attributes {alexrt.kernel = "conv_grad_plain"} {
  %0 = alex.conv2d_filter_grad %x, %dy pad [0, 1, 0, 1] : (!x, !dy) -> !dw
  return %0 : !dw
}
