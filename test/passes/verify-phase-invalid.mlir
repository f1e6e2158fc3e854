// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-verify-phase{phase=fuse})' --split-input-file --verify-diagnostics

// expected-error @below {{expected a function with attribute alex.entry}}
module {
}

// -----

func.func @op_that_is_no_layer(%x: tensor<1x8xf32> {alex.input}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected an entry of layers, got tensor.cast}}
  %0 = tensor.cast %x : tensor<1x8xf32> to tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// -----

// expected-error @below {{expected argument 1 to be marked alex.input, alex.labels, alex.state, alex.momentum or alex.gradient}}
func.func @unmarked_argument(%x: tensor<1x8xf32> {alex.input}, %w: tensor<8x8xf32>) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  return %x : tensor<1x8xf32>
}

// -----

// expected-error @below {{expected 1 inputs, got 0}}
func.func @no_arguments() attributes {alex.entry = "infer"} {
  return
}

// -----

// expected-error @below {{expected 1 inputs, got 2}}
func.func @two_inputs(%x: tensor<1x8xf32> {alex.input}, %y: tensor<1x8xf32> {alex.input}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  return %x : tensor<1x8xf32>
}

// -----

// expected-error @below {{expected one result, got 2}}
func.func @two_results(%x: tensor<1x8xf32> {alex.input}) -> (tensor<1x8xf32>, tensor<1x8xf32>) attributes {alex.entry = "infer"} {
  return %x, %x : tensor<1x8xf32>, tensor<1x8xf32>
}

// -----

// expected-error @below {{expected an entry of one block}}
func.func @two_blocks(%x: tensor<1x8xf32> {alex.input}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  cf.br ^end
^end:
  return %x : tensor<1x8xf32>
}

// -----

func.func @placed_too_early(%x: tensor<1x8xf32> {alex.input}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected values that are not placed before phase select, got 'tensor<1x8xf32, #alex.on<0>>'}}
  %0 = alex.relu %x : (tensor<1x8xf32>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

// expected-error @below {{expected f32, i8 or i32 tensors of fixed, positive dimensions and at most 2^40 elements, or a step, got 'index'}}
func.func @argument_that_is_no_tensor(%x: index {alex.input}) attributes {alex.entry = "infer"} {
  return
}

// -----

// expected-error @below {{expected f32, i8 or i32 tensors of fixed, positive dimensions and at most 2^40 elements, or a step, got 'tensor<?x8xf32>'}}
func.func @unknown_shape(%x: tensor<?x8xf32> {alex.input}) -> tensor<?x8xf32> attributes {alex.entry = "infer"} {
  return %x : tensor<?x8xf32>
}

// -----

// expected-error @below {{expected f32, i8 or i32 tensors of fixed, positive dimensions and at most 2^40 elements, or a step, got 'tensor<0x8xf32>'}}
func.func @empty_batch(%x: tensor<0x8xf32> {alex.input}) -> tensor<0x8xf32> attributes {alex.entry = "infer"} {
  return %x : tensor<0x8xf32>
}

// -----

// expected-error @below {{expected f32, i8 or i32 tensors of fixed, positive dimensions and at most 2^40 elements, or a step, got 'tensor<f32>'}}
func.func @parameter_without_dimensions(%x: tensor<1x8xf32> {alex.input}, %w: tensor<f32> {alex.state = "w"}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  return %x : tensor<1x8xf32>
}

// -----

// expected-error @below {{expected f32, i8 or i32 tensors of fixed, positive dimensions and at most 2^40 elements, or a step, got 'tensor<1048576x1048577xf32>'}}
func.func @too_many_elements(%x: tensor<1048576x1048577xf32> {alex.input}) -> tensor<1048576x1048577xf32> attributes {alex.entry = "infer"} {
  return %x : tensor<1048576x1048577xf32>
}

// -----

// expected-error @below {{expected result 1 to be marked alex.output, alex.state, alex.momentum or alex.gradient}}
func.func @unmarked_result(%x: tensor<1x8xf32> {alex.input}) -> (tensor<1x8xf32> {alex.output = "prob"}, tensor<1x8xf32>) attributes {alex.entry = "evaluate"} {
  return %x, %x : tensor<1x8xf32>, tensor<1x8xf32>
}

// -----

// expected-error @below {{expected an argument that result 0 is the new value of, got none that is the momentum of 'w'}}
func.func @new_momentum_of_nothing(%x: tensor<1x8xf32> {alex.input}, %w: tensor<1x8xf32> {alex.state = "w"}) -> (tensor<1x8xf32> {alex.momentum = "w"}) attributes {alex.entry = "train_step"} {
  return %x : tensor<1x8xf32>
}

// -----

// expected-error @below {{expected 0 inputs, got 1}}
func.func @update_of_images(%x: tensor<1x8xf32> {alex.input}) attributes {alex.entry = "apply"} {
  return
}
