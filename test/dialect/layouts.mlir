// RUN: alex-opt %s | alex-opt | FileCheck %s
// RUN: alex-opt %s --emit-bytecode | alex-opt | FileCheck %s

// Places, layouts and addresses as they print.

// CHECK-LABEL: @activation_layouts
// CHECK-SAME: tensor<1x8xf32, #alex.on<0>>
// CHECK-SAME: tensor<1x32x4x4xf32, #alex.on<1>>
// CHECK-SAME: tensor<1x32x4x4xf32, #alex.on<0, nchw16c>>
// CHECK-SAME: tensor<1x32x4x4xf32, #alex.on<0, nchw8c halo [1, 2, 3, 4]>>
// CHECK-SAME: tensor<1x3x4x4xf32, #alex.on<0, nchw halo [0, 0, 3, 3]>>
// CHECK-SAME: tensor<40x8xf32, #alex.on<0, cn32>>
func.func private @activation_layouts(tensor<1x8xf32, #alex.on<0>>, tensor<1x32x4x4xf32, #alex.on<1, nchw>>,
  tensor<1x32x4x4xf32, #alex.on<0, nchw16c>>, tensor<1x32x4x4xf32, #alex.on<0, nchw8c halo [1, 2, 3, 4]>>,
  tensor<1x3x4x4xf32, #alex.on<0, nchw halo [0, 0, 3, 3]>>, tensor<40x8xf32, #alex.on<0, cn32>>)

// CHECK-LABEL: @filter_layouts
// CHECK-SAME: tensor<64x32x3x3xf32, #alex.on<0, kcrs16c32k>>
// CHECK-SAME: tensor<96x3x11x11xf32, #alex.on<0, kcrs32k>>
// CHECK-SAME: tensor<64x32x3x3xf32, #alex.on<0, ckrs16k32c>>
// CHECK-SAME: tensor<10x16x3x3xf32, #alex.on<0, ckrs16c>>
func.func private @filter_layouts(tensor<64x32x3x3xf32, #alex.on<0, kcrs16c32k>>,
  tensor<96x3x11x11xf32, #alex.on<0, kcrs32k>>, tensor<64x32x3x3xf32, #alex.on<0, ckrs16k32c>>,
  tensor<10x16x3x3xf32, #alex.on<0, ckrs16c>>)

// A layer hands its operand's place on, or stores its result in another layout.
// CHECK-LABEL: @placed_layers
// CHECK: alex.relu %{{.*}} : (tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>) -> tensor<1x16x4x4xf32, #alex.on<0, nchw16c halo [1, 1, 1, 1]>>
// CHECK: alex.reorder %{{.*}} : tensor<1x16x4x4xf32, #alex.on<0, nchw16c>> to tensor<1x16x4x4xf32, #alex.on<0>>
func.func @placed_layers(%x: tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>) {
  alex.relu %x : (tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>) -> tensor<1x16x4x4xf32, #alex.on<0, nchw16c halo [1, 1, 1, 1]>>
  alex.reorder %x : tensor<1x16x4x4xf32, #alex.on<0, nchw16c>> to tensor<1x16x4x4xf32, #alex.on<0>>
  return
}

// CHECK-LABEL: @addresses(
// CHECK-SAME: %{{.*}}: tensor<1x8xf32> {alex.at = #alex.at<io, 0>, alex.input},
// CHECK-SAME: %{{.*}}: tensor<8x8xf32> {alex.at = #alex.at<param, 1>, alex.state = "fc.weight"})
// CHECK-SAME: attributes {alex.batch = 1 : i64, alex.entry = "infer", alex.scratch = 128 : i64}
// CHECK: alex.linear {{.*}} {alex.at = [#alex.at<scratch, 64>], alex.keep, alex.kernel = "linear_stream", alex.no_fuse}
func.func @addresses(%x: tensor<1x8xf32> {alex.input, alex.at = #alex.at<io, 0>},
                     %w: tensor<8x8xf32> {alex.state = "fc.weight", alex.at = #alex.at<param, 1>})
    attributes {alex.entry = "infer", alex.batch = 1 : i64, alex.scratch = 128 : i64} {
  alex.linear %x, %w {alex.at = [#alex.at<scratch, 64>], alex.kernel = "linear_stream", alex.keep, alex.no_fuse} : (tensor<1x8xf32>, tensor<8x8xf32>) -> tensor<1x8xf32>
  return
}
