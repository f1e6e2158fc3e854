// RUN: alex-opt %s --alex-lower-kernels --split-input-file --verify-diagnostics

// expected-error @+1 {{has no generator for kernel "unheard_of"}}
func.func private @unknown_kernel(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {alexrt.kernel = "unheard_of"} {
  %0 = alex.relu %x : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// expected-error @+1 {{expects a kernel to hold one op on its arguments, which are tensors or a step, and to return its results}}
func.func private @two_ops(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.relu %x : (tensor<8xf32>) -> tensor<8xf32>
  %1 = alex.relu %0 : (tensor<8xf32>) -> tensor<8xf32>
  return %1 : tensor<8xf32>
}

// -----

// expected-error @+1 {{unknown CPU 'z80'}}
module attributes {alex.cpu = "z80"} {}
