// RUN: alex-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{'alexrt.program' op expects entry load, infer, evaluate, train_step, gradients or apply, got "train"}}
alexrt.program @program_c1 entry "train" scratch 0 {
}

// -----

// expected-error @+1 {{'alexrt.program' op expects the batch of entry gradients}}
alexrt.program @program_c2_batch entry "gradients" scratch 0 {
}

// -----

// expected-error @+1 {{'alexrt.program' op expects the output of entry infer}}
alexrt.program @program_c2_output entry "infer" batch 1 input <io, 0> : tensor<1x8xf32> scratch 0 {
}

// -----

// expected-error @+1 {{'alexrt.program' op expects the loss of entry evaluate}}
alexrt.program @program_c2_loss entry "evaluate" batch 1 input <io, 0> : tensor<1x8xf32>
    labels <io, 64> : tensor<1xi32> output <io, 128> : tensor<1x8xf32> scratch 0 {
}

// -----

// expected-error @+1 {{'alexrt.program' op expects the output in segment io, got #alex.at<scratch, 0>}}
alexrt.program @program_c3 entry "infer" batch 1 input <io, 0> : tensor<1x8xf32>
    output <scratch, 0> : tensor<1x8xf32> scratch 64 {
}

// -----

// expected-error @+1 {{'alexrt.program' op expects the input on a device below 1, got #alex.at<io, 0 on 7>}}
alexrt.program @program_c4_device entry "infer" batch 1 input <io, 0 on 7> : tensor<1x8xf32>
    output <io, 64> : tensor<1x8xf32> scratch 0 {
}

// -----

// expected-error @+1 {{'alexrt.program' op expects the output at a multiple of 4 bytes, got #alex.at<io, 66>}}
alexrt.program @program_c4_multiple entry "infer" batch 1 input <io, 0> : tensor<1x8xf32>
    output <io, 66> : tensor<1x8xf32> scratch 0 {
}

// -----

// expected-error @+1 {{'alexrt.program' op expects an address and a type of the input, got no type}}
"alexrt.program"() <{sym_name = "program_c4_type", entry = "load", input = #alex.at<io, 0>,
                     scratch = array<i64: 0>}> ({
^bb0:
}) : () -> ()

// -----

// expected-error @+1 {{'alexrt.program' op expects an address and a type of the loss, got no address}}
"alexrt.program"() <{sym_name = "program_c4_address", entry = "load", loss_type = tensor<8xf32>,
                     scratch = array<i64: 0>}> ({
^bb0:
}) : () -> ()

// -----

// expected-error @+1 {{attribute 'input_type' failed to satisfy constraint: type attribute of f32 or i32 tensor of fixed, positive dimensions and at most 2^40 elements}}
alexrt.program @input_of_unknown_size entry "infer" batch 1 input <io, 0> : tensor<?x8xf32>
    output <io, 64> : tensor<1x8xf32> scratch 0 {
}

// -----

alexrt.program @launch_c1_unknown entry "load" scratch 0 {
  // expected-error @+1 {{'alexrt.launch' op expects a kernel function, got unknown symbol @missing}}
  alexrt.launch @missing [] to []
}

// -----

alexrt.program @launch_c1_no_kernel entry "load" scratch 0 {
  // expected-error @+1 {{'alexrt.launch' op expects a function with attribute alexrt.kernel, got @plain}}
  alexrt.launch @plain [] to []
}
func.func private @plain()

// -----

alexrt.program @launch_c2_tensors entry "load" scratch 0 {
  // expected-error @+1 {{'alexrt.launch' op expects 2 addresses, got 1}}
  alexrt.launch @pack [#alex.at<param, 0>] to []
}
// expected-note @+1 {{the kernel is here}}
func.func private @pack(tensor<8xf32>) -> tensor<8xf32> attributes {alexrt.kernel = "loops"}

// -----

alexrt.program @launch_c2_buffers entry "load" scratch 0 {
  // expected-error @+1 {{'alexrt.launch' op expects 2 addresses, got 3}}
  alexrt.launch @pack [#alex.at<param, 0>, #alex.at<param, 1>] to [#alex.at<weights, 0>]
}
// expected-note @+1 {{the kernel is here}}
func.func private @pack(memref<8xf32>, memref<8xf32>, index, index)
  attributes {alexrt.kernel = "loops", alexrt.work = 1 : i64}

// -----

alexrt.program @launch_c3_multiple entry "load" scratch 0 {
  // expected-error @+1 {{expects offsets that are multiples of 64, got #alex.at<weights, 4>}}
  alexrt.launch @pack [#alex.at<param, 0>] to [#alex.at<weights, 4>]
}

// -----

alexrt.program @launch_c4_param entry "load" scratch 0 {
  // expected-error @+1 {{'alexrt.launch' op entry load cannot write here: #alex.at<param, 1>}}
  alexrt.launch @pack [#alex.at<param, 0>] to [#alex.at<param, 1>]
}

// -----

alexrt.program @launch_c4_momentum entry "gradients" batch 1 input <io, 0> : tensor<1x8xf32>
    labels <io, 64> : tensor<1xi32> output <io, 128> : tensor<1x8xf32> loss <io, 192> : tensor<1xf32> scratch 0 {
  // expected-error @+1 {{'alexrt.launch' op entry gradients cannot write here: #alex.at<momentum, 0>}}
  alexrt.launch @update [] to [#alex.at<momentum, 0>]
}

// -----

alexrt.program @launch_c4_gradient entry "apply" scratch 0 {
  // expected-error @+1 {{'alexrt.launch' op entry apply cannot write here: #alex.at<gradient, 0>}}
  alexrt.launch @update [] to [#alex.at<gradient, 0>]
}

// -----

alexrt.program @launch_c4_step entry "apply" scratch 0 {
  // expected-error @+1 {{'alexrt.launch' op entry apply cannot write here: #alex.at<step, 0>}}
  alexrt.launch @update [] to [#alex.at<step, 0>]
}

// -----

alexrt.program @launch_c5 entry "load" scratch 64 {
  // expected-error @+1 {{expects addresses within 64 bytes of scratch memory, got #alex.at<scratch, 64>}}
  alexrt.launch @pack [#alex.at<param, 0>] to [#alex.at<scratch, 64>]
}

// -----

alexrt.program @copy_c1 entry "load" scratch 64 {
  // expected-error @+1 {{'alexrt.copy' op entry load cannot write here: #alex.at<param, 0>}}
  alexrt.copy <scratch, 0> to <param, 0> bytes 32
}

// -----

alexrt.program @value_c1 entry "load" scratch 64 {
  // expected-error @+1 {{expects offsets that are multiples of 64, got #alex.at<scratch, 8>}}
  alexrt.value "relu1" <scratch, 8> : tensor<8xf32>
}

// -----

alexrt.program @value_c2 entry "load" scratch 64 {
  // expected-error @+1 {{'alexrt.value' op expects a part along a dimension below 2, got 2}}
  alexrt.value "relu1" part [2, 0] <scratch, 0> : tensor<1x8xf32>
}

// -----

alexrt.program @part_of_nothing entry "load" scratch 64 {
  // expected-error @+1 {{attribute 'part' failed to satisfy constraint: i64 dense array attribute with exactly 2 elements whose value is non-negative whose maximum value is 1073741824}}
  alexrt.value "relu1" part [] <scratch, 0> : tensor<1x8xf32>
}

// -----

alexrt.program @copy_beyond_limit entry "load" scratch 64 {
  // expected-error @+1 {{attribute 'bytes' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative whose maximum value is 1125899906842624}}
  alexrt.copy <param, 0> to <scratch, 0> bytes 9223372036854775807
}
