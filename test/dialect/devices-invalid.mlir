// RUN: alex-opt %s --verify-diagnostics --split-input-file

func.func @transfer_c1(%x: tensor<1x16x2x2xf32, #alex.on<0>>) {
  // expected-error @below {{'alex.transfer' op expects shape and layout to stay, got 'tensor<1x16x2x2xf32, #alex.on<0>>' and 'tensor<1x16x2x2xf32, #alex.on<1, nchw16c>>'}}
  %0 = alex.transfer %x : tensor<1x16x2x2xf32, #alex.on<0>> to tensor<1x16x2x2xf32, #alex.on<1, nchw16c>>
  return
}

// -----

func.func @transfer_c2(%x: tensor<1x8xf32, #alex.on<1>>) {
  // expected-error @below {{'alex.transfer' op expects two devices, got 'tensor<1x8xf32, #alex.on<1>>' and 'tensor<1x8xf32, #alex.on<1>>'}}
  %0 = alex.transfer %x : tensor<1x8xf32, #alex.on<1>> to tensor<1x8xf32, #alex.on<1>>
  return
}

// -----

func.func @transfer_c2_unplaced(%x: tensor<1x8xf32>) {
  // expected-error @below {{'alex.transfer' op expects two devices, got 'tensor<1x8xf32>' and 'tensor<1x8xf32>'}}
  %0 = alex.transfer %x : tensor<1x8xf32> to tensor<1x8xf32>
  return
}

// -----

func.func @slice_c1(%x: tensor<4x8xf32>) {
  // expected-error @below {{'alex.slice' op expects images below 4, got 4}}
  %0 = alex.slice %x dim 0 from 3 size 2 : (tensor<4x8xf32>) -> tensor<2x8xf32>
  return
}

// -----

func.func @concat_c1(%x: tensor<4x8xf32>, %y: tensor<4x9xf32>) {
  // expected-error @below {{'alex.concat' op expects operands that differ in images only, got 'tensor<4x8xf32>' and 'tensor<4x9xf32>'}}
  %0 = alex.concat %x, %y dim 0 : (tensor<4x8xf32>, tensor<4x9xf32>) -> tensor<8x8xf32>
  return
}

// -----

func.func @slice_grad_c1(%dy: tensor<2x8xf32>) {
  // expected-error @below {{'alex.slice_grad' op expects images below 4, got 4}}
  %0 = alex.slice_grad %dy dim 0 from 3 : (tensor<2x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @slice_grad_c1_shapes(%dy: tensor<2x7xf32>) {
  // expected-error @below {{'alex.slice_grad' op expects shapes that differ in images only, got 'tensor<2x7xf32>' and 'tensor<4x8xf32>'}}
  %0 = alex.slice_grad %dy dim 0 from 0 : (tensor<2x7xf32>) -> tensor<4x8xf32>
  return
}

// -----

// expected-error @below {{expected a start from 0 to 2^56, and only within a parameter, got 64}}
func.func @at_start(%x: tensor<1x8xf32> {alex.at = #alex.at<scratch, 0 + 64>}) {
  return
}

// -----

// expected-error @below {{expected a start from 0 to 2^56, and only within a parameter, got 144115188075855872}}
func.func @at_start_beyond_limit(%x: tensor<1x8xf32> {alex.at = #alex.at<param, 0 + 144115188075855872>}) {
  return
}

// -----

// expected-error @below {{alex.rows: expected [first, count] of some rows, got array<i64: 0, 0>}}
func.func @rows(%w: tensor<8x32xf32> {alex.rows = array<i64: 0, 0>, alex.state = "fc6.weight"}) {
  return
}

// -----

// expected-error @below {{alex.devices: expected a positive 64-bit integer, got 0 : i64}}
module attributes {alex.devices = 0 : i64} {
}
// -----

func.func @convert_c1(%x: tensor<1x8xf32>) {
  // expected-error @below {{'alex.convert' op expects shape and device to stay, got 'tensor<1x8xf32>' and 'tensor<8x1xf16>'}}
  %0 = alex.convert %x : tensor<1x8xf32> to tensor<8x1xf16>
  return
}

// -----

func.func @convert_c1_device(%x: tensor<1x8xf32, #alex.on<0>>) {
  // expected-error @below {{'alex.convert' op expects shape and device to stay, got 'tensor<1x8xf32, #alex.on<0>>' and 'tensor<1x8xf16, #alex.on<1>>'}}
  %0 = alex.convert %x : tensor<1x8xf32, #alex.on<0>> to tensor<1x8xf16, #alex.on<1>>
  return
}

// -----

func.func @convert_c2(%x: tensor<1x8xbf16>) {
  // expected-error @below {{'alex.convert' op expects one side to be of f32, got 'tensor<1x8xbf16>' and 'tensor<1x8xf16>'}}
  %0 = alex.convert %x : tensor<1x8xbf16> to tensor<1x8xf16>
  return
}

// -----

func.func @convert_c3(%x: tensor<1x8xf32>) {
  // expected-error @below {{'alex.convert' op expects a positive and finite scale, got -1.000000e+00 : f64}}
  %0 = alex.convert %x scale -1.0 : tensor<1x8xf32> to tensor<1x8xf16>
  return
}
