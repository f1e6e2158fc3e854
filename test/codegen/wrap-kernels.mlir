// RUN: alex-opt %s --alex-wrap-kernels | FileCheck %s

// CHECK-LABEL: llvm.func internal @relu1.body(%{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: !llvm.ptr {llvm.noalias}, %{{.*}}: i64, %{{.*}}: i64)
// CHECK-SAME: attributes {{{.*}}always_inline
// CHECK-LABEL: llvm.func @relu1(
// CHECK-SAME: %[[ARGS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64) attributes {alexrt.kernel = "loops"}
// CHECK: %[[X_SLOT:.*]] = llvm.getelementptr %[[ARGS]][0]
// CHECK: %[[X:.*]] = llvm.load %[[X_SLOT]]
// CHECK: %[[Y_SLOT:.*]] = llvm.getelementptr %[[ARGS]][1]
// CHECK: %[[Y:.*]] = llvm.load %[[Y_SLOT]]
// CHECK: llvm.call @relu1.body(%[[X]], %[[Y]], %[[BEGIN]], %[[END]])
llvm.func @relu1(%x: !llvm.ptr {llvm.noalias}, %y: !llvm.ptr {llvm.noalias}, %begin: i64, %end: i64)
    attributes {alexrt.kernel = "loops"} {
  llvm.return
}

// CHECK-LABEL: llvm.func @not_a_kernel(%{{.*}}: i64)
llvm.func @not_a_kernel(%x: i64) {
  llvm.return
}
