//===- alex-translate.cpp - from IR to another language ------------------------===//
//
// What mlir-translate is to MLIR: one step of alexc alone, for tests.

#include "codegen/cuda/CudaPtx.h"
#include "codegen/cuda/CudaSource.h"
#include "dialect/Alexrt.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"

using namespace mlir;
using namespace alexc;

static LogicalResult printKernels(ModuleOp module, llvm::raw_ostream &out) {
  FailureOr<CudaKernels> kernels = printCudaKernels(module);
  if (failed(kernels))
    return failure();
  for (const SourceFile &file : kernels->files)
    out << file.text;
  return success();
}

static LogicalResult printPtx(ModuleOp module, llvm::raw_ostream &out) {
  FailureOr<std::string> text = makePtx(module, "sm_90");
  if (failed(text))
    return failure();
  out << *text;
  return success();
}

static TranslateFromMLIRFunction onModule(LogicalResult (*translate)(ModuleOp,
                                                                     llvm::raw_ostream &)) {
  return [=](Operation *op, llvm::raw_ostream &out) -> LogicalResult {
    auto module = dyn_cast<ModuleOp>(op);
    return module ? translate(module, out) : op->emitError("expects a module");
  };
}

static void registerDialects(DialectRegistry &registry) {
  registerAllDialects(registry);
  registry.insert<AlexDialect, AlexrtDialect>();
  registerPtxTranslations(registry);
}

int main(int argc, char **argv) {
  TranslateFromMLIRRegistration cuda("alex-to-cuda", "Print the kernels as CUDA C++",
                                     onModule(printKernels), registerDialects);
  TranslateFromMLIRRegistration ptx("alex-to-ptx", "Print the kernels' PTX for sm_90",
                                    onModule(printPtx), registerDialects);
  return failed(mlirTranslateMain(argc, argv, "alexc's translations"));
}
