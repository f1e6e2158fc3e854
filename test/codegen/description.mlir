// RUN: alexc compile %s --emit llvm --mcpu x86-64-v3 -o - | FileCheck %s

// The program table and the description of a program written by hand.
// CHECK-DAG: @infer_1.records = private constant [2 x { i32, i32, i32, i32, i32, i32, i64 }] [{{.*}} { i32 0, i32 0, i32 0, i32 0, i32 2, i32 0, i64 1 }, {{.*}} { i32 1, i32 0, i32 0, i32 2, i32 2, i32 0, i64 0 }]
// CHECK-DAG: @infer_1.args = private constant {{.*}} [{{.*}} { i32 0, i32 3, i32 0, i32 0, i64 0, i64 0, i64 64 }, {{.*}} { i32 0, i32 2, i32 1, i32 0, i64 64, i64 0, i64 64 }, {{.*}} { i32 0, i32 2, i32 0, i32 0, i64 64, i64 0, i64 64 }, {{.*}} { i32 0, i32 3, i32 1, i32 0, i64 64, i64 0, i64 64 }]
// CHECK-DAG: @infer_1.segments = private constant [1 x [7 x i64]] {{.*}}[i64 0, i64 0, i64 128, i64 128, i64 0, i64 0, i64 0]
// CHECK-DAG: @programs = {{.*}} { ptr @infer_1.name, ptr @infer_1.records, i64 2, ptr @infer_1.args, i64 0, ptr @infer_1.segments }
// CHECK-DAG: @alexrt_network_hand_made = {{.*}}constant {{.*}} { i32 4, i32 1, i64 1, ptr @kernels, ptr @programs, i64 1, ptr @description, ptr null, ptr null }
// CHECK-DAG: @description = {{.*}}\22removed\22:{\22drop1\22:\22relu1\22}{{.*}}\22swallowed\22:{\22conv1\22:\22conv1+relu1\22}
// CHECK-DAG: define internal void @hand_made.conv1_relu1(ptr %0, i64 %1, i64 %2)
module attributes {alex.network = {name = "hand-made", layers = [
    {name = "conv1", inputs = ["input"]}, {name = "relu1", inputs = ["conv1"]}, {name = "drop1", inputs = ["relu1"]}]}} {
  alexrt.program @infer_1 entry "infer" batch 1 input <io, 0> : tensor<1x16xf32> output <io, 64> : tensor<1x16xf32> scratch 128 {
    alexrt.launch @conv1_relu1 [#alex.at<io, 0>] to [#alex.at<scratch, 64>] {layer = "conv1+relu1", layers = ["conv1", "relu1"]}
    alexrt.value "relu1" <scratch, 64> : tensor<1x16xf32>
    alexrt.copy <scratch, 64> to <io, 64> bytes 64
  }
  func.func @conv1_relu1(%x: memref<1x16xf32>, %y: memref<1x16xf32>, %begin: index, %end: index)
      attributes {alexrt.kernel = "loops", alexrt.work = 1 : i64} {
    return
  }
}
