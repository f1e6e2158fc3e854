//===- SpecEdit.cpp - specs that extend others, and edits of them ----------===//

#include "compiler/SpecEdit.h"

#include "llvm/ADT/ArrayRef.h"

using namespace alexc;

llvm::FailureOr<JsonValue> alexc::loadSpec(llvm::StringRef path, llvm::ArrayRef<SpecEdit> edits,
                                           SpecErrors &errors) {
  return readJsonFile(path, errors);
}
