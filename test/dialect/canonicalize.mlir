// RUN: alex-opt %s --canonicalize --split-input-file | FileCheck %s

// CHECK-LABEL: @paper_dropout_scales
// CHECK: %drop6 = alex.scale %{{.*}} by 5.000000e-01 {layer = "drop6"}
func.func @paper_dropout_scales(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = alex.dropout %x rate 0.5 form paper {layer = "drop6"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// CHECK-LABEL: @paper_dropout_of_nothing_disappears(
// CHECK-SAME: %[[X:.*]]: tensor
// CHECK-NEXT: return %[[X]]
func.func @paper_dropout_of_nothing_disappears(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = alex.dropout %x rate 0.0 form paper : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// CHECK-LABEL: @inverted_dropout_disappears(
// CHECK-SAME: %[[X:.*]]: tensor
// CHECK-NEXT: return %[[X]]
func.func @inverted_dropout_disappears(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = alex.dropout %x rate 0.5 form inverted : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// CHECK-LABEL: @relu_twice_is_once
// CHECK: %[[RELU:.*]] = alex.relu
// CHECK-NEXT: return %[[RELU]]
func.func @relu_twice_is_once(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = alex.relu %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %1 = alex.relu %0 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}

// CHECK-LABEL: @nothing_done_disappears(
// CHECK-SAME: %[[X:.*]]: tensor
// CHECK-NEXT: return %[[X]], %[[X]], %[[X]]
func.func @nothing_done_disappears(%x: tensor<1x8xf32>) -> (tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>) {
  %0 = alex.scale %x by 1.0 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %1 = alex.concat %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %2 = alex.slice %x from 0 size 8 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0, %1, %2 : tensor<1x8xf32>, tensor<1x8xf32>, tensor<1x8xf32>
}

// CHECK-LABEL: @keep_what_changes_the_layout
// CHECK: alex.scale
// CHECK: alex.slice
// CHECK: alex.scale
func.func @keep_what_changes_the_layout(%x: tensor<1x8x1x1xf32>) -> (tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>, tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>, tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>) {
  %0 = alex.scale %x by 1.0 : (tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>
  %1 = alex.slice %x from 0 size 8 : (tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>
  %2 = alex.dropout %x rate 0.5 form inverted : (tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>
  return %0, %1, %2 : tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>, tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>, tensor<1x8x1x1xf32, #alex.on<0, nchw8c>>
}

// -----

!plain = tensor<1x16x2x2xf32, #alex.on<0>>
!blocked = tensor<1x16x2x2xf32, #alex.on<0, nchw16c>>
!halo = tensor<1x16x2x2xf32, #alex.on<0, nchw16c halo [1, 1, 1, 1]>>

// CHECK-LABEL: @reorder_to_and_fro_disappears(
// CHECK-SAME: %[[X:.*]]: tensor
// CHECK-NEXT: return %[[X]]
func.func @reorder_to_and_fro_disappears(%x: !plain) -> !plain {
  %0 = alex.reorder %x : !plain to !blocked
  %1 = alex.reorder %0 : !blocked to !plain
  return %1 : !plain
}

// CHECK-LABEL: @reorder_of_a_reorder_is_one(
// CHECK-SAME: %[[X:[^:]*]]: tensor
// CHECK-NEXT: %[[HALO:.*]] = alex.reorder %[[X]] : tensor<1x16x2x2xf32, #alex.on<0>> to tensor<1x16x2x2xf32, #alex.on<0, nchw16c halo [1, 1, 1, 1]>>
// CHECK-NEXT: return %[[HALO]]
func.func @reorder_of_a_reorder_is_one(%x: !plain) -> !halo {
  %0 = alex.reorder %x : !plain to !blocked
  %1 = alex.reorder %0 : !blocked to !halo
  return %1 : !halo
}

// CHECK-LABEL: @unused_layers_die
// CHECK-NEXT: return
func.func @unused_layers_die(%x: !plain) {
  %0 = alex.fused(%x) : (!plain) -> !plain {
  ^bb0(%a: !plain):
    %1 = alex.relu %a : (!plain) -> !plain
    alex.yield %1 : !plain
  }
  return
}
