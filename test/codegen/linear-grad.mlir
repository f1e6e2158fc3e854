// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

// 7 units: a tile of 4 and one of 3, each times 16 columns, over all images; then
// the update of that tile. The 5 columns that are left are a shorter vector. What
// an update writes is the memory of what it reads.
!x = tensor<3x21xf32, #alex.on<0>>
!dy = tensor<3x7xf32, #alex.on<0>>
!w = tensor<7x21xf32, #alex.on<0>>
// CHECK-LABEL: func.func @filter(
// CHECK-SAME:    %[[X:.*]]: memref<3x21xf32> {llvm.noalias}, %[[DY:.*]]: memref<3x7xf32> {llvm.noalias}
// CHECK-SAME:    %[[W:.*]]: memref<7x21xf32>, %[[V:.*]]: memref<7x21xf32>, %[[STEP:.*]]: memref<8xi32> {llvm.noalias}
// CHECK-SAME:    %[[W1:.*]]: memref<7x21xf32>, %[[V1:.*]]: memref<7x21xf32>, %{{.*}}: index
// CHECK-SAME:    alexrt.work = 2
// CHECK:         memref.prefetch %[[W]]{{.*}}, write
// CHECK:         memref.prefetch %[[V]]{{.*}}, write
// CHECK:         scf.for {{.*}} -> (vector<8xf32>{{(, vector<8xf32>){7}[)]}} {
// CHECK-COUNT-8:   vector.fma
// CHECK:           scf.yield
// CHECK:         memref.load %[[STEP]]
// CHECK:         vector.store {{.*}}, %[[W1]]
// CHECK:         vector.store {{.*}}, %[[V1]]
// CHECK:         scf.for {{.*}} -> (vector<5xf32>{{(, vector<5xf32>){3}[)]}} {
func.func private @filter(%x: !x, %dy: !dy, %w: !w, %v: !w, %step: !alex.step) -> (!w, !w)
    attributes {alexrt.kernel = "linear_filter_grad"} {
  %0:2 = alex.fused(%x, %dy, %w, %v, %step) : (!x, !dy, !w, !w, !alex.step) -> (!w, !w) {
  ^bb0(%a: !x, %b: !dy, %c: !w, %d: !w, %e: !alex.step):
    %1 = alex.linear_filter_grad %a, %b : (!x, !dy) -> !w
    %2:2 = alex.sgd_update %c, %d, %1, %e : (!w, !w, !w, !alex.step) -> (!w, !w)
    alex.yield %2#0, %2#1 : !w, !w
  }
  return %0#0, %0#1 : !w, !w
}

// All images in a tile; the weights are copied, and the next ones fetched.
// CHECK-LABEL: func.func @data(
// CHECK-SAME:    %[[DY:.*]]: memref<3x7xf32> {{.*}}, %[[W:.*]]: memref<7x21xf32> {{.*}}, %[[Y:.*]]: memref<3x21xf32> {{.*}}, %[[DX:.*]]: memref<3x21xf32>
// CHECK-SAME:    alexrt.work = 1
// CHECK:         %[[BLOCK:.*]] = memref.alloca(){{.*}} memref<8x256x16xf32>
// CHECK:         vector.store {{.*}}, %[[BLOCK]]
// CHECK:         memref.prefetch %[[W]]{{.*}}, read
// CHECK:         scf.for {{.*}} -> (vector<8xf32>{{(, vector<8xf32>){5}[)]}} {
// CHECK-COUNT-2:   vector.load %[[BLOCK]]
// CHECK-COUNT-3:   memref.load %[[DY]]
// CHECK:         arith.cmpf ogt
// CHECK:         vector.store {{.*}}, %[[DX]]
func.func private @data(%dy: !dy, %w: !w, %y: !x) -> !x
    attributes {alexrt.kernel = "linear_data_grad"} {
  %0 = alex.fused(%dy, %w, %y) : (!dy, !w, !x) -> !x {
  ^bb0(%a: !dy, %b: !w, %c: !x):
    %1 = alex.linear_data_grad %a, %b : (!dy, !w) -> !x
    %2 = alex.relu_grad %1, %c : (!x, !x) -> !x
    alex.yield %2 : !x
  }
  return %0 : !x
}
