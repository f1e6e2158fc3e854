// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 | FileCheck %s

// Four rows at a time, 2 vectors of each in one step; then the last 5 columns
// one by one, and the lanes of each sum by halves.
!x = tensor<1x37xf32, #alex.on<0>>
!w = tensor<8x37xf32, #alex.on<0>>
!y = tensor<1x8xf32, #alex.on<0>>
// CHECK-LABEL: func.func @stream(
// CHECK-SAME:    %[[X:.*]]: memref<1x37xf32> {{.*}}, %[[W:.*]]: memref<8x37xf32> {{.*}}, %[[B:.*]]: memref<8xf32>
// CHECK-SAME:    alexrt.work = 2
// CHECK:         scf.for {{.*}} -> (vector<8xf32>{{(, vector<8xf32>){7}[)]}} {
// CHECK:           vector.load %[[X]]
// CHECK-COUNT-4:   vector.load %[[W]]
// CHECK:           vector.load %[[X]]
// CHECK-COUNT-4:   vector.load %[[W]]
// CHECK:         scf.for {{.*}} -> (f32, f32, f32, f32) {
// CHECK:         vector.shuffle {{.*}} [0, 1, 2, 3]
// CHECK:         vector.shuffle {{.*}} [4, 5, 6, 7]
// CHECK:         memref.load %[[B]]
func.func private @stream(%x: !x, %w: !w, %b: tensor<8xf32>) -> !y
    attributes {alexrt.kernel = "linear_stream"} {
  %0 = alex.linear %x, %w, %b : (!x, !w, tensor<8xf32>) -> !y
  return %0 : !y
}
