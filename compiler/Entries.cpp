//===- Entries.cpp - the functions of a network ------------------------------===//

#include "compiler/Passes.h"

using namespace mlir;
using namespace alexc;

StringRef alexc::entryKind(func::FuncOp entry) {
  auto kind = entry->getAttrOfType<StringAttr>("alex.entry");
  return kind ? kind.getValue() : StringRef();
}

bool alexc::isTrainingEntry(func::FuncOp entry) {
  return entryKind(entry) == "train_step" || entryKind(entry) == "gradients";
}

bool alexc::readsLoadedState(func::FuncOp entry) {
  return entryKind(entry) == "infer" || entryKind(entry) == "evaluate";
}

bool alexc::isLoadEntry(func::FuncOp entry) { return entryKind(entry) == "load"; }

std::optional<ParameterRole> alexc::parameterRole(DictionaryAttr attributes) {
  static constexpr std::pair<StringRef, Segment> roles[] = {{"alex.state", Segment::param},
                                                            {"alex.momentum", Segment::momentum},
                                                            {"alex.gradient", Segment::gradient}};
  for (auto [attribute, segment] : roles)
    if (auto name = attributes ? attributes.getAs<StringAttr>(attribute) : StringAttr())
      return ParameterRole{segment, name, attributes.getAs<DenseI64ArrayAttr>("alex.rows")};
  return std::nullopt;
}

BlockArgument alexc::findArgument(func::FuncOp entry, const ParameterRole &role, Type type) {
  for (BlockArgument argument : entry.getArguments()) {
    auto other = parameterRole(entry.getArgAttrDict(argument.getArgNumber()));
    if (other && other->segment == role.segment && other->name == role.name &&
        other->rows == role.rows && deviceOf(argument.getType()) == deviceOf(type))
      return argument;
  }
  return {};
}

SmallVector<func::FuncOp> alexc::entriesOf(ModuleOp module) {
  auto functions = module.getOps<func::FuncOp>();
  return llvm::filter_to_vector(functions, [](func::FuncOp function) {
    return function->hasAttr("alex.entry") && function.getBody().hasOneBlock();
  });
}
