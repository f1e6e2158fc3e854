// RUN: alex-opt %s --alex-fuse-update --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-update{layers=fc9:filter_grad}))' | FileCheck %s --check-prefix=NONE

// CHECK-LABEL: @example
// CHECK: %[[FUSED:.*]]:2 = alex.fused(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) {layer = "fc6:filter_grad+fc6.weight:update"}
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<2x8xf32>, %[[DY:.*]]: tensor<2x4xf32>, %[[W:.*]]: tensor<4x8xf32>, %[[V:.*]]: tensor<4x8xf32>, %[[STEP:.*]]: !alex.step):
// CHECK-NEXT: %[[DW:.*]] = alex.linear_filter_grad %[[X]], %[[DY]]
// CHECK-NEXT: %[[NEW:.*]]:2 = alex.sgd_update %[[W]], %[[V]], %[[DW]], %[[STEP]]
// CHECK-NEXT: alex.yield %[[NEW]]#0, %[[NEW]]#1
// CHECK: return %[[FUSED]]#0, %[[FUSED]]#1
// NONE-NOT: alex.fused
func.func @example(%x: tensor<2x8xf32>, %dy: tensor<2x4xf32>, %w: tensor<4x8xf32>, %v: tensor<4x8xf32>, %step: !alex.step) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  // expected-remark @below {{fc6:filter_grad: fc6.weight:update fused (saves 128 B per step)}}
  %dw = alex.linear_filter_grad %x, %dy {layer = "fc6:filter_grad"} : (tensor<2x8xf32>, tensor<2x4xf32>) -> tensor<4x8xf32>
  %w1, %v1 = alex.sgd_update %w, %v, %dw, %step {layer = "fc6.weight:update"} : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, !alex.step) -> (tensor<4x8xf32>, tensor<4x8xf32>)
  return %w1, %v1 : tensor<4x8xf32>, tensor<4x8xf32>
}

// The kernel stands behind the last reader of the old value.
// CHECK-LABEL: @stand_where_the_update_stood
// CHECK: alex.conv2d_data_grad
// CHECK-NEXT: alex.fused({{.*}}) {layer = "filter_grad+w:update"}
func.func @stand_where_the_update_stood(%x: tensor<1x1x1x1xf32>, %w: tensor<1x1x1x1xf32>, %v: tensor<1x1x1x1xf32>, %step: !alex.step) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) {
  // expected-remark @below {{filter_grad: w:update fused}}
  %dw = alex.conv2d_filter_grad %x, %x {layer = "filter_grad"} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %dx = alex.conv2d_data_grad %x, %w : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %w1, %v1 = alex.sgd_update %w, %v, %dw, %step {layer = "w:update"} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, !alex.step) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>)
  return %dx, %w1 : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
}

// Parts are added in the kernel of the update.
// CHECK-LABEL: @sum_of_parts
// CHECK: alex.conv2d_filter_grad {{.*}} parts 2
// CHECK-NEXT: alex.fused
// CHECK: alex.sum_parts
// CHECK-NEXT: alex.sgd_update
func.func @sum_of_parts(%x: tensor<2x1x1x1xf32>, %w: tensor<1x1x1x1xf32>, %v: tensor<1x1x1x1xf32>, %step: !alex.step) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) {
  %0 = alex.conv2d_filter_grad %x, %x parts 2 {layer = "filter_grad:parts"} : (tensor<2x1x1x1xf32>, tensor<2x1x1x1xf32>) -> tensor<2x1x1x1xf32>
  // expected-remark @below {{filter_grad: w:update fused}}
  %dw = alex.sum_parts %0 parts 2 {layer = "filter_grad"} : (tensor<2x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %w1, %v1 = alex.sgd_update %w, %v, %dw, %step {layer = "w:update"} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, !alex.step) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>)
  return %w1, %v1 : tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>
}

// An entry that only returns gradients has missed nothing.
// CHECK-LABEL: @gradients
// CHECK-NOT: alex.fused
func.func @gradients(%dy: tensor<2x4xf32>) -> tensor<4xf32> {
  %db = alex.bias_grad %dy {layer = "bias_grad"} : (tensor<2x4xf32>) -> tensor<4xf32>
  return %db : tensor<4xf32>
}

// CHECK-LABEL: @refuse_gradient_that_is_returned
// CHECK-NOT: alex.fused
func.func @refuse_gradient_that_is_returned(%dy: tensor<2x4xf32>, %b: tensor<4xf32>, %v: tensor<4xf32>, %step: !alex.step) -> (tensor<4xf32>, tensor<4xf32>) {
  // expected-remark @below {{bias_grad: not fused: its value is the result of the entry}}
  %db = alex.bias_grad %dy {layer = "bias_grad"} : (tensor<2x4xf32>) -> tensor<4xf32>
  %b1, %v1 = alex.sgd_update %b, %v, %db, %step : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, !alex.step) -> (tensor<4xf32>, tensor<4xf32>)
  return %b1, %db : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @refuse_sum_of_gradients
// CHECK-NOT: alex.fused
func.func @refuse_sum_of_gradients(%dy: tensor<2x4xf32>, %b: tensor<4xf32>, %v: tensor<4xf32>, %step: !alex.step) -> (tensor<4xf32>, tensor<4xf32>) {
  // expected-remark @below {{alex.bias_grad: not fused: alex.add reads another value}}
  %a = alex.bias_grad %dy : (tensor<2x4xf32>) -> tensor<4xf32>
  %sum = alex.add %a, %a : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b1, %v1 = alex.sgd_update %b, %v, %b, %step : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, !alex.step) -> (tensor<4xf32>, tensor<4xf32>)
  return %sum, %b1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @refuse_what_is_no_update
// CHECK-NOT: alex.fused
func.func @refuse_what_is_no_update(%dy: tensor<2x4xf32>, %b: tensor<4xf32>, %v: tensor<4xf32>, %step: !alex.step) -> (tensor<4xf32>, tensor<4xf32>) {
  // expected-remark @below {{alex.bias_grad: not fused: alex.relu is no update}}
  %a = alex.bias_grad %dy : (tensor<2x4xf32>) -> tensor<4xf32>
  %relu = alex.relu %a : (tensor<4xf32>) -> tensor<4xf32>
  %b1, %v1 = alex.sgd_update %b, %v, %b, %step : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, !alex.step) -> (tensor<4xf32>, tensor<4xf32>)
  return %relu, %b1 : tensor<4xf32>, tensor<4xf32>
}
