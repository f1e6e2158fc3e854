// RUN: alex-opt %s --alex-fuse-lrn-pool --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-lrn-pool{layers=norm9}))' | FileCheck %s --check-prefix=NONE

// CHECK-LABEL: @example
// CHECK: %[[FUSED:.*]] = alex.fused(%{{.*}}) {layer = "norm1+pool1"}
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<1x8x7x7xf32>):
// CHECK-NEXT: %[[NORM:.*]] = alex.lrn %[[X]]
// CHECK-NEXT: %[[POOL:.*]] = alex.max_pool %[[NORM]]
// CHECK-NEXT: alex.yield %[[POOL]]
// CHECK: return %[[FUSED]]
// NONE-NOT: alex.fused
func.func @example(%x: tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32> {
  // expected-remark @+1 {{norm1: pool1 fused (saves 1.6 kB per image)}}
  %norm1 = alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  %pool1 = alex.max_pool %norm1 window [3, 3] stride [2, 2] {layer = "pool1"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
  return %pool1 : tensor<1x8x3x3xf32>
}

// CHECK-LABEL: @fuse_elementwise_behind_pool
// CHECK: alex.fused({{.*}}) {layer = "norm+pool+relu"}
func.func @fuse_elementwise_behind_pool(%x: tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32> {
  // expected-remark @+2 {{norm: pool fused}}
  // expected-remark @+1 {{norm+pool: relu fused}}
  %norm = alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  %pool = alex.max_pool %norm window [3, 3] stride [2, 2] {layer = "pool"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
  %relu = alex.relu %pool {layer = "relu"} : (tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  return %relu : tensor<1x8x3x3xf32>
}

// CHECK-LABEL: @refuse_relu_behind_lrn
// CHECK-NOT: alex.fused
func.func @refuse_relu_behind_lrn(%x: tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32> {
  // expected-remark @+1 {{norm: not fused: alex.relu is not a max_pool}}
  %norm = alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  %relu = alex.relu %norm {layer = "relu"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  return %relu : tensor<1x8x7x7xf32>
}

// CHECK-LABEL: @refuse_two_pools
// CHECK-NOT: alex.fused
func.func @refuse_two_pools(%x: tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32> {
  // expected-remark @+1 {{norm: not fused: result has 2 users}}
  %norm = alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  %max = alex.max_pool %norm window [3, 3] stride [2, 2] : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
  %mean = alex.avg_pool %norm window [3, 3] stride [2, 2] : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
  %sum = alex.add %max, %mean : (tensor<1x8x3x3xf32>, tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32>
  return %sum : tensor<1x8x3x3xf32>
}

// CHECK-LABEL: @refuse_window_within_a_channel
// CHECK-NOT: alex.fused
func.func @refuse_window_within_a_channel(%x: tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32> {
  // expected-remark @+1 {{norm: not fused: its window lies within one channel}}
  %norm = alex.lrn %x within size 3 k 1.0 alpha 1.0e-4 beta 0.75 {layer = "norm"} : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
  %pool = alex.max_pool %norm window [3, 3] stride [2, 2] : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
  return %pool : tensor<1x8x3x3xf32>
}

// In training the places of the maxima are a second result of the kernel, and a
// relu behind the pool joins all the same.
// CHECK-LABEL: @keep_argmax
// CHECK: %[[FUSED:.*]]:2 = alex.fused({{.*}}) {layer = "norm+pool+relu"}
// CHECK: %[[POOL:.*]]:2 = alex.max_pool
// CHECK-NEXT: %[[RELU:.*]] = alex.relu %[[POOL]]#0
// CHECK-NEXT: alex.yield %[[RELU]], %[[POOL]]#1
// CHECK: alex.max_pool_grad %[[FUSED]]#0, %[[FUSED]]#1
func.func @keep_argmax(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @+2 {{norm: pool fused}}
  // expected-remark @+1 {{norm+pool: relu fused}}
  %norm = alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %pool, %argmax = alex.max_pool %norm window [2, 2] {layer = "pool"} : (tensor<1x1x2x2xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>)
  %relu = alex.relu %pool {layer = "relu"} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %back = alex.max_pool_grad %relu, %argmax window [2, 2] : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>) -> tensor<1x1x2x2xf32>
  return %back : tensor<1x1x2x2xf32>
}
