// RUN: alex-opt %s --load-pass-plugin=%plugins/TestSelect.so --pass-pipeline='builtin.module(test-select{force=conv:conv_winograd})' --split-input-file --verify-diagnostics

func.func @op_without_kernel(%x: tensor<1x8xf32> {alex.input}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  // expected-error @below {{no kernel computes alex.tanh on cpu 'test'}}
  %0 = alex.tanh %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// -----

func.func @unknown_kernel(%x: tensor<1x1x1x1xf32> {alex.input}, %w: tensor<1x1x1x1xf32> {alex.state = "w"}) -> tensor<1x1x1x1xf32> attributes {alex.entry = "infer"} {
  // expected-error @below {{no kernel 'conv_winograd' for layer 'conv'; there are conv_plain}}
  %0 = alex.conv2d %x, %w {layer = "conv"} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
  return %0 : tensor<1x1x1x1xf32>
}

// -----

func.func @no_way_to_reorder(%x: tensor<32x8xf32> {alex.input}) -> tensor<32x8xf32> attributes {alex.entry = "infer"} {
  // expected-error @below {{no kernel reorders 'tensor<32x8xf32, #alex.on<0>>' to 'tensor<32x8xf32, #alex.on<0, cn32>>' on cpu 'test'}}
  %0 = alex.softmax %x : (tensor<32x8xf32>) -> tensor<32x8xf32>
  return %0 : tensor<32x8xf32>
}

// -----

func.func @placed_already(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected a value that is not placed yet, got 'tensor<1x8xf32, #alex.on<0>>'}}
  %0 = alex.relu %x : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @places_of_maxima_in_another_layout(%x: tensor<1x16x1x1xf32> {alex.input}) -> tensor<1x16x1x1xf32> attributes {alex.entry = "infer"} {
  %pool, %argmax = alex.max_pool %x window [1, 1] : (tensor<1x16x1x1xf32>) -> (tensor<1x16x1x1xf32>, tensor<1x16x1x1xi8>)
  // expected-error @below {{no kernel reorders 'tensor<1x16x1x1xi8, #alex.on<0>>' to 'tensor<1x16x1x1xi8, #alex.on<0, nchw16c>>'}}
  %0 = alex.max_pool_grad %pool, %argmax window [1, 1] : (tensor<1x16x1x1xf32>, tensor<1x16x1x1xi8>) -> tensor<1x16x1x1xf32>
  return %0 : tensor<1x16x1x1xf32>
}
