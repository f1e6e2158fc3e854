// RUN: not alex-opt %s --pass-pipeline='builtin.module(alex-compress-transfers{precision=fp8})' 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG: error: expected a precision fp16 or bf16, got 'fp8'

// bf16 has numbers as small as gradients: nothing is multiplied.
// RUN: alex-opt %s --pass-pipeline='builtin.module(alex-compress-transfers{precision=bf16})' | FileCheck %s
// CHECK: module attributes {alex.link_precision = "bf16"}
// CHECK: alex.convert %{{[^ ]*}} {layer = "fc:data_grad:compress"}
// CHECK: alex.transfer {{.*}} : tensor<2x8xbf16, #alex.on<0>> to tensor<2x8xbf16, #alex.on<1>>
// CHECK: alex.convert %{{[^ ]*}} {layer = "fc:data_grad:transfer:expand"}
func.func @infer_2(%x: tensor<2x8xf32, #alex.on<0>> {alex.input}) -> tensor<2x8xf32, #alex.on<1>>
    attributes {alex.entry = "infer", alex.batch = 2 : i64} {
  %a = alex.relu %x {layer = "fc:data_grad"} : (tensor<2x8xf32, #alex.on<0>>) -> tensor<2x8xf32, #alex.on<0>>
  %1 = alex.transfer %a {layer = "fc:data_grad:transfer"} : tensor<2x8xf32, #alex.on<0>> to tensor<2x8xf32, #alex.on<1>>
  return %1 : tensor<2x8xf32, #alex.on<1>>
}
