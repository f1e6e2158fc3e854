//===- Differentiate.cpp - alex-differentiate --------------------------------===//
//
// Walks an entry backwards and lets each op build its own gradient; no op is
// known by name here. What is built stands in the order in which memory can be
// given back: each update right behind the ops that complete its gradient.

#include "compiler/Passes.h"
#include "compiler/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

namespace alexc {
#define GEN_PASS_DEF_DIFFERENTIATEPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

static constexpr StringRef passName = "alex-differentiate";

//===----------------------------------------------------------------------===//
// Updates
//===----------------------------------------------------------------------===//

/// A factor of parameter `number` of `entry`; 1 where nothing is said.
static double factorOf(func::FuncOp entry, unsigned number, StringRef name) {
  auto factor = entry.getArgAttrOfType<FloatAttr>(number, name);
  return factor ? factor.getValueAsDouble() : 1;
}

/// The parameter that `argument` of `entry` is; null if it is none.
static StringAttr nameOf(func::FuncOp entry, BlockArgument argument) {
  return entry.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "alex.state");
}

static SgdUpdateOp createUpdate(OpBuilder &builder, func::FuncOp entry, BlockArgument parameter,
                                Value momentum, Value gradient, Value step) {
  auto factor = [&](StringRef which) {
    return builder.getF64FloatAttr(factorOf(entry, parameter.getArgNumber(), which));
  };
  return SgdUpdateOp::create(
      builder, parameter.getLoc(), parameter, momentum, gradient, step, factor("alex.rate_factor"),
      factor("alex.decay_factor"),
      builder.getStringAttr(nameOf(entry, parameter).getValue() + ":update"));
}

/// One more argument of `entry`, the `role` ("alex.momentum") of parameter `name`.
static BlockArgument addArgument(func::FuncOp entry, StringRef role, StringAttr name,
                                 BlockArgument parameter) {
  Builder builder(entry.getContext());
  unsigned number = entry.getNumArguments();
  (void)entry.insertArgument(number, parameter.getType(),
                             builder.getDictionaryAttr(builder.getNamedAttr(role, name)),
                             parameter.getLoc());
  return entry.getArgument(number);
}

/// One more result of `entry`.
static void addResult(func::FuncOp entry, Value value, StringRef role, StringAttr name) {
  Builder builder(entry.getContext());
  Operation *terminator = entry.front().getTerminator();
  unsigned number = terminator->getNumOperands();
  terminator->insertOperands(number, value);
  (void)entry.insertResult(number, value.getType(),
                           builder.getDictionaryAttr(builder.getNamedAttr(role, name)));
}

//===----------------------------------------------------------------------===//
// One entry
//===----------------------------------------------------------------------===//

namespace {
/// Appends the way back to one entry.
class WayBack {
public:
  /// `ofInput`: an entry that returns gradients also returns that of its input.
  WayBack(func::FuncOp entry, bool ofInput)
      : entry(entry), builder(entry.front().getTerminator()),
        updates(entryKind(entry) == "train_step"), ofInput(ofInput && !updates) {}

  LogicalResult run();

private:
  /// A parameter that training changes.
  struct Trained {
    StringAttr name;
    int64_t readers; ///< ops that are still to be gone back through
    BlockArgument momentum;
    SgdUpdateOp update;
  };

  LogicalResult findLossAndStep();
  void findTrained();
  void findActive();
  void seed();
  LogicalResult goBack(Operation *op);
  void add(Value value, Value gradient);
  void countReader(Operation *op);
  void returnGradients();
  void returnState();
  void eraseDead();
  void remark();

  func::FuncOp entry;
  OpBuilder builder;
  bool updates;                     ///< or returns the gradients
  bool ofInput;                     ///< also the input's
  SmallVector<Operation *> forward; ///< all ops but the return, before anything is added
  Value loss, step, input;          ///< the input where its gradient is wanted
  llvm::MapVector<Value, Trained> trained;
  DenseSet<Value> active;           ///< values that depend on what a gradient is wanted of
  DenseMap<Value, Value> gradients; ///< summed so far
};
} // namespace

LogicalResult WayBack::findLossAndStep() {
  for (auto [number, value] : llvm::enumerate(entry.front().getTerminator()->getOperands())) {
    auto output = entry.getResultAttrOfType<StringAttr>(number, "alex.output");
    if (output && output.getValue() == "loss")
      loss = value;
  }
  if (!loss || !loss.getDefiningOp())
    return entry.emitError("expected a result marked alex.output = \"loss\" to differentiate");
  for (BlockArgument argument : entry.getArguments())
    if (isa<StepType>(argument.getType()))
      step = argument;
  for (BlockArgument argument : entry.getArguments())
    if (ofInput && entry.getArgAttr(argument.getArgNumber(), "alex.input"))
      input = argument;
  if (updates && !step)
    return entry.emitError("expected an argument of type !alex.step to update parameters");
  return success();
}

void WayBack::findTrained() {
  for (BlockArgument argument : entry.getArguments()) {
    StringAttr name = nameOf(entry, argument);
    if (!name || factorOf(entry, argument.getArgNumber(), "alex.rate_factor") == 0)
      continue;
    llvm::SmallPtrSet<Operation *, 2> readers(argument.user_begin(), argument.user_end());
    trained[argument] = {name, int64_t(readers.size()), {}, {}};
  }
  if (updates)
    for (auto &[parameter, state] : trained)
      state.momentum =
          addArgument(entry, "alex.momentum", state.name, cast<BlockArgument>(parameter));
}

void WayBack::findActive() {
  for (auto &[parameter, state] : trained)
    active.insert(parameter);
  if (input)
    active.insert(input);
  for (Operation *op : forward)
    if (llvm::any_of(op->getOperands(), [&](Value value) { return active.contains(value); }))
      active.insert_range(op->getResults());
}

/// The loss of a batch is the mean of its images'.
void WayBack::seed() {
  auto type = cast<RankedTensorType>(loss.getType());
  Operation *op = loss.getDefiningOp();
  gradients[loss] = FillOp::create(builder, op->getLoc(), type,
                                   builder.getF64FloatAttr(1.0 / type.getNumElements()),
                                   builder.getStringAttr(layerName(op) + ":loss_grad"));
}

/// Adds `gradient` to what other readers of `value` give it.
void WayBack::add(Value value, Value gradient) {
  Value &sum = gradients[value];
  if (!sum) {
    sum = gradient;
    return;
  }
  auto state = trained.find(value);
  std::string name = value == input           ? "input"
                     : state != trained.end() ? state->second.name.str()
                                              : layerName(value.getDefiningOp());
  sum = AddOp::create(builder, value.getLoc(), sum, gradient,
                      builder.getStringAttr(name + ":grad_sum"));
}

/// Builds the gradients of the operands of `op` where one flows through it.
LogicalResult WayBack::goBack(Operation *op) {
  auto ofResults =
      llvm::map_to_vector(op->getResults(), [&](Value result) { return gradients.lookup(result); });
  auto isActive = [&](Value value) { return active.contains(value); };
  if (llvm::none_of(ofResults, [](Value gradient) { return bool(gradient); }) ||
      llvm::none_of(op->getOperands(), isActive))
    return success();
  auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
  if (!differentiable)
    return op->emitError("expected layers that have a gradient between parameters and loss, got ")
           << op->getName();
  FailureOr<SmallVector<Value>> ofOperands = differentiable.buildGradient(builder, ofResults);
  if (failed(ofOperands))
    return failure();
  for (auto [operand, gradient] : llvm::zip_equal(op->getOperands(), *ofOperands))
    if (gradient && isActive(operand))
      add(operand, gradient);
  return success();
}

/// Updates the parameters that only `op` was still to give a gradient. Nothing
/// behind reads the old value: only the way back through a reader does.
void WayBack::countReader(Operation *op) {
  for (Value operand : llvm::SetVector<Value>(op->operand_begin(), op->operand_end())) {
    auto state = trained.find(operand);
    if (state == trained.end() || --state->second.readers > 0)
      continue;
    if (Value gradient = gradients.lookup(operand); gradient && updates)
      state->second.update = createUpdate(builder, entry, cast<BlockArgument>(operand),
                                          state->second.momentum, gradient, step);
  }
}

void WayBack::returnGradients() {
  for (auto &[parameter, state] : trained)
    if (Value gradient = gradients.lookup(parameter))
      addResult(entry, gradient, "alex.gradient", state.name);
  if (Value gradient = input ? gradients.lookup(input) : Value())
    addResult(entry, gradient, "alex.output", builder.getStringAttr("input_gradient"));
}

void WayBack::returnState() {
  for (auto &[parameter, state] : trained)
    if (state.update)
      addResult(entry, state.update.getNewParameter(), "alex.state", state.name);
  for (auto &[parameter, state] : trained)
    if (state.update)
      addResult(entry, state.update.getNewMomentum(), "alex.momentum", state.name);
    else
      (void)entry.eraseArgument(state.momentum.getArgNumber()); // no gradient reaches it
}

/// Erases gradients that nobody wants, such as the one of the images, and what
/// was computed for them.
void WayBack::eraseDead() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(entry.front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Whether an op of the way back reads `value` and is read; the seed is the first of them.
static bool isReadBehind(Operation *seed, Value value) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    return seed->isBeforeInBlock(user) && !user->use_empty();
  });
}

/// What the way back reads of the way forward stays in memory until then.
void WayBack::remark() {
  Operation *seed = gradients.lookup(loss).getDefiningOp();
  int64_t bytes = 0, count = 0;
  for (Operation &op : entry.front()) {
    if (&op == seed)
      break;
    for (Value result : op.getResults())
      if (isReadBehind(seed, result)) {
        bytes += physicalBytes(result.getType());
        ++count;
      }
  }
  remarkFound(passName, entry,
              "keeps " + std::to_string(count) + " values for the way back, " + bytesText(bytes));
}

LogicalResult WayBack::run() {
  for (Operation &op : entry.front().without_terminator())
    forward.push_back(&op);
  if (failed(findLossAndStep()))
    return failure();
  findTrained();
  findActive();
  seed();
  for (Operation *op : llvm::reverse(forward)) {
    if (failed(goBack(op)))
      return failure();
    countReader(op);
  }
  updates ? returnState() : returnGradients();
  remark();
  eraseDead();
  return success();
}

//===----------------------------------------------------------------------===//
// @apply
//===----------------------------------------------------------------------===//

namespace {
/// Makes `apply`, the updates of all parameters whose gradients an entry returns.
class ApplyEntry {
public:
  explicit ApplyEntry(func::FuncOp gradients)
      : source(gradients), builder(OpBuilder::atBlockEnd(gradients->getBlock())) {}

  void create();

private:
  void createFunction();
  SmallVector<BlockArgument> trainedParameters();
  void addParameters();
  SmallVector<BlockArgument> addBeside(StringRef role);

  func::FuncOp source, apply;
  OpBuilder builder;
  SmallVector<BlockArgument> parameters;
};
} // namespace

/// An empty function that takes the numbers of a step.
void ApplyEntry::createFunction() {
  Location loc = source.getLoc();
  auto type = builder.getFunctionType(StepType::get(source.getContext()), {});
  apply = func::FuncOp::create(builder, loc, "apply", type);
  apply->setAttr("alex.entry", builder.getStringAttr("apply"));
  builder.setInsertionPointToEnd(apply.addEntryBlock());
  builder.setInsertionPoint(func::ReturnOp::create(builder, loc));
}

/// The parameters of `source`, in their order, whose gradients it returns.
SmallVector<BlockArgument> ApplyEntry::trainedParameters() {
  DenseSet<Attribute> names;
  for (unsigned number = 0; number < source.getNumResults(); ++number)
    names.insert(source.getResultAttr(number, "alex.gradient"));
  return llvm::filter_to_vector(source.getArguments(), [&](BlockArgument argument) {
    Attribute name = source.getArgAttr(argument.getArgNumber(), "alex.state");
    return name && names.contains(name);
  });
}

void ApplyEntry::addParameters() {
  for (BlockArgument parameter : trainedParameters()) {
    unsigned number = apply.getNumArguments();
    (void)apply.insertArgument(number, parameter.getType(),
                               source.getArgAttrDict(parameter.getArgNumber()), parameter.getLoc());
    parameters.push_back(apply.getArgument(number));
  }
}

/// An argument for each parameter that is its `role`.
SmallVector<BlockArgument> ApplyEntry::addBeside(StringRef role) {
  return llvm::map_to_vector(parameters, [&](BlockArgument parameter) {
    return addArgument(apply, role, nameOf(apply, parameter), parameter);
  });
}

void ApplyEntry::create() {
  createFunction();
  addParameters();
  SmallVector<BlockArgument> momenta = addBeside("alex.momentum");
  SmallVector<BlockArgument> gradients = addBeside("alex.gradient");
  SmallVector<SgdUpdateOp> updates;
  for (auto [parameter, momentum, gradient] : llvm::zip_equal(parameters, momenta, gradients))
    updates.push_back(
        createUpdate(builder, apply, parameter, momentum, gradient, apply.getArgument(0)));
  for (auto [parameter, update] : llvm::zip_equal(parameters, updates))
    addResult(apply, update.getNewParameter(), "alex.state", nameOf(apply, parameter));
  for (auto [parameter, update] : llvm::zip_equal(parameters, updates))
    addResult(apply, update.getNewMomentum(), "alex.momentum", nameOf(apply, parameter));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct DifferentiatePass : alexc::impl::DifferentiatePassBase<DifferentiatePass> {
  using DifferentiatePassBase::DifferentiatePassBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> entries = entriesOf(getOperation());
    llvm::erase_if(entries, [](func::FuncOp entry) { return !isTrainingEntry(entry); });
    if (entries.empty())
      return;
    if (Operation *taken = getOperation().lookupSymbol("apply")) {
      taken->emitError("expected no function @apply before entries are differentiated");
      return signalPassFailure();
    }
    for (func::FuncOp entry : entries)
      if (failed(WayBack(entry, inputGradient).run()))
        return signalPassFailure();
    auto gradients =
        llvm::find_if(entries, [](func::FuncOp entry) { return entryKind(entry) == "gradients"; });
    if (gradients != entries.end())
      ApplyEntry(*gradients).create();
  }
};
} // namespace
