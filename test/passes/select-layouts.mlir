// RUN: alex-opt %s --load-pass-plugin=%plugins/TestSelect.so --pass-pipeline='builtin.module(test-select)' | FileCheck %s

// A producer writes the largest halo that a reader wants, in the layout of both.
// CHECK-LABEL: @halo_of_the_hungriest_reader
// CHECK: %[[RELU:.*]] = alex.relu {{.*}} -> tensor<1x16x1x1xf32, #alex.on<0, nchw16c halo [1, 2, 3, 2]>>
// CHECK: alex.conv2d %[[RELU]]
// CHECK-NEXT: alex.conv2d %[[RELU]]
func.func @halo_of_the_hungriest_reader(%x: tensor<1x16x1x1xf32> {alex.input}, %w: tensor<16x16x3x3xf32> {alex.state = "w"})
    -> tensor<1x16x1x1xf32> attributes {alex.entry = "infer"} {
  %relu = alex.relu %x : (tensor<1x16x1x1xf32>) -> tensor<1x16x1x1xf32>
  %a = alex.conv2d %relu, %w pad [1, 2, 1, 0] : (tensor<1x16x1x1xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x1x1xf32>
  %b = alex.conv2d %relu, %w pad [0, 0, 3, 2] : (tensor<1x16x1x1xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x2x1xf32>
  %c = alex.max_pool %b window [2, 1] : (tensor<1x16x2x1xf32>) -> tensor<1x16x1x1xf32>
  %sum = alex.add %a, %c : (tensor<1x16x1x1xf32>, tensor<1x16x1x1xf32>) -> tensor<1x16x1x1xf32>
  return %sum : tensor<1x16x1x1xf32>
}

// Elementwise ops between two blocked convolutions stay in blocks.
// CHECK-LABEL: @layouts_travel_along_a_chain
// CHECK: %[[CONV:.*]] = alex.conv2d
// CHECK-NEXT: %[[RELU:.*]] = alex.relu %[[CONV]] {{.*}} -> tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>
// CHECK: alex.conv2d %[[RELU]]
func.func @layouts_travel_along_a_chain(%x: tensor<1x16x4x4xf32> {alex.input}, %v: tensor<16x16x1x1xf32> {alex.state = "v"}, %w: tensor<16x16x1x1xf32> {alex.state = "w"})
    -> tensor<1x16x4x4xf32> attributes {alex.entry = "infer"} {
  %a = alex.conv2d %x, %v : (tensor<1x16x4x4xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x4x4xf32>
  %relu = alex.relu %a : (tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %b = alex.conv2d %relu, %w : (tensor<1x16x4x4xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x4x4xf32>
  return %b : tensor<1x16x4x4xf32>
}

// The entry's result has no halo, whatever its other readers want.
// CHECK-LABEL: @result_without_halo
// CHECK-SAME: -> tensor<1x1x1x1xf32, #alex.on<0>>
// CHECK: %[[RELU:.*]] = alex.relu {{.*}} -> tensor<1x1x1x1xf32, #alex.on<0, nchw halo [1, 1, 1, 1]>>
// CHECK-NEXT: alex.conv2d %[[RELU]]
// CHECK-NEXT: %[[RESULT:.*]] = alex.reorder %[[RELU]]
// CHECK-NEXT: return %[[RESULT]]
func.func @result_without_halo(%x: tensor<1x1x1x1xf32> {alex.input}, %w: tensor<1x1x3x3xf32> {alex.state = "w"})
    -> tensor<1x1x1x1xf32> attributes {alex.entry = "infer"} {
  %relu = alex.relu %x {layer = "relu"} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %conv = alex.conv2d %relu, %w pad [1, 1, 1, 1] : (tensor<1x1x1x1xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x1x1xf32>
  return %relu : tensor<1x1x1x1xf32>
}

// The body of a fused op takes its operands' places; nothing else in it has one.
// CHECK-LABEL: @body_of_a_fused_op
// CHECK: alex.fused({{.*}}) {alex.kernel = "loops"}
// CHECK: ^bb0(%{{.*}}: tensor<1x8xf32, #alex.on<0>>):
// CHECK-NEXT: alex.relu {{.*}} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32>
func.func @body_of_a_fused_op(%x: tensor<1x8xf32> {alex.input}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  %0 = alex.fused(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
    %relu = alex.relu %a : (tensor<1x8xf32>) -> tensor<1x8xf32>
    alex.yield %relu : tensor<1x8xf32>
  }
  return %0 : tensor<1x8xf32>
}
