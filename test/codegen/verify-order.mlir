// RUN: alex-opt %s --pass-pipeline='builtin.module(alexrt.program(alex-verify-order))' --verify-diagnostics --split-input-file

module {
  alexrt.program @read_too_early entry "apply" scratch [64, 64] {
    // expected-note @below {{this record is not ordered before it}}
    alexrt.launch @fill [] to [#alex.at<scratch, 0>]
    // expected-error @below {{touches memory that another queue may be working on}}
    alexrt.copy <scratch, 0> to <scratch, 0 on 1> bytes 32 {queue = 3 : i64}
  }
  func.func private @fill() -> tensor<2x8xf32> attributes {alexrt.kernel = "loops"}
}

// -----

module {
  alexrt.program @overwritten_too_early entry "apply" scratch [64, 64] {
    alexrt.launch @fill [] to [#alex.at<scratch, 0>]
    alexrt.signal 0
    alexrt.wait 0 {queue = 3 : i64}
    // expected-note @below {{this record is not ordered before it}}
    alexrt.copy <scratch, 0> to <scratch, 0 on 1> bytes 32 {queue = 3 : i64}
    // expected-error @below {{touches memory that another queue may be working on}}
    alexrt.launch @fill [] to [#alex.at<scratch, 0>]
  }
  func.func private @fill() -> tensor<2x8xf32> attributes {alexrt.kernel = "loops"}
}

// -----

// Rows of one parameter that do not meet; and ones that do.
module {
  alexrt.program @rows entry "apply" scratch [0, 0] {
    // expected-note @below {{this record is not ordered before it}}
    alexrt.launch @fill [] to [#alex.at<param, 0>]
    alexrt.launch @fill [] to [#alex.at<param, 0 + 64 on 1>] {queue = 1 : i64}
    alexrt.launch @fill [] to [#alex.at<param, 1 on 1>] {queue = 1 : i64}
    // expected-error @below {{touches memory that another queue may be working on}}
    alexrt.launch @fill [] to [#alex.at<param, 0 + 32 on 1>] {queue = 1 : i64}
  }
  func.func private @fill() -> tensor<2x8xf32> attributes {alexrt.kernel = "loops"}
}
