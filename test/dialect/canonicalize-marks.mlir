// RUN: alex-opt %s --canonicalize | FileCheck %s

// A layer that the user wants to keep stays, whatever it computes.
// CHECK-LABEL: @keep
// CHECK: alex.scale %{{.*}} by 1.0{{.*}} {alex.keep, layer = "drop"}
// CHECK-NEXT: alex.relu %{{.*}} {layer = "relu1"}
// CHECK-NEXT: alex.relu %{{.*}} {alex.keep, layer = "relu2"}
// CHECK-NEXT: alex.scale %{{.*}} {alex.keep, layer = "scale"}
// CHECK-NEXT: alex.concat %{{.*}} {alex.keep, layer = "concat"}
// CHECK-NEXT: alex.slice %{{.*}} {alex.keep, layer = "slice"}
func.func @keep(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = alex.dropout %x rate 0.5 form inverted {alex.keep, layer = "drop"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %1 = alex.relu %0 {layer = "relu1"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %2 = alex.relu %1 {alex.keep, layer = "relu2"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %3 = alex.scale %2 by 1.0 {alex.keep, layer = "scale"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %4 = alex.concat %3 {alex.keep, layer = "concat"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  %5 = alex.slice %4 from 0 size 8 {alex.keep, layer = "slice"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %5 : tensor<1x8xf32>
}

// CHECK-LABEL: @marks_of_a_dropout
// CHECK: alex.scale {{.*}} {alex.no_fuse, layer = "drop"}
func.func @marks_of_a_dropout(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = alex.dropout %x rate 0.5 form paper {alex.no_fuse, layer = "drop"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}
