// RUN: alex-opt %s --load-pass-plugin=%plugins/FusePoolRelu.so --pass-pipeline='builtin.module(func.func(example-fuse-pool-relu))' --remarks-filter='.*' --verify-diagnostics | FileCheck %s

// The pass finds its ops by isa<>: a plug-in with a copy of the dialect of its
// own would see none of them.
// CHECK-LABEL: @fuse
// CHECK: alex.fused({{.*}}) {layer = "pool+relu+tanh"}
func.func @fuse(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32> {
  // expected-remark @+2 {{pool: relu fused (saves 4 B per image)}}
  // expected-remark @+1 {{pool+relu: tanh fused (saves 4 B per image)}}
  %pool = alex.max_pool %x window [2, 2] {layer = "pool"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>
  %relu = alex.relu %pool {layer = "relu"} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %tanh = alex.tanh %relu {layer = "tanh"} : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return %tanh : tensor<1x1x1x1xf32>
}

// CHECK-LABEL: @refuse_two_users
// CHECK-NOT: alex.fused
func.func @refuse_two_users(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32> {
  // expected-remark @+1 {{pool: not fused: result has 2 users}}
  %pool = alex.max_pool %x window [2, 2] {layer = "pool"} : (tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>
  %relu = alex.relu %pool : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  %sum = alex.add %pool, %relu : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return %sum : tensor<1x1x1x1xf32>
}
