// RUN: alex-opt %s | alex-opt | FileCheck %s

// What networks on several devices need, as it is written and printed.

// CHECK-LABEL: @transfer
func.func @transfer(%x: tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<1>> {
  // CHECK: alex.transfer %{{.*}} {layer = "x"} : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf32, #alex.on<1>>
  %0 = alex.transfer %x {layer = "x"} : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf32, #alex.on<1>>
  return %0 : tensor<1x8xf32, #alex.on<1>>
}

// CHECK-LABEL: @convert
func.func @convert(%x: tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>> {
  // CHECK: alex.convert %{{.*}} scale 1.024000e+03 {layer = "x"} : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf16, #alex.on<0>>
  %0 = alex.convert %x scale 1024.0 {layer = "x"} : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf16, #alex.on<0>>
  // CHECK: alex.convert %{{[^ ]*}} : tensor<1x8xf16, #alex.on<0>> to tensor<1x8xf32, #alex.on<0>>
  %1 = alex.convert %0 : tensor<1x8xf16, #alex.on<0>> to tensor<1x8xf32, #alex.on<0>>
  return %1 : tensor<1x8xf32, #alex.on<0>>
}

// CHECK-LABEL: @images
func.func @images(%x: tensor<4x8xf32>, %labels: tensor<4xi32>) -> (tensor<4x8xf32>, tensor<2xi32>) {
  // CHECK: alex.slice %{{.*}} dim 0 from 2 size 2 : (tensor<4x8xf32>) -> tensor<2x8xf32>
  %0 = alex.slice %x dim 0 from 2 size 2 : (tensor<4x8xf32>) -> tensor<2x8xf32>
  // CHECK: alex.concat %{{.*}}, %{{.*}} dim 0 : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<4x8xf32>
  %1 = alex.concat %0, %0 dim 0 : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<4x8xf32>
  // CHECK: alex.slice %{{.*}} dim 0 from 0 size 2 : (tensor<4xi32>) -> tensor<2xi32>
  %2 = alex.slice %labels dim 0 from 0 size 2 : (tensor<4xi32>) -> tensor<2xi32>
  return %1, %2 : tensor<4x8xf32>, tensor<2xi32>
}

// CHECK-LABEL: @channels
func.func @channels(%x: tensor<4x8xf32>, %dy: tensor<2x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  // CHECK: alex.slice %{{[^ ]*}} from 0 size 4 :
  %0 = alex.slice %x dim 1 from 0 size 4 : (tensor<4x8xf32>) -> tensor<4x4xf32>
  // CHECK: alex.concat %{{[^ ]*}}, %{{[^ ]*}} :
  %1 = alex.concat %0, %0 dim 1 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x8xf32>
  // CHECK: alex.slice_grad %{{.*}} dim 0 from 2 : (tensor<2x8xf32>) -> tensor<4x8xf32>
  %2 = alex.slice_grad %dy dim 0 from 2 : (tensor<2x8xf32>) -> tensor<4x8xf32>
  return %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>
}

// A part of a value says where it begins.
// CHECK-LABEL: @part
func.func @part(%x: tensor<4x8xf32>, %step: !alex.step) -> tensor<4x8xf32> {
  // CHECK: alex.dropout %{{.*}}, %{{.*}} rate 5.000000e-01 form paper stream "drop6" origin [0, 2048] {alex.part = array<i64: 1, 2048>}
  %0 = alex.dropout %x, %step rate 0.5 form paper stream "drop6" origin [0, 2048] {alex.part = array<i64: 1, 2048>}
    : (tensor<4x8xf32>, !alex.step) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// CHECK-LABEL: @rows
// CHECK-SAME: alex.at = #alex.at<param, 3 + 1024 on 1>, alex.rows = array<i64: 8, 8>, alex.state = "fc6.weight"
func.func @rows(%w: tensor<8x32xf32, #alex.on<1>>
    {alex.at = #alex.at<param, 3 + 1024 on 1>, alex.rows = array<i64: 8, 8>, alex.state = "fc6.weight"}) {
  return
}
