// RUN: alex-opt %s | alex-opt | FileCheck %s
// RUN: alex-opt %s --mlir-print-op-generic | alex-opt | FileCheck %s
// RUN: alex-opt %s --emit-bytecode | alex-opt | FileCheck %s

// Every op as it prints, under its layer's name.

// CHECK-LABEL: @conv2d
// CHECK: %conv1 = alex.conv2d %{{.*}}, %{{.*}}, %{{.*}} stride [2, 1] pad [0, 1, 3, 2] groups 2 {layer = "conv1"} : (tensor<1x4x5x5xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<1x6x3x6xf32>
// CHECK: alex.conv2d %{{[^,]*}}, %{{[^ ]*}} : (tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x3x3xf32>
func.func @conv2d(%x: tensor<1x4x5x5xf32>, %w: tensor<6x2x3x3xf32>, %v: tensor<6x4x3x3xf32>, %b: tensor<6xf32>) {
  alex.conv2d %x, %w, %b stride [2, 1] pad [0, 1, 3, 2] groups 2 {layer = "conv1"} : (tensor<1x4x5x5xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<1x6x3x6xf32>
  alex.conv2d %x, %v stride [1, 1] pad [0, 0, 0, 0] groups 1 : (tensor<1x4x5x5xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x3x3xf32>
  return
}

// CHECK-LABEL: @activations
// CHECK: %relu1 = alex.relu %{{.*}} {layer = "relu1"} : (tensor<8xf32>) -> tensor<8xf32>
// CHECK: %tanh1 = alex.tanh %{{.*}} {layer = "tanh1"} : (tensor<8xf32>) -> tensor<8xf32>
// CHECK: %sigmoid1 = alex.sigmoid %{{.*}} {layer = "sigmoid1"} : (tensor<8xf32>) -> tensor<8xf32>
// CHECK: %drop1 = alex.dropout %{{.*}} rate 5.000000e-01 form paper {layer = "drop1"} : (tensor<8xf32>) -> tensor<8xf32>
// CHECK: %drop2 = alex.dropout %{{.*}} rate 0.000000e+00 form inverted {layer = "drop2"} : (tensor<8xf32>) -> tensor<8xf32>
// CHECK: %scale1 = alex.scale %{{.*}} by -2.000000e+00 {layer = "scale1"} : (tensor<8xf32>) -> tensor<8xf32>
func.func @activations(%x: tensor<8xf32>) {
  alex.relu %x {layer = "relu1"} : (tensor<8xf32>) -> tensor<8xf32>
  alex.tanh %x {layer = "tanh1"} : (tensor<8xf32>) -> tensor<8xf32>
  alex.sigmoid %x {layer = "sigmoid1"} : (tensor<8xf32>) -> tensor<8xf32>
  alex.dropout %x rate 0.5 form paper {layer = "drop1"} : (tensor<8xf32>) -> tensor<8xf32>
  alex.dropout %x rate 0.0 form inverted {layer = "drop2"} : (tensor<8xf32>) -> tensor<8xf32>
  alex.scale %x by -2.0 {layer = "scale1"} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// CHECK-LABEL: @lrn
// CHECK: alex.lrn %{{.*}} across size 5 k 2.000000e+00 alpha 1.000000e-04 beta 7.500000e-01 groups 2 : (tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
// CHECK: alex.lrn %{{.*}} within size 3 k 1.000000e+00 alpha 5.000000e-05 beta 7.500000e-01 alpha_is mean : (tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
func.func @lrn(%x: tensor<1x4x3x3xf32>) {
  alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 alpha_is sum groups 2 : (tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  alex.lrn %x within size 3 k 1.0 alpha 5.0e-5 beta 0.75 alpha_is mean : (tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// The last window of @pools' ceil form starts inside the image; a fourth would not.
// CHECK-LABEL: @pools
// CHECK: alex.max_pool %{{.*}} window [3, 3] stride [2, 2] : (tensor<1x1x5x7xf32>) -> tensor<1x1x2x3xf32>
// CHECK: alex.max_pool %{{.*}} window [2, 2] stride [2, 2] ceil : (tensor<1x1x5x7xf32>) -> tensor<1x1x3x4xf32>
// CHECK: alex.avg_pool %{{.*}} window [2, 3] stride [2, 3] pad [1, 2, 1, 2] ceil : (tensor<1x1x5x7xf32>) -> tensor<1x1x3x3xf32>
// CHECK: alex.avg_pool %{{.*}} window [5, 7] : (tensor<1x1x5x7xf32>) -> tensor<1x1x1x1xf32>
func.func @pools(%x: tensor<1x1x5x7xf32>) {
  alex.max_pool %x window [3, 3] stride [2, 2] : (tensor<1x1x5x7xf32>) -> tensor<1x1x2x3xf32>
  alex.max_pool %x window [2, 2] stride [2, 2] ceil : (tensor<1x1x5x7xf32>) -> tensor<1x1x3x4xf32>
  alex.avg_pool %x window [2, 3] stride [2, 3] pad [1, 2, 1, 2] ceil : (tensor<1x1x5x7xf32>) -> tensor<1x1x3x3xf32>
  alex.avg_pool %x window [5, 7] : (tensor<1x1x5x7xf32>) -> tensor<1x1x1x1xf32>
  return
}

// CHECK-LABEL: @classifier
// CHECK: %flat = alex.flatten %{{.*}} {layer = "flat"} : (tensor<2x3x2x2xf32>) -> tensor<2x12xf32>
// CHECK: %fc = alex.linear %flat, %{{.*}}, %{{.*}} {layer = "fc"} : (tensor<2x12xf32>, tensor<5x12xf32>, tensor<5xf32>) -> tensor<2x5xf32>
// CHECK: alex.linear %flat, %{{[^ ]*}} : (tensor<2x12xf32>, tensor<5x12xf32>) -> tensor<2x5xf32>
// CHECK: %prob = alex.softmax %fc {layer = "prob"} : (tensor<2x5xf32>) -> tensor<2x5xf32>
func.func @classifier(%x: tensor<2x3x2x2xf32>, %w: tensor<5x12xf32>, %b: tensor<5xf32>) -> tensor<2x5xf32> {
  %0 = alex.flatten %x {layer = "flat"} : (tensor<2x3x2x2xf32>) -> tensor<2x12xf32>
  %1 = alex.linear %0, %w, %b {layer = "fc"} : (tensor<2x12xf32>, tensor<5x12xf32>, tensor<5xf32>) -> tensor<2x5xf32>
  %2 = alex.linear %0, %w : (tensor<2x12xf32>, tensor<5x12xf32>) -> tensor<2x5xf32>
  %3 = alex.softmax %1 {layer = "prob"} : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %3 : tensor<2x5xf32>
}

// CHECK-LABEL: @channels
// CHECK: alex.concat %{{[^,]*}}, %{{.*}} : (tensor<1x2x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x6x3x3xf32>
// CHECK: alex.slice %{{.*}} from 1 size 3 : (tensor<1x4x3x3xf32>) -> tensor<1x3x3x3xf32>
// CHECK: alex.add %{{[^,]*}}, %{{.*}} : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
func.func @channels(%x: tensor<1x2x3x3xf32>, %y: tensor<1x4x3x3xf32>) {
  alex.concat %x, %y : (tensor<1x2x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x6x3x3xf32>
  alex.slice %y from 1 size 3 : (tensor<1x4x3x3xf32>) -> tensor<1x3x3x3xf32>
  alex.add %y, %y : (tensor<1x4x3x3xf32>, tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// CHECK-LABEL: @fused
// CHECK: %a_b_c = alex.fused(%{{.*}}) {layer = "a+b/c"} : (tensor<1x8xf32>) -> tensor<1x8xf32> {
// CHECK-NEXT: ^bb0(%[[BODY:.*]]: tensor<1x8xf32>):
// CHECK-NEXT: %a = alex.relu %[[BODY]] {layer = "a"}
// CHECK-NEXT: alex.yield %a : tensor<1x8xf32>
func.func @fused(%x: tensor<1x8xf32>) {
  alex.fused(%x) {layer = "a+b/c"} : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%body: tensor<1x8xf32>):
    %a = alex.relu %body {layer = "a"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    alex.yield %a : tensor<1x8xf32>
  }
  return
}
