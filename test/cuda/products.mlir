// RUN: alex-opt %s --alex-lower-kernels | FileCheck %s

// Products in tiles: two stages of each operand in shared memory, the sums of a
// thread in registers, one barrier a stage.

!x = tensor<2x40x8x8xf32>
!w = tensor<70x40x3x3xf32>
!b = tensor<70xf32>
!y = tensor<2x70x8x8xf32>

module attributes {alex.target = "cuda"} {
// 70 filters times 128 pixels in tiles of 32 x 32. A stage has one element of the
// window in 10 of 40 channels: 36 stages, each of which loads the next.
// CHECK-LABEL: gpu.func @conv
// CHECK-SAME: (%[[X:.*]]: memref<2x40x8x8xf32> {llvm.noalias}, %[[W:.*]]: memref<70x40x3x3xf32> {llvm.noalias}, %[[B:.*]]: memref<70xf32> {llvm.noalias}, %[[Y:.*]]: memref<2x70x8x8xf32> {llvm.noalias})
// CHECK-SAME: workgroup(%[[FILTERS:.*]] : memref<2x10x36xf32, #gpu.address_space<workgroup>>, %[[WINDOWS:.*]] : memref<2x10x36xf32, #gpu.address_space<workgroup>>)
// CHECK: memref.load %[[W]]
// CHECK: memref.load %[[X]]
// CHECK: memref.store {{.*}}, %[[FILTERS]]
// CHECK: memref.store {{.*}}, %[[WINDOWS]]
// CHECK: gpu.barrier
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c36
// CHECK: memref.load %[[W]]
// CHECK: memref.load %[[X]]
// CHECK: vector.load %[[FILTERS]]{{.*}} vector<4xf32>
// CHECK: vector.load %[[WINDOWS]]{{.*}} vector<4xf32>
// CHECK: math.fma
// CHECK: } {alexrt.unroll}
// CHECK: memref.store {{.*}}, %[[FILTERS]]
// CHECK: memref.store {{.*}}, %[[WINDOWS]]
// CHECK: gpu.barrier
// CHECK: memref.load %[[B]]
// CHECK: arith.cmpf
// CHECK: memref.store {{.*}}, %[[Y]]
func.func private @conv(%x: !x, %w: !w, %b: !b) -> !y attributes {alexrt.kernel = "conv_gemm"} {
  %0 = alex.fused(%x, %w, %b) : (!x, !w, !b) -> !y {
  ^bb0(%c: !x, %d: !w, %e: !b):
    %1 = alex.conv2d %c, %d, %e pad [1, 1, 1, 1] : (!x, !w, !b) -> !y
    %2 = alex.relu %1 : (!y) -> !y
    alex.yield %2 : !y
  }
  return %0 : !y
}

// A group of channels is a layer of the grid.
// CHECK-LABEL: gpu.func @groups
// CHECK-SAME: known_grid_size = array<i32: {{[0-9]+}}, 1, 2>
// CHECK: gpu.block_id z
func.func private @groups(%dy: tensor<2x6x3x4xf32>, %w: tensor<6x2x3x3xf32>) -> tensor<2x4x7x9xf32>
    attributes {alexrt.kernel = "conv_gemm"} {
  %0 = alex.conv2d_data_grad %dy, %w stride [2, 3] pad [1, 2, 0, 1] groups 2
    : (tensor<2x6x3x4xf32>, tensor<6x2x3x3xf32>) -> tensor<2x4x7x9xf32>
  return %0 : tensor<2x4x7x9xf32>
}

// So is a group of each part of the images.
// CHECK-LABEL: gpu.func @parts
// CHECK-SAME: known_grid_size = array<i32: {{[0-9]+}}, 1, 4>
// CHECK: %[[GROUP:.*]] = gpu.block_id z
// CHECK: arith.divui %[[GROUP]], %c2
func.func private @parts(%x: tensor<6x4x5x5xf32>, %dy: tensor<6x6x5x5xf32>) -> tensor<12x2x3x3xf32>
    attributes {alexrt.kernel = "conv_gemm"} {
  %0 = alex.conv2d_filter_grad %x, %dy pad [1, 1, 1, 1] groups 2 parts 2
    : (tensor<6x4x5x5xf32>, tensor<6x6x5x5xf32>) -> tensor<12x2x3x3xf32>
  return %0 : tensor<12x2x3x3xf32>
}
}
