// RUN: alex-opt %s --alex-lower-kernels --split-input-file --verify-diagnostics

// expected-error @below {{unknown GPU architecture 'sm_61'; known are sm_80 sm_86 sm_89 sm_90 sm_100 sm_120}}
module attributes {alex.target = "cuda", alex.gpu = "sm_61"} {}

// -----

// expected-error @below {{unknown precision 'fp8'; known are fp32 tf32 bf16}}
module attributes {alex.target = "cuda", alex.precision = "fp8"} {}

// -----

module attributes {alex.target = "cuda"} {
  // expected-error @below {{has no generator on target cuda for kernel "conv_direct"}}
  func.func private @of_cpu(%x: tensor<8xf32>) -> tensor<8xf32> attributes {alexrt.kernel = "conv_direct"} {
    %0 = alex.relu %x : (tensor<8xf32>) -> tensor<8xf32>
    return %0 : tensor<8xf32>
  }
}

// -----

!blocked = tensor<1x8x2x2xf32, #alex.on<0, nchw8c>>
module attributes {alex.target = "cuda"} {
  func.func private @blocked(%x: !blocked) -> !blocked attributes {alexrt.kernel = "loops"} {
    // expected-error @below {{expects the logical layout on target cuda, got 'tensor<1x8x2x2xf32, #alex.on<0, nchw8c>>'}}
    %0 = alex.relu %x : (!blocked) -> !blocked
    return %0 : !blocked
  }
}

// -----

// 8,000 images of this layer: numbering their elements would overflow an int
!large = tensor<8000x96x55x55xf32>
module attributes {alex.target = "cuda"} {
  func.func private @large(%x: !large) -> !large attributes {alexrt.kernel = "loops"} {
    // expected-error @below {{expects values of at most 2147418112 elements on target cuda, got 'tensor<8000x96x55x55xf32>'}}
    %0 = alex.relu %x : (!large) -> !large
    return %0 : !large
  }
}

// -----

// a group for each z of the grid
!deep = tensor<1x65536x1x1xf32>
module attributes {alex.target = "cuda"} {
  func.func private @groups(%x: !deep, %w: tensor<65536x1x1x1xf32>) -> !deep attributes {alexrt.kernel = "conv_gemm"} {
    // expected-error @below {{expects at most 65535 groups on target cuda, got 65536}}
    %0 = alex.conv2d %x, %w groups 65536 : (!deep, tensor<65536x1x1x1xf32>) -> !deep
    return %0 : !deep
  }
}

// -----

module attributes {alex.target = "cuda"} {
  func.func private @rank(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> attributes {alexrt.kernel = "loops"} {
    // expected-error @below {{no loop lowering for a result of rank 3}}
    %0 = alex.relu %x : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
    return %0 : tensor<2x3x4xf32>
  }
}

// -----

!row = tensor<2x4xf32>
!loss = tensor<2xf32>
module attributes {alex.target = "cuda"} {
  func.func private @fused_loss(%x: !row, %labels: tensor<2xi32>) -> (!loss, !row) attributes {alexrt.kernel = "loops"} {
    // expected-error @below {{expects a single softmax_cross_entropy}}
    %0:2 = alex.fused(%x, %labels) : (!row, tensor<2xi32>) -> (!loss, !row) {
    ^bb0(%a: !row, %b: tensor<2xi32>):
      %1:2 = alex.softmax_cross_entropy %a, %b : (!row, tensor<2xi32>) -> (!loss, !row)
      alex.yield %1#0, %1#1 : !loss, !row
    }
    return %0#0, %0#1 : !loss, !row
  }
}

// -----

module attributes {alex.target = "cuda"} {
  func.func private @no_convolution(%x: tensor<2x4xf32>) -> tensor<2x4xf32> attributes {alexrt.kernel = "conv_gemm"} {
    // expected-error @below {{expects a convolution or a gradient of one, got alex.relu}}
    %0 = alex.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
    return %0 : tensor<2x4xf32>
  }
}

// -----

module attributes {alex.target = "cuda"} {
  func.func private @no_layer(%x: tensor<2x4xf32>) -> tensor<2x4xf32> attributes {alexrt.kernel = "linear_gemm"} {
    // expected-error @below {{expects a linear layer or a gradient of one, got alex.relu}}
    %0 = alex.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
    return %0 : tensor<2x4xf32>
  }
}

// -----

module attributes {alex.target = "cuda"} {
  func.func private @no_linear_layer(%x: tensor<2x4xf32>) -> tensor<2x4xf32> attributes {alexrt.kernel = "linear_gemv"} {
    // expected-error @below {{expects a linear layer, got alex.relu}}
    %0 = alex.relu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
    return %0 : tensor<2x4xf32>
  }
}
