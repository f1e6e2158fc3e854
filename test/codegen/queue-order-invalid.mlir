// RUN: alex-opt %s --pass-pipeline='builtin.module(alexrt.program(alex-insert-signals))' --verify-diagnostics --split-input-file
// RUN: alex-opt %s --pass-pipeline='builtin.module(alexrt.program(alex-verify-order))' --verify-diagnostics --split-input-file

// Kernels that do not say how many bytes they touch.

module {
  alexrt.program @wrapped entry "apply" scratch [64, 64] {
    // expected-error @below {{'alexrt.launch' op expects a kernel on tensors or buffers of known size, got '!llvm.func<void (ptr, i64, i64)>'}}
    alexrt.launch @fill [] to [#alex.at<scratch, 0>]
  }
  llvm.func @fill(!llvm.ptr, i64, i64) attributes {alexrt.kernel = "loops"}
}

// -----

module {
  alexrt.program @more_addresses_than_arguments entry "apply" scratch [64, 64] {
    // expected-error @below {{'alexrt.launch' op expects a kernel on tensors or buffers of known size, got '!llvm.func<void ()>'}}
    alexrt.launch @fill [] to [#alex.at<scratch, 0>]
  }
  llvm.func @fill() attributes {alexrt.kernel = "loops"}
}

// -----

module {
  alexrt.program @unknown_size entry "apply" scratch [64, 64] {
    // expected-error @below {{'alexrt.launch' op expects a kernel on tensors or buffers of known size, got '(memref<?xf32>) -> ()'}}
    alexrt.launch @fill [] to [#alex.at<scratch, 0>]
  }
  func.func private @fill(memref<?xf32>) attributes {alexrt.kernel = "loops"}
}
