// RUN: alex-opt %s --alex-lower-kernels=cpu=x86-64-v3 --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @relu
// CHECK-SAME: %[[X:.*]]: memref<2x16xf32>{{.*}}, %[[Y:.*]]: memref<2x16xf32>
// CHECK-SAME: alexrt.work = 1
// CHECK-DAG: %[[X_LINE:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [32]
// CHECK-DAG: %[[Y_LINE:.*]] = memref.reinterpret_cast %[[Y]] to offset: [0], sizes: [32]
// CHECK: %[[VALUE:.*]] = vector.load %[[X_LINE]]{{.*}} vector<8xf32>
// CHECK: %[[GREATER:.*]] = arith.cmpf ogt, %[[ZERO:.*]], %[[VALUE]] :
// CHECK: %[[RELU:.*]] = arith.select %[[GREATER]], %[[ZERO]], %[[VALUE]]
// CHECK: vector.store %[[RELU]], %[[Y_LINE]]
func.func private @relu(%x: tensor<2x16xf32>) -> tensor<2x16xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.relu %x : (tensor<2x16xf32>) -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}

// A size that no vector divides.
// CHECK-LABEL: func.func @scale
// CHECK: arith.mulf %{{.*}}, %{{.*}} : f32
func.func private @scale(%x: tensor<13xf32>) -> tensor<13xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.scale %x by 0.5 : (tensor<13xf32>) -> tensor<13xf32>
  return %0 : tensor<13xf32>
}

// No math op but a square root: all other functions are polynomials.
// CHECK-LABEL: func.func @tanh
// CHECK-NOT: math.
// CHECK: vector.fma
// CHECK-NOT: math.
// CHECK: return
func.func private @tanh(%x: tensor<8xf32>) -> tensor<8xf32>
    attributes {alexrt.kernel = "loops"} {
  %0 = alex.tanh %x : (tensor<8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
