// RUN: alex-opt %s | alex-opt | FileCheck %s
// RUN: alex-opt %s --mlir-print-op-generic | alex-opt | FileCheck %s
// RUN: alex-opt %s --emit-bytecode | alex-opt | FileCheck %s

// Every op of training as it prints, under its layer's name.

// CHECK-LABEL: @loss
// CHECK: %seed = alex.fill 5.000000e-01 {layer = "seed"} : tensor<2xf32>
// CHECK: %loss:2 = alex.softmax_cross_entropy %{{.*}}, %{{.*}} {layer = "loss"} : (tensor<2x5xf32>, tensor<2xi32>) -> (tensor<2xf32>, tensor<2x5xf32>)
// CHECK: %loss_grad = alex.softmax_cross_entropy_grad %seed, %loss#1, %{{.*}} {layer = "loss:grad"} : (tensor<2xf32>, tensor<2x5xf32>, tensor<2xi32>) -> tensor<2x5xf32>
// CHECK: alex.softmax_grad %{{.*}}, %loss#1 : (tensor<2x5xf32>, tensor<2x5xf32>) -> tensor<2x5xf32>
func.func @loss(%x: tensor<2x5xf32>, %labels: tensor<2xi32>) {
  %seed = alex.fill 0.5 {layer = "seed"} : tensor<2xf32>
  %loss, %prob = alex.softmax_cross_entropy %x, %labels {layer = "loss"} : (tensor<2x5xf32>, tensor<2xi32>) -> (tensor<2xf32>, tensor<2x5xf32>)
  %dx = alex.softmax_cross_entropy_grad %seed, %prob, %labels {layer = "loss:grad"} : (tensor<2xf32>, tensor<2x5xf32>, tensor<2xi32>) -> tensor<2x5xf32>
  alex.softmax_grad %dx, %prob : (tensor<2x5xf32>, tensor<2x5xf32>) -> tensor<2x5xf32>
  return
}

// CHECK-LABEL: @conv2d
// CHECK: alex.conv2d_data_grad %{{.*}}, %{{.*}} stride [2, 1] pad [0, 1, 3, 2] groups 2 {layer = "conv1:data_grad"} : (tensor<1x6x3x6xf32>, tensor<6x2x3x3xf32>) -> tensor<1x4x5x5xf32>
// CHECK: alex.conv2d_filter_grad %{{.*}}, %{{.*}} stride [2, 1] pad [0, 1, 3, 2] groups 2 {layer = "conv1:filter_grad"} : (tensor<1x4x5x5xf32>, tensor<1x6x3x6xf32>) -> tensor<6x2x3x3xf32>
// CHECK: alex.bias_grad %{{.*}} {layer = "conv1:bias_grad"} : (tensor<1x6x3x6xf32>) -> tensor<6xf32>
func.func @conv2d(%x: tensor<1x4x5x5xf32>, %w: tensor<6x2x3x3xf32>, %dy: tensor<1x6x3x6xf32>) {
  alex.conv2d_data_grad %dy, %w stride [2, 1] pad [0, 1, 3, 2] groups 2 {layer = "conv1:data_grad"} : (tensor<1x6x3x6xf32>, tensor<6x2x3x3xf32>) -> tensor<1x4x5x5xf32>
  alex.conv2d_filter_grad %x, %dy stride [2, 1] pad [0, 1, 3, 2] groups 2 {layer = "conv1:filter_grad"} : (tensor<1x4x5x5xf32>, tensor<1x6x3x6xf32>) -> tensor<6x2x3x3xf32>
  alex.bias_grad %dy {layer = "conv1:bias_grad"} : (tensor<1x6x3x6xf32>) -> tensor<6xf32>
  return
}

// CHECK-LABEL: @parts
// CHECK: %conv1_filter_grad_parts = alex.conv2d_filter_grad %{{.*}}, %{{.*}} pad [1, 1, 1, 1] groups 2 parts 3 {layer = "conv1:filter_grad:parts"} : (tensor<6x4x5x5xf32>, tensor<6x6x5x5xf32>) -> tensor<18x2x3x3xf32>
// CHECK: alex.sum_parts %conv1_filter_grad_parts parts 3 {layer = "conv1:filter_grad"} : (tensor<18x2x3x3xf32>) -> tensor<6x2x3x3xf32>
func.func @parts(%x: tensor<6x4x5x5xf32>, %dy: tensor<6x6x5x5xf32>) {
  %0 = alex.conv2d_filter_grad %x, %dy pad [1, 1, 1, 1] groups 2 parts 3 {layer = "conv1:filter_grad:parts"} : (tensor<6x4x5x5xf32>, tensor<6x6x5x5xf32>) -> tensor<18x2x3x3xf32>
  alex.sum_parts %0 parts 3 {layer = "conv1:filter_grad"} : (tensor<18x2x3x3xf32>) -> tensor<6x2x3x3xf32>
  return
}

// Attributes that have their default do not print.
// CHECK-LABEL: @conv2d_plain
// CHECK: alex.conv2d_data_grad %{{[^,]*}}, %{{[^ ]*}} : (tensor<1x6x3x3xf32>, tensor<6x4x3x3xf32>) -> tensor<1x4x5x5xf32>
// CHECK: alex.conv2d_filter_grad %{{[^,]*}}, %{{[^ ]*}} : (tensor<1x4x5x5xf32>, tensor<1x6x3x3xf32>) -> tensor<6x4x3x3xf32>
func.func @conv2d_plain(%x: tensor<1x4x5x5xf32>, %w: tensor<6x4x3x3xf32>, %dy: tensor<1x6x3x3xf32>) {
  alex.conv2d_data_grad %dy, %w stride [1, 1] pad [0, 0, 0, 0] groups 1 : (tensor<1x6x3x3xf32>, tensor<6x4x3x3xf32>) -> tensor<1x4x5x5xf32>
  alex.conv2d_filter_grad %x, %dy stride [1, 1] pad [0, 0, 0, 0] groups 1 : (tensor<1x4x5x5xf32>, tensor<1x6x3x3xf32>) -> tensor<6x4x3x3xf32>
  return
}

// CHECK-LABEL: @linear
// CHECK: alex.linear_data_grad %{{.*}}, %{{.*}} {layer = "fc:data_grad"} : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
// CHECK: alex.linear_filter_grad %{{.*}}, %{{.*}} {layer = "fc:filter_grad"} : (tensor<2x8xf32>, tensor<2x4xf32>) -> tensor<4x8xf32>
// CHECK: alex.bias_grad %{{.*}} {layer = "fc:bias_grad"} : (tensor<2x4xf32>) -> tensor<4xf32>
func.func @linear(%x: tensor<2x8xf32>, %w: tensor<4x8xf32>, %dy: tensor<2x4xf32>) {
  alex.linear_data_grad %dy, %w {layer = "fc:data_grad"} : (tensor<2x4xf32>, tensor<4x8xf32>) -> tensor<2x8xf32>
  alex.linear_filter_grad %x, %dy {layer = "fc:filter_grad"} : (tensor<2x8xf32>, tensor<2x4xf32>) -> tensor<4x8xf32>
  alex.bias_grad %dy {layer = "fc:bias_grad"} : (tensor<2x4xf32>) -> tensor<4xf32>
  return
}

// CHECK-LABEL: @activations
// CHECK: %relu1_grad = alex.relu_grad %{{.*}}, %{{.*}} {layer = "relu1:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
// CHECK: %tanh1_grad = alex.tanh_grad %{{.*}}, %{{.*}} {layer = "tanh1:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
// CHECK: %sigmoid1_grad = alex.sigmoid_grad %{{.*}}, %{{.*}} {layer = "sigmoid1:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
// CHECK: %drop1 = alex.dropout %{{.*}}, %{{.*}} rate 5.000000e-01 form paper stream "drop1" {layer = "drop1"} : (tensor<2x8xf32>, !alex.step) -> tensor<2x8xf32>
func.func @activations(%dy: tensor<2x8xf32>, %y: tensor<2x8xf32>, %step: !alex.step) {
  alex.relu_grad %dy, %y {layer = "relu1:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  alex.tanh_grad %dy, %y {layer = "tanh1:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  alex.sigmoid_grad %dy, %y {layer = "sigmoid1:grad"} : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
  alex.dropout %dy, %step rate 0.5 form paper stream "drop1" {layer = "drop1"} : (tensor<2x8xf32>, !alex.step) -> tensor<2x8xf32>
  return
}

// CHECK-LABEL: @lrn
// CHECK: alex.lrn_grad %{{.*}}, %{{.*}} across size 5 k 2.000000e+00 alpha 1.000000e-04 beta 7.500000e-01 groups 2 : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
// CHECK: alex.lrn_grad %{{.*}}, %{{.*}} within size 3 k 1.000000e+00 alpha 5.000000e-05 beta 7.500000e-01 alpha_is mean : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
func.func @lrn(%dy: tensor<1x4x3x3xf32>, %x: tensor<1x4x3x3xf32>) {
  alex.lrn_grad %dy, %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 alpha_is sum groups 2 : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  alex.lrn_grad %dy, %x within size 3 k 1.0 alpha 5.0e-5 beta 0.75 alpha_is mean : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// CHECK-LABEL: @pools
// CHECK: %pool1:2 = alex.max_pool %{{.*}} window [3, 3] stride [2, 2] pad [0, 0, 1, 0] {layer = "pool1"} : (tensor<1x1x6x7xf32>) -> (tensor<1x1x3x3xf32>, tensor<1x1x3x3xi8>)
// CHECK: %pool1_grad = alex.max_pool_grad %{{.*}}, %pool1#1 window [3, 3] stride [2, 2] pad [0, 0, 1, 0] {layer = "pool1:grad"} : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xi8>) -> tensor<1x1x6x7xf32>
// CHECK: alex.max_pool_grad %{{.*}}, %{{.*}} window [1, 1] : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xi8>) -> tensor<1x1x3x3xf32>
// CHECK: alex.avg_pool_grad %{{.*}} window [2, 3] stride [2, 3] pad [1, 2, 1, 2] {layer = "pool2:grad"} : (tensor<1x1x3x3xf32>) -> tensor<1x1x5x7xf32>
// CHECK: alex.avg_pool_grad %{{.*}} window [1, 1] : (tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32>
func.func @pools(%x: tensor<1x1x6x7xf32>, %dy: tensor<1x1x3x3xf32>) {
  %pool, %argmax = alex.max_pool %x window [3, 3] stride [2, 2] pad [0, 0, 1, 0] {layer = "pool1"} : (tensor<1x1x6x7xf32>) -> (tensor<1x1x3x3xf32>, tensor<1x1x3x3xi8>)
  alex.max_pool_grad %dy, %argmax window [3, 3] stride [2, 2] pad [0, 0, 1, 0] {layer = "pool1:grad"} : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xi8>) -> tensor<1x1x6x7xf32>
  alex.max_pool_grad %dy, %argmax window [1, 1] : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xi8>) -> tensor<1x1x3x3xf32>
  alex.avg_pool_grad %dy window [2, 3] stride [2, 3] pad [1, 2, 1, 2] {layer = "pool2:grad"} : (tensor<1x1x3x3xf32>) -> tensor<1x1x5x7xf32>
  alex.avg_pool_grad %dy window [1, 1] : (tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32>
  return
}

// CHECK-LABEL: @shapes
// CHECK: %flat_grad = alex.unflatten %{{.*}} {layer = "flat:grad"} : (tensor<2x12xf32>) -> tensor<2x3x2x2xf32>
// CHECK: %left_grad = alex.slice_grad %{{.*}} from 1 {layer = "left:grad"} : (tensor<2x12xf32>) -> tensor<2x16xf32>
func.func @shapes(%dy: tensor<2x12xf32>) {
  alex.unflatten %dy {layer = "flat:grad"} : (tensor<2x12xf32>) -> tensor<2x3x2x2xf32>
  alex.slice_grad %dy from 1 {layer = "left:grad"} : (tensor<2x12xf32>) -> tensor<2x16xf32>
  return
}

// CHECK-LABEL: @update
// CHECK: alex.sgd_update %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {decay_factor = 0.000000e+00 : f64, layer = "b:update", rate_factor = 2.000000e+00 : f64} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
// CHECK: alex.sgd_update %{{[^{]*}} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
// CHECK: alex.fused({{.*}}) {layer = "b:bias_grad+b:update"} : (tensor<8xf32>, tensor<8xf32>, tensor<2x8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>) {
func.func @update(%w: tensor<8xf32>, %v: tensor<8xf32>, %g: tensor<8xf32>, %dy: tensor<2x8xf32>, %step: !alex.step) {
  alex.sgd_update %w, %v, %g, %step {layer = "b:update", rate_factor = 2.0, decay_factor = 0.0} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
  alex.sgd_update %w, %v, %g, %step {rate_factor = 1.0, decay_factor = 1.0} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
  alex.fused(%w, %v, %dy, %step) {layer = "b:bias_grad+b:update"} : (tensor<8xf32>, tensor<8xf32>, tensor<2x8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>) {
  ^bb0(%a: tensor<8xf32>, %b: tensor<8xf32>, %c: tensor<2x8xf32>, %d: !alex.step):
    %0 = alex.bias_grad %c {layer = "b:bias_grad"} : (tensor<2x8xf32>) -> tensor<8xf32>
    %1, %2 = alex.sgd_update %a, %b, %0, %d {layer = "b:update"} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
    alex.yield %1, %2 : tensor<8xf32>, tensor<8xf32>
  }
  return
}

// CHECK-LABEL: @train_step
// CHECK-SAME: (tensor<2x8xf32> {alex.input}, tensor<2xi32> {alex.labels}, !alex.step {alex.at = #alex.at<step, 0>}, tensor<8xf32> {alex.decay_factor = 0.000000e+00 : f64, alex.rate_factor = 2.000000e+00 : f64, alex.state = "b"}, tensor<8xf32> {alex.momentum = "b"})
// CHECK-SAME: -> (tensor<2xf32> {alex.output = "loss"}, tensor<2x8xf32> {alex.output = "prob"}, tensor<8xf32> {alex.state = "b"}, tensor<8xf32> {alex.momentum = "b"}, tensor<8xf32> {alex.gradient = "b"})
// CHECK-SAME: attributes {alex.batch = 2 : i64, alex.entry = "train_step"}
func.func private @train_step(tensor<2x8xf32> {alex.input}, tensor<2xi32> {alex.labels}, !alex.step {alex.at = #alex.at<step, 0>}, tensor<8xf32> {alex.state = "b", alex.rate_factor = 2.0, alex.decay_factor = 0.0}, tensor<8xf32> {alex.momentum = "b"}) -> (tensor<2xf32> {alex.output = "loss"}, tensor<2x8xf32> {alex.output = "prob"}, tensor<8xf32> {alex.state = "b"}, tensor<8xf32> {alex.momentum = "b"}, tensor<8xf32> {alex.gradient = "b"}) attributes {alex.entry = "train_step", alex.batch = 2}
