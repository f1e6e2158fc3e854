//===- Select.cpp - alex-select ----------------------------------------------===//
//
// The choice is a shortest path: forward, the cheapest way to each kernel of
// each op; backward, the kernel that is on the cheapest way to the result. On a
// chain that is the optimum. Where a value has several readers, what leads up
// to it is counted for each of them, which may miss it.

#include "compiler/Select.h"
#include "compiler/LiveRanges.h"
#include "compiler/Passes.h"
#include "compiler/Remarks.h"
#include <fmt/format.h>

namespace alexc {
#define GEN_PASS_DEF_SELECTPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

static constexpr StringRef passName = "alex-select";

/// Whether `value` is a parameter that `load` can bring into any form.
static bool isLoadable(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return false;
  auto entry = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  return readsLoadedState(entry) && entry.getArgAttr(argument.getArgNumber(), "alex.state");
}

Machine Machine::of(ModuleOp module) {
  auto named = [&](StringRef attribute, StringRef otherwise) {
    auto name = module->getAttrOfType<StringAttr>(attribute);
    return (name ? name.getValue() : otherwise).str();
  };
  if (named("alex.target", "cpu") == "cuda")
    return {true, named("alex.gpu", "sm_90"), named("alex.precision", "fp32")};
  return {false, named("alex.cpu", "native")};
}

//===----------------------------------------------------------------------===//
// Which kernel
//===----------------------------------------------------------------------===//

namespace {
/// Chooses the kernels of one entry.
class KernelSelection {
public:
  KernelSelection(func::FuncOp entry, const KernelCatalog &catalog, const SelectOptions &options)
      : entry(entry), catalog(catalog), options(options) {}

  LogicalResult choose();
  const KernelChoice &chosen(Operation *op) const {
    const Candidates &all = candidates.find(op)->second;
    return all.choices[all.chosen];
  }
  /// The layout in which the reader `use` wants its operand.
  Layout wanted(OpOperand &use) const {
    if (isa<func::ReturnOp>(use.getOwner()))
      return Layout();
    return chosen(use.getOwner()).operands[use.getOperandNumber()];
  }

private:
  struct Candidates {
    SmallVector<KernelChoice> choices;
    SmallVector<double> seconds; ///< of each choice and the cheapest way to it
    size_t chosen = 0;
  };

  LogicalResult findChoices(Operation *op);
  LogicalResult keepForced(Operation *op, SmallVector<KernelChoice> &choices);
  double secondsUpTo(Value value, const Layout &wanted) const;
  double reorderSeconds(Value value, const Layout &from, const Layout &to) const;
  void chooseFor(Operation *op);

  func::FuncOp entry;
  const KernelCatalog &catalog;
  const SelectOptions &options;
  DenseMap<Operation *, Candidates> candidates;
};
} // namespace

/// Leaves only the kernel that the user chose for this layer, if any.
LogicalResult KernelSelection::keepForced(Operation *op, SmallVector<KernelChoice> &choices) {
  auto forced = options.kernels.find(layerName(op));
  if (forced == options.kernels.end())
    return success();
  SmallVector<StringRef> names;
  for (const KernelChoice &choice : choices)
    if (!llvm::is_contained(names, choice.name))
      names.push_back(choice.name);
  std::string known = llvm::join(names, ", ");
  llvm::erase_if(choices, [&](const KernelChoice &c) { return c.name != forced->second; });
  if (choices.empty())
    return op->emitError("no kernel '")
           << forced->second << "' for layer '" << layerName(op) << "'; there are " << known;
  return success();
}

LogicalResult KernelSelection::findChoices(Operation *op) {
  SmallVector<KernelChoice> choices;
  if (isa<LayerOpInterface>(op))
    choices = catalog.choices(op, options.machine);
  if (choices.empty())
    return op->emitError("no kernel computes ")
           << op->getName() << " on " << options.machine.text();
  if (failed(keepForced(op, choices)))
    return failure();
  Candidates &all = candidates[op];
  for (KernelChoice &choice : choices) {
    assert(choice.operands.size() == op->getNumOperands() && "a layout for each operand");
    assert(choice.results.size() == op->getNumResults() && "a layout for each result");
    bool isFree = op->getNumOperands() && isViewIn(op, choice.operands[0], choice.results[0]);
    double seconds = isFree ? 0 : choice.seconds;
    for (auto [operand, wanted] : llvm::zip(op->getOperands(), choice.operands))
      seconds += secondsUpTo(operand, wanted);
    all.seconds.push_back(seconds);
  }
  all.choices = std::move(choices);
  return success();
}

/// The cheapest way to have `value` in layout `wanted`.
double KernelSelection::secondsUpTo(Value value, const Layout &wanted) const {
  auto result = dyn_cast<OpResult>(value);
  if (!result)
    return isa<RankedTensorType>(value.getType()) ? reorderSeconds(value, Layout(), wanted) : 0;
  const Candidates &all = candidates.find(result.getOwner())->second;
  double best = std::numeric_limits<double>::infinity();
  for (auto [choice, seconds] : llvm::zip(all.choices, all.seconds))
    best = std::min(
        best, seconds + reorderSeconds(value, choice.results[result.getResultNumber()], wanted));
  return best;
}

double KernelSelection::reorderSeconds(Value value, const Layout &from, const Layout &to) const {
  // an argument comes without halo, a kernel writes the one that is asked for
  bool isFree = isa<BlockArgument>(value) ? from == to : from == to.withoutHalo();
  // only numbers are reordered; whoever reads places of maxima takes the pool's layout
  if (!isFree && !getElementTypeOrSelf(value.getType()).isF32())
    return std::numeric_limits<double>::infinity();
  // a parameter is reordered once, when it is loaded
  if (isFree || isLoadable(value))
    return 0;
  return catalog.copySeconds(physicalBytes(placed(value.getType(), 0, from)) +
                                 physicalBytes(placed(value.getType(), 0, to)),
                             options.machine);
}

/// Takes the candidate of `op` from which the way on is cheapest; the readers
/// of its results have theirs.
void KernelSelection::chooseFor(Operation *op) {
  Candidates &all = candidates[op];
  double best = std::numeric_limits<double>::infinity();
  for (auto [index, choice] : llvm::enumerate(all.choices)) {
    double seconds = all.seconds[index];
    for (OpResult result : op->getResults())
      for (OpOperand &use : result.getUses())
        seconds += reorderSeconds(result, choice.results[result.getResultNumber()], wanted(use));
    if (seconds >= best)
      continue;
    best = seconds;
    all.chosen = index;
  }
}

LogicalResult KernelSelection::choose() {
  for (Operation &op : entry.front().without_terminator())
    if (failed(findChoices(&op)))
      return failure();
  for (Operation &op : llvm::reverse(entry.front().without_terminator()))
    chooseFor(&op);
  return success();
}

//===----------------------------------------------------------------------===//
// Which layout
//===----------------------------------------------------------------------===//

namespace {
/// Readers that can share one form of a value.
struct Readers {
  Layout layout; ///< with the largest halo that one of them wants
  bool isExact;  ///< no larger halo will do: the result of the entry
  SmallVector<OpOperand *> uses;
};

/// Writes the choice of an entry into its types.
class Placement {
public:
  Placement(func::FuncOp entry, const KernelCatalog &catalog, const Machine &machine,
            const KernelSelection &selection)
      : entry(entry), catalog(catalog), machine(machine), selection(selection) {}

  LogicalResult run();

private:
  SmallVector<Readers> readersOf(Value value) const;
  LogicalResult place(Value value, const Layout &produced);
  LogicalResult reorderFor(Value value, const Readers &readers);
  LogicalResult placeAll();
  void updateTypes();
  void remark();

  func::FuncOp entry;
  const KernelCatalog &catalog;
  const Machine &machine;
  const KernelSelection &selection;
  DenseMap<Operation *, double> seconds; ///< predicted, of each op
};
} // namespace

/// The readers of `value`, grouped by the layout that they want.
SmallVector<Readers> Placement::readersOf(Value value) const {
  SmallVector<Readers> groups;
  for (OpOperand &use : value.getUses()) {
    Layout wanted = selection.wanted(use);
    bool isExact = isa<func::ReturnOp>(use.getOwner());
    auto group = llvm::find_if(groups, [&](const Readers &readers) {
      return readers.layout.withoutHalo() == wanted.withoutHalo() && readers.isExact == isExact;
    });
    if (group == groups.end())
      group = &groups.emplace_back(Readers{wanted, isExact, {}});
    for (auto [side, most] : llvm::zip(wanted.halo, group->layout.halo))
      most = std::max(most, side);
    group->uses.push_back(&use);
  }
  return groups;
}

/// What the user calls `value`: a layer, a parameter, or the input.
static std::string valueName(Value value) {
  if (Operation *producer = value.getDefiningOp())
    return layerName(producer);
  auto argument = cast<BlockArgument>(value);
  auto entry = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  auto role = parameterRole(entry.getArgAttrDict(argument.getArgNumber()));
  return role ? role->name.str() : "input";
}

/// The device of a value; of a network that is not partitioned, the only one.
static int64_t deviceOrFirst(Value value) { return deviceOf(value.getType()).value_or(0); }

/// Gives the readers the value in another layout.
LogicalResult Placement::reorderFor(Value value, const Readers &readers) {
  auto owners = llvm::map_range(readers.uses, [](OpOperand *use) { return use->getOwner(); });
  Operation *first =
      *llvm::min_element(owners, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  OpBuilder builder(first);
  Operation *producer = value.getDefiningOp();
  RankedTensorType type = placed(value.getType(), deviceOrFirst(value), readers.layout);
  if (!type.getElementType().isF32())
    return first->emitError("no kernel reorders ") << value.getType() << " to " << type;
  auto reorder = ReorderOp::create(builder, (producer ? producer : first)->getLoc(), type, value,
                                   builder.getStringAttr("reorder of " + valueName(value)));
  SmallVector<KernelChoice> choices = catalog.choices(reorder, machine);
  if (choices.empty())
    return reorder.emitError("no kernel reorders ")
           << value.getType() << " to " << reorder.getType() << " on " << machine.text();
  const KernelChoice &best = *llvm::min_element(
      choices, [](const KernelChoice &a, const KernelChoice &b) { return a.seconds < b.seconds; });
  reorder->setAttr("alex.kernel", builder.getStringAttr(best.name));
  seconds[reorder] = best.seconds;
  for (OpOperand *use : readers.uses)
    use->set(reorder);
  return success();
}

/// Gives `value`, which is made in layout `produced`, its type, and each reader
/// the layout that it wants.
LogicalResult Placement::place(Value value, const Layout &produced) {
  if (!isa<RankedTensorType>(value.getType()))
    return success(); // the numbers of a step lie as they are
  SmallVector<Readers> groups = readersOf(value);
  Layout layout = produced;
  auto transfer = value.getDefiningOp<TransferOp>();
  if (transfer) // bytes as they lie, with the halo that others wanted
    layout = layoutOf(transfer.getInput().getType());
  else if (!isa<BlockArgument>(value))
    for (const Readers &readers : groups)
      if (readers.layout.withoutHalo() == produced && !readers.isExact)
        layout = readers.layout;
  value.setType(placed(value.getType(), deviceOrFirst(value), layout));
  for (const Readers &readers : groups) {
    bool isGood = readers.layout == layout ||
                  (transfer && !readers.isExact && readers.layout == layout.withoutHalo());
    if (!isGood && failed(reorderFor(value, readers)))
      return failure();
  }
  return success();
}

LogicalResult Placement::placeAll() {
  SmallVector<Operation *> ops =
      llvm::map_to_vector(entry.front().without_terminator(), [](Operation &op) { return &op; });
  for (BlockArgument argument : entry.getArguments())
    if (failed(place(argument, Layout())))
      return failure();
  for (Operation *op : ops) {
    const KernelChoice &choice = selection.chosen(op);
    op->setAttr("alex.kernel", StringAttr::get(op->getContext(), choice.name));
    seconds[op] = choice.seconds;
    for (auto [result, layout] : llvm::zip(op->getResults(), choice.results))
      if (failed(place(result, layout)))
        return failure();
  }
  return success();
}

/// Hands the types on to the bodies of fused ops and to the function.
void Placement::updateTypes() {
  for (auto fused : entry.getOps<FusedOp>())
    for (auto [argument, input] : llvm::zip(fused.getBody().getArguments(), fused.getInputs()))
      argument.setType(input.getType());
  Operation *terminator = entry.front().getTerminator();
  entry.setFunctionType(FunctionType::get(entry.getContext(), entry.front().getArgumentTypes(),
                                          terminator->getOperandTypes()));
}

static std::string layoutText(Type type) {
  Layout layout = layoutOf(type);
  std::string text = layout.keyword();
  if (layout.hasHalo())
    text += fmt::format(" halo [{}]", fmt::join(layout.halo, ", "));
  return text;
}

/// What was chosen, and how long it should take: once for each op, except for
/// the reorders at load, which are no part of a run.
void Placement::remark() {
  auto batch = entry->getAttrOfType<IntegerAttr>("alex.batch");
  std::string unit = batch ? fmt::format(" ms at batch {}", batch.getInt()) : " ms";
  double total = 0;
  for (Operation &op : entry.front().without_terminator()) {
    std::string text = op.getAttrOfType<StringAttr>("alex.kernel").str() + ", " +
                       layoutText(op.getResult(0).getType());
    bool isLoaded = isa<ReorderOp>(op) && isLoadable(op.getOperand(0));
    double predicted = isLoaded ? 0 : seconds[&op];
    total += predicted;
    text += isLoaded ? ", at load" : fmt::format(", predicted {:.3f}{}", predicted * 1e3, unit);
    remarkFound(passName, &op, text);
  }
  remarkFound(passName, entry, fmt::format("predicted {:.3f}{} on one core", total * 1e3, unit));
}

LogicalResult Placement::run() {
  if (failed(placeAll()))
    return failure();
  updateTypes();
  remark();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static LogicalResult refuseLaidOut(func::FuncOp entry) {
  bool isPartitioned = entry->getParentOfType<ModuleOp>()->hasAttr("alex.devices");
  for (Operation &op : entry.getOps())
    for (Value result : op.getResults())
      if (deviceOf(result.getType()) &&
          (!isPartitioned || layoutOf(result.getType()) != Layout() || op.hasAttr("alex.kernel")))
        return op.emitError("expected a value that is not placed yet, got ") << result.getType();
  return success();
}

LogicalResult alexc::selectKernels(ModuleOp module, const KernelCatalog &catalog,
                                   const SelectOptions &options) {
  for (func::FuncOp entry : entriesOf(module)) {
    KernelSelection selection(entry, catalog, options);
    if (failed(refuseLaidOut(entry)) || failed(selection.choose()) ||
        failed(Placement(entry, catalog, options.machine, selection).run()))
      return failure();
  }
  return success();
}

namespace {
struct SelectPass : alexc::impl::SelectPassBase<SelectPass> {
  using SelectPassBase::SelectPassBase;

  void runOnOperation() override {
    auto *dialect = getContext().getLoadedDialect<AlexDialect>();
    auto *catalog = dialect->getRegisteredInterface<KernelCatalog>();
    if (!catalog) {
      getOperation().emitError("no kernel catalog: this tool has no code generator");
      return signalPassFailure();
    }
    SelectOptions options;
    if (failed(readForced(options)))
      return signalPassFailure();
    recordOptions();
    options.machine = Machine::of(getOperation());
    if (failed(selectKernels(getOperation(), *catalog, options)))
      signalPassFailure();
  }

private:
  /// The module says from now on what the options did.
  void recordOptions() {
    auto record = [&](StringRef name, StringRef value) {
      if (!value.empty())
        getOperation()->setAttr(name, StringAttr::get(&getContext(), value));
    };
    record("alex.target", target);
    record("alex.cpu", cpu);
    record("alex.gpu", gpu);
  }

  LogicalResult readForced(SelectOptions &options) {
    for (StringRef pair : force) {
      auto [layer, kernel] = pair.rsplit(':');
      if (kernel.empty())
        return getOperation().emitError("force: expected LAYER:KERNEL, got '") << pair << "'";
      options.kernels[layer] = kernel.str();
    }
    return success();
  }
};
} // namespace
