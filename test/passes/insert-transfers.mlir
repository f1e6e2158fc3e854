// RUN: alex-opt %s --pass-pipeline='builtin.module(func.func(alex-insert-transfers))' | FileCheck %s

// One transfer for a value and a device, right behind the value; none where
// operand and op are on one device, and none for the numbers of a step.
// CHECK-LABEL: @infer
// CHECK-SAME: (%[[X:.*]]: tensor<1x8xf32, #alex.on<0>>, %[[STEP:.*]]: !alex.step)
// CHECK-NEXT: %[[A:.*]] = alex.relu %[[X]] {layer = "a"}
// CHECK-NEXT: %[[A1:.*]] = alex.transfer %[[A]] {layer = "a:transfer"} : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf32, #alex.on<1>>
// CHECK-NEXT: %[[B:.*]] = alex.tanh %[[A]] {layer = "b"}
// CHECK-NEXT: %[[C:.*]] = alex.tanh %[[A1]] {layer = "c"}
// CHECK-NEXT: %[[D:.*]] = alex.sigmoid %[[A1]] {layer = "d"}
// CHECK-NEXT: %[[D0:.*]] = alex.transfer %[[D]] {layer = "d:transfer"} : tensor<1x8xf32, #alex.on<1>> to tensor<1x8xf32, #alex.on<0>>
// CHECK-NEXT: %[[E:.*]] = alex.add %[[B]], %[[D0]] {layer = "e"}
// CHECK-NEXT: %[[F:.*]] = alex.dropout %[[C]], %[[STEP]]
// CHECK-NEXT: return %[[E]], %[[F]]
func.func @infer(%x: tensor<1x8xf32, #alex.on<0>>, %step: !alex.step)
    -> (tensor<1x8xf32, #alex.on<0>>, tensor<1x8xf32, #alex.on<1>>) {
  %a = alex.relu %x {layer = "a"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  %b = alex.tanh %a {layer = "b"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  %c = alex.tanh %a {layer = "c"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<1>>
  %d = alex.sigmoid %a {layer = "d"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<1>>
  %e = alex.add %b, %d {layer = "e"}
    : (tensor<1x8xf32, #alex.on<0>>, tensor<1x8xf32, #alex.on<1>>) -> tensor<1x8xf32, #alex.on<0>>
  %f = alex.dropout %c, %step rate 0.5 form paper stream "f"
    : (tensor<1x8xf32, #alex.on<1>>, !alex.step) -> tensor<1x8xf32, #alex.on<1>>
  return %e, %f : tensor<1x8xf32, #alex.on<0>>, tensor<1x8xf32, #alex.on<1>>
}

// Transfers that are there already: one is enough, and none where nobody reads it.
// CHECK-LABEL: @transfers
// CHECK-NEXT: %[[X1:.*]] = alex.transfer
// CHECK-NEXT: %[[A:.*]] = alex.relu %[[X1]]
// CHECK-NEXT: %[[B:.*]] = alex.tanh %[[X1]]
// CHECK-NEXT: return %[[A]], %[[B]]
func.func @transfers(%x: tensor<1x8xf32, #alex.on<0>>)
    -> (tensor<1x8xf32, #alex.on<1>>, tensor<1x8xf32, #alex.on<1>>) {
  %0 = alex.transfer %x : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf32, #alex.on<1>>
  %1 = alex.transfer %x : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf32, #alex.on<1>>
  %2 = alex.transfer %x : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf32, #alex.on<2>>
  %a = alex.relu %0 : (tensor<1x8xf32, #alex.on<1>>) -> tensor<1x8xf32, #alex.on<1>>
  %b = alex.tanh %1 : (tensor<1x8xf32, #alex.on<1>>) -> tensor<1x8xf32, #alex.on<1>>
  return %a, %b : tensor<1x8xf32, #alex.on<1>>, tensor<1x8xf32, #alex.on<1>>
}

// The gradient of a transfer is a transfer back.
// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-differentiate)' | FileCheck %s --check-prefix=BACK
// BACK-LABEL: @gradients_1
// BACK: alex.transfer %{{.*}} {layer = "fc:transfer"} : tensor<1x3xf32, #alex.on<1>> to tensor<1x3xf32, #alex.on<0>>
// BACK: %[[DY:.*]] = alex.softmax_cross_entropy_grad
// BACK: alex.transfer %[[DY]] {layer = "fc:transfer:grad"} : tensor<1x3xf32, #alex.on<0>> to tensor<1x3xf32, #alex.on<1>>
func.func @gradients_1(%x: tensor<1x8xf32, #alex.on<1>> {alex.input}, %labels: tensor<1xi32, #alex.on<0>> {alex.labels},
    %w: tensor<3x8xf32, #alex.on<1>> {alex.state = "fc.weight"})
    -> (tensor<1xf32, #alex.on<0>> {alex.output = "loss"}, tensor<1x3xf32, #alex.on<0>> {alex.output = "prob"})
    attributes {alex.entry = "gradients", alex.batch = 1 : i64} {
  %fc = alex.linear %x, %w {layer = "fc"} : (tensor<1x8xf32, #alex.on<1>>, tensor<3x8xf32, #alex.on<1>>) -> tensor<1x3xf32, #alex.on<1>>
  %0 = alex.transfer %fc {layer = "fc:transfer"} : tensor<1x3xf32, #alex.on<1>> to tensor<1x3xf32, #alex.on<0>>
  %loss, %prob = alex.softmax_cross_entropy %0, %labels {layer = "prob"}
    : (tensor<1x3xf32, #alex.on<0>>, tensor<1xi32, #alex.on<0>>) -> (tensor<1xf32, #alex.on<0>>, tensor<1x3xf32, #alex.on<0>>)
  return %loss, %prob : tensor<1xf32, #alex.on<0>>, tensor<1x3xf32, #alex.on<0>>
}

// The gradient of a conversion is one back, by the same factor.
// BACK-LABEL: @gradients_2
// BACK: %[[DY:.*]] = alex.softmax_cross_entropy_grad
// BACK: %[[HALF:.*]] = alex.convert %[[DY]] scale 5.000000e-01 {layer = "up:grad"} : tensor<1x3xf32> to tensor<1x3xf16>
// BACK: alex.convert %[[HALF]] scale 2.000000e+00 {layer = "down:grad"} : tensor<1x3xf16> to tensor<1x3xf32>
func.func @gradients_2(%x: tensor<1x8xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels},
    %w: tensor<3x8xf32> {alex.state = "fc.weight"})
    -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x3xf32> {alex.output = "prob"})
    attributes {alex.entry = "gradients", alex.batch = 1 : i64} {
  %fc = alex.linear %x, %w {layer = "fc"} : (tensor<1x8xf32>, tensor<3x8xf32>) -> tensor<1x3xf32>
  %0 = alex.convert %fc scale 2.0 {layer = "down"} : tensor<1x3xf32> to tensor<1x3xf16>
  %1 = alex.convert %0 scale 0.5 {layer = "up"} : tensor<1x3xf16> to tensor<1x3xf32>
  %loss, %prob = alex.softmax_cross_entropy %1, %labels {layer = "prob"}
    : (tensor<1x3xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x3xf32>)
  return %loss, %prob : tensor<1xf32>, tensor<1x3xf32>
}
