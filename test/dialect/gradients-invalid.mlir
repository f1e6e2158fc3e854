// RUN: alex-opt %s --split-input-file --verify-diagnostics

// One function per constraint of GradientOps.td, and of what training adds to
// the layers of Ops.td, under its label.

func.func @fill_c1() {
  // expected-error @+1 {{'alex.fill' op expects a finite value, got INF}}
  alex.fill 0x7FF0000000000000 : tensor<8xf32>
  return
}

// -----

func.func @softmax_cross_entropy_c1(%x: tensor<2x5xf32>, %labels: tensor<3xi32>) {
  // expected-error @+1 {{'alex.softmax_cross_entropy' op expects 2 labels, got 3}}
  alex.softmax_cross_entropy %x, %labels : (tensor<2x5xf32>, tensor<3xi32>) -> (tensor<2xf32>, tensor<2x5xf32>)
  return
}

// -----

func.func @softmax_cross_entropy_grad_c1_gradient(%dy: tensor<5xf32>, %prob: tensor<2x5xf32>, %labels: tensor<2xi32>) {
  // expected-error @+1 {{'alex.softmax_cross_entropy_grad' op expects 2 gradients, got 5}}
  alex.softmax_cross_entropy_grad %dy, %prob, %labels : (tensor<5xf32>, tensor<2x5xf32>, tensor<2xi32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @softmax_cross_entropy_grad_c1_labels(%dy: tensor<2xf32>, %prob: tensor<2x5xf32>, %labels: tensor<1xi32>) {
  // expected-error @+1 {{expects 2 labels, got 1}}
  alex.softmax_cross_entropy_grad %dy, %prob, %labels : (tensor<2xf32>, tensor<2x5xf32>, tensor<1xi32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @softmax_grad_c1(%dy: tensor<2x5xf32>, %y: tensor<2x6xf32>) {
  // expected-error @+1 {{'alex.softmax_grad' op expects operands of one shape, got 'tensor<2x5xf32>' and 'tensor<2x6xf32>'}}
  alex.softmax_grad %dy, %y : (tensor<2x5xf32>, tensor<2x6xf32>) -> tensor<2x5xf32>
  return
}

// -----

func.func @conv2d_grad_c1_output(%dy: tensor<1x6x3x3xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{'alex.conv2d_data_grad' op expects a gradient of shape [1, 6, 4, 3], got [1, 6, 3, 3]}}
  alex.conv2d_data_grad %dy, %w : (tensor<1x6x3x3xf32>, tensor<6x4x3x3xf32>) -> tensor<1x4x6x5xf32>
  return
}

// -----

func.func @conv2d_grad_c1_images(%x: tensor<2x4x5x5xf32>, %dy: tensor<1x6x3x3xf32>) {
  // expected-error @+1 {{'alex.conv2d_filter_grad' op expects a gradient of shape [2, 6, 3, 3], got [1, 6, 3, 3]}}
  alex.conv2d_filter_grad %x, %dy : (tensor<2x4x5x5xf32>, tensor<1x6x3x3xf32>) -> tensor<6x4x3x3xf32>
  return
}

// -----

func.func @conv2d_grad_c1_window(%x: tensor<1x4x5x5xf32>, %dy: tensor<1x6x1x1xf32>) {
  // expected-error @+1 {{expects a window that fits into the image, got images [1, 4, 5, 5] and filters [6, 4, 6, 5]}}
  alex.conv2d_filter_grad %x, %dy : (tensor<1x4x5x5xf32>, tensor<1x6x1x1xf32>) -> tensor<6x4x6x5xf32>
  return
}

// -----

func.func @conv2d_grad_c1_groups(%x: tensor<1x4x5x5xf32>, %dy: tensor<1x6x3x3xf32>) {
  // expected-error @+1 {{expects channels and filters that fit 2 groups, got images [1, 4, 5, 5] and filters [6, 4, 3, 3]}}
  alex.conv2d_filter_grad %x, %dy groups 2 : (tensor<1x4x5x5xf32>, tensor<1x6x3x3xf32>) -> tensor<6x4x3x3xf32>
  return
}

// -----

func.func @conv2d_grad_c2(%dy: tensor<1x1x524290x524290xf32>, %w: tensor<1x1x524288x524288xf32>) {
  // expected-error @+1 {{'alex.conv2d_data_grad' op expects fewer than 2^63 multiply-adds, got filters [1, 1, 524288, 524288] and gradients [1, 1, 524290, 524290]}}
  alex.conv2d_data_grad %dy, %w pad [524288, 524288, 524288, 524288] : (tensor<1x1x524290x524290xf32>, tensor<1x1x524288x524288xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @conv2d_filter_grad_c1_images(%x: tensor<3x4x5x5xf32>, %dy: tensor<3x6x3x3xf32>) {
  // expected-error @+1 {{'alex.conv2d_filter_grad' op expects images and rows divisible by parts, got 3, 12 and 2}}
  alex.conv2d_filter_grad %x, %dy parts 2 : (tensor<3x4x5x5xf32>, tensor<3x6x3x3xf32>) -> tensor<12x4x3x3xf32>
  return
}

// -----

func.func @conv2d_filter_grad_c1_rows(%x: tensor<4x4x5x5xf32>, %dy: tensor<4x6x3x3xf32>) {
  // expected-error @+1 {{'alex.conv2d_filter_grad' op expects a gradient of shape [4, 3, 3, 3], got [4, 6, 3, 3]}}
  alex.conv2d_filter_grad %x, %dy parts 2 : (tensor<4x4x5x5xf32>, tensor<4x6x3x3xf32>) -> tensor<6x4x3x3xf32>
  return
}

// -----

func.func @sum_parts_c1(%x: tensor<9x4x3x3xf32>) {
  // expected-error @+2 {{expects rows divisible by parts, got 9 and 2}}
  // expected-error @+1 {{'alex.sum_parts' op failed to infer returned types}}
  alex.sum_parts %x parts 2 : (tensor<9x4x3x3xf32>) -> tensor<4x4x3x3xf32>
  return
}

// -----

func.func @linear_data_grad_c1(%dy: tensor<2x4xf32>, %w: tensor<5x8xf32>) {
  // expected-error @+1 {{'alex.linear_data_grad' op expects weights of 4 rows, got 5}}
  alex.linear_data_grad %dy, %w : (tensor<2x4xf32>, tensor<5x8xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @linear_filter_grad_c1(%x: tensor<2x8xf32>, %dy: tensor<3x4xf32>) {
  // expected-error @+1 {{'alex.linear_filter_grad' op expects gradients of 2 rows, got 3}}
  alex.linear_filter_grad %x, %dy : (tensor<2x8xf32>, tensor<3x4xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @bias_grad_c1(%dy: tensor<2x4x3xf32>) {
  // expected-error @+2 {{expects a gradient of rank 2 or 4, got 3}}
  // expected-error @+1 {{failed to infer returned types}}
  alex.bias_grad %dy : (tensor<2x4x3xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @relu_grad_shapes(%dy: tensor<2x8xf32>, %y: tensor<8xf32>) {
  // expected-error @+1 {{'alex.relu_grad' op all non-scalar operands/results must have the same shape and base type}}
  alex.relu_grad %dy, %y : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @lrn_c1(%dy: tensor<1x5x3x3xf32>, %x: tensor<1x5x3x3xf32>) {
  // expected-error @+1 {{'alex.lrn_grad' op expects channels divisible by groups, got 5 and 2}}
  alex.lrn_grad %dy, %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 groups 2 : (tensor<1x5x3x3xf32>, tensor<1x5x3x3xf32>) -> tensor<1x5x3x3xf32>
  return
}

// -----

func.func @lrn_c2(%dy: tensor<1x4x3x3xf32>, %x: tensor<1x4x3x3xf32>) {
  // expected-error @+1 {{expects one group for a window within a channel, got 2}}
  alex.lrn_grad %dy, %x within size 3 k 2.0 alpha 1.0e-4 beta 0.75 groups 2 : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// -----

func.func @lrn_c3_k(%dy: tensor<1x4x3x3xf32>, %x: tensor<1x4x3x3xf32>) {
  // expected-error @+1 {{expects k above zero, got 0.000000e+00}}
  alex.lrn_grad %dy, %x across size 3 k 0.0 alpha 1.0e-4 beta 0.75 : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// -----

func.func @lrn_c3_beta(%dy: tensor<1x4x3x3xf32>, %x: tensor<1x4x3x3xf32>) {
  // expected-error @+1 {{expects beta of at least zero, got -7.500000e-01}}
  alex.lrn_grad %dy, %x across size 3 k 1.0 alpha 1.0e-4 beta -0.75 : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// -----

func.func @lrn_grad_c1(%dy: tensor<1x4x3x3xf32>, %x: tensor<1x4x3x4xf32>) {
  // expected-error @+1 {{expects operands of one shape, got 'tensor<1x4x3x3xf32>' and 'tensor<1x4x3x4xf32>'}}
  alex.lrn_grad %dy, %x across size 3 k 1.0 alpha 1.0e-4 beta 0.75 : (tensor<1x4x3x3xf32>, tensor<1x4x3x4xf32>) -> tensor<1x4x3x3xf32>
  return
}

// -----

func.func @max_pool_c1_shape(%x: tensor<1x4x5x5xf32>) {
  // expected-error @+1 {{'alex.max_pool' op expects results of one shape, got 'tensor<1x4x4x4xf32>' and 'tensor<1x4x4x5xi8>'}}
  alex.max_pool %x window [2, 2] : (tensor<1x4x5x5xf32>) -> (tensor<1x4x4x4xf32>, tensor<1x4x4x5xi8>)
  return
}

// -----

func.func @max_pool_c1_window(%x: tensor<1x1x17x17xf32>) {
  // expected-error @+1 {{expects a window of at most 256 pixels to know which is the largest, got 289}}
  alex.max_pool %x window [17, 17] : (tensor<1x1x17x17xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>)
  return
}

// -----

func.func @max_pool_grad_c1(%dy: tensor<1x1x2x2xf32>, %argmax: tensor<1x1x2x3xi8>) {
  // expected-error @+1 {{'alex.max_pool_grad' op expects operands of one shape, got 'tensor<1x1x2x2xf32>' and 'tensor<1x1x2x3xi8>'}}
  alex.max_pool_grad %dy, %argmax window [2, 2] : (tensor<1x1x2x2xf32>, tensor<1x1x2x3xi8>) -> tensor<1x1x3x3xf32>
  return
}

// -----

func.func @pool_grad_c1(%dy: tensor<1x1x2x2xf32>, %argmax: tensor<1x1x2x2xi8>) {
  // expected-error @+1 {{'alex.max_pool_grad' op expects the gradient of a pool of [1, 1, 4, 3], got [1, 1, 2, 2]}}
  alex.max_pool_grad %dy, %argmax window [2, 2] : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xi8>) -> tensor<1x1x4x3xf32>
  return
}

// -----

func.func @pool_grad_c1_channels(%dy: tensor<1x2x2x2xf32>) {
  // expected-error @+1 {{'alex.avg_pool_grad' op expects the gradient of a pool of [1, 1, 3, 3], got [1, 2, 2, 2]}}
  alex.avg_pool_grad %dy window [2, 2] : (tensor<1x2x2x2xf32>) -> tensor<1x1x3x3xf32>
  return
}

// -----

func.func @dropout_c2_stream(%x: tensor<2x8xf32>, %step: !alex.step) {
  // expected-error @+1 {{'alex.dropout' op expects a stream with a step}}
  alex.dropout %x, %step rate 0.5 form paper : (tensor<2x8xf32>, !alex.step) -> tensor<2x8xf32>
  return
}

// -----

func.func @dropout_c2_step(%x: tensor<2x8xf32>) {
  // expected-error @+1 {{expects a stream only with a step}}
  alex.dropout %x rate 0.5 form paper stream "drop1" : (tensor<2x8xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @unflatten_c1_elements(%dy: tensor<2x12xf32>) {
  // expected-error @+1 {{'alex.unflatten' op expects images of as many elements as the rows, got 'tensor<2x12xf32>' and 'tensor<2x3x2x3xf32>'}}
  alex.unflatten %dy : (tensor<2x12xf32>) -> tensor<2x3x2x3xf32>
  return
}

// -----

func.func @unflatten_c1_images(%dy: tensor<2x12xf32>) {
  // expected-error @+1 {{expects images of as many elements as the rows, got 'tensor<2x12xf32>' and 'tensor<4x3x2x1xf32>'}}
  alex.unflatten %dy : (tensor<2x12xf32>) -> tensor<4x3x2x1xf32>
  return
}

// -----

func.func @slice_grad_c1_channels(%dy: tensor<2x3xf32>) {
  // expected-error @+1 {{'alex.slice_grad' op expects channels below 4, got 4}}
  alex.slice_grad %dy from 2 : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_grad_c1_shapes(%dy: tensor<2x3x1x1xf32>) {
  // expected-error @+1 {{expects shapes that differ in channels only, got 'tensor<2x3x1x1xf32>' and 'tensor<2x4x1x2xf32>'}}
  alex.slice_grad %dy from 0 : (tensor<2x3x1x1xf32>) -> tensor<2x4x1x2xf32>
  return
}

// -----

func.func @slice_grad_c1_ranks(%dy: tensor<2x3xf32>) {
  // expected-error @+1 {{expects shapes that differ in channels only, got 'tensor<2x3xf32>' and 'tensor<2x4x1xf32>'}}
  alex.slice_grad %dy from 0 : (tensor<2x3xf32>) -> tensor<2x4x1xf32>
  return
}

// -----

func.func @sgd_update_c1_rate(%w: tensor<8xf32>, %step: !alex.step) {
  // expected-error @+1 {{'alex.sgd_update' op expects a finite rate_factor of at least zero, got -1.000000e+00}}
  alex.sgd_update %w, %w, %w, %step {rate_factor = -1.0} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
  return
}

// -----

func.func @sgd_update_c1_decay(%w: tensor<8xf32>, %step: !alex.step) {
  // expected-error @+1 {{expects a finite decay_factor of at least zero, got INF}}
  alex.sgd_update %w, %w, %w, %step {decay_factor = 0x7FF0000000000000 : f64} : (tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
  return
}

// -----

func.func @sgd_update_shapes(%w: tensor<8xf32>, %g: tensor<4xf32>, %step: !alex.step) {
  // expected-error @+1 {{'alex.sgd_update' op all non-scalar operands/results must have the same shape and base type}}
  alex.sgd_update %w, %w, %g, %step : (tensor<8xf32>, tensor<8xf32>, tensor<4xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
  return
}

// -----

func.func @step_is_no_tensor(%w: tensor<8xf32>) {
  // expected-error @+1 {{operand #1 must be numbers of a training step, but got 'tensor<8xf32>'}}
  "alex.dropout"(%w, %w) {rate = 0.5, form = #alex<dropout_form paper>, stream = "a"} : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @labels_are_whole_numbers(%x: tensor<2x5xf32>, %labels: tensor<2xf32>) {
  // expected-error @+1 {{operand #1 must be i32 tensor of rank 1, fixed, positive dimensions and at most 2^40 elements, but got 'tensor<2xf32>'}}
  alex.softmax_cross_entropy %x, %labels : (tensor<2x5xf32>, tensor<2xf32>) -> (tensor<2xf32>, tensor<2x5xf32>)
  return
}

// -----

// expected-error @+1 {{alex.labels: expected a unit attribute, got 1 : i64}}
func.func private @labels(tensor<2xi32> {alex.labels = 1})

// -----

// expected-error @+1 {{alex.momentum: expected a string, got unit}}
func.func private @momentum(tensor<8xf32> {alex.momentum})

// -----

// expected-error @+1 {{alex.gradient: expected a string, got 1 : i64}}
func.func private @gradient() -> (tensor<8xf32> {alex.gradient = 1})

// -----

// expected-error @+1 {{alex.rate_factor: expected a 64-bit float of at least zero, got -1.000000e+00 : f64}}
func.func private @rate_factor(tensor<8xf32> {alex.rate_factor = -1.0})

// -----

// expected-error @+1 {{alex.decay_factor: expected a 64-bit float of at least zero, got 1.000000e+00 : f32}}
func.func private @decay_factor(tensor<8xf32> {alex.decay_factor = 1.0 : f32})

// -----

// expected-error @+1 {{alex.output: expected "loss", "prob" or "input_gradient", got "scores"}}
func.func private @output() -> (tensor<8xf32> {alex.output = "scores"})
