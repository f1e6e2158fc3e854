// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

!x = tensor<1x8x4x4xf32, #alex.on<0, nchw8c>>
!w = tensor<16xf32, #alex.on<0>>

// An update writes where it reads: those buffers are not noalias, and all is
// computed before the first store.
// CHECK-LABEL: func.func @update(
// CHECK-SAME:    %[[W:.*]]: memref<16xf32>, %[[V:.*]]: memref<16xf32>, %[[G:.*]]: memref<16xf32> {llvm.noalias}, %[[STEP:.*]]: memref<8xi32> {llvm.noalias}, %{{.*}}: memref<16xf32>, %{{.*}}: memref<16xf32>, %{{.*}}: index
// CHECK:         scf.for
// CHECK-COUNT-3:   vector.load {{.*}} : memref<16xf32>, vector<8xf32>
// CHECK-COUNT-3:   memref.load %[[STEP]]
// CHECK:           vector.store
// CHECK-NEXT:      vector.store
func.func private @update(%w: !w, %v: !w, %g: !w, %step: !alex.step) -> (!w, !w)
    attributes {alexrt.kernel = "loops"} {
  %0:2 = alex.sgd_update %w, %v, %g, %step : (!w, !w, !w, !alex.step) -> (!w, !w)
  return %0#0, %0#1 : !w, !w
}

// A dropout draws with ten rounds of two wide products, in vectors.
// CHECK-LABEL: func.func @dropout
// CHECK-COUNT-20: arith.mului_extended {{.*}} : vector<8xi32>
// CHECK-NOT:      arith.mului_extended
func.func private @dropout(%x: !x, %step: !alex.step) -> !x attributes {alexrt.kernel = "loops"} {
  %0 = alex.dropout %x, %step rate 0.5 form paper stream "drop6" : (!x, !alex.step) -> !x
  return %0 : !x
}

// Sums of a bias run along the rows of a channel block, four side by side.
// CHECK-LABEL: func.func @bias(
// CHECK-SAME:    alexrt.work = 1
// CHECK-COUNT-4: arith.addf {{.*}}, %cst : vector<8xf32>
// CHECK:         scf.for {{.*}} -> (vector<8xf32>) {
// CHECK-COUNT-4: arith.addf {{.*}}, %cst : vector<8xf32>
func.func private @bias(%x: !x) -> tensor<8xf32> attributes {alexrt.kernel = "loops"} {
  %0 = alex.bias_grad %x : (!x) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
