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

  /// Computes `reorder`, of the parameter that an argument with `attributes` is, at
  /// load; at most once.
  void add(ReorderOp reorder, DictionaryAttr attributes);

private:
  void create(Location loc);
  Value argumentFor(DictionaryAttr attributes, Type type);

  ModuleOp module;
  func::FuncOp load;
  DenseMap<std::pair<Attribute, Type>, Value> arguments;
  DenseSet<std::pair<Attribute, Type>> forms;
};
} // namespace

void LoadEntry::create(Location loc) {
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  load = func::FuncOp::create(builder, loc, "load", builder.getFunctionType({}, {}));
  load->setAttr("alex.entry", builder.getStringAttr("load"));
  builder.setInsertionPointToEnd(load.addEntryBlock());
  func::ReturnOp::create(builder, loc);
}

Value LoadEntry::argumentFor(DictionaryAttr attributes, Type type) {
  Value &argument = arguments[{attributes, type}];
  if (argument)
    return argument;
  unsigned number = load.getNumArguments();
  (void)load.insertArgument(number, type, attributes, load.getLoc());
  return argument = load.getArgument(number);
}

/// What of an argument's attributes says which parameter it is, or which rows.
static DictionaryAttr identityOf(DictionaryAttr attributes) {
  NamedAttrList identity;
  for (StringRef name : {stateName, StringRef("alex.rows")})
    if (Attribute value = attributes.get(name))
      identity.set(name, value);
  return identity.getDictionary(attributes.getContext());
}

void LoadEntry::add(ReorderOp reorder, DictionaryAttr attributes) {
  attributes = identityOf(attributes);
  if (!forms.insert({attributes, reorder.getType()}).second)
    return;
  if (!load)
    create(reorder.getLoc());
  Operation *terminator = load.front().getTerminator();
  OpBuilder builder(terminator);
  IRMapping values;
  values.map(reorder.getInput(), argumentFor(attributes, reorder.getInput().getType()));
  Operation *clone = builder.clone(*reorder, values);
  unsigned number = terminator->getNumOperands();
  terminator->insertOperands(number, clone->getResult(0));
  (void)load.insertResult(number, reorder.getType(), attributes);
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
    if (!entry.getArgAttr(argument.getArgNumber(), stateName))
      continue;
    load.add(reorder, entry.getArgAttrDict(argument.getArgNumber()));
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
