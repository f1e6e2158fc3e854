//===- Passes.td - the passes of code generation, in pipeline order ---------===//

#ifndef ALEXC_CODEGEN_PASSES_TD
#define ALEXC_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerKernelsPass : Pass<"alex-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn each kernel from a tensor op into loops over buffers";
  let description = [{
    A kernel function holds one op on its arguments; `alexrt.kernel` names the
    generator that writes its loops. The new function takes a buffer of the
    physical shape of each operand and result, and computes the items [begin,
    end) of a list of `alexrt.work` work items. Numbers: each generator fixes
    the order of its additions, so any split of the list gives the same bits.

    ```mlir
    func.func private @relu1(%x: tensor<1x8xf32>) -> tensor<1x8xf32>
        attributes {alexrt.kernel = "loops"} {
      %0 = alex.relu %x : (tensor<1x8xf32>) -> tensor<1x8xf32>
      return %0 : tensor<1x8xf32>
    }
    ```
    ==>
    ```mlir
    func.func @relu1(%x: memref<1x8xf32>, %y: memref<1x8xf32>, %begin: index, %end: index)
        attributes {alexrt.kernel = "loops", alexrt.work = 1 : i64} { ... loops ... }
    ```
    Functions without `alexrt.kernel`, and kernels lowered before, stay as they are.
  }];
  let options = [Option<"cpu", "cpu", "std::string", /*default=*/"\"\"",
                        "CPU to make kernels for; by default the module's alex.cpu, or native">];
  let dependentDialects = ["::alexc::AlexDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

#endif // ALEXC_CODEGEN_PASSES_TD
