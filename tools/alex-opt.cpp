//===- alex-opt.cpp - run passes on a file -----------------------------------===//
//
// mlir-opt with the alex dialects and passes; what tests and pass authors use.

#include "codegen/Catalog.h"
#include "codegen/Passes.h"
#include "codegen/Pipelines.h"
#include "compiler/Passes.h"
#include "compiler/Pipelines.h"
#include "dialect/Alexrt.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  registry.insert<alexc::AlexDialect, alexc::AlexrtDialect>();
  alexc::registerKernelCatalog(registry);
  alexc::registerAlexPasses();
  alexc::registerAlexCodegenPasses();
  alexc::registerGraphPipelines();
  alexc::registerCodegenPipelines();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "alexc's optimizer driver\n", registry));
}
