// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64 --verify-diagnostics

// A generator goes on with elementwise ops only.
!x = tensor<1x4x4x4xf32, #alex.on<0, nchw4c>>
!w = tensor<4x4x1x1xf32, #alex.on<0, kcrs4c4k>>
!y = tensor<1x4x2x2xf32, #alex.on<0, nchw4c>>
func.func private @conv_pool(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "conv_direct"} {
  %0 = alex.fused(%x, %w) : (!x, !w) -> !y {
  ^bb0(%a: !x, %b: !w):
    %1 = alex.conv2d %a, %b : (!x, !w) -> !x
    // expected-error @+1 {{no elementwise lowering for alex.max_pool}}
    %2 = alex.max_pool %1 window [2, 2] stride [2, 2] : (!x) -> !y
    alex.yield %2 : !y
  }
  return %0 : !y
}
