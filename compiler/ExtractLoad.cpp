//===- ExtractLoad.cpp - alex-extract-load -----------------------------------===//

#include "compiler/Passes.h"

namespace alexc {
#define GEN_PASS_DEF_EXTRACTLOADPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

static constexpr StringRef stateName = "alex.state";

namespace {
/// The entry that brings parameters into the forms that kernels want.
class LoadEntry {
public:
  explicit LoadEntry(ModuleOp module) : module(module) {}

  /// Computes `reorder`, of parameter `name`, at load; at most once.
  void add(ReorderOp reorder, StringAttr name);

private:
  void create(Location loc);
  Value argumentFor(StringAttr name, Type type);

  ModuleOp module;
  func::FuncOp load;
  DenseMap<StringAttr, Value> arguments;
  DenseSet<std::pair<StringAttr, Type>> forms;
};
} // namespace

void LoadEntry::create(Location loc) {
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  load = func::FuncOp::create(builder, loc, "load", builder.getFunctionType({}, {}));
  load->setAttr("alex.entry", builder.getStringAttr("load"));
  builder.setInsertionPointToEnd(load.addEntryBlock());
  func::ReturnOp::create(builder, loc);
}

Value LoadEntry::argumentFor(StringAttr name, Type type) {
  Value &argument = arguments[name];
  if (argument)
    return argument;
  unsigned number = load.getNumArguments();
  auto attributes = DictionaryAttr::get(
      module.getContext(), NamedAttribute(StringAttr::get(module.getContext(), stateName), name));
  (void)load.insertArgument(number, type, attributes, load.getLoc());
  return argument = load.getArgument(number);
}

void LoadEntry::add(ReorderOp reorder, StringAttr name) {
  if (!forms.insert({name, reorder.getType()}).second)
    return;
  if (!load)
    create(reorder.getLoc());
  Operation *terminator = load.front().getTerminator();
  OpBuilder builder(terminator);
  IRMapping values;
  values.map(reorder.getInput(), argumentFor(name, reorder.getInput().getType()));
  Operation *clone = builder.clone(*reorder, values);
  unsigned number = terminator->getNumOperands();
  terminator->insertOperands(number, clone->getResult(0));
  (void)load.insertResult(number, reorder.getType(), {});
  load.setResultAttr(number, stateName, name);
}

/// Replaces `reorder` by an argument of the entry in its result's form, behind
/// the argument that it reads.
static void replaceByArgument(func::FuncOp entry, ReorderOp reorder, BlockArgument argument) {
  unsigned number = argument.getArgNumber() + 1;
  (void)entry.insertArgument(number, reorder.getType(),
                             entry.getArgAttrDict(argument.getArgNumber()), argument.getLoc());
  reorder.replaceAllUsesWith(Value(entry.getArgument(number)));
  reorder.erase();
  if (argument.use_empty())
    (void)entry.eraseArgument(argument.getArgNumber());
}

static void extractFrom(func::FuncOp entry, LoadEntry &load) {
  for (auto reorder : llvm::make_early_inc_range(entry.getOps<ReorderOp>())) {
    auto argument = dyn_cast<BlockArgument>(reorder.getInput());
    if (!argument)
      continue;
    auto name = entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), stateName);
    if (!name)
      continue;
    load.add(reorder, name);
    replaceByArgument(entry, reorder, argument);
  }
}

namespace {
struct ExtractLoadPass : alexc::impl::ExtractLoadPassBase<ExtractLoadPass> {
  void runOnOperation() override {
    if (Operation *taken = getOperation().lookupSymbol("load")) {
      taken->emitError("expected no function @load before parameters are extracted");
      return signalPassFailure();
    }
    LoadEntry load(getOperation());
    for (func::FuncOp entry : entriesOf(getOperation()))
      if (readsLoadedState(entry))
        extractFrom(entry, load);
  }
};
} // namespace
