// RUN: alex-opt %s --alex-split-filter-grad='target=cuda' --verify-diagnostics --remarks-filter='.*' | FileCheck %s
// RUN: alex-opt %s --alex-split-filter-grad | FileCheck %s --check-prefix=CPU

// CPU-NOT: alex.sum_parts

// 4 * 32 * 64 terms: in four parts, none has fewer than 2048. What marks the gradient stays with the sum.
// CHECK-LABEL: @few_elements
// CHECK: %[[PARTS:.*]] = alex.conv2d_filter_grad %{{.*}}, %{{.*}} pad [1, 1, 1, 1] groups 2 parts 4 {layer = "conv1:filter_grad:parts"} : (tensor<4x2x32x64xf32>, tensor<4x8x32x64xf32>) -> tensor<32x1x3x3xf32>
// CHECK-NEXT: %[[SUM:.*]] = alex.sum_parts %[[PARTS]] parts 4 {alex.part = array<i64: 0, 8>, layer = "conv1:filter_grad"} : (tensor<32x1x3x3xf32>) -> tensor<8x1x3x3xf32>
// CHECK-NEXT: return %[[SUM]]
func.func @few_elements(%x: tensor<4x2x32x64xf32>, %dy: tensor<4x8x32x64xf32>) -> tensor<8x1x3x3xf32> {
  // expected-remark @+1 {{conv1:filter_grad: summed in 4 parts}}
  %0 = alex.conv2d_filter_grad %x, %dy pad [1, 1, 1, 1] groups 2 {alex.part = array<i64: 0, 8>, layer = "conv1:filter_grad"} : (tensor<4x2x32x64xf32>, tensor<4x8x32x64xf32>) -> tensor<8x1x3x3xf32>
  return %0 : tensor<8x1x3x3xf32>
}

// CHECK-LABEL: @few_terms
// CHECK-NOT: parts
func.func @few_terms(%x: tensor<4x2x8x8xf32>, %dy: tensor<4x8x8x8xf32>) -> tensor<8x2x1x1xf32> {
  %0 = alex.conv2d_filter_grad %x, %dy : (tensor<4x2x8x8xf32>, tensor<4x8x8x8xf32>) -> tensor<8x2x1x1xf32>
  return %0 : tensor<8x2x1x1xf32>
}

// CHECK-LABEL: @odd_images
// CHECK-NOT: parts
func.func @odd_images(%x: tensor<3x2x64x64xf32>, %dy: tensor<3x8x64x64xf32>) -> tensor<8x2x1x1xf32> {
  %0 = alex.conv2d_filter_grad %x, %dy : (tensor<3x2x64x64xf32>, tensor<3x8x64x64xf32>) -> tensor<8x2x1x1xf32>
  return %0 : tensor<8x2x1x1xf32>
}

// CHECK-LABEL: @many_elements
// CHECK-NOT: parts
func.func @many_elements(%x: tensor<2x20000x64x64xf32>, %dy: tensor<2x8x64x64xf32>) -> tensor<8x20000x1x1xf32> {
  %0 = alex.conv2d_filter_grad %x, %dy : (tensor<2x20000x64x64xf32>, tensor<2x8x64x64xf32>) -> tensor<8x20000x1x1xf32>
  return %0 : tensor<8x20000x1x1xf32>
}
