// RUN: alex-opt %s --alex-fuse-relu-grad --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-relu-grad{max-epilogue-ops=0}))' | FileCheck %s --check-prefix=NONE

// CHECK-LABEL: @example
// CHECK: %[[FUSED:.*]] = alex.fused(%{{.*}}) {layer = "fc7:data_grad+relu6:grad"}
// CHECK-NEXT: ^bb0(%[[DY:.*]]: tensor<2x4xf32>, %[[W:.*]]: tensor<4x8xf32>, %[[Y:.*]]: tensor<2x8xf32>):
// CHECK-NEXT: %[[DX:.*]] = alex.linear_data_grad %[[DY]], %[[W]]
// CHECK-NEXT: %[[RELU:.*]] = alex.relu_grad %[[DX]], %[[Y]]
// CHECK-NEXT: alex.yield %[[RELU]]
// CHECK: return %[[FUSED]]
// NONE-NOT: alex.fused
func.func @example(%dy: tensor<2x4xf32>, %w: tensor<4x8xf32>, %y: tensor<2x8xf32>) -> tensor<2x8xf32> {
  // expected-remark @below {{fc7:data_grad: relu6:grad fused (saves 32 B per image)}}
  %0 = alex.linear_data_grad %dy, %w {layer = "fc7:data_grad"} : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  %1 = alex.relu_grad %0, %y {layer = "relu6:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  return %1 : tensor<2x8xf32>
}

// CHECK-LABEL: @fuse_dropout_and_relu
// CHECK: alex.fused({{.*}}) {layer = "fc+drop+relu"}
func.func @fuse_dropout_and_relu(%dy: tensor<2x4xf32>, %w: tensor<4x8xf32>, %y: tensor<2x8xf32>, %step: !alex.step) -> tensor<2x8xf32> {
  // expected-remark @+2 {{fc: drop fused}}
  // expected-remark @+1 {{fc+drop: relu fused}}
  %0 = alex.linear_data_grad %dy, %w {layer = "fc"} : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  %1 = alex.dropout %0, %step rate 0.5 form paper stream "d" {layer = "drop"} : (tensor<2x8xf32>, !alex.step) -> tensor<2x8xf32>
  %2 = alex.relu_grad %1, %y {layer = "relu"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  return %2 : tensor<2x8xf32>
}

// CHECK-LABEL: @fuse_behind_pools
// CHECK: alex.fused({{.*}}) {layer = "max+relu"}
// CHECK: alex.fused({{.*}}) {layer = "avg+tanh"}
func.func @fuse_behind_pools(%dy: tensor<1x1x1x1xf32>, %argmax: tensor<1x1x1x1xi8>, %y: tensor<1x1x2x2xf32>) -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) {
  // expected-remark @below {{max: relu fused}}
  %0 = alex.max_pool_grad %dy, %argmax window [2, 2] {layer = "max"} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>) -> tensor<1x1x2x2xf32>
  %1 = alex.relu_grad %0, %y {layer = "relu"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  // expected-remark @below {{avg: tanh fused}}
  %2 = alex.avg_pool_grad %dy window [2, 2] {layer = "avg"} : (tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %3 = alex.tanh_grad %2, %y {layer = "tanh"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %1, %3 : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
}

// The update of the weights that the first op reads stays behind it.
// CHECK-LABEL: @stand_before_the_update
// CHECK-NEXT: alex.fused({{.*}}) {layer = "data_grad+relu"}
// CHECK: alex.sgd_update
func.func @stand_before_the_update(%y: tensor<1x1xf32>, %w: tensor<1x1xf32>, %v: tensor<1x1xf32>, %step: !alex.step) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  // expected-remark @below {{data_grad: relu fused}}
  %0 = alex.linear_data_grad %y, %w {layer = "data_grad"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %w1, %v1 = alex.sgd_update %w, %v, %y, %step : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>, !alex.step) -> (tensor<1x1xf32>, tensor<1x1xf32>)
  %1 = alex.relu_grad %0, %y {layer = "relu"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1, %w1 : tensor<1x1xf32>, tensor<1x1xf32>
}

// CHECK-LABEL: @refuse_when_an_update_must_run_between
// CHECK-NOT: alex.fused
func.func @refuse_when_an_update_must_run_between(%y: tensor<1x1xf32>, %w: tensor<1x1xf32>, %v: tensor<1x1xf32>, %step: !alex.step) -> tensor<1x1xf32> {
  // expected-remark @below {{data_grad: not fused: w:update must run between the two}}
  %0 = alex.linear_data_grad %y, %w {layer = "data_grad"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %w1, %v1 = alex.sgd_update %w, %v, %y, %step {layer = "w:update"} : (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>, !alex.step) -> (tensor<1x1xf32>, tensor<1x1xf32>)
  %1 = alex.relu_grad %0, %w1 : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// CHECK-LABEL: @refuse_sum_of_gradients
// CHECK-NOT: alex.fused
func.func @refuse_sum_of_gradients(%dy: tensor<1x1xf32>, %w: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // expected-remark @below {{alex.linear_data_grad: not fused: alex.add reads another value}}
  %0 = alex.linear_data_grad %dy, %w : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = alex.add %0, %dy : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// CHECK-LABEL: @refuse_what_is_no_gradient
// CHECK-NOT: alex.fused
func.func @refuse_what_is_no_gradient(%dy: tensor<1x1xf32>, %w: tensor<1x1xf32>) -> tensor<1x1xf32> {
  // expected-remark @below {{alex.linear_data_grad: not fused: alex.relu is no gradient of an activation}}
  %0 = alex.linear_data_grad %dy, %w : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = alex.relu %0 : (tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}

// CHECK-LABEL: @refuse_behind_unflatten
// CHECK-NOT: alex.fused
func.func @refuse_behind_unflatten(%dy: tensor<1x4xf32>, %y: tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @below {{alex.unflatten: not fused: no kernel continues alex.unflatten with alex.relu_grad}}
  %0 = alex.unflatten %dy : (tensor<1x4xf32>) -> tensor<1x1x2x2xf32>
  %1 = alex.relu_grad %0, %y : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}
