// RUN: alex-opt %s --alex-fuse-linear-relu --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-linear-relu{max-epilogue-ops=0}))' | FileCheck %s --check-prefix=NONE
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-linear-relu{layers=fc6}))' | FileCheck %s --check-prefix=OTHER
// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-fuse-linear-relu{layers=fc}))' | FileCheck %s --check-prefix=CHOSEN

// CHECK-LABEL: @example
// CHECK: %[[FUSED:.*]] = alex.fused(%{{.*}}, %{{.*}}) {layer = "fc6+relu6+drop6"}
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<1x8xf32>, %[[W:.*]]: tensor<4x8xf32>):
// CHECK-NEXT: %[[LINEAR:.*]] = alex.linear %[[X]], %[[W]]
// CHECK-NEXT: %[[RELU:.*]] = alex.relu %[[LINEAR]]
// CHECK-NEXT: %[[SCALE:.*]] = alex.scale %[[RELU]] by 5.0
// CHECK-NEXT: alex.yield %[[SCALE]]
// CHECK: return %[[FUSED]]
// NONE-NOT: alex.fused
func.func @example(%x: tensor<1x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x4xf32> {
  // expected-remark @+2 {{fc6: relu6 fused (saves 16 B per image)}}
  // expected-remark @+1 {{fc6+relu6: drop6 fused (saves 16 B per image)}}
  %fc6 = alex.linear %x, %w {layer = "fc6"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
  %relu6 = alex.relu %fc6 {layer = "relu6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %drop6 = alex.scale %relu6 by 0.5 {layer = "drop6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %drop6 : tensor<1x4xf32>
}

// CHECK-LABEL: @refuse_softmax
// CHECK-NOT: alex.fused
func.func @refuse_softmax(%x: tensor<1x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x4xf32> {
  // expected-remark @+1 {{fc8: not fused: alex.softmax is not elementwise}}
  %fc8 = alex.linear %x, %w {layer = "fc8"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
  %prob = alex.softmax %fc8 {layer = "prob"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  return %prob : tensor<1x4xf32>
}

// CHECK-LABEL: @refuse_two_users
// CHECK-NOT: alex.fused
func.func @refuse_two_users(%x: tensor<1x8xf32>, %w: tensor<4x8xf32>) -> tensor<1x4xf32> {
  // expected-remark @+1 {{fc6: not fused: result has 2 users}}
  %fc6 = alex.linear %x, %w {layer = "fc6"} : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
  %relu6 = alex.relu %fc6 {layer = "relu6"} : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %sum = alex.add %fc6, %relu6 : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x4xf32>
  return %sum : tensor<1x4xf32>
}

// In training the relu's gradient reads the dropout's value: the relu has no
// other reader left.
// CHECK-LABEL: @take_the_sign_from_the_dropout
// CHECK: %[[DROP:.*]] = alex.fused({{.*}}) {layer = "fc+relu+drop"}
// CHECK: %[[BACK:.*]] = alex.dropout %[[DROP]]
// CHECK-NEXT: alex.relu_grad %[[BACK]], %[[DROP]]
// CHOSEN-LABEL: @take_the_sign_from_the_dropout
// CHOSEN: %[[DROP:.*]] = alex.fused({{.*}}) {layer = "fc+relu+drop"}
// CHOSEN: alex.relu_grad %{{.*}}, %[[DROP]]
// OTHER-LABEL: @take_the_sign_from_the_dropout
// OTHER: %[[RELU:.*]] = alex.relu
// OTHER: alex.relu_grad %{{.*}}, %[[RELU]]
func.func @take_the_sign_from_the_dropout(%x: tensor<1x1xf32>, %w: tensor<1x1xf32>, %step: !alex.step) -> tensor<1x1xf32> {
  // expected-remark @+3 {{fc: relu fused}}
  // expected-remark @+2 {{fc+relu: drop fused}}
  // expected-remark @+1 {{fc+relu+drop: not fused: result has 2 users}}
  %fc = alex.linear %x, %w {layer = "fc"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %relu = alex.relu %fc {layer = "relu"} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  %drop = alex.dropout %relu, %step rate 0.5 form paper stream "d" {layer = "drop"} : (tensor<1x1xf32>, !alex.step) -> tensor<1x1xf32>
  %back = alex.dropout %drop, %step rate 0.5 form paper stream "d" : (tensor<1x1xf32>, !alex.step) -> tensor<1x1xf32>
  // expected-remark @+1 {{relu:grad: takes its sign from the value of drop}}
  %grad = alex.relu_grad %back, %relu {layer = "relu:grad"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %grad : tensor<1x1xf32>
}

// CHECK-LABEL: @keep_the_sign_where_numbers_differ
// CHECK: %[[RELU:.*]] = alex.fused({{.*}}) {layer = "fc+relu"}
// CHECK: alex.relu_grad %{{.*}}, %[[RELU]]
func.func @keep_the_sign_where_numbers_differ(%x: tensor<1x1xf32>, %w: tensor<1x1xf32>, %step: !alex.step) -> tensor<1x1xf32> {
  // expected-remark @+2 {{fc: relu fused}}
  // expected-remark @+1 {{fc+relu: not fused: result has 2 users}}
  %fc = alex.linear %x, %w {layer = "fc"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %relu = alex.relu %fc {layer = "relu"} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  %drop = alex.dropout %relu, %step rate 0.5 form paper stream "d" : (tensor<1x1xf32>, !alex.step) -> tensor<1x1xf32>
  %back = alex.dropout %drop, %step rate 0.5 form paper stream "e" : (tensor<1x1xf32>, !alex.step) -> tensor<1x1xf32>
  %grad = alex.relu_grad %back, %relu : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %grad : tensor<1x1xf32>
}

// Two pieces of one layer have different masks.
// CHECK-LABEL: @keep_the_sign_where_pieces_differ
// CHECK: %[[RELU:.*]] = alex.fused({{.*}}) {layer = "fc+relu"}
// CHECK: alex.relu_grad %{{.*}}, %[[RELU]]
func.func @keep_the_sign_where_pieces_differ(%x: tensor<1x1xf32>, %w: tensor<1x1xf32>, %step: !alex.step) -> tensor<1x1xf32> {
  // expected-remark @+2 {{fc: relu fused}}
  // expected-remark @+1 {{fc+relu: not fused: result has 2 users}}
  %fc = alex.linear %x, %w {layer = "fc"} : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %relu = alex.relu %fc {layer = "relu"} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  %drop = alex.dropout %relu, %step rate 0.5 form paper stream "d" : (tensor<1x1xf32>, !alex.step) -> tensor<1x1xf32>
  %back = alex.dropout %drop, %step rate 0.5 form paper stream "d" origin [1, 0] : (tensor<1x1xf32>, !alex.step) -> tensor<1x1xf32>
  %grad = alex.relu_grad %back, %relu : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  return %grad : tensor<1x1xf32>
}
