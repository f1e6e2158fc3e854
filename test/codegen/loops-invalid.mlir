// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64 --split-input-file --verify-diagnostics --allow-unregistered-dialect

func.func private @unknown_op(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {alexrt.kernel = "loops"} {
  // expected-error @+1 {{no loop lowering for other.op}}
  %0 = "other.op"(%x) : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// -----

func.func private @rank(%x: tensor<2x3x4xf32>) -> tensor<2x6x4xf32>
    attributes {alexrt.kernel = "loops"} {
  // expected-error @+1 {{no loop lowering for a result of rank 3}}
  %0 = alex.concat %x, %x : (tensor<2x3x4xf32>, tensor<2x3x4xf32>) -> tensor<2x6x4xf32>
  return %0 : tensor<2x6x4xf32>
}

// -----

!x = tensor<2x8xf32, #alex.on<0, cn4>>
func.func private @loss_by_images(%x: !x, %labels: tensor<2xi32>) -> (tensor<2xf32>, !x)
    attributes {alexrt.kernel = "loops"} {
  // expected-error @+1 {{expects a single softmax_cross_entropy with all values in layout nchw}}
  %0:2 = alex.softmax_cross_entropy %x, %labels : (!x, tensor<2xi32>) -> (tensor<2xf32>, !x)
  return %0#0, %0#1 : tensor<2xf32>, !x
}
