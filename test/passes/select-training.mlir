// RUN: alex-opt %s --load-pass-plugin=%plugins/TestSelect.so --pass-pipeline='builtin.module(test-select,alex-extract-load,alex-verify-phase{phase=select})' --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s

// In training a filter is reordered in each step, so the new value is of the form
// that lies in memory; the same reorder is the loading's at inference.
// CHECK-LABEL: @train_step_1
// CHECK-SAME: %[[STEP:[^:]*]]: !alex.step, %[[W:[^:]*]]: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "w"}, %[[V:[^:]*]]: tensor<16x16x1x1xf32, #alex.on<0>> {alex.momentum = "w"})
// CHECK-SAME: -> (tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "w"}, tensor<16x16x1x1xf32, #alex.on<0>> {alex.momentum = "w"})
// CHECK: %[[PACKED:.*]] = alex.reorder %[[W]] {{.*}} to tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
// CHECK: alex.conv2d %{{.*}}, %[[PACKED]] {alex.kernel = "conv_direct"
// CHECK: %[[DW:.*]] = alex.conv2d_filter_grad {{.*}} -> tensor<16x16x1x1xf32, #alex.on<0>>
// CHECK: alex.sgd_update %[[W]], %[[V]], %[[DW]], %[[STEP]] {alex.kernel = "loops"}
// expected-remark @below {{train_step_1: predicted}}
func.func @train_step_1(%x: tensor<1x16x1x1xf32> {alex.input}, %step: !alex.step, %w: tensor<16x16x1x1xf32> {alex.state = "w"}, %v: tensor<16x16x1x1xf32> {alex.momentum = "w"})
    -> (tensor<16x16x1x1xf32> {alex.state = "w"}, tensor<16x16x1x1xf32> {alex.momentum = "w"}) attributes {alex.entry = "train_step"} {
  // expected-remark @+4 {{reorder of w: loops, kcrs16c16k, predicted}}
  // expected-remark @+3 {{reorder of input: loops, nchw16c}}
  // expected-remark @+2 {{conv: conv_direct, nchw16c}}
  // expected-remark @+1 {{reorder of conv: loops, nchw}}
  %y = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x16x1x1xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x1x1xf32>
  // expected-remark @below {{alex.conv2d_filter_grad: loops, nchw}}
  %dw = alex.conv2d_filter_grad %x, %y : (tensor<1x16x1x1xf32>, tensor<1x16x1x1xf32>) -> tensor<16x16x1x1xf32>
  // expected-remark @below {{alex.sgd_update: loops, nchw}}
  %w1, %v1 = alex.sgd_update %w, %v, %dw, %step : (tensor<16x16x1x1xf32>, tensor<16x16x1x1xf32>, tensor<16x16x1x1xf32>, !alex.step) -> (tensor<16x16x1x1xf32>, tensor<16x16x1x1xf32>)
  return %w1, %v1 : tensor<16x16x1x1xf32>, tensor<16x16x1x1xf32>
}

// Labels, places of maxima and both results of a kernel are placed.
// CHECK-LABEL: @evaluate_1
// CHECK-SAME: tensor<1xi32, #alex.on<0>> {alex.labels}
// CHECK: alex.max_pool {{.*}} -> (tensor<1x1x1x1xf32, #alex.on<0>>, tensor<1x1x1x1xi8, #alex.on<0>>)
// CHECK: alex.softmax_cross_entropy {{.*}} -> (tensor<1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>)
// expected-remark @below {{evaluate_1: predicted}}
func.func @evaluate_1(%x: tensor<1x1x1x1xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels})
    -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x1xf32> {alex.output = "prob"}) attributes {alex.entry = "evaluate"} {
  // expected-remark @below {{alex.max_pool: loops, nchw}}
  %pool, %argmax = alex.max_pool %x window [1, 1] : (tensor<1x1x1x1xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>)
  // expected-remark @below {{alex.max_pool_grad: loops, nchw}}
  %0 = alex.max_pool_grad %pool, %argmax window [1, 1] : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>) -> tensor<1x1x1x1xf32>
  // expected-remark @below {{alex.flatten: loops, nchw, predicted 1000.000 ms}}
  %1 = alex.flatten %0 : (tensor<1x1x1x1xf32>) -> tensor<1x1xf32>
  // expected-remark @below {{alex.softmax_cross_entropy: loops, nchw}}
  %loss, %prob = alex.softmax_cross_entropy %1, %labels : (tensor<1x1xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x1xf32>)
  return %loss, %prob : tensor<1xf32>, tensor<1x1xf32>
}
