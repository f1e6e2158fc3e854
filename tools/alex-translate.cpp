//===- alex-translate.cpp - from IR to another language ------------------------===//
//
// What mlir-translate is to MLIR: one step of alexc alone, for tests.

#include "codegen/cuda/CudaSource.h"
#include "dialect/Alexrt.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"

using namespace mlir;
using namespace alexc;

static LogicalResult printKernels(Operation *op, llvm::raw_ostream &out) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    return op->emitError("expects a module");
  FailureOr<std::vector<SourceFile>> files = printCudaKernels(module);
  if (failed(files))
    return failure();
  for (const SourceFile &file : *files)
    out << file.text;
  return success();
}

int main(int argc, char **argv) {
  TranslateFromMLIRRegistration cuda("alex-to-cuda", "Print the kernels as CUDA C++", printKernels,
                                     [](DialectRegistry &registry) {
                                       registerAllDialects(registry);
                                       registry.insert<AlexDialect, AlexrtDialect>();
                                     });
  return failed(mlirTranslateMain(argc, argv, "alexc's translations"));
}
