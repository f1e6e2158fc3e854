// RUN: alex-opt %s --alex-plan-memory --split-input-file --verify-diagnostics

// expected-error @below {{expected a module attribute alex.network with a list params}}
module {
}

// -----

// expected-error @below {{expected params of alex.network to have names, got {shape = 1 : i64}}}
module attributes {alex.network = {params = [{shape = 1}]}} {
}

// -----

module attributes {alex.network = {params = []}} {
  // expected-error @below {{expected the entry to compute its result, got an argument}}
  func.func @result_is_a_view_of_the_input(%x: tensor<1x1x1x8xf32, #alex.on<0>> {alex.input}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
    %0 = alex.flatten %x : (tensor<1x1x1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
    return %0 : tensor<1x8xf32, #alex.on<0>>
  }
}

// -----

module attributes {alex.network = {params = [{name = "a"}]}} {
  // expected-error @below {{parameter 'b' is not in alex.network's params}}
  func.func @unknown_parameter(%b: tensor<1x8xf32, #alex.on<0>> {alex.state = "b"}) attributes {alex.entry = "infer"} {
    return
  }
}

// -----

module attributes {alex.network = {params = [{name = "a"}]}} {
  // expected-error @below {{parameter 'a' of type 'tensor<32x1xf32, #alex.on<0, cn32>>' is not among the results of @load}}
  func.func @form_that_load_does_not_make(%a: tensor<32x1xf32, #alex.on<0, cn32>> {alex.state = "a"}) attributes {alex.entry = "infer"} {
    return
  }
}

// -----

module attributes {alex.network = {params = [{name = "a"}]}} {
  // expected-error @below {{expected each result to be computed and named by alex.state, got number 0}}
  func.func @load(%a: tensor<1x8xf32, #alex.on<0>> {alex.state = "a"}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "load"} {
    return %a : tensor<1x8xf32, #alex.on<0>>
  }
}

// -----

module attributes {alex.network = {params = [{name = "w"}]}} {
  // expected-error @below {{expected the new parameter 'w' to be computed in the place of the old one}}
  func.func @new_value_would_be_a_copy(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}, %w: tensor<8xf32, #alex.on<0>> {alex.state = "w"}) -> (tensor<8xf32, #alex.on<0>> {alex.state = "w"}) attributes {alex.entry = "train_step"} {
    %0 = alex.bias_grad %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<8xf32, #alex.on<0>>
    return %0 : tensor<8xf32, #alex.on<0>>
  }
}

// -----

module attributes {alex.network = {params = [{name = "w"}]}} {
  // expected-error @below {{expected the new momentum of 'w' to be computed in the place of the old one}}
  func.func @momentum_that_stays(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}, %v: tensor<8xf32, #alex.on<0>> {alex.momentum = "w"}) -> (tensor<8xf32, #alex.on<0>> {alex.momentum = "w"}) attributes {alex.entry = "train_step"} {
    return %v : tensor<8xf32, #alex.on<0>>
  }
}

// -----

module attributes {alex.network = {params = [{name = "a"}, {name = "b"}]}} {
  // expected-error @below {{expected the gradient of 'b' to be a value of its own, got one that is returned twice}}
  func.func @gradient_of_two(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}) -> (tensor<8xf32, #alex.on<0>> {alex.gradient = "a"}, tensor<8xf32, #alex.on<0>> {alex.gradient = "b"}) attributes {alex.entry = "gradients"} {
    %0 = alex.bias_grad %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<8xf32, #alex.on<0>>
    return %0, %0 : tensor<8xf32, #alex.on<0>>, tensor<8xf32, #alex.on<0>>
  }
}

// -----

module attributes {alex.network = {params = [{name = "w"}]}} {
  func.func @old_value_read_through_a_view(%x: tensor<1x1x1x1xf32, #alex.on<0>> {alex.input}, %step: !alex.step, %w: tensor<1x1x1x1xf32, #alex.on<0>> {alex.state = "w"}, %v: tensor<1x1x1x1xf32, #alex.on<0>> {alex.momentum = "w"})
      -> (tensor<1x1xf32, #alex.on<0>> {alex.output = "prob"}, tensor<1x1x1x1xf32, #alex.on<0>> {alex.state = "w"}) attributes {alex.entry = "train_step"} {
    %view = alex.flatten %w : (tensor<1x1x1x1xf32, #alex.on<0>>) -> tensor<1x1xf32, #alex.on<0>>
    // expected-note @below {{overwritten by w:update before}}
    %w1, %v1 = alex.sgd_update %w, %v, %x, %step {layer = "w:update"} : (tensor<1x1x1x1xf32, #alex.on<0>>, tensor<1x1x1x1xf32, #alex.on<0>>, tensor<1x1x1x1xf32, #alex.on<0>>, !alex.step) -> (tensor<1x1x1x1xf32, #alex.on<0>>, tensor<1x1x1x1xf32, #alex.on<0>>)
    // expected-error @below {{reads a value that is overwritten}}
    %y = alex.relu %view : (tensor<1x1xf32, #alex.on<0>>) -> tensor<1x1xf32, #alex.on<0>>
    return %y, %w1 : tensor<1x1xf32, #alex.on<0>>, tensor<1x1x1x1xf32, #alex.on<0>>
  }
}

// -----

module attributes {alex.network = {params = [{name = "w"}]}} {
  func.func @old_value_returned(%x: tensor<1x1xf32, #alex.on<0>> {alex.input}, %step: !alex.step, %v: tensor<1x1xf32, #alex.on<0>> {alex.momentum = "w"})
      -> (tensor<1x1xf32, #alex.on<0>> {alex.output = "prob"}) attributes {alex.entry = "train_step"} {
    %y = alex.relu %x : (tensor<1x1xf32, #alex.on<0>>) -> tensor<1x1xf32, #alex.on<0>>
    // expected-note @below {{overwritten by w:update before}}
    %y1, %v1 = alex.sgd_update %y, %v, %x, %step {layer = "w:update"} : (tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>, !alex.step) -> (tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>)
    // expected-error @below {{returns a value that is overwritten}}
    return %y : tensor<1x1xf32, #alex.on<0>>
  }
}
