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

func.func private @pack(tensor<8xf32>) -> tensor<8xf32> attributes {alexrt.kernel = "loops"}
func.func private @relu1(memref<1x8xf32>, memref<1x8xf32>, index, index)
  attributes {alexrt.kernel = "loops", alexrt.work = 1 : i64}
