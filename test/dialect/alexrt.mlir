// RUN: alex-opt %s | alex-opt | FileCheck %s

// CHECK-LABEL: alexrt.program @load entry "load" scratch 0 {
// CHECK: alexrt.launch @pack [#alex.at<param, 0>] to [#alex.at<weights, 0>]
alexrt.program @load entry "load" scratch 0 {
  alexrt.launch @pack [#alex.at<param, 0>] to [#alex.at<weights, 0>]
}

// CHECK-LABEL: alexrt.program @infer_1 entry "infer" batch 1
// CHECK-SAME: input <io, 0> : tensor<1x8xf32> output <io, 64> : tensor<1x8xf32> scratch 64 {
// CHECK: alexrt.launch @relu1 [#alex.at<io, 0>] to [#alex.at<scratch, 0>]
// CHECK-SAME: {layer = "relu1", layers = ["relu1"], macs = 8 : i64}
// CHECK: alexrt.value "relu1" <scratch, 0> : tensor<1x8xf32>
// CHECK: alexrt.copy <scratch, 0> to <io, 64> bytes 32
alexrt.program @infer_1 entry "infer" batch 1 input <io, 0> : tensor<1x8xf32>
    output <io, 64> : tensor<1x8xf32> scratch 64 {
  alexrt.launch @relu1 [#alex.at<io, 0>] to [#alex.at<scratch, 0>]
    {layer = "relu1", layers = ["relu1"], macs = 8 : i64}
  alexrt.value "relu1" <scratch, 0> : tensor<1x8xf32>
  alexrt.copy <scratch, 0> to <io, 64> bytes 32
}

// CHECK-LABEL: alexrt.program @train_step_2 entry "train_step" batch 2
// CHECK-SAME: input <io, 0> : tensor<2x8xf32> labels <io, 64> : tensor<2xi32>
// CHECK-SAME: output <io, 128> : tensor<2x8xf32> loss <io, 192> : tensor<2xf32> scratch 64 {
// CHECK: alexrt.launch @update [#alex.at<param, 1>, #alex.at<momentum, 1>, #alex.at<scratch, 0>, #alex.at<step, 0>]
// CHECK-SAME: to [#alex.at<param, 1>, #alex.at<momentum, 1>]
alexrt.program @train_step_2 entry "train_step" batch 2 input <io, 0> : tensor<2x8xf32>
    labels <io, 64> : tensor<2xi32> output <io, 128> : tensor<2x8xf32> loss <io, 192> : tensor<2xf32> scratch 64 {
  alexrt.launch @update [#alex.at<param, 1>, #alex.at<momentum, 1>, #alex.at<scratch, 0>, #alex.at<step, 0>]
    to [#alex.at<param, 1>, #alex.at<momentum, 1>] {layer = "fc.bias:update"}
}

// CHECK-LABEL: alexrt.program @gradients_2
// CHECK-SAME: loss <io, 192> : tensor<2xf32> input_gradient <io, 256> : tensor<2x8xf32> scratch 0 {
alexrt.program @gradients_2 entry "gradients" batch 2 input <io, 0> : tensor<2x8xf32>
    labels <io, 64> : tensor<2xi32> output <io, 128> : tensor<2x8xf32> loss <io, 192> : tensor<2xf32>
    input_gradient <io, 256> : tensor<2x8xf32> scratch 0 {
}

// CHECK-LABEL: alexrt.program @apply entry "apply" scratch 0 {
// CHECK: alexrt.launch @update [#alex.at<param, 1>, #alex.at<momentum, 1>, #alex.at<gradient, 1>, #alex.at<step, 0>]
alexrt.program @apply entry "apply" scratch 0 {
  alexrt.launch @update [#alex.at<param, 1>, #alex.at<momentum, 1>, #alex.at<gradient, 1>, #alex.at<step, 0>]
    to [#alex.at<param, 1>, #alex.at<momentum, 1>] {layer = "fc.bias:update"}
}

func.func private @update(tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, !alex.step) -> (tensor<8xf32>, tensor<8xf32>)
  attributes {alexrt.kernel = "loops"}
func.func private @pack(tensor<8xf32>) -> tensor<8xf32> attributes {alexrt.kernel = "loops"}
func.func private @relu1(memref<1x8xf32>, memref<1x8xf32>, index, index)
  attributes {alexrt.kernel = "loops", alexrt.work = 1 : i64}
