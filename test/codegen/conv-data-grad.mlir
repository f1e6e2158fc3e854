// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 | FileCheck %s

// A convolution of dy with 2 groups of 16 channels: two vectors of channels for
// each of 5 or 4 pixels, 8 filters of the group at a time.
!dy = tensor<1x16x13x13xf32, #alex.on<0, nchw8c halo [1, 1, 1, 1]>>
!w = tensor<16x16x3x3xf32, #alex.on<0, ckrs8k16c>>
!dx = tensor<1x32x13x13xf32, #alex.on<0, nchw8c>>
// CHECK-LABEL: func.func @conv(
// CHECK-SAME:    %[[DY:.*]]: memref<1x2x15x15x8xf32> {{.*}}, %[[W:.*]]: memref<1x2x3x3x8x16xf32> {{.*}}, %[[DX:.*]]: memref<1x4x13x13x8xf32>
// CHECK-SAME:    alexrt.work = 26
// CHECK:         scf.for {{.*}} -> ([[SUMS:vector<8xf32>(, vector<8xf32>){9}]]) {
// CHECK-COUNT-2:   vector.load %[[W]]
// CHECK-COUNT-5:   memref.load %[[DY]]
// CHECK:         vector.store {{.*}}, %[[DX]]
func.func private @conv(%dy: !dy, %w: !w) -> !dx attributes {alexrt.kernel = "conv_data_grad"} {
  %0 = alex.conv2d_data_grad %dy, %w pad [1, 1, 1, 1] groups 2 : (!dy, !w) -> !dx
  return %0 : !dx
}
