// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 --split-input-file --verify-diagnostics

!x = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
func.func private @other_op(%x: !x) -> !x attributes {alexrt.kernel = "conv_direct"} {
  // expected-error @+1 {{expects a kernel that begins with alex.conv2d}}
  %0 = alex.relu %x : (!x) -> !x
  return %0 : !x
}

// -----

!x = tensor<1x8xf32, #alex.on<0>>
func.func private @no_product(%x: !x) -> !x attributes {alexrt.kernel = "linear_stream"} {
  // expected-error @+1 {{expects a kernel that begins with alex.linear}}
  %0 = alex.relu %x : (!x) -> !x
  return %0 : !x
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
!w = tensor<24x4x1x1xf32, #alex.on<0, kcrs8k>>
!y = tensor<1x24x4x4xf32, #alex.on<0, nchw8c>>
func.func private @panel_over_groups(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "conv_direct"} {
  // expected-error @+1 {{expects filters in panels that hold vectors of 8 and divide the 12 filters of a group, got layout kcrs8k}}
  %0 = alex.conv2d %x, %w groups 2 : (!x, !w) -> !y
  return %0 : !y
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0>>
!w = tensor<8x8x1x1xf32, #alex.on<0, kcrs8c8k>>
!y = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
func.func private @other_input(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "conv_direct"} {
  // expected-error @+1 {{expects operand 0 in layout nchw8c, got nchw}}
  %0 = alex.conv2d %x, %w : (!x, !w) -> !y
  return %0 : !y
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0, nchw8c halo [1, 1, 0, 1]>>
!w = tensor<8x8x3x3xf32, #alex.on<0, kcrs8c8k>>
!y = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
func.func private @small_halo(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "conv_direct"} {
  // expected-error @+1 {{expects operand 0 with a halo of at least [1, 1, 1, 1], got [1, 1, 0, 1]}}
  %0 = alex.conv2d %x, %w pad [1, 1, 1, 1] : (!x, !w) -> !y
  return %0 : !y
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0>>
!w = tensor<8x8x1x1xf32, #alex.on<0>>
!y = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
func.func private @other_result(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "conv_plain"} {
  // expected-error @+1 {{expects result 0 in layout nchw, got nchw8c}}
  %0 = alex.conv2d %x, %w : (!x, !w) -> !y
  return %0 : !y
}

// -----

!x = tensor<8x4xf32, #alex.on<0, cn16>>
!w = tensor<8x4xf32, #alex.on<0>>
!y = tensor<8x8xf32, #alex.on<0, cn8>>
func.func private @other_block(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "linear_panel"} {
  // expected-error @+1 {{expects operand 0 in layout cn8, got cn16}}
  %0 = alex.linear %x, %w : (!x, !w) -> !y
  return %0 : !y
}

// -----

!x = tensor<8x4xf32, #alex.on<0>>
!w = tensor<8x4xf32, #alex.on<0>>
func.func private @no_block(%x: !x, %w: !w) -> tensor<8x8xf32, #alex.on<0>> attributes {alexrt.kernel = "linear_panel"} {
  // expected-error @+1 {{expects operand 0 in layout cn8, got nchw}}
  %0 = alex.linear %x, %w : (!x, !w) -> tensor<8x8xf32, #alex.on<0>>
  return %0 : tensor<8x8xf32, #alex.on<0>>
}

// -----

!dy = tensor<1x8x2x2xf32, #alex.on<0, nchw8c>>
!w = tensor<8x8x1x1xf32, #alex.on<0, ckrs8k8c>>
!dx = tensor<1x8x3x3xf32, #alex.on<0, nchw8c>>
func.func private @strided_gradient(%dy: !dy, %w: !w) -> !dx attributes {alexrt.kernel = "conv_data_grad"} {
  // expected-error @+1 {{expects a kernel that begins with an alex.conv2d_data_grad of stride 1}}
  %0 = alex.conv2d_data_grad %dy, %w stride [2, 2] : (!dy, !w) -> !dx
  return %0 : !dx
}

// -----

!dy = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
!w = tensor<8x8x1x1xf32, #alex.on<0, kcrs8c8k>>
func.func private @filters_of_forward(%dy: !dy, %w: !w) -> !dy attributes {alexrt.kernel = "conv_data_grad"} {
  // expected-error @+1 {{expects transposed filters in panels that hold vectors of 8 and divide the 8 channels of a group, got layout kcrs8c8k}}
  %0 = alex.conv2d_data_grad %dy, %w : (!dy, !w) -> !dy
  return %0 : !dy
}

// -----

!dy = tensor<1x8x4x4xf32, #alex.on<0, nchw8c halo [1, 1, 1, 0]>>
!w = tensor<8x8x3x3xf32, #alex.on<0, ckrs8k8c>>
func.func private @small_halo_of_gradient(%dy: !dy, %w: !w) -> !dy attributes {alexrt.kernel = "conv_data_grad"} {
  // expected-error @+1 {{expects operand 0 with a halo of at least [1, 1, 1, 1], got [1, 1, 1, 0]}}
  %0 = alex.conv2d_data_grad %dy, %w pad [1, 1, 1, 1] : (!dy, !w) -> !dy
  return %0 : !dy
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0>>
func.func private @no_filter_gradient(%x: !x) -> !x attributes {alexrt.kernel = "conv_filter_grad"} {
  // expected-error @+1 {{expects a kernel that begins with alex.conv2d_filter_grad in one part}}
  %0 = alex.relu %x : (!x) -> !x
  return %0 : !x
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0>>
!dy = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
!dw = tensor<8x4x1x1xf32, #alex.on<0>>
func.func private @few_filters(%x: !x, %dy: !dy) -> !dw attributes {alexrt.kernel = "conv_filter_grad"} {
  // expected-error @+1 {{expects filters of a group in vectors of 8, got 4}}
  %0 = alex.conv2d_filter_grad %x, %dy groups 2 : (!x, !dy) -> !dw
  return %0 : !dw
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
!dy = tensor<1x16x4x4xf32, #alex.on<0, nchw8c>>
!dw = tensor<16x4x1x1xf32, #alex.on<0>>
func.func private @block_over_groups(%x: !x, %dy: !dy) -> !dw attributes {alexrt.kernel = "conv_filter_grad"} {
  // expected-error @+1 {{expects channels of a group in blocks of 8, got 4}}
  %0 = alex.conv2d_filter_grad %x, %dy groups 2 : (!x, !dy) -> !dw
  return %0 : !dw
}

// -----

!x = tensor<1x8x4x4xf32, #alex.on<0>>
func.func private @no_gradient(%x: !x) -> !x attributes {alexrt.kernel = "conv_grad_plain"} {
  // expected-error @+1 {{expects a kernel that begins with alex.conv2d_data_grad or alex.conv2d_filter_grad in one part}}
  %0 = alex.relu %x : (!x) -> !x
  return %0 : !x
}

// -----

!x = tensor<2x8x4x4xf32, #alex.on<0>>
!dw = tensor<16x8x1x1xf32, #alex.on<0>>
func.func private @two_parts(%x: !x) -> !dw attributes {alexrt.kernel = "conv_grad_plain"} {
  // expected-error @+1 {{expects a kernel that begins with alex.conv2d_data_grad or alex.conv2d_filter_grad in one part}}
  %0 = alex.conv2d_filter_grad %x, %x parts 2 : (!x, !x) -> !dw
  return %0 : !dw
}

// -----

!x = tensor<2x8xf32, #alex.on<0>>
func.func private @no_data_grad(%x: !x) -> !x attributes {alexrt.kernel = "linear_data_grad"} {
  // expected-error @+1 {{expects a kernel that begins with alex.linear_data_grad}}
  %0 = alex.relu %x : (!x) -> !x
  return %0 : !x
}

// -----

!x = tensor<2x8xf32, #alex.on<0>>
func.func private @no_filter_grad(%x: !x) -> !x attributes {alexrt.kernel = "linear_filter_grad"} {
  // expected-error @+1 {{expects a kernel that begins with alex.linear_filter_grad}}
  %0 = alex.relu %x : (!x) -> !x
  return %0 : !x
}

// -----

!x = tensor<2049x8xf32, #alex.on<0>>
!w = tensor<8x8xf32, #alex.on<0>>
func.func private @too_many_images(%x: !x) -> !w attributes {alexrt.kernel = "linear_filter_grad"} {
  // expected-error @+1 {{expects at most 2048 images, got 2049}}
  %0 = alex.linear_filter_grad %x, %x : (!x, !x) -> !w
  return %0 : !w
}
