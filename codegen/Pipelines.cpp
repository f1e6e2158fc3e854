//===- Pipelines.cpp - the phases of code generation --------------------------===//

#include "codegen/Pipelines.h"
#include "codegen/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVMPass.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace alexc;

static void programPasses(AddPass add, const PipelineOptions &) {
  add(createLowerToProgramPass());
  // behind it: which records touch the same memory shows in their addresses
  add(createInsertSignalsPass());
}

static void kernelsPasses(AddPass add, const PipelineOptions &options) {
  LowerKernelsPassOptions lowering;
  lowering.cpu = options.cpu;
  add(createLowerKernelsPass(lowering));
}

static void llvmPasses(AddPass add, const PipelineOptions &) {
  // while loops are still loops: what a generator emits again and again moves out
  add(createLoopInvariantCodeMotionPass());
  add(createCanonicalizerPass());
  add(createCSEPass());
  // each dialect to LLVM's; the order matters to none but scf, which becomes cf
  add(createSCFToControlFlowPass());
  add(createConvertVectorToLLVMPass());
  add(createFinalizeMemRefToLLVMConversionPass());
  add(createConvertMathToLLVMPass());
  add(createArithToLLVMConversionPass());
  add(createConvertIndexToLLVMPass());
  add(createUBToLLVMConversionPass());
  add(createConvertControlFlowToLLVMPass());
  // a buffer is one pointer: its shape is known
  ConvertFuncToLLVMPassOptions functions;
  functions.useBarePtrCallConv = true;
  add(createConvertFuncToLLVMPass(functions));
  add(createReconcileUnrealizedCastsPass());
  // last: it adds functions in LLVM's dialect
  add(createWrapKernelsPass());
}

std::vector<Phase> alexc::codegenPhases() {
  return {{"program", programPasses, [] { return createVerifyOrderPass(); }},
          {"kernels", kernelsPasses, nullptr},
          {"llvm", llvmPasses, nullptr}};
}

namespace {
struct CodegenPipelineOptions : PassPipelineOptions<CodegenPipelineOptions> {
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("CPU to make kernels for")};
};
} // namespace

void alexc::registerCodegenPipelines() {
  for (const Phase &phase : codegenPhases())
    PassPipelineRegistration<CodegenPipelineOptions>(
        "alex-" + phase.name + "-pipeline", "Phase '" + phase.name + "' as alexc runs it",
        [phase](OpPassManager &passes, const CodegenPipelineOptions &given) {
          PipelineOptions options;
          options.cpu = given.cpu;
          buildPhases(passes, phase, options);
        });
}
