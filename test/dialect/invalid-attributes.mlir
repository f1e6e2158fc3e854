// RUN: alex-opt %s --split-input-file --verify-diagnostics

// Sizes and attributes that no op may have, and the dialect's attributes on
// other ops.

func.func @dynamic_size(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{operand #0 must be f32 tensor of fixed, positive dimensions and at most 2^40 elements, but got 'tensor<?x8xf32>'}}
  alex.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}

// -----

func.func @empty(%x: tensor<1x0x3x3xf32>, %w: tensor<4x0x3x3xf32>) {
  // expected-error @+1 {{operand #0 must be f32 tensor of rank 4, fixed, positive dimensions and at most 2^40 elements, but got 'tensor<1x0x3x3xf32>'}}
  alex.conv2d %x, %w : (tensor<1x0x3x3xf32>, tensor<4x0x3x3xf32>) -> tensor<1x4x1x1xf32>
  return
}

// -----

func.func @no_dimensions(%x: tensor<f32>) {
  // expected-error @+1 {{operand #0 must be f32 tensor of fixed, positive dimensions and at most 2^40 elements, but got 'tensor<f32>'}}
  alex.relu %x : (tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @no_filters(%x: tensor<1x3x3x3xf32>, %w: tensor<0x3x3x3xf32>) {
  // expected-error @+1 {{operand #1 must be f32 tensor of rank 4}}
  alex.conv2d %x, %w : (tensor<1x3x3x3xf32>, tensor<0x3x3x3xf32>) -> tensor<1x4x1x1xf32>
  return
}

// -----

func.func @too_many_elements(%x: tensor<4294967296x4294967296x4294967296x1xf32>) {
  // expected-error @+1 {{operand #0 must be f32 tensor of rank 4}}
  alex.flatten %x : (tensor<4294967296x4294967296x4294967296x1xf32>) -> tensor<4294967296x0xf32>
  return
}

// -----

func.func @unranked(%x: tensor<*xf32>) {
  // expected-error @+1 {{operand #0 must be f32 tensor of fixed}}
  alex.relu %x : (tensor<*xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @unranked_result(%x: tensor<8xf32>) {
  // expected-error @+1 {{result #0 must be f32 tensor of fixed}}
  alex.relu %x : (tensor<8xf32>) -> tensor<*xf32>
  return
}

// -----

func.func @wrong_rank(%x: tensor<8xf32>, %w: tensor<4x8xf32>) {
  // expected-error @+1 {{operand #0 must be f32 tensor of rank 2}}
  alex.linear %x, %w : (tensor<8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @wrong_element(%x: tensor<8xf64>) {
  // expected-error @+1 {{operand #0 must be f32 tensor of fixed}}
  alex.tanh %x : (tensor<8xf64>) -> tensor<8xf64>
  return
}

// -----

func.func @no_tensor(%x: i32) {
  // expected-error @+1 {{operand #0 must be f32 tensor of fixed}}
  "alex.sigmoid"(%x) : (i32) -> i32
  return
}

// -----

func.func @stride_zero(%x: tensor<1x1x3x3xf32>) {
  // expected-error @+1 {{attribute 'stride' failed to satisfy constraint: i64 dense array attribute with exactly 2 elements whose value is positive whose maximum value is 1073741824}}
  alex.max_pool %x window [2, 2] stride [0, 1] : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  return
}

// -----

func.func @window_of_one_size(%x: tensor<1x1x3x3xf32>) {
  // expected-error @+1 {{attribute 'window' failed to satisfy constraint: i64 dense array attribute with exactly 2 elements}}
  alex.max_pool %x window [2] : (tensor<1x1x3x3xf32>) -> tensor<1x1x2x2xf32>
  return
}

// -----

func.func @pad_beyond_limit(%x: tensor<1x1x3x3xf32>, %w: tensor<1x1x3x3xf32>) {
  // expected-error @+1 {{attribute 'pad' failed to satisfy constraint: i64 dense array attribute with exactly 4 elements whose value is non-negative whose maximum value is 1073741824}}
  alex.conv2d %x, %w pad [9223372036854775807, 0, 0, 0] : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @groups_zero(%x: tensor<1x1x3x3xf32>, %w: tensor<1x1x3x3xf32>) {
  // expected-error @+1 {{attribute 'groups' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  alex.conv2d %x, %w groups 0 : (tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>) -> tensor<1x1x1x1xf32>
  return
}

// -----

func.func @slice_beyond_limit(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{attribute 'size' failed to satisfy constraint}}
  alex.slice %x from 1 size 9223372036854775807 : (tensor<1x8xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @unknown_form(%x: tensor<1x1x3x3xf32>) {
  // expected-error @+2 {{failed to parse LrnFormAttr parameter}}
  // expected-error @+1 {{expected one of [across, within] for window of a local response normalisation, got: along}}
  alex.lrn %x along size 5 k 2.0 alpha 1.0e-4 beta 0.75 : (tensor<1x1x3x3xf32>) -> tensor<1x1x3x3xf32>
  return
}

// -----

// expected-error @+1 {{alex.entry: expected an entry: infer, evaluate, train_step, gradients, apply or load, got "run"}}
func.func private @entry() attributes {alex.entry = "run"}

// -----

// expected-error @+1 {{alex.batch: expected a positive 64-bit integer, got 0 : i64}}
func.func private @batch() attributes {alex.batch = 0 : i64}

// -----

// expected-error @+1 {{alex.scratch: expected a 64-bit integer of at least zero, got 8 : i32}}
func.func private @scratch() attributes {alex.scratch = 8 : i32}

// -----

// expected-error @+1 {{alex.state: expected a string, got 1 : i64}}
func.func private @state(tensor<8xf32> {alex.state = 1})

// -----

// expected-error @+1 {{alex.input: expected a unit attribute, got true}}
func.func private @input(tensor<8xf32> {alex.input = true})

// -----

// expected-error @+1 {{alex.at: expected an address such as #alex.at<io, 0>, got 0 : i64}}
func.func private @argument_address(tensor<8xf32> {alex.at = 0})

// -----

// expected-error @+1 {{alex.at: expected an address such as #alex.at<io, 0>, got [#alex.at<io, 0>]}}
func.func private @result_address() -> (tensor<8xf32> {alex.at = [#alex.at<io, 0>]})

// -----

func.func @layer_address(%x: tensor<8xf32>) {
  // expected-error @+1 {{alex.at: expected an array of #alex.at, got #alex.at<io, 0>}}
  alex.relu %x {alex.at = #alex.at<io, 0>} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @too_many_addresses(%x: tensor<8xf32>) {
  // expected-error @+1 {{alex.at: expected 1 addresses, got 2}}
  alex.relu %x {alex.at = [#alex.at<io, 0>, #alex.at<io, 0>]} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @kernel(%x: tensor<8xf32>) {
  // expected-error @+1 {{alex.kernel: expected a string, got 3 : i64}}
  alex.relu %x {alex.kernel = 3} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @part(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{alex.part: expected [dimension, first] of a part, got array<i64: 1, -1>}}
  alex.relu %x {alex.part = array<i64: 1, -1>} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return
}

// -----

func.func @part_beyond_rank(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{alex.part: expected a dimension below 2, got 9}}
  alex.relu %x {alex.part = array<i64: 9, 0>} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return
}

// -----

func.func @keep(%x: tensor<8xf32>) {
  // expected-error @+1 {{alex.keep: expected a unit attribute, got "yes"}}
  alex.relu %x {alex.keep = "yes"} : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// expected-error @+1 {{alex.network: expected a dictionary, got "alexnet"}}
module attributes {alex.network = "alexnet"} {}
