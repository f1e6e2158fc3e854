// RUN: alex-opt %s --verify-diagnostics --split-input-file

module {
  alexrt.program @launch_c6 entry "apply" scratch [64, 64] {
    // expected-error @below {{'alexrt.launch' op expects addresses on device 1, got #alex.at<scratch, 0>}}
    alexrt.launch @fill [] to [#alex.at<scratch, 0>] {queue = 1 : i64}
  }
  func.func private @fill() -> tensor<2x8xf32> attributes {alexrt.kernel = "loops"}
}

// -----

module {
  alexrt.program @launch_c6_queue entry "apply" scratch [64, 64] {
    // expected-error @below {{'alexrt.launch' op expects a queue from 0 to 1, got 2}}
    alexrt.launch @fill [] to [#alex.at<scratch, 0>] {queue = 2 : i64}
  }
  func.func private @fill() -> tensor<2x8xf32> attributes {alexrt.kernel = "loops"}
}

// -----

alexrt.program @copy_c2 entry "apply" scratch [64, 64] {
  // expected-error @below {{'alexrt.copy' op expects a queue of the target's device, got 2}}
  alexrt.copy <scratch, 0> to <scratch, 0 on 1> bytes 32 {queue = 2 : i64}
}

// -----

alexrt.program @device entry "apply" scratch [64, 64] {
  // expected-error @below {{'alexrt.copy' op expects devices below 2, got #alex.at<scratch, 0 on 2>}}
  alexrt.copy <scratch, 0 on 2> to <scratch, 0 on 1> bytes 32 {queue = 3 : i64}
}

// -----

alexrt.program @signal_c1 entry "apply" scratch [64, 64] {
  // expected-error @below {{'alexrt.signal' op expects a queue from 0 to 3, got 4}}
  alexrt.signal 0 {queue = 4 : i64}
}

// -----

alexrt.program @signal_c2 entry "apply" scratch [64, 64] {
  alexrt.signal 0
  // expected-error @below {{'alexrt.signal' op expects an event of its own, got 0}}
  alexrt.signal 0 {queue = 1 : i64}
}

// -----

alexrt.program @wait_c2 entry "apply" scratch [64, 64] {
  // expected-error @below {{'alexrt.wait' op expects a signal of event 1 before it}}
  alexrt.wait 1
  alexrt.signal 1 {queue = 1 : i64}
}
