// RUN: alex-opt %s --alex-lower-kernels | FileCheck %s

// The shared loops on a GPU: a thread for each element or four of them, a warp for each row, a
// block for each channel.

module attributes {alex.target = "cuda", alex.gpu = "sm_90"} {

// CHECK: gpu.module @kernels
// 2 * 3 * 11 * 13 elements in blocks of 256 threads; the last one guards its end.
// CHECK-LABEL: gpu.func @relu
// CHECK-SAME: (%[[X:.*]]: memref<2x3x11x13xf32> {llvm.noalias}, %[[Y:.*]]: memref<2x3x11x13xf32> {llvm.noalias}) kernel
// CHECK-SAME: alexrt.comment = "first: (2, 3, 11, 13) -> (2, 3, 11, 13)", alexrt.kernel = "loops"
// CHECK-SAME: known_block_size = array<i32: 256, 1, 1>, known_grid_size = array<i32: 4, 1, 1>
// CHECK: %[[BLOCK:.*]] = gpu.block_id x
// CHECK: %[[BEGIN:.*]] = arith.muli %[[BLOCK]], %c256
// CHECK: %[[THREAD:.*]] = gpu.thread_id x
// CHECK: %[[ELEMENT:.*]] = arith.addi %[[BEGIN]], %[[THREAD]]
// CHECK: %[[EXISTS:.*]] = arith.cmpi slt, %[[ELEMENT]], %c858
// CHECK: scf.if %[[EXISTS]]
// CHECK: memref.load %[[X]]
// CHECK: memref.store {{.*}}, %[[Y]]
// CHECK: gpu.return
func.func private @relu(%x: tensor<2x3x11x13xf32>) -> tensor<2x3x11x13xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.relu %x {layer = "first"} : (tensor<2x3x11x13xf32>) -> tensor<2x3x11x13xf32>
  return %0 : tensor<2x3x11x13xf32>
}

// Where rows are made of fours, a thread has four neighbours: 2 * 3 * 11 * 12 / 4 of them.
// CHECK-LABEL: gpu.func @relu_in_fours
// CHECK-SAME: known_grid_size = array<i32: 1, 1, 1>
// CHECK: arith.cmpi slt, %{{.*}}, %c198
// CHECK: vector.load {{.*}} vector<4xf32>
// CHECK: arith.select {{.*}} vector<4xf32>
// CHECK: vector.store {{.*}} vector<4xf32>
func.func private @relu_in_fours(%x: tensor<2x3x11x12xf32>) -> tensor<2x3x11x12xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.relu %x : (tensor<2x3x11x12xf32>) -> tensor<2x3x11x12xf32>
  return %0 : tensor<2x3x11x12xf32>
}

// But not where each draws a random number.
// CHECK-LABEL: gpu.func @dropout
// CHECK-NOT: vector.load
func.func private @dropout(%x: tensor<2x12xf32>, %step: !alex.step) -> tensor<2x12xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.dropout %x, %step rate 0.5 form paper stream "drop" : (tensor<2x12xf32>, !alex.step) -> tensor<2x12xf32>
  return %0 : tensor<2x12xf32>
}

// Four rows of a block, whose threads share the maximum and the sum.
// CHECK-LABEL: gpu.func @softmax
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>, known_grid_size = array<i32: 2, 1, 1>
// CHECK: scf.if
// CHECK: scf.for %{{.*}} = %[[LANE:.*]] to %c10{{.*}} step %c32
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK: scf.for %{{.*}} = %[[LANE]] to %c10
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK: scf.for %{{.*}} = %[[LANE]] to %c10
// CHECK: arith.divf
// CHECK-NOT: gpu.barrier
func.func private @softmax(%x: tensor<5x10xf32>) -> tensor<5x10xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.softmax %x : (tensor<5x10xf32>) -> tensor<5x10xf32>
  return %0 : tensor<5x10xf32>
}

// The first thread of the row's warp writes the loss.
// CHECK-LABEL: gpu.func @loss
// CHECK-COUNT-10: gpu.shuffle xor
// CHECK: scf.if
// CHECK: arith.cmpi ult
// CHECK: memref.store {{.*}} : memref<5xf32>
func.func private @loss(%x: tensor<5x10xf32>, %labels: tensor<5xi32>) -> (tensor<5xf32>, tensor<5x10xf32>)
    attributes {alexrt.kernel = "loops"} {
  %0:2 = alex.softmax_cross_entropy %x, %labels : (tensor<5x10xf32>, tensor<5xi32>) -> (tensor<5xf32>, tensor<5x10xf32>)
  return %0#0, %0#1 : tensor<5xf32>, tensor<5x10xf32>
}

// A block for each channel: 98 numbers need 4 warps, the first thread adds their
// sums up.
// CHECK-LABEL: gpu.func @bias_grad
// CHECK-SAME: workgroup(%[[SUMS:.*]] : memref<4xf32, #gpu.address_space<workgroup>>)
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>, known_grid_size = array<i32: 3, 1, 1>
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK: memref.store {{.*}}, %[[SUMS]]
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK-COUNT-4: memref.load %[[SUMS]]
// CHECK: memref.store {{.*}} : memref<3xf32>
func.func private @bias_grad(%dy: tensor<2x3x7x7xf32>) -> tensor<3xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.bias_grad %dy : (tensor<2x3x7x7xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// New values take the place of the old ones: these buffers are not alone.
// CHECK-LABEL: gpu.func @update
// CHECK-SAME: (%{{.*}}: memref<8xf32>, %{{.*}}: memref<8xf32>, %{{.*}}: memref<8xf32> {llvm.noalias}, %{{.*}}: memref<8xi32> {llvm.noalias}, %{{.*}}: memref<8xf32>, %{{.*}}: memref<8xf32>)
// CHECK: math.fma
func.func private @update(%w: tensor<8xf32>, %v: tensor<8xf32>, %g: tensor<8xf32>, %step: !alex.step)
    -> (tensor<8xf32>, tensor<8xf32>) attributes {alexrt.kernel = "loops"} {
  %0:2 = alex.sgd_update %w, %v, %g, %step
    : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
  return %0#0, %0#1 : tensor<8xf32>, tensor<8xf32>
}
}
