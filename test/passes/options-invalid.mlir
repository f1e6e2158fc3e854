// RUN: not alex-opt %s --alex-verify-phase=phase=fusion 2>&1 | FileCheck %s --check-prefix=PHASE
// RUN: not alex-opt %s --alex-select=force=conv1 2>&1 | FileCheck %s --check-prefix=FORCE
// RUN: not alex-opt %s --alex-select=cpu=x87 2>&1 | FileCheck %s --check-prefix=CPU

// PHASE: error: no phase 'fusion'; the phases are import, differentiate, partition, fuse, select, plan-memory
// FORCE: error: force: expected LAYER:KERNEL, got 'conv1'
// CPU: error: no kernel computes alex.relu on cpu 'x87'
func.func @infer_1(%x: tensor<1x8xf32> {alex.input}) -> tensor<1x8xf32> attributes {alex.entry = "infer"} {
  %0 = alex.relu %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}
