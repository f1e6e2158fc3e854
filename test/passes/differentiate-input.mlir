// RUN: alex-opt %s --alex-differentiate=input-gradient | FileCheck %s

// Nobody trains with the gradient of the images: a step does not compute it.
// CHECK-LABEL: @gradients_1
// CHECK-SAME: {alex.gradient = "w"}, tensor<1x2xf32> {alex.output = "input_gradient"})
// CHECK: %[[OF_LEFT:.*]] = alex.linear_data_grad
// CHECK: %[[OF_RIGHT:.*]] = alex.tanh_grad
// CHECK: %[[DX:.*]] = alex.add {{.*}} {layer = "input:grad_sum"}
// CHECK: return {{.*}}, %[[DX]]
func.func @gradients_1(%x: tensor<1x2xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels}, %w: tensor<2x2xf32> {alex.state = "w"})
    -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x2xf32> {alex.output = "prob"}) attributes {alex.entry = "gradients", alex.batch = 1 : i64} {
  %right = alex.tanh %x {layer = "right"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %left = alex.linear %x, %w {layer = "left"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %sum = alex.add %left, %right {layer = "sum"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  %loss, %prob = alex.softmax_cross_entropy %sum, %labels : (tensor<1x2xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x2xf32>)
  return %loss, %prob : tensor<1xf32>, tensor<1x2xf32>
}

// CHECK-LABEL: @train_step_1
// CHECK-NOT: input_gradient
// CHECK-NOT: alex.linear_data_grad
func.func @train_step_1(%x: tensor<1x2xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels}, %step: !alex.step, %w: tensor<2x2xf32> {alex.state = "w"})
    -> (tensor<1xf32> {alex.output = "loss"}, tensor<1x2xf32> {alex.output = "prob"}) attributes {alex.entry = "train_step", alex.batch = 1 : i64} {
  %left = alex.linear %x, %w {layer = "left"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %loss, %prob = alex.softmax_cross_entropy %left, %labels : (tensor<1x2xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x2xf32>)
  return %loss, %prob : tensor<1xf32>, tensor<1x2xf32>
}
