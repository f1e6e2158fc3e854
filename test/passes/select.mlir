// RUN: alex-opt %s --load-pass-plugin=%plugins/TestSelect.so --pass-pipeline='builtin.module(test-select)' --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --load-pass-plugin=%plugins/TestSelect.so --pass-pipeline='builtin.module(test-select{force=conv:conv_plain})' | FileCheck %s --check-prefix=FORCED

// The blocked convolution pays for its reorders: 1 s + 2.304 s + 0.512 s are below 10 s.
// CHECK-LABEL: @example
// CHECK-SAME: (%[[X:.*]]: tensor<1x16x4x4xf32, #alex.on<0>> {alex.input}, %[[W:.*]]: tensor<16x16x3x3xf32, #alex.on<0>> {alex.state = "conv.weight"})
// CHECK-SAME: -> tensor<1x16x2x2xf32, #alex.on<0>>
// CHECK-DAG: %[[BLOCKED:.*]] = alex.reorder %[[X]] {alex.kernel = "loops", layer = "reorder of input"} : tensor<1x16x4x4xf32, #alex.on<0>> to tensor<1x16x4x4xf32, #alex.on<0, nchw16c>>
// CHECK-DAG: %[[PACKED:.*]] = alex.reorder %[[W]] {alex.kernel = "loops", layer = "reorder of conv.weight"} : {{.*}} to tensor<16x16x3x3xf32, #alex.on<0, kcrs16c16k>>
// CHECK: %[[CONV:.*]] = alex.conv2d %[[BLOCKED]], %[[PACKED]] {alex.kernel = "conv_direct", layer = "conv"}
// CHECK: %[[PLAIN:.*]] = alex.reorder %[[CONV]] {{.*}} to tensor<1x16x2x2xf32, #alex.on<0>>
// CHECK: return %[[PLAIN]]
// FORCED-LABEL: @example
// FORCED-NOT: alex.reorder
// FORCED: alex.conv2d {{.*}} {alex.kernel = "conv_plain", layer = "conv"}
// FORCED: return
// expected-remark @below {{example: predicted 3560.000 ms at batch 1 on one core}}
func.func @example(%x: tensor<1x16x4x4xf32> {alex.input}, %w: tensor<16x16x3x3xf32> {alex.state = "conv.weight"})
    -> tensor<1x16x2x2xf32> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
  // expected-remark @+4 {{reorder of conv.weight: loops, kcrs16c16k, at load}}
  // expected-remark @+3 {{reorder of input: loops, nchw16c, predicted 2048.000 ms at batch 1}}
  // expected-remark @+2 {{conv: conv_direct, nchw16c, predicted 1000.000 ms at batch 1}}
  // expected-remark @+1 {{reorder of conv: loops, nchw, predicted 512.000 ms at batch 1}}
  %conv = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x16x4x4xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x2x2xf32>
  return %conv : tensor<1x16x2x2xf32>
}
