// RUN: alex-opt %s --split-input-file --verify-diagnostics

// Encodings and addresses that do not parse or do not suit their tensor.

// expected-error @+2 {{expected a layout such as nchw, nchw16c, cn32 or kcrs16c32k, got 'nhwc'}}
// expected-error @+1 {{failed to parse OnAttr parameter}}
func.func private @unknown(tensor<1x8x2x2xf32, #alex.on<0, nhwc>>)

// -----

// expected-error @+2 {{expected a layout such as nchw, nchw16c, cn32 or kcrs16c32k, got 'nchw0c'}}
// expected-error @+1 {{failed to parse OnAttr parameter}}
func.func private @block_of_nothing(tensor<1x8x2x2xf32, #alex.on<0, nchw0c>>)

// -----

// expected-error @+2 {{expected a layout such as nchw, nchw16c, cn32 or kcrs16c32k, got 'cn9223372036854775807'}}
// expected-error @+1 {{failed to parse OnAttr parameter}}
func.func private @block_beyond_limit(tensor<1x8xf32, #alex.on<0, cn9223372036854775807>>)

// -----

// expected-error @+2 {{expected a layout such as nchw, nchw16c, cn32 or kcrs16c32k, got 'cn99999999999999999999'}}
// expected-error @+1 {{failed to parse OnAttr parameter}}
func.func private @block_beyond_integers(tensor<1x8xf32, #alex.on<0, cn99999999999999999999>>)

// -----

// expected-error @+2 {{expected a halo of four sides [top, left, bottom, right] of at most 4096}}
// expected-error @+1 {{failed to parse OnAttr parameter}}
func.func private @halo_of_three(tensor<1x8x2x2xf32, #alex.on<0, nchw halo [1, 1, 1]>>)

// -----

// expected-error @+2 {{expected a halo of four sides [top, left, bottom, right] of at most 4096}}
// expected-error @+1 {{failed to parse OnAttr parameter}}
func.func private @halo_negative(tensor<1x8x2x2xf32, #alex.on<0, nchw halo [1, 1, 1, -1]>>)

// -----

// expected-error @+2 {{expected a halo of four sides [top, left, bottom, right] of at most 4096}}
// expected-error @+1 {{failed to parse OnAttr parameter}}
func.func private @halo_beyond_limit(tensor<1x8x2x2xf32, #alex.on<0, nchw halo [1, 1, 1, 4097]>>)

// -----

// expected-error @+1 {{expected a device number, got -1}}
func.func private @device(tensor<1x8xf32, #alex.on<-1>>)

// -----

// expected-error @+1 {{layout nchw8c expects rank 4, got 2}}
func.func private @blocked_rank(tensor<1x8xf32, #alex.on<0, nchw8c>>)

// -----

// expected-error @+1 {{layout nchw expects rank 4, got 2}}
func.func private @halo_rank(tensor<1x8xf32, #alex.on<0, nchw halo [1, 1, 1, 1]>>)

// -----

// expected-error @+1 {{layout cn32 expects rank 2, got 4}}
func.func private @batch_rank(tensor<1x8x2x2xf32, #alex.on<0, cn32>>)

// -----

// expected-error @+1 {{layout nchw16c expects channels divisible by 16, got 8}}
func.func private @channels(tensor<1x8x2x2xf32, #alex.on<0, nchw16c>>)

// -----

// expected-error @+1 {{layout kcrs16c32k expects channels divisible by 16, got 3}}
func.func private @filter_channels(tensor<32x3x2x2xf32, #alex.on<0, kcrs16c32k>>)

// -----

// expected-error @+1 {{layout kcrs32k expects filters divisible by 32, got 48}}
func.func private @filters(tensor<48x3x2x2xf32, #alex.on<0, kcrs32k>>)

// -----

// expected-error @+1 {{layout ckrs16k32c expects channels divisible by 32, got 16}}
func.func private @transposed_channels(tensor<32x16x2x2xf32, #alex.on<0, ckrs16k32c>>)

// -----

// expected-error @+1 {{layout ckrs16k32c expects filters divisible by 16, got 8}}
func.func private @transposed_filters(tensor<8x32x2x2xf32, #alex.on<0, ckrs16k32c>>)

// -----

// expected-error @+1 {{layout cn32 has no halo}}
func.func private @batch_halo(tensor<1x8xf32, #alex.on<0, cn32 halo [1, 1, 1, 1]>>)

// -----

// expected-error @+1 {{expected fixed, positive dimensions and at most 2^40 elements, got [-9223372036854775808, 8]}}
func.func private @dynamic(tensor<?x8xf32, #alex.on<0>>)

// -----

// expected-error @+1 {{expected integers or floats, got 'index'}}
func.func private @element(tensor<8xindex, #alex.on<0>>)

// -----

// expected-error @+1 {{expected non-function type}}
func.func private @no_element(tensor<, #alex.on<0>>)

// -----

// expected-error @+1 {{expected at most 2^50 bytes in memory, got [1099511627776, 1, 8193, 8193] of 'f32'}}
func.func private @halo_of_terabytes(tensor<1099511627776x1x1x1xf32, #alex.on<0, nchw halo [4096, 4096, 4096, 4096]>>)

// -----

// expected-error @+1 {{expected at most 2^50 bytes in memory, got [1, 1099511627776, 4096] of 'f32'}}
func.func private @block_of_terabytes(tensor<1x1099511627776xf32, #alex.on<0, cn4096>>)

// -----

// expected-error @+1 {{expected an offset from 0 to 2^56, got -64}}
func.func private @offset(tensor<8xf32> {alex.at = #alex.at<scratch, -64>})

// -----

// expected-error @+1 {{expected an offset from 0 to 2^56, got 9223372036854775744}}
func.func private @offset_beyond_limit(tensor<8xf32> {alex.at = #alex.at<scratch, 9223372036854775744>})

// -----

// expected-error @+2 {{expected one of [param, weights, scratch, io, momentum, gradient, step] for memory segment of a device, got: heap}}
// expected-error @+1 {{failed to parse AtAttr parameter}}
func.func private @segment(tensor<8xf32> {alex.at = #alex.at<heap, 64>})
