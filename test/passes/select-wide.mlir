// RUN: alex-opt %s --load-pass-plugin=%plugins/TestSelect.so --pass-pipeline='builtin.module(test-select)' | FileCheck %s

// conv_grad_plain sums up a row of the image on the stack of a thread: none of 200,000.
module attributes {alex.cpu = "x86-64-v3"} {
  func.func @infer_1(%dy: tensor<1x3x1x100000xf32> {alex.input}, %w: tensor<3x2x1x2xf32> {alex.state = "c.weight"})
      -> tensor<1x2x1x200000xf32> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
    // CHECK: alex.conv2d_data_grad {{.*}}alex.kernel = "loops"
    %0 = alex.conv2d_data_grad %dy, %w stride [1, 2] {layer = "c"}
        : (tensor<1x3x1x100000xf32>, tensor<3x2x1x2xf32>) -> tensor<1x2x1x200000xf32>
    return %0 : tensor<1x2x1x200000xf32>
  }
}
