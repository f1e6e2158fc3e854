// RUN: alex-opt %s --alex-differentiate --remarks-filter='alex-.*' --verify-diagnostics | FileCheck %s

// The example of the pass's description, and the other half of the update.
// CHECK-LABEL: @gradients_2
// CHECK-SAME: -> (tensor<2xf32> {alex.output = "loss"}, tensor<2x4xf32> {alex.output = "prob"}, tensor<4x3xf32> {alex.gradient = "fc.weight"})
// CHECK: %[[PROB:.*]]:2 = alex.softmax_cross_entropy
// CHECK-NEXT: %[[SEED:.*]] = alex.fill 5.000000e-01 {layer = "prob:loss_grad"} : tensor<2xf32>
// CHECK-NEXT: %[[DY:.*]] = alex.softmax_cross_entropy_grad %[[SEED]], %[[PROB]]#1, %{{.*}} {layer = "prob:grad"}
// CHECK-NEXT: %[[DW:.*]] = alex.linear_filter_grad %{{.*}}, %[[DY]] {layer = "fc:filter_grad"}
// CHECK-NEXT: return %[[PROB]]#0, %[[PROB]]#1, %[[DW]]
// expected-remark @below {{gradients_2: keeps 1 values for the way back, 32 B}}
func.func @gradients_2(%x: tensor<2x3xf32> {alex.input}, %labels: tensor<2xi32> {alex.labels}, %step: !alex.step, %w: tensor<4x3xf32> {alex.rate_factor = 2.0, alex.state = "fc.weight"})
    -> (tensor<2xf32> {alex.output = "loss"}, tensor<2x4xf32> {alex.output = "prob"}) attributes {alex.entry = "gradients", alex.batch = 2 : i64} {
  %fc = alex.linear %x, %w {layer = "fc"} : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
  %loss, %prob = alex.softmax_cross_entropy %fc, %labels {layer = "prob"} : (tensor<2x4xf32>, tensor<2xi32>) -> (tensor<2xf32>, tensor<2x4xf32>)
  return %loss, %prob : tensor<2xf32>, tensor<2x4xf32>
}

// Each update stands behind the last reader of the old value and before what
// goes on to earlier layers.
// CHECK-LABEL: @train_step_1
// CHECK-SAME: %[[V2:[^:]*]]: tensor<2x2xf32> {alex.momentum = "b"}
// CHECK-SAME: tensor<2x2xf32> {alex.state = "a"}, tensor<2x2xf32> {alex.state = "b"}, tensor<2x2xf32> {alex.momentum = "a"}, tensor<2x2xf32> {alex.momentum = "b"})
// CHECK: %[[RELU:.*]] = alex.relu
// CHECK: alex.fill 1.0
// CHECK: %[[DX:.*]] = alex.linear_data_grad
// CHECK-NEXT: %[[DB:.*]] = alex.linear_filter_grad %[[RELU]]
// CHECK-NEXT: %[[NEWB:.*]]:2 = alex.sgd_update %{{.*}}, %[[V2]], %[[DB]]
// CHECK-NEXT: %[[DRELU:.*]] = alex.relu_grad %[[DX]], %[[RELU]] {layer = "relu:grad"}
// CHECK-NEXT: %[[DA:.*]] = alex.linear_filter_grad %{{.*}}, %[[DRELU]]
// CHECK-NEXT: %[[NEWA:.*]]:2 = alex.sgd_update {{.*}}, %[[DA]]
// CHECK-NEXT: return %{{.*}}, %{{.*}}, %[[NEWA]]#0, %[[NEWB]]#0, %[[NEWA]]#1, %[[NEWB]]#1
// expected-remark @below {{train_step_1: keeps 2 values}}
func.func @train_step_1(%x: tensor<1x2xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels}, %step: !alex.step, %a: tensor<2x2xf32> {alex.state = "a"}, %b: tensor<2x2xf32> {alex.state = "b"})
    -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x2xf32> {alex.output = "prob"}) attributes {alex.entry = "train_step", alex.batch = 1 : i64} {
  %0 = alex.linear %x, %a : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // expected-remark @below {{relu: its gradient reads the sign of its value, what it read is not kept (saves 0.0 MB)}}
  %relu = alex.relu %0 {layer = "relu"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = alex.linear %relu, %b : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %loss, %prob = alex.softmax_cross_entropy %1, %labels : (tensor<1x2xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x2xf32>)
  return %loss, %prob : tensor<1xf32>, tensor<1x2xf32>
}

// The gradients of all readers of a value are added, those of a parameter too.
// CHECK-LABEL: @gradients_1
// CHECK: %[[ONE:.*]] = alex.slice_grad %{{.*}} from 1
// CHECK: %[[OTHER:.*]] = alex.slice_grad %{{.*}} from 0
// CHECK-NEXT: %[[SUM:.*]] = alex.add %[[ONE]], %[[OTHER]] {layer = "fc:grad_sum"}
// CHECK: alex.linear_filter_grad %{{.*}}, %[[SUM]]
// CHECK: %[[DW:.*]] = alex.add {{.*}} {layer = "w:grad_sum"}
// CHECK: return {{.*}}, %[[DW]]
// expected-remark @below {{gradients_1: keeps 3 values}}
func.func @gradients_1(%x: tensor<1x2xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels}, %w: tensor<2x2xf32> {alex.state = "w"})
    -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x1xf32> {alex.output = "prob"}) attributes {alex.entry = "gradients", alex.batch = 1 : i64} {
  %0 = alex.linear %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %fc = alex.linear %0, %w {layer = "fc"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %left = alex.slice %fc from 0 size 1 : (tensor<1x2xf32>) -> tensor<1x1xf32>
  %right = alex.slice %fc from 1 size 1 : (tensor<1x2xf32>) -> tensor<1x1xf32>
  // expected-remark @below {{alex.tanh: its gradient reads its value, what it read is not kept}}
  %tanh = alex.tanh %right : (tensor<1x1xf32>) -> tensor<1x1xf32>
  %sum = alex.add %left, %tanh : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1x1xf32>
  %loss, %prob = alex.softmax_cross_entropy %sum, %labels : (tensor<1x1xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x1xf32>)
  return %loss, %prob : tensor<1xf32>, tensor<1x1xf32>
}

// A frozen layer gets no gradient, nor do the layers below that lead to no other
// parameter; one above still gets its own.
// CHECK-LABEL: @train_step_frozen
// CHECK-SAME: tensor<2x2xf32> {alex.momentum = "b"}) -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x2xf32> {alex.output = "prob"}, tensor<2x2xf32> {alex.state = "b"}, tensor<2x2xf32> {alex.momentum = "b"})
// CHECK: alex.fill
// CHECK-NEXT: %[[DY:.*]] = alex.softmax_cross_entropy_grad
// CHECK-NEXT: %[[DB:.*]] = alex.linear_filter_grad %{{.*}}, %[[DY]]
// CHECK-NEXT: alex.sgd_update {{.*}}, %[[DB]]
// CHECK-NEXT: return
// expected-remark @below {{train_step_frozen: keeps 2 values}}
func.func @train_step_frozen(%x: tensor<1x2xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels}, %step: !alex.step, %a: tensor<2x2xf32> {alex.state = "a", alex.rate_factor = 0.0}, %b: tensor<2x2xf32> {alex.state = "b"})
    -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x2xf32> {alex.output = "prob"}) attributes {alex.entry = "train_step", alex.batch = 1 : i64} {
  %0 = alex.linear %x, %a : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %relu = alex.relu %0 : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = alex.linear %relu, %b : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %loss, %prob = alex.softmax_cross_entropy %1, %labels : (tensor<1x2xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x2xf32>)
  return %loss, %prob : tensor<1xf32>, tensor<1x2xf32>
}

// What the gradients of pools, lrn and dropout read.
// CHECK-LABEL: @gradients_of_images
// CHECK: %[[LRN:.*]] = alex.lrn %[[X:.*]] across
// CHECK-NEXT: %[[POOL:.*]]:2 = alex.max_pool %[[LRN]]
// CHECK: alex.dropout {{.*}} stream "drop" {layer = "drop"}
// CHECK: alex.dropout {{.*}} stream "drop" {layer = "drop:grad"}
// CHECK-NEXT: %[[DPOOL:.*]] = alex.unflatten
// CHECK-NEXT: %[[DLRN:.*]] = alex.max_pool_grad %[[DPOOL]], %[[POOL]]#1
// CHECK-NEXT: alex.lrn_grad %[[DLRN]], %[[X]]
// expected-remark @below {{gradients_of_images: keeps 3 values}}
func.func @gradients_of_images(%x: tensor<1x1x4x4xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels}, %step: !alex.step, %w: tensor<1x1x1x1xf32> {alex.state = "w"})
    -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x4xf32> {alex.output = "prob"}) attributes {alex.entry = "gradients", alex.batch = 1 : i64} {
  %conv = alex.conv2d %x, %w : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  // expected-remark @below {{lrn: its gradient normalises again, energies are not kept (saves 0.0 MB)}}
  %lrn = alex.lrn %conv across size 5 k 2.0 alpha 1.0e-4 beta 0.75 {layer = "lrn"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
  // expected-remark @below {{pool: its gradient reads places of maxima of one byte, what it read is not kept (saves 0.0 MB)}}
  %pool = alex.max_pool %lrn window [2, 2] stride [2, 2] {layer = "pool"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32>
  %flat = alex.flatten %pool {layer = "flat"} : (tensor<1x1x2x2xf32>) -> tensor<1x4xf32>
  // expected-remark @below {{drop: its gradient draws the same numbers again, a mask is not kept (saves 0.0 MB)}}
  %drop = alex.dropout %flat, %step rate 0.5 form paper stream "drop" {layer = "drop"} : (tensor<1x4xf32>, !alex.step) -> tensor<1x4xf32>
  %loss, %prob = alex.softmax_cross_entropy %drop, %labels : (tensor<1x4xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x4xf32>)
  return %loss, %prob : tensor<1xf32>, tensor<1x4xf32>
}

// CHECK-LABEL: @infer_1
// CHECK-NEXT: alex.relu
// CHECK-NEXT: return
func.func @infer_1(%x: tensor<1x2xf32> {alex.input}) -> tensor<1x2xf32> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
  %0 = alex.relu %x : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// The other half of the first entry.
// CHECK-LABEL: @apply
// CHECK-SAME: (%[[STEP:[^:]*]]: !alex.step, %[[W:[^:]*]]: tensor<4x3xf32> {alex.rate_factor = 2.000000e+00 : f64, alex.state = "fc.weight"}, %[[V:[^:]*]]: tensor<4x3xf32> {alex.momentum = "fc.weight"}, %[[G:[^:]*]]: tensor<4x3xf32> {alex.gradient = "fc.weight"})
// CHECK-SAME: -> (tensor<4x3xf32> {alex.state = "fc.weight"}, tensor<4x3xf32> {alex.momentum = "fc.weight"}) attributes {alex.entry = "apply"}
// CHECK-NEXT: %[[NEW:.*]]:2 = alex.sgd_update %[[W]], %[[V]], %[[G]], %[[STEP]] {layer = "fc.weight:update", rate_factor = 2.000000e+00 : f64}
// CHECK-NEXT: return %[[NEW]]#0, %[[NEW]]#1
