// RUN: alex-opt %s --alex-graph-pipeline=cpu=x86-64-v3 | FileCheck %s
// RUN: alex-opt %s --alex-graph-pipeline='cpu=x86-64-v3 keep=conv1 no-fuse-layers=fc2' | FileCheck %s --check-prefix=MARKED
// RUN: alex-opt %s --alex-graph-pipeline='cpu=x86-64-v3 no-fuse' | FileCheck %s --check-prefix=UNFUSED
// RUN: alex-opt %s --alex-graph-pipeline='cpu=x86-64-v3 disable-pass=alex-fuse-conv-relu,alex-fuse-linear-relu' | FileCheck %s --check-prefix=DISABLED

// CHECK: module attributes {alex.cpu = "x86-64-v3"
// CHECK-LABEL: @infer_1
// CHECK: alex.fused({{.*}}) {alex.at = [#alex.at<scratch, {{.*}}>], alex.kernel = "conv_direct", layer = "conv1+relu1"} : {{.*}} -> tensor<1x16x10x10xf32, #alex.on<0, nchw8c>>
// CHECK: alex.fused({{.*}}) {alex.at = [#alex.at<scratch, {{.*}}>], alex.kernel = "lrn_pool", layer = "norm1+pool1"}
// CHECK: alex.flatten
// CHECK: alex.fused({{.*}}) {alex.at = [#alex.at<scratch, {{.*}}>], alex.kernel = "linear_stream", layer = "fc2+relu2+drop2"}
// CHECK: alex.softmax {{.*}} {alex.at = [#alex.at<io, {{.*}}>]
// CHECK-LABEL: @load
// CHECK: alex.reorder

// MARKED: alex.conv2d {{.*}} {{{.*}}alex.keep{{.*}}layer = "conv1"}
// MARKED: alex.linear {{.*}} {{{.*}}alex.no_fuse{{.*}}layer = "fc2"}

// UNFUSED-NOT: alex.fused

// DISABLED-NOT: layer = "conv1+
// DISABLED: layer = "norm1+pool1"
// DISABLED-NOT: layer = "fc2+
module attributes {alex.network = {params = [{name = "conv1.weight"}, {name = "fc2.weight"}]}} {
  func.func @infer_1(%x: tensor<1x3x12x12xf32> {alex.input}, %v: tensor<16x3x3x3xf32> {alex.state = "conv1.weight"}, %w: tensor<8x256xf32> {alex.state = "fc2.weight"})
      -> tensor<1x8xf32> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
    %conv1 = alex.conv2d %x, %v {layer = "conv1"} : (tensor<1x3x12x12xf32>, tensor<16x3x3x3xf32>) -> tensor<1x16x10x10xf32>
    %relu1 = alex.relu %conv1 {layer = "relu1"} : (tensor<1x16x10x10xf32>) -> tensor<1x16x10x10xf32>
    %norm1 = alex.lrn %relu1 across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "norm1"} : (tensor<1x16x10x10xf32>) -> tensor<1x16x10x10xf32>
    %pool1 = alex.max_pool %norm1 window [3, 3] stride [2, 2] {layer = "pool1"} : (tensor<1x16x10x10xf32>) -> tensor<1x16x4x4xf32>
    %flat = alex.flatten %pool1 {layer = "flat"} : (tensor<1x16x4x4xf32>) -> tensor<1x256xf32>
    %fc2 = alex.linear %flat, %w {layer = "fc2"} : (tensor<1x256xf32>, tensor<8x256xf32>) -> tensor<1x8xf32>
    %relu2 = alex.relu %fc2 {layer = "relu2"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    %drop2 = alex.dropout %relu2 rate 0.5 form paper {layer = "drop2"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    %prob = alex.softmax %drop2 {layer = "prob"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    return %prob : tensor<1x8xf32>
  }
}
