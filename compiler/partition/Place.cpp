//===- Place.cpp - alex-place ------------------------------------------------===//
//
// Writes a plan into the IR: each op once for each device that has a part in it,
// on types that say which. Every value is known by its parts; where an op wants
// them spread in another way, slices, joins and sums are added. Operands may lie
// on other devices than their op: alex-insert-transfers comes next.

#include "compiler/partition/Place.h"
#include "compiler/Passes.h"
#include "compiler/Remarks.h"
#include "compiler/partition/AutoPlan.h"
#include "compiler/partition/Spread.h"
#include "llvm/ADT/StringMap.h"

namespace alexc {
#define GEN_PASS_DEF_PLACEPASS
#include "compiler/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

using Kind = Spread::Kind;

//===----------------------------------------------------------------------===//
// Parts of values
//===----------------------------------------------------------------------===//

namespace {
/// The parts of a value: one, or one for each device.
struct Parts {
  Spread spread;
  SmallVector<Value> values;

  /// What `device` reads: its part, or the only one, wherever that is.
  Value on(int64_t device) const {
    return spread.kind == Kind::whole ? values.front() : values[device];
  }
};

/// Knows the parts of each value of an entry, and makes others of them.
class Partition {
public:
  Partition(OpBuilder &builder, int64_t devices) : builder(builder), devices(devices) {}

  const Parts &of(Value value) const { return known.find(value)->second; }
  void set(Value value, Parts parts) { known[value] = std::move(parts); }
  /// The parts of `value` spread as `wanted`; made once.
  const Parts &respread(Value value, const Spread &wanted);
  /// Part number `part` of `value`, cut where that lies.
  Value slice(Value value, int64_t dim, int64_t part, int64_t parts, StringRef name);

private:
  Value partFor(const Parts &parts, const Spread &wanted, int64_t device, StringRef name);
  Value join(ArrayRef<Value> values, int64_t dim, int64_t device, StringRef name);
  Value sum(ArrayRef<Value> values, int64_t device, StringRef name);

  OpBuilder &builder;
  int64_t devices;
  DenseMap<Value, Parts> known;
  DenseMap<Value, SmallVector<Parts>> respreads;
};
} // namespace

/// What the user calls a value: a layer, a parameter, or the input.
static std::string nameOf(Value value) {
  if (Operation *op = value.getDefiningOp())
    return layerName(op);
  auto argument = cast<BlockArgument>(value);
  auto entry = cast<func::FuncOp>(argument.getOwner()->getParentOp());
  auto role = parameterRole(entry.getArgAttrDict(argument.getArgNumber()));
  return role ? role->name.str() : "input";
}

/// The type of the part that `device` has of a value of `type`.
static RankedTensorType partType(Type type, const Spread &spread, int64_t device, int64_t devices) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(tensor.getShape());
  if (spread.kind == Kind::pieces)
    shape[spread.where] /= devices;
  return placed(RankedTensorType::get(shape, tensor.getElementType()), device);
}

Value Partition::slice(Value value, int64_t dim, int64_t part, int64_t parts, StringRef name) {
  auto whole = cast<RankedTensorType>(value.getType());
  int64_t size = whole.getDimSize(dim) / parts;
  Type type = partType(whole, Spread::pieces(dim), *deviceOf(whole), parts);
  return SliceOp::create(builder, value.getLoc(), type, value,
                         builder.getI64IntegerAttr(part * size), builder.getI64IntegerAttr(size),
                         builder.getI64IntegerAttr(dim), builder.getStringAttr(name + ":part"));
}

Value Partition::join(ArrayRef<Value> values, int64_t dim, int64_t device, StringRef name) {
  auto first = cast<RankedTensorType>(values.front().getType());
  SmallVector<int64_t> shape(first.getShape());
  shape[dim] *= values.size();
  Type type = placed(RankedTensorType::get(shape, first.getElementType()), device);
  return ConcatOp::create(builder, values.front().getLoc(), type, values,
                          builder.getI64IntegerAttr(dim), builder.getStringAttr(name + ":join"));
}

/// In the order of the devices, on all of them: the same bits everywhere.
Value Partition::sum(ArrayRef<Value> values, int64_t device, StringRef name) {
  Value sum = values.front();
  for (Value value : values.drop_front())
    sum = AddOp::create(builder, value.getLoc(), placed(value.getType(), device), sum, value,
                        builder.getStringAttr(name + ":sum"));
  return sum;
}

Value Partition::partFor(const Parts &parts, const Spread &wanted, int64_t device, StringRef name) {
  bool isCut = wanted.kind == Kind::pieces;
  auto cut = [&](Value value) {
    return isCut ? slice(value, wanted.where, device, devices, name) : value;
  };
  if (parts.spread.kind == Kind::whole || parts.spread.kind == Kind::everywhere)
    return cut(parts.on(device));
  SmallVector<Value> mine = llvm::map_to_vector(parts.values, cut);
  return parts.spread.kind == Kind::shares ? sum(mine, device, name)
                                           : join(mine, parts.spread.where, device, name);
}

const Parts &Partition::respread(Value value, const Spread &wanted) {
  const Parts &parts = of(value);
  if (parts.spread == wanted)
    return parts;
  SmallVector<Parts> &made = respreads[value];
  for (const Parts &other : made)
    if (other.spread == wanted)
      return other;
  Parts result{wanted, {}};
  std::string name = nameOf(value);
  if (wanted.kind == Kind::whole)
    result.values.push_back(partFor(parts, wanted, wanted.where, name));
  for (int64_t device = 0; wanted.kind != Kind::whole && device < devices; ++device)
    result.values.push_back(partFor(parts, wanted, device, name));
  return made.emplace_back(std::move(result));
}

//===----------------------------------------------------------------------===//
// One entry
//===----------------------------------------------------------------------===//

namespace {
/// Places one entry.
class EntryPlacement {
public:
  EntryPlacement(func::FuncOp entry, const Plan &plan)
      : entry(entry), plan(plan), builder(entry.front().getTerminator()),
        partition(builder, plan.devices) {}

  void run();

private:
  void placeArgument(BlockArgument argument);
  Value addArgument(BlockArgument whole, const Spread &spread, int64_t device);
  void placeOp(Operation *op);
  void placeShares(Operation *op);
  void placeReturn();
  void eraseOld(ArrayRef<Operation *> ops, unsigned arguments);

  LayerPlan planOf(StringRef layer) const;
  Spread spreadOfParameter(const ParameterRole &role) const;
  void placeUpdate(SgdUpdateOp update);
  OpSpread spreadOf(Operation *op);
  Spread spreadOfFollower(Operation *op);
  Operation *cloneFor(Operation *op, const OpSpread &spread, int64_t device);
  void cutAttributes(Operation *clone, const OpSpread &spread, int64_t device);

  func::FuncOp entry;
  const Plan &plan;
  OpBuilder builder;
  Partition partition;
  llvm::StringMap<Spread> spreads; ///< of the value of each layer without filters
};
} // namespace

/// What is planned for `layer`; a batch that cannot be split is whole.
LayerPlan EntryPlacement::planOf(StringRef layer) const {
  LayerPlan planned = plan.of(layer);
  auto batch = entry->getAttrOfType<IntegerAttr>("alex.batch");
  if (planned.split == LayerPlan::Split::batch && batch && batch.getInt() % plan.devices)
    return LayerPlan();
  return planned;
}

/// Of a parameter that all devices have, its owner has momentum and gradient.
Spread EntryPlacement::spreadOfParameter(const ParameterRole &role) const {
  StringRef layer = layerOfName(role.name);
  LayerPlan planned = planOf(layer);
  switch (planned.split) {
  case LayerPlan::Split::whole:
    return Spread::whole(planned.device);
  case LayerPlan::Split::filters:
    return Spread::pieces(0);
  case LayerPlan::Split::batch:
    return role.segment == Segment::param ? Spread::everywhere()
                                          : Spread::whole(plan.ownerOf(layer));
  }
  llvm_unreachable("unknown split");
}

//===----------------------------------------------------------------------===//
// Arguments and results
//===----------------------------------------------------------------------===//

/// What says of an argument or a result that it is some rows of a parameter.
static DictionaryAttr withRows(DictionaryAttr attributes, const Spread &spread, int64_t device,
                               int64_t rows) {
  Builder builder(attributes.getContext());
  NamedAttrList list(attributes);
  if (spread.kind == Kind::pieces)
    list.set("alex.rows", builder.getDenseI64ArrayAttr({device * rows, rows}));
  return list.getDictionary(attributes.getContext());
}

static DictionaryAttr orEmpty(DictionaryAttr attributes, MLIRContext *context) {
  return attributes ? attributes : DictionaryAttr::get(context);
}

Value EntryPlacement::addArgument(BlockArgument whole, const Spread &spread, int64_t device) {
  unsigned number = entry.getNumArguments();
  RankedTensorType type = partType(whole.getType(), spread, device, plan.devices);
  DictionaryAttr attributes =
      orEmpty(entry.getArgAttrDict(whole.getArgNumber()), entry.getContext());
  (void)entry.insertArgument(number, type, withRows(attributes, spread, device, type.getDimSize(0)),
                             whole.getLoc());
  return entry.getArgument(number);
}

/// The host brings inputs and labels to every device that reads them.
void EntryPlacement::placeArgument(BlockArgument argument) {
  unsigned number = argument.getArgNumber();
  auto role = parameterRole(entry.getArgAttrDict(number));
  Spread spread = role ? spreadOfParameter(*role) : Spread::everywhere();
  Parts parts{spread, {}};
  if (isa<StepType>(argument.getType())) {
    (void)entry.insertArgument(entry.getNumArguments(), argument.getType(),
                               entry.getArgAttrDict(number), argument.getLoc());
    parts = {Spread::whole(0), {entry.getArguments().back()}};
  } else if (spread.kind == Kind::whole) {
    parts.values.push_back(addArgument(argument, spread, spread.where));
  } else {
    for (int64_t device = 0; device < plan.devices; ++device)
      parts.values.push_back(addArgument(argument, spread, device));
  }
  partition.set(argument, parts);
}

void EntryPlacement::placeReturn() {
  Operation *terminator = entry.front().getTerminator();
  SmallVector<Value> returned;
  SmallVector<DictionaryAttr> attributes;
  for (auto [number, value] : llvm::enumerate(terminator->getOperands())) {
    DictionaryAttr given = orEmpty(entry.getResultAttrDict(number), entry.getContext());
    auto role = parameterRole(given);
    Spread wanted = role ? spreadOfParameter(*role) : Spread::whole(0);
    for (auto [device, part] : llvm::enumerate(partition.respread(value, wanted).values)) {
      int64_t rows = cast<RankedTensorType>(part.getType()).getDimSize(0);
      returned.push_back(part);
      attributes.push_back(role ? withRows(given, wanted, device, rows) : given);
    }
  }
  terminator->setOperands(returned);
  entry.setFunctionType(
      builder.getFunctionType(entry.front().getArgumentTypes(), ValueRange(returned).getTypes()));
  entry.setAllResultAttrs(attributes);
}

/// Erases the ops and the arguments of before, and what is dead of the new ones:
/// parts that nobody reads.
void EntryPlacement::eraseOld(ArrayRef<Operation *> ops, unsigned arguments) {
  for (Operation *op : llvm::reverse(ops))
    op->erase();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(entry.front())))
    if (isOpTriviallyDead(&op))
      op.erase();
  for (unsigned number = entry.getNumArguments(); number-- > 0;) {
    bool isPort = entry.getArgAttr(number, "alex.input") || entry.getArgAttr(number, "alex.labels");
    bool isOld = number < arguments;
    if (isOld || (isPort && entry.getArgument(number).use_empty() && number > arguments))
      (void)entry.eraseArgument(number);
  }
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// The spread of an op whose layer has no filters. The way back through a layer
/// is spread as its value is; an update as its parameter.
Spread EntryPlacement::spreadOfFollower(Operation *op) {
  std::string name = layerName(op);
  bool isForward = !StringRef(name).contains(':');
  if (!isForward)
    if (auto found = spreads.find(layerOfName(name)); found != spreads.end())
      return found->second;
  Value first = op->getOperand(0);
  Spread spread = partition.of(first).spread;
  if (spread.kind == Kind::shares || (isForward && isa<BlockArgument>(first)))
    spread = Spread::whole(0);
  if (isForward)
    spreads[name] = spread = spreadBehind(op, spread, plan.devices);
  return spread;
}

OpSpread EntryPlacement::spreadOf(Operation *op) {
  LayerPlan planned = planOf(layerOfName(layerName(op)));
  if (auto spread = spreadOfProduct(op, planned, plan.devices))
    return *spread;
  Spread spread = spreadOfFollower(op);
  return {SmallVector<Spread>(op->getNumOperands(), spread),
          SmallVector<Spread>(op->getNumResults(), spread)};
}

/// What attributes count of the whole, they count of the part.
void EntryPlacement::cutAttributes(Operation *clone, const OpSpread &spread, int64_t device) {
  bool isDataGrad = isa<Conv2dDataGradOp>(clone);
  const Spread &image = isDataGrad ? spread.results.front() : spread.operands.front();
  auto groups = clone->getAttrOfType<IntegerAttr>("groups");
  if (groups && image.isPieces(1) && groups.getInt() % plan.devices == 0)
    clone->setAttr("groups", builder.getI64IntegerAttr(groups.getInt() / plan.devices));
  auto dropout = dyn_cast<DropoutOp>(clone);
  if (!dropout || image.kind != Kind::pieces)
    return;
  auto part = cast<RankedTensorType>(clone->getResult(0).getType());
  int64_t images = part.getDimSize(0), elements = part.getNumElements() / images;
  dropout.setOrigin(image.where == 0 ? ArrayRef<int64_t>{device * images, 0}
                                     : ArrayRef<int64_t>{0, device * elements});
}

/// The part of `op` that `device` computes.
Operation *EntryPlacement::cloneFor(Operation *op, const OpSpread &spread, int64_t device) {
  IRMapping values;
  for (auto [operand, wanted] : llvm::zip_equal(op->getOperands(), spread.operands)) {
    const Parts &parts = isa<StepType>(operand.getType()) ? partition.of(operand)
                                                          : partition.respread(operand, wanted);
    values.map(operand, parts.on(device));
  }
  Operation *clone = builder.clone(*op, values);
  for (auto [result, own] : llvm::zip_equal(clone->getResults(), spread.results))
    result.setType(partType(result.getType(), own, device, plan.devices));
  const Spread &value = spread.results.front();
  if (value.kind == Kind::pieces) {
    int64_t size = cast<RankedTensorType>(clone->getResult(0).getType()).getDimSize(value.where);
    clone->setAttr("alex.part", builder.getDenseI64ArrayAttr({value.where, device * size}));
  }
  // a kernel that pieces cannot have might add in another order
  int64_t pieces = planOf(layerOfName(layerName(op))).shares;
  if (pieces > 1 && isa<Conv2dOp, Conv2dFilterGradOp>(op))
    clone->setAttr("alex.pieces", builder.getI64IntegerAttr(pieces));
  if (!spread.operands.empty())
    cutAttributes(clone, spread, device);
  return clone;
}

/// A sum over filters that other plans split over devices, in as many shares on
/// one device. Operands are the gradient of the output and the filter.
void EntryPlacement::placeShares(Operation *op) {
  LayerPlan planned = planOf(layerOfName(layerName(op)));
  Value gradient = op->getOperand(0), filter = op->getOperand(1);
  Spread whole = Spread::whole(planned.device);
  Parts result{Spread::shares(), {}};
  for (int64_t share = 0; share < planned.shares; ++share) {
    auto part = [&](Value value, int64_t dim) {
      return partition.slice(partition.respread(value, whole).values.front(), dim, share,
                             planned.shares, nameOf(value));
    };
    IRMapping values;
    values.map(gradient, part(gradient, 1));
    values.map(filter, part(filter, 0));
    Value sum = builder.clone(*op, values)->getResult(0);
    sum.setType(placed(sum.getType(), planned.device));
    result.values.push_back(sum);
  }
  partition.set(op->getResult(0), result);
}

/// The update of a parameter that all devices have: by its owner, from which the
/// others get the new value in the place of the old one.
void EntryPlacement::placeUpdate(SgdUpdateOp update) {
  int64_t owner = plan.ownerOf(layerOfName(layerName(update)));
  Spread whole = Spread::whole(owner);
  SmallVector<Spread> operands(update->getNumOperands(), whole);
  Operation *clone = cloneFor(update, {operands, {whole, whole}}, owner);
  partition.set(update.getNewMomentum(), {whole, {clone->getResult(1)}});
  const Parts &old = partition.of(update.getParameter());
  Parts copies{Spread::everywhere(), {}};
  for (int64_t device = 0; device < plan.devices; ++device) {
    Value copy = clone->getResult(0), place = old.on(device);
    if (device != owner)
      copy = TransferOp::create(builder, update.getLoc(), place.getType(), copy, place,
                                builder.getStringAttr(layerName(update) + ":copy"));
    copies.values.push_back(copy);
  }
  partition.set(update.getNewParameter(), copies);
}

void EntryPlacement::placeOp(Operation *op) {
  auto update = dyn_cast<SgdUpdateOp>(op);
  if (update && partition.of(update.getParameter()).spread.kind == Kind::everywhere)
    return placeUpdate(update);
  OpSpread spread = spreadOf(op);
  const Spread &first = spread.results.front();
  bool isWhole = first.kind == Kind::whole;
  if (first.kind == Kind::shares && spread.operands.front().kind == Kind::whole)
    return placeShares(op);
  SmallVector<Operation *> clones;
  for (int64_t device = 0; device < plan.devices; ++device)
    if (!isWhole || device == first.where)
      clones.push_back(cloneFor(op, spread, device));
  for (auto [number, own] : llvm::enumerate(spread.results))
    partition.set(op->getResult(number),
                  {own, llvm::map_to_vector(clones, [&, n = number](Operation *clone) -> Value {
                     return clone->getResult(n);
                   })});
}

void EntryPlacement::run() {
  SmallVector<Operation *> ops =
      llvm::map_to_vector(entry.front().without_terminator(), [](Operation &op) { return &op; });
  SmallVector<BlockArgument> arguments(entry.getArguments());
  for (BlockArgument argument : arguments)
    placeArgument(argument);
  for (Operation *op : ops)
    placeOp(op);
  placeReturn();
  eraseOld(ops, arguments.size());
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static LogicalResult refusePlaced(func::FuncOp entry) {
  for (Operation &op : entry.getOps())
    for (Value result : op.getResults())
      if (deviceOf(result.getType()))
        return op.emitError("expected a value that is not placed yet, got ") << result.getType();
  return success();
}

/// Whether nothing would become of `plan`: one device, no sums in shares.
static bool isTrivial(const Plan &plan) {
  return plan.devices == 1 &&
         llvm::all_of(plan.layers, [](const auto &layer) { return layer.second.shares == 1; });
}

void alexc::placeNetwork(ModuleOp module, const Plan &plan) {
  for (func::FuncOp entry : entriesOf(module))
    EntryPlacement(entry, plan).run();
  Builder builder(module.getContext());
  module->setAttr("alex.devices", builder.getI64IntegerAttr(plan.devices));
  module->setAttr("alex.plan", builder.getStringAttr(plan.name));
}

namespace {
struct PlacePass : alexc::impl::PlacePassBase<PlacePass> {
  using PlacePassBase::PlacePassBase;

  void runOnOperation() override {
    FailureOr<Plan> chosen = choosePlan(getOperation(), plan, devices, deviceMemory);
    if (failed(chosen))
      return signalPassFailure();
    if (isTrivial(*chosen))
      return;
    for (func::FuncOp entry : entriesOf(getOperation()))
      if (failed(refusePlaced(entry)))
        return signalPassFailure();
    placeNetwork(getOperation(), *chosen);
    if (chosen->devices > 1)
      remark(*chosen);
  }

private:
  void remark(const Plan &plan) {
    for (Operation *layer : plannedLayers(getOperation())) {
      LayerPlan own = plan.of(layerName(layer));
      std::string text = own.split == LayerPlan::Split::filters ? "split by filters"
                         : own.split == LayerPlan::Split::batch
                             ? "split by images"
                             : "on device " + std::to_string(own.device);
      remarkFound(getArgument(), layer, text);
    }
  }
};
} // namespace
