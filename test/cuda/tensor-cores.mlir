// RUN: alex-opt %s --split-input-file --alex-lower-kernels | FileCheck %s
// RUN: sed -n '/^[/][/] tf32/,/^[/][/] -----/p' %s | alex-opt --alex-lower-kernels --mlir-print-debuginfo > %t.tf32.mlir
// RUN: alex-translate --alex-to-cuda %t.tf32.mlir | FileCheck %s --check-prefix=TF32
// RUN: alex-translate --alex-to-ptx %t.tf32.mlir | FileCheck %s --check-prefix=TF32-PTX
// RUN: sed -n '/^[/][/] bf16/,$p' %s | alex-opt --alex-lower-kernels --mlir-print-debuginfo > %t.bf16.mlir
// RUN: alex-translate --alex-to-cuda %t.bf16.mlir | FileCheck %s --check-prefix=BF16
// RUN: alex-translate --alex-to-ptx %t.bf16.mlir | FileCheck %s --check-prefix=BF16-PTX

// A product in tiles on tensor cores: operands are rounded on their way into the shared
// tiles, and a warp multiplies fragments of them.

// tf32: the lines of a term lie 8 words further than a multiple of the 32 banks.
module attributes {alex.target = "cuda", alex.precision = "tf32"} {
// CHECK-LABEL: gpu.func @tf32
// CHECK-SAME: workgroup(%[[WEIGHTS:.*]] : memref<2x16x40xf32, #gpu.address_space<workgroup>>, %[[ROWS:.*]] : memref<2x16x40xf32, #gpu.address_space<workgroup>>)
// CHECK: arith.truncf {{.*}} to_nearest_away : f32 to tf32
// CHECK: arith.extf {{.*}} : tf32 to f32
// CHECK: nvgpu.mma.sync{{.*}} {mmaShape = [16, 8, 8], tf32Enabled} : (vector<4x1xf32>, vector<2x1xf32>, vector<2x2xf32>) -> vector<2x2xf32>
// TF32-LABEL: tf32(
// TF32: float b[2][2];
// TF32: float a[2][4];
// TF32: float sum[2][2][4];
// TF32: tile[0][weightsTerm][{{.*}}] = __uint_as_float(to_tf32(weightsNext[i * 4]));
// TF32: const float4 [[SUM:.*]] = mma_tf32(load4(&a[k][0]), load2(&b[l][0]), load4(&sum[k][l][0]));
// TF32-NEXT: store4(&sum[k][l][0], [[SUM]]);
// TF32-PTX: cvt.rna.tf32.f32
// TF32-PTX: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
func.func private @tf32(%x: tensor<32x48xf32>, %w: tensor<32x48xf32>, %b: tensor<32xf32>) -> tensor<32x32xf32>
    attributes {alexrt.kernel = "linear_gemm"} {
  %0 = alex.linear %x, %w, %b : (tensor<32x48xf32>, tensor<32x48xf32>, tensor<32xf32>) -> tensor<32x32xf32>
  return %0 : tensor<32x32xf32>
}
}

// -----

// bf16: a word holds two of the 18 terms; the tile's other ones are zero.
module attributes {alex.target = "cuda", alex.precision = "bf16"} {
// CHECK-LABEL: gpu.func @bf16
// CHECK: arith.truncf {{.*}} : vector<2xf32> to vector<2xbf16>
// CHECK: nvgpu.mma.sync{{.*}} {mmaShape = [16, 8, 16]} : (vector<4x2xbf16>, vector<2x2xbf16>, vector<2x2xf32>) -> vector<2x2xf32>
// BF16-LABEL: bf16(
// BF16: const float [[WORD:.*]] = pack_bf16(make_float2(filtersNext[i * 2], filtersNext[i * 2 + 1]));
// BF16-NEXT: tile[0][filtersWord][{{.*}}] = [[WORD]];
// BF16: mma_bf16(load4(&a[{{.*}}][0]), load2(&b[{{.*}}][0]), load4(&sum[{{.*}}][0]));
// BF16-PTX: cvt.rn.bf16x2.f32
// BF16-PTX: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
func.func private @bf16(%x: tensor<2x2x8x8xf32>, %w: tensor<70x2x3x3xf32>) -> tensor<2x70x6x6xf32>
    attributes {alexrt.kernel = "conv_gemm"} {
  %0 = alex.conv2d %x, %w : (tensor<2x2x8x8xf32>, tensor<70x2x3x3xf32>) -> tensor<2x70x6x6xf32>
  return %0 : tensor<2x70x6x6xf32>
}
}
