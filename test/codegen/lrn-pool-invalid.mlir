// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 --split-input-file --verify-diagnostics

func.func private @other_op(%x: tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>)
    -> tensor<1x8x4x4xf32, #alex.on<0, nchw8c>> attributes {alexrt.kernel = "lrn_pool"} {
  // expected-error @+1 {{expects a fused lrn and max_pool in layouts nchw{b}c}}
  %0 = alex.relu %x : (tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>) -> tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
  return %0 : tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0>>
!y = tensor<1x8x2x2xf32, #alex.on<0, nchw8c>>
func.func private @other_layout(%x: !x) -> !y attributes {alexrt.kernel = "lrn_pool"} {
  // expected-error @+1 {{expects a fused lrn and max_pool in layouts nchw{b}c}}
  %0 = alex.fused(%x) : (!x) -> !y {
  ^bb0(%a: !x):
    %1 = alex.lrn %a across size 5 k 2.0 alpha 1.0e-4 beta 0.75 : (!x) -> !x
    %2 = alex.max_pool %1 window [2, 2] stride [2, 2] : (!x) -> !y
    alex.yield %2 : !y
  }
  return %0 : !y
}

// -----

!dy = tensor<1x8x2x2xf32, #alex.on<0, nchw8c>>
!argmax = tensor<1x8x2x2xi8, #alex.on<0, nchw8c>>
!x = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
func.func private @no_normalisation(%dy: !dy, %argmax: !argmax) -> !x attributes {alexrt.kernel = "lrn_pool_grad"} {
  // expected-error @+1 {{expects a fused max_pool_grad and lrn_grad in layouts nchw{b}c}}
  %0 = alex.max_pool_grad %dy, %argmax window [2, 2] stride [2, 2] : (!dy, !argmax) -> !x
  return %0 : !x
}
