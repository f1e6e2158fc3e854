// RUN: alex-opt %s --alex-llvm-pipeline | FileCheck %s

// Everything that generators emit reaches LLVM's dialect, a buffer as one pointer.
// CHECK: llvm.func internal @double.body(%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: i64)
// CHECK-NOT: unrealized_conversion_cast
// CHECK: llvm.func @double(%{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64)
func.func @double(%x: memref<4x16xf32> {llvm.noalias}, %y: memref<4x16xf32> {llvm.noalias},
                  %begin: index, %end: index) attributes {alexrt.kernel = "loops", alexrt.work = 4 : i64} {
  %one = arith.constant 1 : index
  %zero = arith.constant 0 : index
  %row = memref.alloca() {alignment = 64 : i64} : memref<16xf32>
  scf.for %i = %begin to %end step %one {
    %v = vector.load %x[%i, %zero] : memref<4x16xf32>, vector<16xf32>
    %w = vector.fma %v, %v, %v : vector<16xf32>
    vector.store %w, %row[%zero] : memref<16xf32>, vector<16xf32>
    %u = vector.load %row[%zero] : memref<16xf32>, vector<16xf32>
    vector.store %u, %y[%i, %zero] : memref<4x16xf32>, vector<16xf32>
  }
  return
}
