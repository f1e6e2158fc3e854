// RUN: alex-opt %s --alex-fuse-lrn-pool-grad --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-lrn-pool-grad{layers=pool9:grad}))' | FileCheck %s --check-prefix=NONE

// CHECK-LABEL: @example
// CHECK: %[[FUSED:.*]] = alex.fused(%{{.*}}) {layer = "pool1:grad+norm1:grad"}
// CHECK-NEXT: ^bb0(%[[DY:.*]]: tensor<1x8x3x3xf32>, %[[ARGMAX:.*]]: tensor<1x8x3x3xi8>, %[[X:.*]]: tensor<1x8x7x7xf32>):
// CHECK-NEXT: %[[POOL:.*]] = alex.max_pool_grad %[[DY]], %[[ARGMAX]]
// CHECK-NEXT: %[[NORM:.*]] = alex.lrn_grad %[[POOL]], %[[X]]
// CHECK-NEXT: alex.yield %[[NORM]]
// CHECK: return %[[FUSED]]
// NONE-NOT: alex.fused
func.func @example(%dy: tensor<1x8x3x3xf32>, %argmax: tensor<1x8x3x3xi8>, %x: tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32> {
  // expected-remark @below {{pool1:grad: norm1:grad fused (saves 1.6 kB per image)}}
  %0 = alex.max_pool_grad %dy, %argmax window [3, 3] stride [2, 2] {layer = "pool1:grad"} : (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi8>) -> tensor<1x8x7x7xf32>
  %1 = alex.lrn_grad %0, %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1:grad"} : (tensor<1x8x7x7xf32>, tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  return %1 : tensor<1x8x7x7xf32>
}

// CHECK-LABEL: @fuse_relu_grad_behind_lrn_grad
// CHECK: alex.fused({{.*}}) {layer = "pool+norm+relu"}
func.func @fuse_relu_grad_behind_lrn_grad(%dy: tensor<1x1x1x1xf32>, %argmax: tensor<1x1x1x1xi8>, %x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @+2 {{pool: norm fused}}
  // expected-remark @+1 {{pool+norm: relu fused}}
  %0 = alex.max_pool_grad %dy, %argmax window [2, 2] {layer = "pool"} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>) -> tensor<1x1x2x2xf32>
  %1 = alex.lrn_grad %0, %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %2 = alex.relu_grad %1, %x {layer = "relu"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %2 : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @refuse_window_within_a_channel
// CHECK-NOT: alex.fused
func.func @refuse_window_within_a_channel(%dy: tensor<1x1x1x1xf32>, %argmax: tensor<1x1x1x1xi8>, %x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @below {{alex.max_pool_grad: not fused: its window lies within one channel}}
  %0 = alex.max_pool_grad %dy, %argmax window [2, 2] : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>) -> tensor<1x1x2x2xf32>
  %1 = alex.lrn_grad %0, %x within size 3 k 2.0 alpha 1.0e-4 beta 0.75 : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @refuse_relu_grad_alone
// CHECK-NOT: alex.fused
func.func @refuse_relu_grad_alone(%dy: tensor<1x1x1x1xf32>, %argmax: tensor<1x1x1x1xi8>, %x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @below {{alex.max_pool_grad: not fused: alex.relu_grad is not a lrn_grad}}
  %0 = alex.max_pool_grad %dy, %argmax window [2, 2] : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>) -> tensor<1x1x2x2xf32>
  %1 = alex.relu_grad %0, %x : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @refuse_gradient_that_goes_elsewhere
// CHECK-NOT: alex.fused
func.func @refuse_gradient_that_goes_elsewhere(%dy: tensor<1x1x1x1xf32>, %argmax: tensor<1x1x1x1xi8>, %x: tensor<1x1x2x2xf32>) -> (tensor<1x1x2x2xf32>, tensor<1xf32>) {
  // expected-remark @below {{alex.max_pool_grad: not fused: result has 2 users}}
  %0 = alex.max_pool_grad %dy, %argmax window [2, 2] : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>) -> tensor<1x1x2x2xf32>
  %1 = alex.lrn_grad %0, %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %2 = alex.bias_grad %0 : (tensor<1x1x2x2xf32>) -> tensor<1xf32>
  return %1, %2 : tensor<1x1x2x2xf32>, tensor<1xf32>
}
