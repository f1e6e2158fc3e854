// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-verify-phase{phase=import},alex-verify-phase{phase=fuse})' | FileCheck %s
// The passes between two verifiers are what makes the next one happy.
// RUN: alex-opt %s --load-pass-plugin=%plugins/TestSelect.so --pass-pipeline='builtin.module(test-select,alex-extract-load,alex-verify-phase{phase=select},alex-plan-memory,alex-verify-phase{phase=plan-memory})' | FileCheck %s

module attributes {alex.network = {params = [{name = "w"}]}} {
  // CHECK-LABEL: @example
  func.func @example(%x: tensor<1x16x1x1xf32> {alex.input}, %w: tensor<16x16x1x1xf32> {alex.state = "w"})
      -> tensor<1x16xf32> attributes {alex.entry = "infer"} {
    %conv = alex.conv2d %x, %w : (tensor<1x16x1x1xf32>, tensor<16x16x1x1xf32>) -> tensor<1x16x1x1xf32>
    %relu = alex.relu %conv : (tensor<1x16x1x1xf32>) -> tensor<1x16x1x1xf32>
    %flat = alex.flatten %relu : (tensor<1x16x1x1xf32>) -> tensor<1x16xf32>
    return %flat : tensor<1x16xf32>
  }
}
