// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64 | FileCheck %s --check-prefixes=CHECK,SSE

// 11 units: one tile of 6 and one of 5, each times the images of a block. The
// sums lie in the result, at first the bias; the second of the two blocks of
// images is not full.
!x = tensor<18x40xf32, #alex.on<0, cn16>>
!w = tensor<11x40xf32, #alex.on<0>>
!y = tensor<18x11xf32, #alex.on<0, cn16>>
// CHECK-LABEL: func.func @panel(
// CHECK-SAME:    %[[X:.*]]: memref<2x40x16xf32> {{.*}}, %[[W:.*]]: memref<11x40xf32> {{.*}}, %[[B:.*]]: memref<11xf32> {{.*}}, %[[Y:.*]]: memref<2x11x16xf32>
// AVX2-SAME:     alexrt.work = 2
// SSE-SAME:      alexrt.work = 6
// CHECK:         memref.load %[[B]]
// CHECK:         vector.store {{.*}}, %[[Y]]
// AVX2:          scf.for {{.*}} -> (vector<8xf32>{{(, vector<8xf32>){11}[)]}} {
// AVX2-COUNT-2:    vector.load %[[X]]
// AVX2-COUNT-6:    memref.load %[[W]]
// AVX2-COUNT-12:   vector.fma
// AVX2:          scf.for {{.*}} -> (vector<8xf32>{{(, vector<8xf32>){9}[)]}} {
// SSE:           scf.for {{.*}} -> (vector<4xf32>{{(, vector<4xf32>){7}[)]}} {
// SSE-COUNT-4:     vector.load %[[X]]
// SSE-COUNT-2:     memref.load %[[W]]
// CHECK:         arith.cmpf ogt
func.func private @panel(%x: !x, %w: !w, %b: tensor<11xf32>) -> !y
    attributes {alexrt.kernel = "linear_panel"} {
  %0 = alex.fused(%x, %w, %b) : (!x, !w, tensor<11xf32>) -> !y {
  ^bb0(%a: !x, %c: !w, %d: tensor<11xf32>):
    %1 = alex.linear %a, %c, %d : (!x, !w, tensor<11xf32>) -> tensor<18x11xf32>
    %2 = alex.relu %1 : (tensor<18x11xf32>) -> tensor<18x11xf32>
    alex.yield %2 : tensor<18x11xf32>
  }
  return %0 : !y
}
