// RUN: alex-opt %s --alex-extract-load | FileCheck %s

// CHECK-LABEL: @infer_1
// CHECK-SAME: (%{{[^:]*}}: tensor<1x16x2x2xf32, #alex.on<0>> {alex.input}, %[[W:[^:]*]]: tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.state = "conv.weight"})
// CHECK-NEXT: alex.conv2d %{{.*}}, %[[W]]
func.func @infer_1(%x: tensor<1x16x2x2xf32, #alex.on<0>> {alex.input}, %w: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv.weight"})
    -> tensor<1x16x2x2xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
  %0 = alex.reorder %w {alex.kernel = "loops"} : tensor<16x16x1x1xf32, #alex.on<0>> to tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
  %conv = alex.conv2d %x, %0 {alex.kernel = "conv_direct"} : (tensor<1x16x2x2xf32, #alex.on<0>>, tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>) -> tensor<1x16x2x2xf32, #alex.on<0>>
  return %conv : tensor<1x16x2x2xf32, #alex.on<0>>
}

// A reorder of another value stays; a parameter that is also used as it is stays, too.
// CHECK-LABEL: @infer_2
// CHECK-SAME: (%[[X:[^:]*]]: {{[^{]*}} {alex.input}, %[[PLAIN:[^:]*]]: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv.weight"}, %[[W:[^:]*]]: tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.state = "conv.weight"})
// CHECK-NEXT: alex.reorder %[[X]]
// CHECK-NEXT: alex.conv2d %{{.*}}, %[[W]]
// CHECK-NEXT: alex.conv2d %{{.*}}, %[[PLAIN]]
func.func @infer_2(%x: tensor<2x16x2x2xf32, #alex.on<0>> {alex.input}, %w: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv.weight"})
    -> tensor<2x16x2x2xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.batch = 2 : i64} {
  %0 = alex.reorder %w {alex.kernel = "loops"} : tensor<16x16x1x1xf32, #alex.on<0>> to tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>
  %1 = alex.reorder %x {alex.kernel = "loops"} : tensor<2x16x2x2xf32, #alex.on<0>> to tensor<2x16x2x2xf32, #alex.on<0, nchw16c>>
  %a = alex.conv2d %1, %0 {alex.kernel = "conv_direct"} : (tensor<2x16x2x2xf32, #alex.on<0, nchw16c>>, tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>>) -> tensor<2x16x2x2xf32, #alex.on<0>>
  %b = alex.conv2d %a, %w {alex.kernel = "conv_plain"} : (tensor<2x16x2x2xf32, #alex.on<0>>, tensor<16x16x1x1xf32, #alex.on<0>>) -> tensor<2x16x2x2xf32, #alex.on<0>>
  return %b : tensor<2x16x2x2xf32, #alex.on<0>>
}

// Both entries want the same form: it is made once.
// CHECK-LABEL: @load
// CHECK-SAME: (%[[W:[^:]*]]: tensor<16x16x1x1xf32, #alex.on<0>> {alex.state = "conv.weight"})
// CHECK-SAME: -> (tensor<16x16x1x1xf32, #alex.on<0, kcrs16c16k>> {alex.state = "conv.weight"}) attributes {alex.entry = "load"}
// CHECK-NEXT: %[[PACKED:.*]] = alex.reorder %[[W]] {alex.kernel = "loops"}
// CHECK-NEXT: return %[[PACKED]]
