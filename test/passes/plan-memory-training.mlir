// RUN: alex-opt %s --alex-plan-memory --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-plan-memory,alex-verify-phase{phase=plan-memory})' | FileCheck %s

module attributes {alex.network = {params = [{name = "a"}, {name = "w"}]}} {

// Labels lie behind the images; new values lie where the old ones do.
// CHECK-LABEL: @train_step_32
// CHECK-SAME: {alex.at = #alex.at<io, 0>, alex.input}
// CHECK-SAME: {alex.at = #alex.at<io, 128>, alex.labels}
// CHECK-SAME: {alex.at = #alex.at<step, 0>}
// CHECK-SAME: {alex.at = #alex.at<param, 1>, alex.state = "w"}
// CHECK-SAME: {alex.at = #alex.at<momentum, 1>, alex.momentum = "w"}
// CHECK-SAME: alex.scratch = 192 : i64
// CHECK: alex.linear {{.*}} [#alex.at<scratch, [[LOGITS:.*]]>]
// CHECK-NEXT: alex.softmax_cross_entropy {{.*}} [#alex.at<io, 256>, #alex.at<io, 384>]
// CHECK-NEXT: alex.softmax_cross_entropy_grad {{.*}} [#alex.at<scratch, [[DY:.*]]>]
// CHECK-NEXT: alex.linear_filter_grad {{.*}} [#alex.at<scratch,
// CHECK-NEXT: alex.sgd_update {{.*}} [#alex.at<param, 1>, #alex.at<momentum, 1>]
// expected-remark @below {{train_step_32: 192 B of scratch for 3 values; at least 192 B are alive at once; peak 712 B with inputs, parameters and momenta}}
func.func @train_step_32(%x: tensor<32x1xf32, #alex.on<0>> {alex.input}, %labels: tensor<32xi32, #alex.on<0>> {alex.labels}, %step: !alex.step, %w: tensor<1x1xf32, #alex.on<0>> {alex.state = "w"}, %v: tensor<1x1xf32, #alex.on<0>> {alex.momentum = "w"})
    -> (tensor<32xf32, #alex.on<0>> {alex.output = "loss"}, tensor<32x1xf32, #alex.on<0>> {alex.output = "prob"}, tensor<1x1xf32, #alex.on<0>> {alex.state = "w"}, tensor<1x1xf32, #alex.on<0>> {alex.momentum = "w"}) attributes {alex.entry = "train_step", alex.batch = 32 : i64} {
  %0 = alex.linear %x, %w {alex.kernel = "loops"} : (tensor<32x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>) -> tensor<32x1xf32, #alex.on<0>>
  %loss, %prob = alex.softmax_cross_entropy %0, %labels {alex.kernel = "loops"} : (tensor<32x1xf32, #alex.on<0>>, tensor<32xi32, #alex.on<0>>) -> (tensor<32xf32, #alex.on<0>>, tensor<32x1xf32, #alex.on<0>>)
  %dy = alex.softmax_cross_entropy_grad %loss, %prob, %labels {alex.kernel = "loops"} : (tensor<32xf32, #alex.on<0>>, tensor<32x1xf32, #alex.on<0>>, tensor<32xi32, #alex.on<0>>) -> tensor<32x1xf32, #alex.on<0>>
  %dw = alex.linear_filter_grad %x, %dy {alex.kernel = "loops"} : (tensor<32x1xf32, #alex.on<0>>, tensor<32x1xf32, #alex.on<0>>) -> tensor<1x1xf32, #alex.on<0>>
  %w1, %v1 = alex.sgd_update %w, %v, %dw, %step {alex.kernel = "loops"} : (tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>, !alex.step) -> (tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>)
  return %loss, %prob, %w1, %v1 : tensor<32xf32, #alex.on<0>>, tensor<32x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>
}

// A fused update ties its results, too; plain rows seen as images are a view.
// CHECK-LABEL: @fused_update
// CHECK: alex.relu {{.*}} [#alex.at<scratch, 0>]
// CHECK-NEXT: alex.unflatten {{.*}} [#alex.at<scratch, 0>]
// CHECK-NEXT: alex.fused({{.*}}) {alex.at = [#alex.at<param, 0>, #alex.at<momentum, 0>]
// expected-remark @below {{fused_update: 64 B of scratch for 1 values}}
func.func @fused_update(%x: tensor<1x1xf32, #alex.on<0>> {alex.input}, %step: !alex.step, %a: tensor<1xf32, #alex.on<0>> {alex.state = "a"}, %v: tensor<1xf32, #alex.on<0>> {alex.momentum = "a"})
    -> (tensor<1xf32, #alex.on<0>> {alex.state = "a"}, tensor<1xf32, #alex.on<0>> {alex.momentum = "a"}) attributes {alex.entry = "train_step"} {
  %relu = alex.relu %x {alex.kernel = "loops"} : (tensor<1x1xf32, #alex.on<0>>) -> tensor<1x1xf32, #alex.on<0>>
  %image = alex.unflatten %relu : (tensor<1x1xf32, #alex.on<0>>) -> tensor<1x1x1x1xf32, #alex.on<0>>
  %0:2 = alex.fused(%image, %a, %v, %step) {alex.kernel = "loops"} : (tensor<1x1x1x1xf32, #alex.on<0>>, tensor<1xf32, #alex.on<0>>, tensor<1xf32, #alex.on<0>>, !alex.step) -> (tensor<1xf32, #alex.on<0>>, tensor<1xf32, #alex.on<0>>) {
  ^bb0(%b0: tensor<1x1x1x1xf32, #alex.on<0>>, %b1: tensor<1xf32, #alex.on<0>>, %b2: tensor<1xf32, #alex.on<0>>, %b3: !alex.step):
    %db = alex.bias_grad %b0 : (tensor<1x1x1x1xf32, #alex.on<0>>) -> tensor<1xf32>
    %b, %w = alex.sgd_update %b1, %b2, %db, %b3 : (tensor<1xf32, #alex.on<0>>, tensor<1xf32, #alex.on<0>>, tensor<1xf32>, !alex.step) -> (tensor<1xf32>, tensor<1xf32>)
    alex.yield %b, %w : tensor<1xf32>, tensor<1xf32>
  }
  return %0#0, %0#1 : tensor<1xf32, #alex.on<0>>, tensor<1xf32, #alex.on<0>>
}

// CHECK-LABEL: @gradients_1
// CHECK: alex.bias_grad {{.*}} [#alex.at<gradient, 1>]
// expected-remark @below {{gradients_1: 0 B of scratch for 0 values; at least 0 B are alive at once}}
func.func @gradients_1(%x: tensor<1x1xf32, #alex.on<0>> {alex.input}) -> (tensor<1xf32, #alex.on<0>> {alex.gradient = "w"}) attributes {alex.entry = "gradients"} {
  %0 = alex.bias_grad %x {alex.kernel = "loops"} : (tensor<1x1xf32, #alex.on<0>>) -> tensor<1xf32, #alex.on<0>>
  return %0 : tensor<1xf32, #alex.on<0>>
}
}
