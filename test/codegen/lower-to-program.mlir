// RUN: alex-opt %s --alex-lower-to-program | FileCheck %s

// CHECK-LABEL: alexrt.program @load entry "load" scratch 0 {
// CHECK-NEXT: alexrt.launch @[[PACK:.*]] [#alex.at<param, 0>] to [#alex.at<weights, 0>] {layer = "conv1"}
// CHECK-NEXT: }
func.func @load(%w: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv1.weight", alex.at = #alex.at<param, 0>})
    -> (tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.at = #alex.at<weights, 0>})
    attributes {alex.entry = "load", alex.scratch = 0 : i64} {
  %0 = alex.reorder %w {layer = "conv1", alex.kernel = "loops", alex.at = [#alex.at<weights, 0>]}
    : tensor<16x16x1x1xf32, #alex.on<0>> to tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
  return %0 : tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
}

// CHECK-LABEL: alexrt.program @infer_2 entry "infer" batch 2
// CHECK-SAME: input <io, 0> : tensor<2x16x1x1xf32, #alex.on<0>> output <io, 128> : tensor<2x16xf32, #alex.on<0>> scratch 256 {
// CHECK-NEXT: alexrt.launch @[[CONV:.*]] [#alex.at<io, 0>, #alex.at<weights, 0>] to [#alex.at<scratch, 0>]
// CHECK-SAME: {layer = "conv1+relu1", layers = ["conv1", "relu1"], macs = 512 : i64}
// CHECK-NEXT: alexrt.value "relu1" <scratch, 0> : tensor<2x16x1x1xf32, #alex.on<0>>
// a view is no launch
// CHECK-NEXT: alexrt.value "flat" <scratch, 0> : tensor<2x16xf32, #alex.on<0>>
// CHECK-NEXT: alexrt.launch @prob_2 [#alex.at<scratch, 0>] to [#alex.at<io, 128>] {layer = "prob", layers = ["prob"]}
// CHECK-NEXT: alexrt.value "prob" <io, 128>
func.func @infer_2(
    %x: tensor<2x16x1x1xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>},
    %w: tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.state = "conv1.weight", alex.at = #alex.at<weights, 0>})
    -> tensor<2x16xf32, #alex.on<0>>
    attributes {alex.entry = "infer", alex.batch = 2 : i64, alex.scratch = 256 : i64} {
  %0 = alex.fused(%x, %w) {layer = "conv1+relu1", alex.kernel = "conv_direct", alex.at = [#alex.at<scratch, 0>]}
      : (tensor<2x16x1x1xf32, #alex.on<0>>, tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>)
      -> tensor<2x16x1x1xf32, #alex.on<0>> {
  ^bb0(%a: tensor<2x16x1x1xf32, #alex.on<0>>, %b: tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>):
    %conv1 = alex.conv2d %a, %b {layer = "conv1"}
      : (tensor<2x16x1x1xf32, #alex.on<0>>, tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>) -> tensor<2x16x1x1xf32>
    %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<2x16x1x1xf32>) -> tensor<2x16x1x1xf32>
    alex.yield %relu1 : tensor<2x16x1x1xf32>
  }
  %flat = alex.flatten %0 {layer = "flat", alex.kernel = "loops", alex.at = [#alex.at<scratch, 0>]}
    : (tensor<2x16x1x1xf32, #alex.on<0>>) -> tensor<2x16xf32, #alex.on<0>>
  %prob = alex.softmax %flat {layer = "prob", alex.kernel = "loops", alex.at = [#alex.at<io, 128>]}
    : (tensor<2x16xf32, #alex.on<0>>) -> tensor<2x16xf32, #alex.on<0>>
  return %prob : tensor<2x16xf32, #alex.on<0>>
}

// CHECK: func.func private @[[PACK]]({{.*}}) -> tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> attributes {alexrt.kernel = "loops"} {
// CHECK-NEXT: alex.reorder %{{.*}} {layer = "conv1"}
// CHECK: func.func private @[[CONV]]({{.*}} attributes {alexrt.kernel = "conv_direct"} {
// CHECK-NEXT: alex.fused
// CHECK: func.func private @prob_2(
