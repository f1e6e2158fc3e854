// RUN: alex-opt %s '--alex-select=target=cuda gpu=sm_80' --alex-verify-phase=phase=select | FileCheck %s
// RUN: not alex-opt %s '--alex-select=target=cuda gpu=sm_61' 2>&1 | FileCheck %s --check-prefix=GPU
// RUN: not alex-opt %s --alex-select=target=tpu 2>&1 | FileCheck %s --check-prefix=TARGET
// GPU: error: no kernel computes alex.conv2d on gpu 'sm_61'
// TARGET: error: alex.target: expected "cpu" or "cuda", got "tpu"

// The module says what it is for. All values lie in the logical layout, and the
// filter is not packed.
// CHECK: module attributes {alex.gpu = "sm_80", alex.target = "cuda"}
// CHECK: func.func @infer_1
// CHECK-NOT: alex.reorder
// CHECK: alex.conv2d {{.*}}alex.kernel = "{{.*}}"{{.*}} -> tensor<1x16x4x4xf32, #alex.on<0>>
func.func @infer_1(%x: tensor<1x16x6x6xf32> {alex.input}, %w: tensor<16x16x3x3xf32> {alex.state = "conv.weight"})
    -> tensor<1x16x4x4xf32> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
  %0 = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x16x6x6xf32>, tensor<16x16x3x3xf32>) -> tensor<1x16x4x4xf32>
  return %0 : tensor<1x16x4x4xf32>
}
