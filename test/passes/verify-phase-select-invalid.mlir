// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-verify-phase{phase=select})' --split-input-file --verify-diagnostics

// expected-error @below {{expected values that are placed, got 'tensor<1x8xf32>'}}
func.func @unplaced_argument(%x: tensor<1x8xf32> {alex.input}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  return %x : tensor<1x8xf32>
}

// -----

func.func @unplaced_result(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected values that are placed, got 'tensor<1x8xf32>'}}
  %0 = alex.relu %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// -----

func.func @no_kernel(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected a kernel in alex.kernel}}
  %0 = alex.relu %x : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @second_result_elsewhere(%x: tensor<1x1x2x2xf32, #alex.on<0>> {alex.input}) -> tensor<1x1x1x1xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected operands and results on one device, got 'tensor<1x1x2x2xf32, #alex.on<0>>' and 'tensor<1x1x1x1xi8, #alex.on<1>>'}}
  %0, %argmax = alex.max_pool %x window [2, 2] {alex.kernel = "loops"} : (tensor<1x1x2x2xf32, #alex.on<0>>) -> (tensor<1x1x1x1xf32, #alex.on<0>>, tensor<1x1x1x1xi8, #alex.on<1>>)
  return %0 : tensor<1x1x1x1xf32, #alex.on<0>>
}

// -----

func.func @two_devices(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}) -> tensor<1x8xf32, #alex.on<1>> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected operands and results on one device, got 'tensor<1x8xf32, #alex.on<0>>' and 'tensor<1x8xf32, #alex.on<1>>'}}
  %0 = alex.relu %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<1>>
  return %0 : tensor<1x8xf32, #alex.on<1>>
}

// -----

// expected-error @below {{expected a result in the logical layout, got 'tensor<1x8xf32, #alex.on<0, cn32>>'}}
func.func @result_in_another_layout(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}) -> tensor<1x8xf32, #alex.on<0, cn32>> attributes {alex.entry = "infer"} {
  %0 = alex.relu %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0, cn32>>
  return %0 : tensor<1x8xf32, #alex.on<0, cn32>>
}
