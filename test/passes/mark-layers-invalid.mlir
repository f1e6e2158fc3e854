// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-mark-layers{keep=relu1})' --split-input-file --verify-diagnostics

// expected-error @below {{no layer 'relu1'; did you mean 'relu11'?}}
module {
  func.func @misspelt(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
    %0 = alex.relu %x {layer = "relu11"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    return %0 : tensor<1x8xf32>
  }
}

// -----

// expected-error @below {{no layer 'relu1'}}
module {
  func.func @nothing_alike(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
    return %x : tensor<1x8xf32>
  }
}

// -----

func.func @swallowed(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = alex.fused(%x) {layer = "relu1+tanh1"} : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
    // expected-error @below {{layer 'relu1' is already part of kernel 'relu1+tanh1'}}
    %1 = alex.relu %a {layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    %2 = alex.tanh %1 {layer = "tanh1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    alex.yield %2 : tensor<1x8xf32>
  }
  return %0 : tensor<1x8xf32>
}
