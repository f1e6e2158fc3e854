// RUN: alex-opt %s --pass-pipeline='builtin.module(alexrt.program(alex-insert-signals,alex-verify-order))' | FileCheck %s

// Two queues and what moves between them; the numbers of a step are on both.
module attributes {alex.devices = 2 : i64} {
  // CHECK-LABEL: alexrt.program @infer_2
  // CHECK-SAME: scratch [64, 192]
  alexrt.program @infer_2 entry "infer" batch 2 input <io, 0> : tensor<2x8xf32> output <io, 64> : tensor<2x8xf32> scratch [64, 192] {
    // CHECK-NEXT: alexrt.launch @relu {{.*}} {layer = "a"}
    // CHECK-NEXT: alexrt.signal 0{{$}}
    alexrt.launch @relu [#alex.at<io, 0>] to [#alex.at<scratch, 0>] {layer = "a"}
    // Another device's scratch is other memory, and reading together needs no order.
    // CHECK-NEXT: alexrt.launch @relu {{.*}} {layer = "b", queue = 1 : i64}
    alexrt.launch @relu [#alex.at<io, 0 on 1>] to [#alex.at<scratch, 0 on 1>] {layer = "b", queue = 1 : i64}
    // CHECK-NEXT: alexrt.wait 0 {queue = 3 : i64}
    // CHECK-NEXT: alexrt.copy <scratch, 0> to <scratch, 64 on 1> bytes 64 {layer = "a", queue = 3 : i64}
    // CHECK-NEXT: alexrt.signal 1 {queue = 3 : i64}
    alexrt.copy <scratch, 0> to <scratch, 64 on 1> bytes 64 {layer = "a", queue = 3 : i64}
    // CHECK-NEXT: alexrt.wait 1 {queue = 1 : i64}
    // CHECK-NEXT: alexrt.launch @add {{.*}} {layer = "c", queue = 1 : i64}
    // CHECK-NEXT: alexrt.signal 2 {queue = 1 : i64}
    alexrt.launch @add [#alex.at<scratch, 0 on 1>, #alex.at<scratch, 64 on 1>] to [#alex.at<scratch, 128 on 1>] {layer = "c", queue = 1 : i64}
    // What the copy reads may not be overwritten before it has ended: c waited for that.
    // CHECK-NEXT: alexrt.wait 2 {queue = 2 : i64}
    // CHECK-NEXT: alexrt.copy <scratch, 128 on 1> to <scratch, 0> bytes 64 {layer = "c", queue = 2 : i64}
    // CHECK-NEXT: alexrt.signal 3 {queue = 2 : i64}
    alexrt.copy <scratch, 128 on 1> to <scratch, 0> bytes 64 {layer = "c", queue = 2 : i64}
    // CHECK-NEXT: alexrt.wait 3{{$}}
    // CHECK-NEXT: alexrt.launch @relu {{.*}} {layer = "d"}
    // CHECK-NEXT: }
    alexrt.launch @relu [#alex.at<scratch, 0>] to [#alex.at<io, 64>] {layer = "d"}
  }
  func.func private @relu(%x: tensor<2x8xf32>) -> tensor<2x8xf32> attributes {alexrt.kernel = "loops"}
  func.func private @add(%x: tensor<2x8xf32>, %y: tensor<2x8xf32>) -> tensor<2x8xf32> attributes {alexrt.kernel = "loops"}
}
