// RUN: alex-opt %s --alex-fuse-conv-relu --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-conv-relu{max-epilogue-ops=1}))' | FileCheck %s --check-prefix=ONE
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-conv-relu{layers=conv4,conv5}))' | FileCheck %s --check-prefix=LAYERS

// CHECK-LABEL: @example
// CHECK: %[[FUSED:.*]] = alex.fused(%{{.*}}, %{{.*}}) {layer = "conv1+relu1"}
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<1x3x8x8xf32>, %[[W:.*]]: tensor<4x3x3x3xf32>):
// CHECK-NEXT: %[[CONV:.*]] = alex.conv2d %[[X]], %[[W]] {layer = "conv1"}
// CHECK-NEXT: %[[RELU:.*]] = alex.relu %[[CONV]] {layer = "relu1"}
// CHECK-NEXT: alex.yield %[[RELU]]
// CHECK: return %[[FUSED]]
// LAYERS-LABEL: @example
// LAYERS-NOT: alex.fused
func.func @example(%x: tensor<1x3x8x8xf32>, %w: tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32> {
  // expected-remark @+1 {{conv1: relu1 fused (saves 576 B per image)}}
  %conv1 = alex.conv2d %x, %w {layer = "conv1"} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>) -> tensor<1x4x6x6xf32>
  %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x6xf32>
  return %relu1 : tensor<1x4x6x6xf32>
}

// CHECK-LABEL: @grow_over_several_ops
// CHECK: alex.fused({{.*}}) {alex.keep, layer = "conv4+tanh4+scale4"}
// ONE-LABEL: @grow_over_several_ops
// ONE: alex.fused({{.*}}) {layer = "conv4+tanh4"}
// LAYERS-LABEL: @grow_over_several_ops
// LAYERS: "conv4+tanh4+scale4"
func.func @grow_over_several_ops(%x: tensor<2x1x2x2xf32>, %w: tensor<1x1x1x1xf32>, %b: tensor<1xf32>) -> tensor<2x4xf32> {
  // expected-remark @+2 {{conv4: tanh4 fused (saves 16 B per image)}}
  // expected-remark @+1 {{conv4+tanh4: scale4 fused (saves 16 B per image)}}
  %conv4 = alex.conv2d %x, %w, %b {layer = "conv4"} : (tensor<2x1x2x2xf32>, tensor<1x1x1x1xf32>, tensor<1xf32>) -> tensor<2x1x2x2xf32>
  %tanh4 = alex.tanh %conv4 {layer = "tanh4"} : (tensor<2x1x2x2xf32>) -> tensor<2x1x2x2xf32>
  %scale4 = alex.scale %tanh4 by 0.5 {alex.keep, layer = "scale4"} : (tensor<2x1x2x2xf32>) -> tensor<2x1x2x2xf32>
  %flat = alex.flatten %scale4 : (tensor<2x1x2x2xf32>) -> tensor<2x4xf32>
  return %flat : tensor<2x4xf32>
}

// CHECK-LABEL: @refuse_two_users
// CHECK-NOT: alex.fused
func.func @refuse_two_users(%x: tensor<1x1x2x2xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @+1 {{conv: not fused: result has 2 users}}
  %conv = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %relu = alex.relu %conv : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %sum = alex.add %conv, %relu : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %sum : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @refuse_result_of_entry
// CHECK-NOT: alex.fused
func.func @refuse_result_of_entry(%x: tensor<1x1x2x2xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @+1 {{alex.conv2d: not fused: its value is the result of the entry}}
  %conv = alex.conv2d %x, %w : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  return %conv : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @refuse_kept_value
// CHECK-NOT: alex.fused
func.func @refuse_kept_value(%x: tensor<1x1x2x2xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @+1 {{conv: not fused: its value is to be kept}}
  %conv = alex.conv2d %x, %w {alex.keep, layer = "conv"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %relu = alex.relu %conv : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %relu : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @refuse_second_op_of_its_own
// CHECK: alex.fused({{.*}}) {layer = "conv+relu"}
func.func @refuse_second_op_of_its_own(%x: tensor<1x1x2x2xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @+2 {{conv: relu fused}}
  // expected-remark @+1 {{conv+relu: not fused: tanh is to have a kernel of its own}}
  %conv = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %relu = alex.relu %conv {layer = "relu"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %tanh = alex.tanh %relu {alex.no_fuse, layer = "tanh"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %tanh : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @refuse_op_that_is_not_elementwise
// CHECK-NOT: alex.fused
func.func @refuse_op_that_is_not_elementwise(%x: tensor<1x1x2x2xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> {
  // expected-remark @+1 {{conv: not fused: alex.max_pool is not elementwise}}
  %conv = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %pool = alex.max_pool %conv window [2, 2] : (tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>
  return %pool : tensor<1x1x1x1xf32>
}

// CHECK-LABEL: @refuse_op_with_a_second_operand
// CHECK-NOT: alex.fused
func.func @refuse_op_with_a_second_operand(%x: tensor<1x1x2x2xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32> {
  // expected-remark @+1 {{conv: not fused: alex.add reads another value}}
  %conv = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %sum = alex.add %conv, %x : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  return %sum : tensor<1x1x2x2xf32>
}
