// RUN: alex-opt %s --alex-lower-to-program --split-input-file --verify-diagnostics

// expected-error @+1 {{expects an address alex.at for each argument, got none for number 0}}
func.func @argument_without_address(%x: tensor<8xf32>) attributes {alex.entry = "infer"} {
  return
}

// -----

func.func @result_without_address(%x: tensor<8xf32> {alex.at = #alex.at<io, 0>})
    attributes {alex.entry = "infer"} {
  // expected-error @+1 {{expects an address alex.at for each result: plan memory first}}
  %0 = alex.relu %x : (tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

// expected-error @+1 {{expects attribute alex.scratch: plan memory first}}
func.func @no_scratch() attributes {alex.entry = "load"} {
  return
}

// -----

func.func @no_kernel(%x: tensor<8xf32> {alex.at = #alex.at<io, 0>})
    attributes {alex.entry = "load", alex.scratch = 0 : i64} {
  // expected-error @+1 {{expects attribute alex.kernel: select kernels first}}
  %0 = alex.relu %x {alex.at = [#alex.at<io, 64>]} : (tensor<8xf32>) -> tensor<8xf32>
  return
}
