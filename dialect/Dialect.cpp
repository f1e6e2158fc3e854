//===- Dialect.cpp - the alex dialect --------------------------------------===//
//
// Registration and what no other file of this folder owns.

#include "dialect/Dialect.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace alexc;

#include "dialect/Dialect.cpp.inc"

#include "dialect/Enums.cpp.inc"

#include "dialect/Interfaces.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialect/Attributes.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialect/Types.cpp.inc"

#define GET_OP_CLASSES
#include "dialect/Ops.cpp.inc"

void AlexDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/Attributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialect/Types.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/Ops.cpp.inc"
      >();
}

void alexc::nameResultsAfterLayer(Operation *op, OpAsmSetValueNameFn setName) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  if (!layer || op->getNumResults() == 0)
    return;
  std::string name = layer.str(); // "conv1+relu1" is %conv1_relu1
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  setName(op->getResult(0), name);
}

bool alexc::haveSameShapes(TypeRange lhs, TypeRange rhs) {
  return llvm::equal(lhs, rhs, [](Type a, Type b) {
    if (!isa<RankedTensorType>(a) || !isa<RankedTensorType>(b))
      return a == b;
    return unplaced(a) == unplaced(b);
  });
}
