// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-compress-transfers{precision=fp16})' --split-input-file --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s

// What crosses is rounded where it was, once for all devices that get it.
// CHECK: module attributes {alex.link_precision = "fp16"}
// CHECK-LABEL: @infer_2
// CHECK-SAME: (%[[X:.*]]: tensor<2x8xf32, #alex.on<0>>
// CHECK-NEXT: %[[A:.*]] = alex.relu %[[X]] {layer = "a"}
// CHECK-NEXT: %[[SENT:.*]] = alex.convert %[[A]] {layer = "a:compress"} : tensor<2x8xf32, #alex.on<0>> to tensor<2x8xf16, #alex.on<0>>
// CHECK-NEXT: %[[HALF1:.*]] = alex.transfer %[[SENT]] {layer = "a:transfer"} : tensor<2x8xf16, #alex.on<0>> to tensor<2x8xf16, #alex.on<1>>
// CHECK-NEXT: %[[A1:.*]] = alex.convert %[[HALF1]] {layer = "a:transfer:expand"} : tensor<2x8xf16, #alex.on<1>> to tensor<2x8xf32, #alex.on<1>>
// CHECK-NEXT: %[[HALF2:.*]] = alex.transfer %[[SENT]] {layer = "a:transfer"} : tensor<2x8xf16, #alex.on<0>> to tensor<2x8xf16, #alex.on<2>>
// CHECK-NEXT: %[[A2:.*]] = alex.convert %[[HALF2]]
// CHECK-NEXT: return %[[A1]], %[[A2]]
func.func @infer_2(%x: tensor<2x8xf32, #alex.on<0>> {alex.input})
    -> (tensor<2x8xf32, #alex.on<1>>, tensor<2x8xf32, #alex.on<2>>)
    attributes {alex.entry = "infer", alex.batch = 2 : i64} {
  %a = alex.relu %x {layer = "a"} : (tensor<2x8xf32, #alex.on<0>>) -> tensor<2x8xf32, #alex.on<0>>
  // expected-remark @+1 {{a:transfer: fp16, 32 B instead of 64 B}}
  %1 = alex.transfer %a {layer = "a:transfer"} : tensor<2x8xf32, #alex.on<0>> to tensor<2x8xf32, #alex.on<1>>
  // expected-remark @+1 {{a:transfer: fp16, 32 B instead of 64 B}}
  %2 = alex.transfer %a {layer = "a:transfer"} : tensor<2x8xf32, #alex.on<0>> to tensor<2x8xf32, #alex.on<2>>
  return %1, %2 : tensor<2x8xf32, #alex.on<1>>, tensor<2x8xf32, #alex.on<2>>
}

// -----

// Gradients, small as they are, are multiplied on their way in f16; bf16 has
// numbers as small. Refused: new values of copies of a parameter, which are to be
// equal, and what is not f32.
// CHECK-LABEL: @train_step_3
// CHECK: alex.convert %{{.*}} scale 6.400000e+01 {layer = "fc:filter_grad:compress"}
// CHECK: alex.convert %{{.*}} scale 1.562500e-02 {layer = "fc:filter_grad:transfer:expand"}
// CHECK-NOT: alex.convert
// CHECK: alex.transfer %{{.*}} {layer = "fc.weight:update:copy"} : tensor<4x8xf32, #alex.on<0>> to tensor<4x8xf32, #alex.on<1>> into
// CHECK-NOT: alex.convert
// CHECK: alex.transfer %{{.*}} : tensor<3xi32, #alex.on<0>> to tensor<3xi32, #alex.on<1>>
func.func @train_step_3(%g: tensor<4x8xf32, #alex.on<1>> {alex.gradient = "fc.weight"},
    %w: tensor<4x8xf32, #alex.on<0>> {alex.state = "fc.weight"},
    %w1: tensor<4x8xf32, #alex.on<1>> {alex.state = "fc.weight"},
    %labels: tensor<3xi32, #alex.on<0>> {alex.labels})
    -> (tensor<4x8xf32, #alex.on<0>>, tensor<4x8xf32, #alex.on<1>>, tensor<3xi32, #alex.on<1>>)
    attributes {alex.entry = "train_step", alex.batch = 3 : i64} {
  %a = alex.relu %g {layer = "fc:filter_grad"} : (tensor<4x8xf32, #alex.on<1>>) -> tensor<4x8xf32, #alex.on<1>>
  // expected-remark @+1 {{fc:filter_grad:transfer: fp16, 64 B instead of 128 B}}
  %0 = alex.transfer %a {layer = "fc:filter_grad:transfer"} : tensor<4x8xf32, #alex.on<1>> to tensor<4x8xf32, #alex.on<0>>
  %1 = alex.add %w, %0 : (tensor<4x8xf32, #alex.on<0>>, tensor<4x8xf32, #alex.on<0>>) -> tensor<4x8xf32, #alex.on<0>>
  // expected-remark @+1 {{fc.weight:update:copy: not compressed: copies of a parameter stay equal}}
  %2 = alex.transfer %1 {layer = "fc.weight:update:copy"} : tensor<4x8xf32, #alex.on<0>> to tensor<4x8xf32, #alex.on<1>> into %w1 : tensor<4x8xf32, #alex.on<1>>
  // expected-remark @+1 {{alex.transfer: not compressed: not of f32}}
  %3 = alex.transfer %labels : tensor<3xi32, #alex.on<0>> to tensor<3xi32, #alex.on<1>>
  return %1, %2, %3 : tensor<4x8xf32, #alex.on<0>>, tensor<4x8xf32, #alex.on<1>>, tensor<3xi32, #alex.on<1>>
}
