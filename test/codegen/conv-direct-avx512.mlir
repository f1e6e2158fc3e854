// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v4 | FileCheck %s

// 32 registers: 27 columns are a tile of 14 and one of 13, each times 2 vectors.
!x = tensor<1x16x1x27xf32, #alex.on<0, nchw16c>>
!w = tensor<32x16x1x1xf32, #alex.on<0, kcrs16c32k>>
!y = tensor<1x32x1x27xf32, #alex.on<0, nchw16c>>
// CHECK-LABEL: func.func @tiles(
// CHECK:         scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>{{(, vector<16xf32>){27}[)]}} {
// CHECK-COUNT-28:  vector.fma
// CHECK:         scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>{{(, vector<16xf32>){25}[)]}} {
// CHECK-COUNT-26:  vector.fma
func.func private @tiles(%x: !x, %w: !w) -> !y attributes {alexrt.kernel = "conv_direct"} {
  %0 = alex.conv2d %x, %w : (!x, !w) -> !y
  return %0 : !y
}
