// RUN: alex-opt %s --alex-plan-memory --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s
// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-plan-memory{reuse=false},alex-verify-phase{phase=plan-memory})' | FileCheck %s --check-prefix=APART

module attributes {alex.network = {params = [{name = "a"}, {name = "b"}]}} {

// CHECK-LABEL: @example
// CHECK-SAME: {alex.at = #alex.at<io, 0>, alex.input}
// CHECK-SAME: alex.scratch = 64 : i64
// CHECK-NEXT: alex.relu {{.*}} {alex.at = [#alex.at<scratch, 0>], alex.kernel = "loops"}
// CHECK-NEXT: alex.tanh {{.*}} {alex.at = [#alex.at<io, 64>], alex.kernel = "loops"}
// expected-remark @below {{example: 64 B of scratch for 1 values; at least 64 B are alive at once}}
func.func @example(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  %relu = alex.relu %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  %tanh = alex.tanh %relu {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %tanh : tensor<1x8xf32, #alex.on<0>>
}

// The third value takes the first one's room; what an op reads is alive while it writes.
// CHECK-LABEL: @reuse_room
// CHECK-SAME: alex.scratch = 256 : i64
// CHECK-NEXT: alex.relu {{.*}} [#alex.at<scratch, 0>]
// CHECK-NEXT: alex.tanh {{.*}} [#alex.at<scratch, 128>]
// CHECK-NEXT: alex.sigmoid {{.*}} [#alex.at<scratch, 0>]
// APART-LABEL: @reuse_room
// APART-SAME: alex.scratch = 384 : i64
// APART-NEXT: alex.relu {{.*}} [#alex.at<scratch, 0>]
// APART-NEXT: alex.tanh {{.*}} [#alex.at<scratch, 128>]
// APART-NEXT: alex.sigmoid {{.*}} [#alex.at<scratch, 256>]
// expected-remark @below {{reuse_room: 256 B of scratch for 3 values; at least 256 B are alive at once}}
func.func @reuse_room(%x: tensor<1x32xf32, #alex.on<0>> {alex.input}) -> tensor<1x32xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  %0 = alex.relu %x {alex.kernel = "loops"} : (tensor<1x32xf32, #alex.on<0>>) -> tensor<1x32xf32, #alex.on<0>>
  %1 = alex.tanh %0 {alex.kernel = "loops"} : (tensor<1x32xf32, #alex.on<0>>) -> tensor<1x32xf32, #alex.on<0>>
  %2 = alex.sigmoid %1 {alex.kernel = "loops"} : (tensor<1x32xf32, #alex.on<0>>) -> tensor<1x32xf32, #alex.on<0>>
  %3 = alex.relu %2 {alex.kernel = "loops"} : (tensor<1x32xf32, #alex.on<0>>) -> tensor<1x32xf32, #alex.on<0>>
  return %3 : tensor<1x32xf32, #alex.on<0>>
}

// A view keeps its operand alive; one of a blocked value is none.
// CHECK-LABEL: @views
// CHECK: alex.max_pool {{.*}} [#alex.at<scratch, 0>]
// CHECK-NEXT: alex.flatten {{.*}} [#alex.at<scratch, 0>]
// CHECK-NEXT: alex.relu {{.*}} [#alex.at<scratch, 64>]
// CHECK-NEXT: alex.flatten {{.*}} [#alex.at<scratch, 128>]
// CHECK-NEXT: alex.add {{.*}} [#alex.at<io, 64>]
// expected-remark @below {{views: 192 B of scratch}}
func.func @views(%x: tensor<1x16x1x1xf32, #alex.on<0>> {alex.input}) -> tensor<1x16xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  %0 = alex.max_pool %x window [1, 1] {alex.kernel = "loops"} : (tensor<1x16x1x1xf32, #alex.on<0>>) -> tensor<1x16x1x1xf32, #alex.on<0>>
  %1 = alex.flatten %0 : (tensor<1x16x1x1xf32, #alex.on<0>>) -> tensor<1x16xf32, #alex.on<0>>
  %2 = alex.relu %x {alex.kernel = "loops"} : (tensor<1x16x1x1xf32, #alex.on<0>>) -> tensor<1x16x1x1xf32, #alex.on<0, nchw16c>>
  %3 = alex.flatten %2 {alex.kernel = "loops"} : (tensor<1x16x1x1xf32, #alex.on<0, nchw16c>>) -> tensor<1x16xf32, #alex.on<0>>
  %4 = alex.add %1, %3 {alex.kernel = "loops"} : (tensor<1x16xf32, #alex.on<0>>, tensor<1x16xf32, #alex.on<0>>) -> tensor<1x16xf32, #alex.on<0>>
  return %4 : tensor<1x16xf32, #alex.on<0>>
}

// CHECK-LABEL: @parameters
// CHECK-SAME: {alex.at = #alex.at<param, 1>, alex.state = "b"}
// CHECK-SAME: {alex.at = #alex.at<weights, 0>, alex.state = "a"}
// expected-remark @below {{parameters: 0 B of scratch}}
func.func @parameters(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}, %b: tensor<8x8xf32, #alex.on<0>> {alex.state = "b"}, %a: tensor<32x1xf32, #alex.on<0, cn32>> {alex.state = "a"})
    -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  %0 = alex.linear %x, %b {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>, tensor<8x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// CHECK-LABEL: @load
// CHECK-SAME: {alex.at = #alex.at<param, 0>, alex.state = "a"}
// CHECK-SAME: {alex.at = #alex.at<weights, 0>, alex.state = "a"}
// CHECK-NEXT: alex.reorder {{.*}} {alex.at = [#alex.at<weights, 0>], alex.kernel = "loops"}
// expected-remark @below {{load: 128 B of packed parameters}}
func.func @load(%a: tensor<32x1xf32, #alex.on<0>> {alex.state = "a"}) -> (tensor<32x1xf32, #alex.on<0, cn32>> {alex.state = "a"}) attributes {alex.entry = "load"} {
  %0 = alex.reorder %a {alex.kernel = "loops"} : tensor<32x1xf32, #alex.on<0>> to tensor<32x1xf32, #alex.on<0, cn32>>
  return %0 : tensor<32x1xf32, #alex.on<0, cn32>>
}
}
