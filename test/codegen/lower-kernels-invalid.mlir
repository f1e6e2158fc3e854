// RUN: alex-opt %s --alex-lower-kernels --split-input-file --verify-diagnostics

// expected-error @+1 {{has no generator for kernel "unheard_of"}}
func.func private @unknown_kernel(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {alexrt.kernel = "unheard_of"} {
  %0 = alex.relu %x : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

// expected-error @+1 {{unknown CPU 'z80'}}
module attributes {alex.cpu = "z80"} {}
