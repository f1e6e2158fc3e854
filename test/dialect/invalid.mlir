// RUN: alex-opt %s --split-input-file --verify-diagnostics

// One function per constraint of Ops.td, under its label.

func.func @conv2d_c1(%x: tensor<1x5x3x3xf32>, %w: tensor<4x2x3x3xf32>) {
  // expected-error @+1 {{'alex.conv2d' op expects input channels divisible by groups, got 5 and 2}}
  alex.conv2d %x, %w groups 2 : (tensor<1x5x3x3xf32>, tensor<4x2x3x3xf32>) -> tensor<1x4x1x1xf32>
  return
}

// -----

func.func @conv2d_c2(%x: tensor<1x4x3x3xf32>, %w: tensor<5x2x3x3xf32>) {
  // expected-error @+1 {{expects filters divisible by groups, got 5 and 2}}
  alex.conv2d %x, %w groups 2 : (tensor<1x4x3x3xf32>, tensor<5x2x3x3xf32>) -> tensor<1x5x1x1xf32>
  return
}

// -----

func.func @conv2d_c3(%x: tensor<1x4x3x3xf32>, %w: tensor<6x4x3x3xf32>) {
  // expected-error @+1 {{expects filters of 2 channels, got 4}}
  alex.conv2d %x, %w groups 2 : (tensor<1x4x3x3xf32>, tensor<6x4x3x3xf32>) -> tensor<1x6x1x1xf32>
  return
}

// -----

func.func @conv2d_c4(%x: tensor<1x4x3x3xf32>, %w: tensor<6x4x3x3xf32>, %b: tensor<4xf32>) {
  // expected-error @+1 {{expects a bias of 6 elements, got 4}}
  alex.conv2d %x, %w, %b : (tensor<1x4x3x3xf32>, tensor<6x4x3x3xf32>, tensor<4xf32>) -> tensor<1x6x1x1xf32>
  return
}

// -----

func.func @conv2d_c5(%x: tensor<1x4x3x2xf32>, %w: tensor<6x4x3x5xf32>) {
  // expected-error @+2 {{window 3x5 does not fit into the padded image of 4x4}}
  // expected-error @+1 {{failed to infer returned types}}
  alex.conv2d %x, %w pad [0, 1, 1, 1] : (tensor<1x4x3x2xf32>, tensor<6x4x3x5xf32>) -> tensor<1x6x1x1xf32>
  return
}

// -----

func.func @conv2d_c6(%x: tensor<1x1x1x1xf32>, %w: tensor<1x1x524288x524288xf32>) {
  // expected-error @+1 {{'alex.conv2d' op expects fewer than 2^63 multiply-adds, got filters [1, 1, 524288, 524288] and results [1, 1, 524290, 524290]}}
  alex.conv2d %x, %w pad [524288, 524288, 524288, 524288] : (tensor<1x1x1x1xf32>, tensor<1x1x524288x524288xf32>) -> tensor<1x1x524290x524290xf32>
  return
}

// -----

func.func @lrn_c1(%x: tensor<1x5x3x3xf32>) {
  // expected-error @+1 {{'alex.lrn' op expects channels divisible by groups, got 5 and 2}}
  alex.lrn %x across size 5 k 2.0 alpha 1.0e-4 beta 0.75 groups 2 : (tensor<1x5x3x3xf32>) -> tensor<1x5x3x3xf32>
  return
}

// -----

func.func @lrn_c2(%x: tensor<1x4x3x3xf32>) {
  // expected-error @+1 {{expects one group for a window within a channel, got 2}}
  alex.lrn %x within size 3 k 2.0 alpha 1.0e-4 beta 0.75 groups 2 : (tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// -----

func.func @lrn_c3_k(%x: tensor<1x4x3x3xf32>) {
  // expected-error @+1 {{expects k above zero, got 0.000000e+00}}
  alex.lrn %x across size 3 k 0.0 alpha 1.0e-4 beta 0.75 : (tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// -----

func.func @lrn_c3_alpha(%x: tensor<1x4x3x3xf32>) {
  // expected-error @+1 {{expects alpha of at least zero, got -1.000000e-04}}
  alex.lrn %x across size 3 k 1.0 alpha -1.0e-4 beta 0.75 : (tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// -----

func.func @lrn_c3_beta(%x: tensor<1x4x3x3xf32>) {
  // expected-error @+1 {{expects beta of at least zero, got nan}}
  alex.lrn %x across size 3 k 1.0 alpha 1.0e-4 beta 0x7FF8000000000000 : (tensor<1x4x3x3xf32>) -> tensor<1x4x3x3xf32>
  return
}

// -----

func.func @pool_c1(%x: tensor<1x4x3x3xf32>) {
  // expected-error @+2 {{window 4x3 does not fit into the padded image of 3x3}}
  // expected-error @+1 {{failed to infer returned types}}
  alex.max_pool %x window [4, 3] ceil : (tensor<1x4x3x3xf32>) -> tensor<1x4x1x1xf32>
  return
}

// -----

func.func @pool_c1_result(%x: tensor<1x4x5x5xf32>) {
  // expected-error @+2 {{failed to infer returned types}}
  // expected-error @+1 {{inferred type(s) 'tensor<1x4x3x3xf32>' are incompatible with return type(s) of operation 'tensor<1x4x2x2xf32>'}}
  alex.avg_pool %x window [2, 2] stride [2, 2] ceil : (tensor<1x4x5x5xf32>) -> tensor<1x4x2x2xf32>
  return
}

// -----

func.func @pool_c2(%x: tensor<1x4x3x3xf32>) {
  // expected-error @+1 {{'alex.avg_pool' op expects padding smaller than the window, got 3 and 3}}
  alex.avg_pool %x window [2, 3] pad [0, 0, 0, 3] : (tensor<1x4x3x3xf32>) -> tensor<1x4x2x4xf32>
  return
}

// -----

func.func @linear_c1(%x: tensor<1x8xf32>, %w: tensor<4x9xf32>) {
  // expected-error @+1 {{'alex.linear' op expects weights of 8 columns, got 9}}
  alex.linear %x, %w : (tensor<1x8xf32>, tensor<4x9xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @linear_c2(%x: tensor<1x8xf32>, %w: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // expected-error @+1 {{expects a bias of 4 elements, got 8}}
  alex.linear %x, %w, %b : (tensor<1x8xf32>, tensor<4x8xf32>, tensor<8xf32>) -> tensor<1x4xf32>
  return
}

// -----

func.func @dropout_c1(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{'alex.dropout' op expects a rate from 0 up to, not including, 1, got 1.000000e+00}}
  alex.dropout %x rate 1.0 form paper : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return
}

// -----

func.func @scale_c1(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{'alex.scale' op expects a finite factor, got INF}}
  alex.scale %x by 0x7FF0000000000000 : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return
}

// -----

func.func @concat_c1(%x: tensor<1x8x2x2xf32>, %y: tensor<1x8x2x3xf32>) {
  // expected-error @+1 {{'alex.concat' op expects operands that differ in channels only, got 'tensor<1x8x2x2xf32>' and 'tensor<1x8x2x3xf32>'}}
  alex.concat %x, %y : (tensor<1x8x2x2xf32>, tensor<1x8x2x3xf32>) -> tensor<1x16x2x2xf32>
  return
}

// -----

func.func @concat_c1_ranks(%x: tensor<1x8x2x2xf32>, %y: tensor<1x8xf32>) {
  // expected-error @+2 {{expects operands of one rank, got 4 and 2}}
  // expected-error @+1 {{failed to infer returned types}}
  alex.concat %x, %y : (tensor<1x8x2x2xf32>, tensor<1x8xf32>) -> tensor<1x16x2x2xf32>
  return
}

// -----

func.func @concat_of_vectors(%x: tensor<8xf32>) {
  // expected-error @+2 {{expects operands with channels, got rank 1}}
  // expected-error @+1 {{failed to infer returned types}}
  alex.concat %x, %x : (tensor<8xf32>, tensor<8xf32>) -> tensor<16xf32>
  return
}

// -----

func.func @concat_of_nothing() {
  // expected-error @+2 {{expects at least one operand}}
  // expected-error @+1 {{failed to infer returned types}}
  alex.concat : () -> tensor<1x8xf32>
  return
}

// -----

func.func @slice_c1(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{'alex.slice' op expects channels below 8, got 8}}
  alex.slice %x from 7 size 2 : (tensor<1x8xf32>) -> tensor<1x2xf32>
  return
}

// -----

func.func @slice_of_a_vector(%x: tensor<8xf32>) {
  // expected-error @+2 {{expects an operand with channels, got rank 1}}
  // expected-error @+1 {{failed to infer returned types}}
  alex.slice %x from 0 size 2 : (tensor<8xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @add_c1(%x: tensor<1x8xf32>, %y: tensor<1x1xf32>) {
  // expected-error @+1 {{'alex.add' op all non-scalar operands/results must have the same shape and base type}}
  alex.add %x, %y : (tensor<1x8xf32>, tensor<1x1xf32>) -> tensor<1x8xf32>
  return
}

// -----

func.func @reorder_c1_shape(%x: tensor<1x16x2x2xf32>) {
  // expected-error @+1 {{'alex.reorder' op expects the shape to stay, got 'tensor<1x16x2x2xf32>' and 'tensor<1x64xf32>'}}
  alex.reorder %x : tensor<1x16x2x2xf32> to tensor<1x64xf32>
  return
}

// -----

func.func @reorder_c1_device(%x: tensor<1x8xf32, #alex.on<0>>) {
  // expected-error @+1 {{expects the device to stay, got 'tensor<1x8xf32, #alex.on<0>>' and 'tensor<1x8xf32, #alex.on<1>>'}}
  alex.reorder %x : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf32, #alex.on<1>>
  return
}

// -----

func.func @fused_c1(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{'alex.fused' op expects block arguments of the operands' types}}
  alex.fused(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0:
    alex.yield
  }
  return
}

// -----

func.func @fused_c2(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{expects a body that yields values of the results' shapes}}
  alex.fused(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
    %0 = alex.relu %a : (tensor<1x8xf32>) -> tensor<1x8xf32>
    alex.yield
  }
  return
}

// -----

func.func @fused_c2_terminator(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{expects a body that yields values of the results' shapes}}
  alex.fused(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
    "llvm.unreachable"() : () -> ()
  }
  return
}

// -----

func.func @fused_c3(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{expects a body of layers, got 'arith.constant'}}
  alex.fused(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
    // expected-note @+1 {{this op}}
    %0 = arith.constant dense<0.0> : tensor<1x8xf32>
    alex.yield %0 : tensor<1x8xf32>
  }
  return
}

// -----

func.func @fused_c3_nested(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{expects a body of layers, got 'alex.fused'}}
  alex.fused(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
    // expected-note @+1 {{this op}}
    %0 = alex.fused(%a) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
    ^bb0(%b: tensor<1x8xf32>):
      %1 = alex.relu %b : (tensor<1x8xf32>) -> tensor<1x8xf32>
      alex.yield %1 : tensor<1x8xf32>
    }
    alex.yield %0 : tensor<1x8xf32>
  }
  return
}

// -----

func.func @fused_c3_nothing(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{expects at least one op in its body}}
  alex.fused(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
    alex.yield %a : tensor<1x8xf32>
  }
  return
}

// -----

func.func @fused_c4(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{'alex.fused' op expects at least one result, got none}}
  alex.fused(%x) : (tensor<1x8xf32>) -> () {
  ^bb0(%a: tensor<1x8xf32>):
    %0 = alex.relu %a : (tensor<1x8xf32>) -> tensor<1x8xf32>
    alex.yield
  }
  return
}

// -----

func.func @fused_step(%x: tensor<1x8xf32>, %step: !alex.step) {
  // expected-error @+1 {{result #0 must be variadic of f32 tensor of fixed, positive dimensions and at most 2^40 elements or }}
  alex.fused(%x, %step) : (tensor<1x8xf32>, !alex.step) -> !alex.step {
  ^bb0(%a: tensor<1x8xf32>, %b: !alex.step):
    %0 = alex.relu %a : (tensor<1x8xf32>) -> tensor<1x8xf32>
    alex.yield %b : !alex.step
  }
  return
}

// -----

func.func @fused_without_block(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{region #0 ('body') failed to verify constraint: region with 1 blocks}}
  "alex.fused"(%x) ({}) : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return
}

// -----

func.func @fused_with_an_empty_block(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{'alex.fused' op expects a non-empty block}}
  alex.fused(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32> {
  ^bb0(%a: tensor<1x8xf32>):
  }
  return
}

// -----

func.func @yield_outside(%x: tensor<1x8xf32>) {
  // expected-error @+1 {{'alex.yield' op expects parent op 'alex.fused'}}
  alex.yield %x : tensor<1x8xf32>
}
