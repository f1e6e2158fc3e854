//===- Passes.td - the passes of code generation, in pipeline order ---------===//

#ifndef ALEXC_CODEGEN_PASSES_TD
#define ALEXC_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToProgramPass : Pass<"alex-lower-to-program", "::mlir::ModuleOp"> {
  let summary = "Turn each planned entry into a program of launches";
  let description = [{
    Every op of an entry becomes a launch of a kernel function that holds just
    this op; addresses come from `alex.at`. A flatten that only sees its operand
    in another way becomes no launch. `alexrt.value` says which layers' values
    are in memory; ops, numbers and lifetimes stay as they were planned.

    ```mlir
    func.func @infer_1(%x: tensor<1x8xf32, #alex.on<0>> {alex.input, alex.at = #alex.at<io, 0>})
        -> tensor<1x8xf32, #alex.on<0>>
        attributes {alex.entry = "infer", alex.batch = 1 : i64, alex.scratch = 0 : i64} {
      %relu1 = alex.relu %x {layer = "relu1", alex.kernel = "loops", alex.at = [#alex.at<io, 64>]}
        : (tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
      return %relu1 : tensor<1x8xf32, #alex.on<0>>
    }
    ```
    ==>
    ```mlir
    alexrt.program @infer_1 entry "infer" batch 1 input <io, 0> : tensor<1x8xf32, #alex.on<0>>
        output <io, 64> : tensor<1x8xf32, #alex.on<0>> scratch 0 {
      alexrt.launch @relu1 [#alex.at<io, 0>] to [#alex.at<io, 64>] {layer = "relu1", layers = ["relu1"]}
      alexrt.value "relu1" <io, 64> : tensor<1x8xf32, #alex.on<0>>
    }
    func.func private @relu1(%x: tensor<1x8xf32, #alex.on<0>>) -> tensor<1x8xf32, #alex.on<0>>
        attributes {alexrt.kernel = "loops"} { ... relu of %x ... }
    ```
    The program's ports are the argument with `alex.input`, the one with
    `alex.labels`, and the results with `alex.output`. Ops of several entries that
    differ in nothing but their locations share one kernel function. A flatten or
    unflatten at the address of its operand is a view, without a launch.
    An op without kernel or address is an error: `alex-select` and
    `alex-plan-memory` come before this pass.
  }];
  let dependentDialects = ["::alexc::AlexDialect", "::alexc::AlexrtDialect"];
}

def InsertSignalsPass : Pass<"alex-insert-signals", "::alexc::ProgramOp"> {
  let summary = "Order the records of different queues that touch the same memory";
  let description = [{
    The list of records is the order in which they would be right one by one. Of
    two records on different queues that touch the same bytes, one of them
    writing, the second waits for the first; nothing else waits. Parameters,
    momenta, gradients, inputs and outputs are taken to be one memory for all
    devices, as they are on CPU devices.

    ```mlir
    alexrt.launch @relu1 [#alex.at<io, 0>] to [#alex.at<scratch, 0>]
    alexrt.copy <scratch, 0> to <scratch, 0 on 1> bytes 32 {queue = 3 : i64}
    ```
    ==>
    ```mlir
    alexrt.launch @relu1 [#alex.at<io, 0>] to [#alex.at<scratch, 0>]
    alexrt.signal 0
    alexrt.wait 0 {queue = 3 : i64}
    alexrt.copy <scratch, 0> to <scratch, 0 on 1> bytes 32 {queue = 3 : i64}
    ```
    A wait stands behind its signal in the list, hence no deadlock. What is
    ordered already, by a queue or through other signals, gets none.
  }];
  let dependentDialects = ["::alexc::AlexrtDialect"];
}

def VerifyOrderPass : Pass<"alex-verify-order", "::alexc::ProgramOp"> {
  let summary = "Check that no two queues meet in memory";
  let description = [{
    An error at a record that touches what a record of another queue may be
    writing, or writes what one may be reading: no queue, signal or wait orders
    the two.
  }];
}

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

    With `alex.target = "cuda"` a kernel becomes a `gpu.func` of a `gpu.module
    @kernels` instead. It has no range of work items: its grid, which is a
    constant, computes all of them.

    ```mlir
    gpu.module @kernels {
      gpu.func @relu1(%x0: memref<1x8xf32>, %y0: memref<1x8xf32>) kernel
          attributes {alexrt.kernel = "loops", alexrt.comment = "relu1: (1, 8) -> (1, 8)",
                      known_block_size = array<i32: 256, 1, 1>, known_grid_size = array<i32: 1, 1, 1>} { ... }
    }
    ```
    Its ops are upstream's. Their locations name the variables of the printed text
    (NameLoc), loops with `alexrt.unroll` are to be unrolled, `alexrt.comment` is a
    comment above an op.
  }];
  let options = [Option<"cpu", "cpu", "std::string", /*default=*/"\"\"",
                        "CPU to make kernels for; by default the module's alex.cpu, or native">];
  let dependentDialects = ["::alexc::AlexDialect", "::mlir::arith::ArithDialect",
                           "::mlir::gpu::GPUDialect",
                           "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::nvgpu::NVGPUDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def WrapKernelsPass : Pass<"alex-wrap-kernels", "::mlir::ModuleOp"> {
  let summary = "Give each kernel the signature that the runtime calls";
  let description = [{
    After the conversion to LLVM's dialect a kernel takes a pointer for each
    buffer. The runtime passes an array of them (AlexrtKernel in alexrt.h), so
    the kernel gets a wrapper of its name that loads the pointers. The inner
    function stays, to be inlined: what its arguments promise (`llvm.noalias`)
    then holds for the wrapper's loads too. Changes no numbers.

    ```mlir
    llvm.func @relu1(%x: !llvm.ptr {llvm.noalias}, %y: !llvm.ptr {llvm.noalias}, %begin: i64, %end: i64)
        attributes {alexrt.kernel = "loops"} { ... }
    ```
    ==>
    ```mlir
    llvm.func internal @relu1.body(...) attributes {always_inline} { ... }
    llvm.func @relu1(%args: !llvm.ptr, %begin: i64, %end: i64) attributes {alexrt.kernel = "loops"} {
      ... loads of x and y ...
      llvm.call @relu1.body(%x, %y, %begin, %end)
      llvm.return
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // ALEXC_CODEGEN_PASSES_TD
