// RUN: alex-opt %s --alex-lower-to-program | FileCheck %s

// Ports, results in the place of arguments, and kernels that two entries share.

// CHECK-LABEL: alexrt.program @train_step_2 entry "train_step" batch 2
// CHECK-SAME: input <io, 0> : tensor<2x4xf32, #alex.on<0>> labels <io, 64> : tensor<2xi32, #alex.on<0>>
// CHECK-SAME: output <io, 128> : tensor<2x4xf32, #alex.on<0>> loss <io, 192> : tensor<2xf32, #alex.on<0>> scratch 128 {
// CHECK-NEXT: alexrt.launch @prob_2 [#alex.at<io, 0>, #alex.at<io, 64>] to [#alex.at<io, 192>, #alex.at<io, 128>]
// CHECK-NEXT: alexrt.value "prob" <io, 128> : tensor<2x4xf32, #alex.on<0>>
// CHECK-NEXT: alexrt.launch @[[FILL:.*]] [] to [#alex.at<scratch, 0>]
// CHECK-NEXT: alexrt.launch @[[GRAD:.*]] [#alex.at<scratch, 0>, #alex.at<io, 128>, #alex.at<io, 64>] to [#alex.at<scratch, 64>]
// CHECK: alexrt.launch @[[BIAS_GRAD:.*]] [#alex.at<scratch, 64>] to [#alex.at<scratch, 0>]
// CHECK: alexrt.launch @[[UPDATE:.*]] [#alex.at<param, 3>, #alex.at<momentum, 3>, #alex.at<scratch, 0>, #alex.at<step, 0>]
// CHECK-SAME: to [#alex.at<param, 3>, #alex.at<momentum, 3>]
func.func @train_step_2(
    %x: tensor<2x4xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>},
    %labels: tensor<2xi32, #alex.on<0>> {alex.labels, alex.at = #alex.at<io, 64>},
    %step: !alex.step {alex.at = #alex.at<step, 0>},
    %b: tensor<4xf32, #alex.on<0>> {alex.state = "b", alex.at = #alex.at<param, 3>},
    %v: tensor<4xf32, #alex.on<0>> {alex.momentum = "b", alex.at = #alex.at<momentum, 3>})
    -> (tensor<2xf32, #alex.on<0>> {alex.output = "loss"}, tensor<2x4xf32, #alex.on<0>> {alex.output = "prob"},
        tensor<4xf32, #alex.on<0>> {alex.state = "b"}, tensor<4xf32, #alex.on<0>> {alex.momentum = "b"})
    attributes {alex.entry = "train_step", alex.batch = 2 : i64, alex.scratch = 128 : i64} {
  %loss, %prob = alex.softmax_cross_entropy %x, %labels
    {layer = "prob", alex.kernel = "loops", alex.at = [#alex.at<io, 192>, #alex.at<io, 128>]}
    : (tensor<2x4xf32, #alex.on<0>>, tensor<2xi32, #alex.on<0>>) -> (tensor<2xf32, #alex.on<0>>, tensor<2x4xf32, #alex.on<0>>)
  %seed = alex.fill 0.5 {alex.kernel = "loops", alex.at = [#alex.at<scratch, 0>]} : tensor<2xf32, #alex.on<0>>
  %dx = alex.softmax_cross_entropy_grad %seed, %prob, %labels
    {layer = "prob:grad", alex.kernel = "loops", alex.at = [#alex.at<scratch, 64>]}
    : (tensor<2xf32, #alex.on<0>>, tensor<2x4xf32, #alex.on<0>>, tensor<2xi32, #alex.on<0>>) -> tensor<2x4xf32, #alex.on<0>>
  %db = alex.bias_grad %dx {layer = "b:grad", alex.kernel = "loops", alex.at = [#alex.at<scratch, 0>]}
    : (tensor<2x4xf32, #alex.on<0>>) -> tensor<4xf32, #alex.on<0>>
  %b1, %v1 = alex.sgd_update %b, %v, %db, %step
    {layer = "b:update", alex.kernel = "loops", alex.at = [#alex.at<param, 3>, #alex.at<momentum, 3>]}
    : (tensor<4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>, !alex.step)
    -> (tensor<4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>)
  return %loss, %prob, %b1, %v1 : tensor<2xf32, #alex.on<0>>, tensor<2x4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>
}

// CHECK-LABEL: alexrt.program @apply entry "apply" scratch 0 {
// CHECK-NEXT: alexrt.launch @[[UPDATE]] [#alex.at<param, 3>, #alex.at<momentum, 3>, #alex.at<gradient, 3>, #alex.at<step, 0>]
func.func @apply(
    %step: !alex.step {alex.at = #alex.at<step, 0>},
    %b: tensor<4xf32, #alex.on<0>> {alex.state = "b", alex.at = #alex.at<param, 3>},
    %v: tensor<4xf32, #alex.on<0>> {alex.momentum = "b", alex.at = #alex.at<momentum, 3>},
    %g: tensor<4xf32, #alex.on<0>> {alex.gradient = "b", alex.at = #alex.at<gradient, 3>})
    -> (tensor<4xf32, #alex.on<0>> {alex.state = "b"}, tensor<4xf32, #alex.on<0>> {alex.momentum = "b"})
    attributes {alex.entry = "apply", alex.scratch = 0 : i64} {
  %b1, %v1 = alex.sgd_update %b, %v, %g, %step
    {layer = "b:update", alex.kernel = "loops", alex.at = [#alex.at<param, 3>, #alex.at<momentum, 3>]}
    : (tensor<4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>, !alex.step)
    -> (tensor<4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>)
  return %b1, %v1 : tensor<4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>
}

// CHECK-LABEL: alexrt.program @gradients_2
// CHECK: alexrt.launch @[[FILL]] [] to [#alex.at<scratch, 0>]
// CHECK: alexrt.launch @[[GRAD]]
// CHECK-NEXT: alexrt.value "prob:grad"
// CHECK-NEXT: alexrt.value "image" <scratch, 64> : tensor<2x4x1x1xf32, #alex.on<0>>
// CHECK-NEXT: alexrt.launch @[[POOL:.*]] [#alex.at<scratch, 64>] to [#alex.at<scratch, 128>, #alex.at<scratch, 192>]
// one name for a layer of two results
// CHECK-NEXT: alexrt.value "pool" <scratch, 128>
// CHECK-NEXT: alexrt.launch @[[BIAS_GRAD]] [#alex.at<scratch, 64>] to [#alex.at<gradient, 3>]
func.func @gradients_2(
    %x: tensor<2x4xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>},
    %labels: tensor<2xi32, #alex.on<0>> {alex.labels, alex.at = #alex.at<io, 64>})
    -> (tensor<2xf32, #alex.on<0>> {alex.output = "loss"}, tensor<2x4xf32, #alex.on<0>> {alex.output = "prob"},
        tensor<4xf32, #alex.on<0>> {alex.gradient = "b"})
    attributes {alex.entry = "gradients", alex.batch = 2 : i64, alex.scratch = 256 : i64} {
  %loss, %prob = alex.softmax_cross_entropy %x, %labels
    {layer = "prob", alex.kernel = "loops", alex.at = [#alex.at<io, 192>, #alex.at<io, 128>]}
    : (tensor<2x4xf32, #alex.on<0>>, tensor<2xi32, #alex.on<0>>) -> (tensor<2xf32, #alex.on<0>>, tensor<2x4xf32, #alex.on<0>>)
  %seed = alex.fill 0.5 {alex.kernel = "loops", alex.at = [#alex.at<scratch, 0>]} : tensor<2xf32, #alex.on<0>>
  %dx = alex.softmax_cross_entropy_grad %seed, %prob, %labels
    {layer = "prob:grad", alex.kernel = "loops", alex.at = [#alex.at<scratch, 64>]}
    : (tensor<2xf32, #alex.on<0>>, tensor<2x4xf32, #alex.on<0>>, tensor<2xi32, #alex.on<0>>) -> tensor<2x4xf32, #alex.on<0>>
  %image = alex.unflatten %dx {layer = "image", alex.at = [#alex.at<scratch, 64>]}
    : (tensor<2x4xf32, #alex.on<0>>) -> tensor<2x4x1x1xf32, #alex.on<0>>
  %pool, %argmax = alex.max_pool %image window [1, 1]
    {argmax, layer = "pool", alex.kernel = "loops", alex.at = [#alex.at<scratch, 128>, #alex.at<scratch, 192>]}
    : (tensor<2x4x1x1xf32, #alex.on<0>>) -> (tensor<2x4x1x1xf32, #alex.on<0>>, tensor<2x4x1x1xi8, #alex.on<0>>)
  %db = alex.bias_grad %dx {layer = "b:grad", alex.kernel = "loops", alex.at = [#alex.at<gradient, 3>]}
    : (tensor<2x4xf32, #alex.on<0>>) -> tensor<4xf32, #alex.on<0>>
  return %loss, %prob, %db : tensor<2xf32, #alex.on<0>>, tensor<2x4xf32, #alex.on<0>>, tensor<4xf32, #alex.on<0>>
}
