// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-verify-phase{phase=plan-memory})' --split-input-file --verify-diagnostics

// expected-error @below {{expected an address alex.at of argument 0}}
func.func @argument_without_address(%x: tensor<1x8xf32, #alex.on<0>> {alex.input}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  return %x : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @result_without_address(%x: tensor<1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected addresses in alex.at}}
  %0 = alex.relu %x {alex.kernel = "loops"} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @unaligned_offset(%x: tensor<1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected an offset divisible by 64, got #alex.at<io, 32>}}
  %0 = alex.relu %x {alex.kernel = "loops", alex.at = [#alex.at<io, 32>]} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @result_over_a_parameter(%x: tensor<1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  // expected-error @below {{expected a result outside of the weights file, got #alex.at<param, 1>}}
  %0 = alex.relu %x {alex.kernel = "loops", alex.at = [#alex.at<param, 1>]} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @view_elsewhere(%x: tensor<1x1x1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.scratch = 0} {
  // expected-error @below {{expected a view at its place in its operand, #alex.at<io, 0>, got #alex.at<io, 64>}}
  %0 = alex.flatten %x {alex.at = [#alex.at<io, 64>]} : (tensor<1x1x1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @slice_elsewhere(%x: tensor<2x16xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 64>}) -> tensor<1x16xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.scratch = 0} {
  // expected-error @below {{expected a view at its place in its operand, #alex.at<io, 128>, got #alex.at<io, 64>}}
  %0 = alex.slice %x dim 0 from 1 size 1 {alex.at = [#alex.at<io, 64>]} : (tensor<2x16xf32, #alex.on<0>>) -> tensor<1x16xf32, #alex.on<0>>
  return %0 : tensor<1x16xf32, #alex.on<0>>
}

// -----

func.func @rows_elsewhere(%x: tensor<1x16xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}, %w: tensor<2x16xf32, #alex.on<0>> {alex.state = "w", alex.at = #alex.at<param, 3>}) -> tensor<1x1xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.scratch = 0} {
  // expected-error @below {{expected a view at its place in its operand, #alex.at<param, 3 + 64>, got #alex.at<param, 3>}}
  %0 = alex.slice %w dim 0 from 1 size 1 {alex.at = [#alex.at<param, 3>]} : (tensor<2x16xf32, #alex.on<0>>) -> tensor<1x16xf32, #alex.on<0>>
  %1 = alex.linear %x, %0 {alex.kernel = "loops", alex.at = [#alex.at<io, 64>]} : (tensor<1x16xf32, #alex.on<0>>, tensor<1x16xf32, #alex.on<0>>) -> tensor<1x1xf32, #alex.on<0>>
  return %1 : tensor<1x1xf32, #alex.on<0>>
}

// -----

// expected-error @below {{expected a result in segment io, got #alex.at<scratch, 0>}}
func.func @result_in_scratch(%x: tensor<1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  %0 = alex.relu %x {alex.kernel = "loops", alex.at = [#alex.at<scratch, 0>]} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

// expected-error @below {{expected an attribute alex.scratch}}
func.func @no_scratch(%x: tensor<1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer"} {
  %0 = alex.relu %x {alex.kernel = "loops", alex.at = [#alex.at<io, 64>]} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %0 : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @beyond_scratch(%x: tensor<1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> tensor<1x8xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.scratch = 64} {
  // expected-error @below {{expected a value within 64 bytes of scratch, got [64, 128)}}
  %0 = alex.relu %x {alex.kernel = "loops", alex.at = [#alex.at<scratch, 64>]} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  %1 = alex.relu %0 {alex.kernel = "loops", alex.at = [#alex.at<io, 64>]} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
  return %1 : tensor<1x8xf32, #alex.on<0>>
}

// -----

func.func @shared_room(%x: tensor<1x32xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> tensor<1x32xf32, #alex.on<0>> attributes {alex.entry = "infer", alex.scratch = 256} {
  // expected-error @below {{expected room of its own, got scratch [0, 128)}}
  %0 = alex.relu %x {alex.kernel = "loops", alex.at = [#alex.at<scratch, 0>]} : (tensor<1x32xf32, #alex.on<0>>) -> tensor<1x32xf32, #alex.on<0>>
  // expected-note @below {{shared with this value, alive at the same time, at #alex.at<scratch, 64>}}
  %1 = alex.relu %0 {alex.kernel = "loops", alex.at = [#alex.at<scratch, 64>]} : (tensor<1x32xf32, #alex.on<0>>) -> tensor<1x32xf32, #alex.on<0>>
  %2 = alex.relu %1 {alex.kernel = "loops", alex.at = [#alex.at<io, 128>]} : (tensor<1x32xf32, #alex.on<0>>) -> tensor<1x32xf32, #alex.on<0>>
  return %2 : tensor<1x32xf32, #alex.on<0>>
}

// -----

func.func @new_value_elsewhere(%step: !alex.step {alex.at = #alex.at<step, 0>}, %w: tensor<8xf32, #alex.on<0>> {alex.at = #alex.at<param, 0>, alex.state = "w"}, %v: tensor<8xf32, #alex.on<0>> {alex.at = #alex.at<momentum, 0>, alex.momentum = "w"}, %g: tensor<8xf32, #alex.on<0>> {alex.at = #alex.at<gradient, 0>, alex.gradient = "w"})
    -> (tensor<8xf32, #alex.on<0>> {alex.state = "w"}, tensor<8xf32, #alex.on<0>> {alex.momentum = "w"}) attributes {alex.entry = "apply", alex.scratch = 0} {
  // expected-error @below {{expected a new value at the old one's address #alex.at<momentum, 0>, got #alex.at<scratch, 0>}}
  %w1, %v1 = alex.sgd_update %w, %v, %g, %step {alex.kernel = "loops", alex.at = [#alex.at<param, 0>, #alex.at<scratch, 0>]} : (tensor<8xf32, #alex.on<0>>, tensor<8xf32, #alex.on<0>>, tensor<8xf32, #alex.on<0>>, !alex.step) -> (tensor<8xf32, #alex.on<0>>, tensor<8xf32, #alex.on<0>>)
  return %w1, %v1 : tensor<8xf32, #alex.on<0>>, tensor<8xf32, #alex.on<0>>
}

// -----

// expected-error @below {{expected the new 'w' at the old one's address #alex.at<param, 0>, got #alex.at<param, 1>}}
func.func @parameters_change_places(%step: !alex.step {alex.at = #alex.at<step, 0>}, %w: tensor<8xf32, #alex.on<0>> {alex.at = #alex.at<param, 0>, alex.state = "w"}, %b: tensor<8xf32, #alex.on<0>> {alex.at = #alex.at<param, 1>, alex.state = "b"}, %v: tensor<8xf32, #alex.on<0>> {alex.at = #alex.at<momentum, 0>, alex.momentum = "w"}, %g: tensor<8xf32, #alex.on<0>> {alex.at = #alex.at<gradient, 0>, alex.gradient = "w"})
    -> (tensor<8xf32, #alex.on<0>> {alex.state = "w"}) attributes {alex.entry = "apply", alex.scratch = 0} {
  %b1, %v1 = alex.sgd_update %b, %v, %g, %step {alex.kernel = "loops", alex.at = [#alex.at<param, 1>, #alex.at<momentum, 0>]} : (tensor<8xf32, #alex.on<0>>, tensor<8xf32, #alex.on<0>>, tensor<8xf32, #alex.on<0>>, !alex.step) -> (tensor<8xf32, #alex.on<0>>, tensor<8xf32, #alex.on<0>>)
  return %b1 : tensor<8xf32, #alex.on<0>>
}

// -----

// expected-error @below {{expected a result in segment gradient, got #alex.at<scratch, 0>}}
func.func @gradient_in_scratch(%x: tensor<1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}) -> (tensor<8xf32, #alex.on<0>> {alex.gradient = "b"}) attributes {alex.entry = "gradients", alex.scratch = 64} {
  %0 = alex.bias_grad %x {alex.kernel = "loops", alex.at = [#alex.at<scratch, 0>]} : (tensor<1x8xf32, #alex.on<0>>) -> tensor<8xf32, #alex.on<0>>
  return %0 : tensor<8xf32, #alex.on<0>>
}

// -----

func.func @old_value_read_late(%x: tensor<1x1xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>}, %step: !alex.step {alex.at = #alex.at<step, 0>}, %w: tensor<1x1xf32, #alex.on<0>> {alex.at = #alex.at<param, 0>, alex.state = "w"}, %v: tensor<1x1xf32, #alex.on<0>> {alex.at = #alex.at<momentum, 0>, alex.momentum = "w"})
    -> (tensor<1x1xf32, #alex.on<0>> {alex.output = "prob"}, tensor<1x1xf32, #alex.on<0>> {alex.state = "w"}) attributes {alex.entry = "train_step", alex.scratch = 0} {
  // expected-note @below {{overwritten by w:update before}}
  %w1, %v1 = alex.sgd_update %w, %v, %x, %step {layer = "w:update", alex.kernel = "loops", alex.at = [#alex.at<param, 0>, #alex.at<momentum, 0>]} : (tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>, !alex.step) -> (tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>)
  // expected-error @below {{reads a value that is overwritten}}
  %y = alex.linear %x, %w {alex.kernel = "loops", alex.at = [#alex.at<io, 64>]} : (tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>) -> tensor<1x1xf32, #alex.on<0>>
  return %y, %w1 : tensor<1x1xf32, #alex.on<0>>, tensor<1x1xf32, #alex.on<0>>
}
