// RUN: alex-opt %s --split-input-file --alex-lower-kernels=cpu=x86-64-v3 | FileCheck %s

// 3 window elements x 8 channels are 4 tiles of 6, each times two vectors of
// filters. The item's sums lie on the stack.
!x = tensor<2x8x13x13xf32, #alex.on<0, nchw8c halo [1, 1, 1, 1]>>
!dy = tensor<2x16x13x13xf32, #alex.on<0, nchw8c>>
!dw = tensor<16x8x3x3xf32, #alex.on<0>>
// CHECK-LABEL: func.func @blocked(
// CHECK-SAME:    %[[X:.*]]: memref<2x1x15x15x8xf32> {{.*}}, %[[DY:.*]]: memref<2x2x13x13x8xf32> {{.*}}, %[[DW:.*]]: memref<16x8x3x3xf32>
// CHECK-SAME:    alexrt.work = 3
// CHECK:         %[[SUMS:.*]] = memref.alloca() {{.*}} : memref<3x24x16xf32>
// CHECK:         scf.for {{.*}} -> (vector<8xf32>{{(, vector<8xf32>){11}[)]}} {
// CHECK-COUNT-2:   vector.load %[[DY]]
// CHECK-COUNT-6:   memref.load %[[X]]
// CHECK:         vector.store {{.*}}, %[[SUMS]]
// CHECK:         memref.store {{.*}}, %[[DW]]
func.func private @blocked(%x: !x, %dy: !dy) -> !dw attributes {alexrt.kernel = "conv_filter_grad"} {
  %0 = alex.conv2d_filter_grad %x, %dy pad [1, 1, 1, 1] : (!x, !dy) -> !dw
  return %0 : !dw
}

// -----

// Few channels lie in the logical order: the elements of a row of one channel.
!x = tensor<2x3x9x9xf32, #alex.on<0>>
!dy = tensor<2x8x3x3xf32, #alex.on<0, nchw8c>>
!dw = tensor<8x3x5x5xf32, #alex.on<0>>
// CHECK-LABEL: func.func @first_layer(
// CHECK-SAME:    alexrt.work = 15
// CHECK:         memref.alloca() {{.*}} : memref<15x5x8xf32>
// CHECK:         scf.for {{.*}} -> (vector<8xf32>{{(, vector<8xf32>){4}[)]}} {
func.func private @first_layer(%x: !x, %dy: !dy) -> !dw attributes {alexrt.kernel = "conv_filter_grad"} {
  %0 = alex.conv2d_filter_grad %x, %dy stride [2, 2] : (!x, !dy) -> !dw
  return %0 : !dw
}
