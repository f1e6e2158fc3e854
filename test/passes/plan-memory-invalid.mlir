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
