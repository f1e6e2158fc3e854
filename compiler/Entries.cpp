//===- Entries.cpp - the functions of a network ------------------------------===//

#include "compiler/Passes.h"

using namespace mlir;
using namespace alexc;

bool alexc::isLoadEntry(func::FuncOp entry) {
  auto kind = entry->getAttrOfType<StringAttr>("alex.entry");
  return kind && kind.getValue() == "load";
}

SmallVector<func::FuncOp> alexc::entriesOf(ModuleOp module) {
  auto functions = module.getOps<func::FuncOp>();
  return llvm::filter_to_vector(functions, [](func::FuncOp function) {
    return function->hasAttr("alex.entry") && function.getBody().hasOneBlock();
  });
}
