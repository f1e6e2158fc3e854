// RUN: alex-opt %s --alex-differentiate --split-input-file --verify-diagnostics

// expected-error @below {{expected a result marked alex.output = "loss" to differentiate}}
func.func @gradients_without_loss(%x: tensor<1x2xf32> {alex.input}) -> tensor<1x2xf32> attributes {alex.entry = "gradients"} {
  %0 = alex.relu %x : (tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

// expected-error @below {{expected an argument of type !alex.step to update parameters}}
func.func @train_step_without_step(%x: tensor<1x2xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels}) -> (tensor<1xf32> {alex.output = "loss"}) attributes {alex.entry = "train_step"} {
  %loss, %prob = alex.softmax_cross_entropy %x, %labels : (tensor<1x2xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x2xf32>)
  return %loss : tensor<1xf32>
}

// -----

func.func @gradients_through_a_reorder(%labels: tensor<1xi32> {alex.labels}, %w: tensor<1x2xf32> {alex.state = "w"}) -> (tensor<1xf32> {alex.output = "loss"}) attributes {alex.entry = "gradients"} {
  // expected-error @below {{expected layers that have a gradient between parameters and loss, got alex.reorder}}
  %0 = alex.reorder %w : tensor<1x2xf32> to tensor<1x2xf32>
  %loss, %prob = alex.softmax_cross_entropy %0, %labels : (tensor<1x2xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x2xf32>)
  return %loss : tensor<1xf32>
}

// -----

func.func @gradients_of_a_large_window(%x: tensor<1x1x1x257xf32> {alex.state = "x"}, %labels: tensor<1xi32> {alex.labels}) -> (tensor<1xf32> {alex.output = "loss"}) attributes {alex.entry = "gradients"} {
  // expected-error @below {{has no gradient: a byte does not tell 257 pixels apart}}
  %0 = alex.max_pool %x window [1, 257] : (tensor<1x1x1x257xf32>) -> tensor<1x1x1x1xf32>
  %1 = alex.flatten %0 : (tensor<1x1x1x1xf32>) -> tensor<1x1xf32>
  %loss, %prob = alex.softmax_cross_entropy %1, %labels : (tensor<1x1xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x1xf32>)
  return %loss : tensor<1xf32>
}

// -----

// expected-error @below {{expected no function @apply before entries are differentiated}}
func.func private @apply()
func.func @gradients_1(%x: tensor<1x2xf32> {alex.input}, %labels: tensor<1xi32> {alex.labels}) -> (tensor<1xf32> {alex.output = "loss"}) attributes {alex.entry = "gradients"} {
  %loss, %prob = alex.softmax_cross_entropy %x, %labels : (tensor<1x2xf32>, tensor<1xi32>) -> (tensor<1xf32>, tensor<1x2xf32>)
  return %loss : tensor<1xf32>
}
