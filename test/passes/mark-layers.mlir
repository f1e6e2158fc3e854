// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-mark-layers{keep=relu1 no-fuse=conv2,relu2})' | FileCheck %s

// CHECK-LABEL: @example
// CHECK: alex.relu %{{.*}} {alex.keep, layer = "relu1"}
// CHECK-NEXT: alex.tanh %{{.*}} {alex.no_fuse, layer = "conv2"}
// CHECK-NEXT: alex.relu %{{.*}} {alex.no_fuse, layer = "relu2"}
// CHECK-NEXT: alex.relu %{{.*}} {layer = "relu3"}
func.func @example(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %relu1 = alex.relu %x {layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %conv2 = alex.tanh %relu1 {layer = "conv2"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %relu2 = alex.relu %conv2 {layer = "relu2"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %relu3 = alex.relu %relu2 {layer = "relu3"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %relu3 : tensor<1x8xf32>
}
