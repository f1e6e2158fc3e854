// RUN: alex-opt %s | alex-opt | FileCheck %s

// CHECK-LABEL: @relu
// CHECK: %relu1 = alex.relu %{{.*}} {layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
func.func @relu(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = alex.relu %x {layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}
