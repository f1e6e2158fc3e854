//===- LowerToProgram.cpp - alex-lower-to-program -----------------------------===//
//
// One launch and one kernel function per op of a planned entry.

#include "codegen/Passes.h"
#include "compiler/LiveRanges.h"
#include "dialect/Alexrt.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace alexc {
#define GEN_PASS_DEF_LOWERTOPROGRAMPASS
#include "codegen/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// A symbol made of a layer's name, whatever that holds and however long it is.
static std::string symbolFor(StringRef layer, StringRef otherwise) {
  std::string symbol = (layer.empty() ? otherwise : layer).take_front(48).str();
  for (char &c : symbol)
    if (!llvm::isAlnum(c))
      c = '_';
  return llvm::isDigit(symbol[0]) ? "_" + symbol : symbol;
}

static StringRef layerOf(Operation *op) {
  auto layer = op->getAttrOfType<StringAttr>("layer");
  return layer ? layer.getValue() : StringRef();
}

/// The layer whose value `result` is; empty if it is none's. A layer with several
/// results is known by one: the loss by the probabilities, like the softmax that
/// it stands for, others by their first.
static StringRef layerOfResult(OpResult result) {
  Operation *op = result.getOwner();
  if (auto fused = dyn_cast<FusedOp>(op)) {
    auto inner = dyn_cast<OpResult>(fused.getYield().getValues()[result.getResultNumber()]);
    return inner ? layerOfResult(inner) : StringRef();
  }
  unsigned known = isa<SoftmaxCrossEntropyOp>(op) ? 1 : 0;
  bool isLayer = !isa<ReorderOp, ConvertOp>(op); // these are no layers of the spec
  return isLayer && result.getResultNumber() == known ? layerOf(op) : StringRef();
}

/// The layers that `op` computes.
static SmallVector<StringRef> layersOf(Operation *op) {
  SmallVector<StringRef> layers;
  auto add = [&](Operation *layer) {
    if (!isa<ReorderOp>(layer) && !layerOf(layer).empty())
      layers.push_back(layerOf(layer));
  };
  if (auto fused = dyn_cast<FusedOp>(op))
    llvm::for_each(llvm::make_pointer_range(fused.getBody().front()), add);
  else
    add(op);
  return layers;
}

namespace {
/// Where an input or output of an entry is.
struct PortPlace {
  AtAttr at;
  TypeAttr type;
};

/// Turns one entry function into a program. Kernels that it needs are added to
/// `kernels`, unless an entry before it has left the same one there.
class EntryLowering {
public:
  EntryLowering(func::FuncOp entry, SymbolTable &symbols, SmallVectorImpl<func::FuncOp> &kernels)
      : entry(entry), symbols(symbols), kernels(kernels), builder(entry) {}

  LogicalResult run();

private:
  LogicalResult readPlaces();
  PortPlace findArgument(StringRef name);
  PortPlace findResult(StringRef name);
  FailureOr<ProgramOp> createProgram();
  LogicalResult lowerOp(Operation *op);
  func::FuncOp findKernel(Operation *op, StringAttr kernel);
  func::FuncOp createKernel(Operation *op, StringAttr kernel);
  void lowerTransfer(TransferOp transfer);
  ArrayAttr placesOf(ValueRange values, int64_t device);
  void nameValues(Operation *op);

  func::FuncOp entry;
  SymbolTable &symbols;
  SmallVectorImpl<func::FuncOp> &kernels;
  OpBuilder builder;
  DenseMap<Value, AtAttr> places;
  llvm::StringSet<> named; ///< layers whose whole value has an alexrt.value
};
} // namespace

/// Collects the address of each argument and result.
LogicalResult EntryLowering::readPlaces() {
  for (BlockArgument argument : entry.getArguments()) {
    auto at = entry.getArgAttrOfType<AtAttr>(argument.getArgNumber(), "alex.at");
    if (!at)
      return entry.emitOpError("expects an address alex.at for each argument, got none for number ")
             << argument.getArgNumber();
    places[argument] = at;
  }
  for (Operation &op : entry.front().without_terminator()) {
    auto at = op.getAttrOfType<ArrayAttr>("alex.at");
    if (!at || at.size() != op.getNumResults() || !llvm::all_of(at, llvm::IsaPred<AtAttr>))
      return op.emitOpError("expects an address alex.at for each result: plan memory first");
    for (auto [result, place] : llvm::zip_equal(op.getResults(), at.getAsRange<AtAttr>()))
      places[result] = place;
  }
  return success();
}

/// The argument with the attribute `name`.
PortPlace EntryLowering::findArgument(StringRef name) {
  for (BlockArgument argument : entry.getArguments())
    if (entry.getArgAttr(argument.getArgNumber(), name))
      return {places.lookup(argument), TypeAttr::get(argument.getType())};
  return {};
}

/// The result that alex.output calls `name`; infer has but one and need not say.
PortPlace EntryLowering::findResult(StringRef name) {
  Operation *terminator = entry.front().getTerminator();
  bool isOnly = entry->hasAttr("alex.batch") && terminator->getNumOperands() == 1;
  for (OpOperand &operand : terminator->getOpOperands()) {
    auto output = entry.getResultAttrOfType<StringAttr>(operand.getOperandNumber(), "alex.output");
    if (output ? output == name : isOnly && name == "prob")
      return {places.lookup(operand.get()), TypeAttr::get(operand.get().getType())};
  }
  return {};
}

FailureOr<ProgramOp> EntryLowering::createProgram() {
  auto kind = entry->getAttrOfType<StringAttr>("alex.entry");
  SmallVector<int64_t> scratch = scratchOf(entry);
  if (scratch.empty())
    return entry.emitOpError("expects attribute alex.scratch: plan memory first");
  auto batch = entry->getAttrOfType<IntegerAttr>("alex.batch");
  PortPlace input = findArgument("alex.input"), labels = findArgument("alex.labels");
  PortPlace output = findResult("prob"), loss = findResult("loss");
  PortPlace inputGradient = findResult("input_gradient");
  auto program = ProgramOp::create(builder, entry.getLoc(), entry.getSymNameAttr(), kind, batch,
                                   input.at, input.type, labels.at, labels.type, output.at,
                                   output.type, loss.at, loss.type, inputGradient.at,
                                   inputGradient.type, builder.getDenseI64ArrayAttr(scratch));
  builder.setInsertionPointToEnd(&program.getBody().emplaceBlock());
  return program;
}

/// The addresses of `values` on `device`; the numbers of a step are on all.
ArrayAttr EntryLowering::placesOf(ValueRange values, int64_t device) {
  return builder.getArrayAttr(llvm::map_to_vector(values, [&](Value value) -> Attribute {
    AtAttr at = places.lookup(value);
    bool isStep = isa<StepType>(value.getType());
    return isStep ? AtAttr::get(at.getContext(), at.getSegment(), at.getOffset(), 0, device) : at;
  }));
}

/// The type of a value in a kernel, which does not know on which device it runs.
static Type typeInKernel(Type type) {
  return deviceOf(type) ? placed(type, 0, layoutOf(type)) : type;
}

/// A function that holds `op` alone, its operands as arguments, in no module yet.
func::FuncOp EntryLowering::createKernel(Operation *op, StringAttr kernel) {
  std::string name = symbolFor(layerOf(op), op->getName().stripDialect());
  auto batch = entry->getAttrOfType<IntegerAttr>("alex.batch");
  if (batch && batch.getInt() != 1)
    name += "_" + std::to_string(batch.getInt());
  OpBuilder::InsertionGuard guard(builder);
  builder.clearInsertionPoint();
  auto type = builder.getFunctionType(llvm::map_to_vector(op->getOperandTypes(), typeInKernel),
                                      llvm::map_to_vector(op->getResultTypes(), typeInKernel));
  auto function = func::FuncOp::create(builder, op->getLoc(), name, type);
  function.setPrivate();
  function->setAttr(kernelAttrName, kernel);
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
  Operation *copy = builder.clone(*op);
  copy->setOperands(body->getArguments());
  for (StringRef name : {"alex.kernel", "alex.at", "alex.part"})
    copy->removeAttr(name);
  copy->walk([](Operation *inner) {
    inner->removeAttr("alex.pieces");
    for (Region &region : inner->getRegions())
      for (BlockArgument argument : region.getArguments())
        argument.setType(typeInKernel(argument.getType()));
    for (Value result : inner->getResults())
      result.setType(typeInKernel(result.getType()));
  });
  func::ReturnOp::create(builder, op->getLoc(), copy->getResults());
  return function;
}

/// Whether two kernels are the same op on the same types.
static bool isSameKernel(func::FuncOp lhs, func::FuncOp rhs) {
  return lhs->getAttr(kernelAttrName) == rhs->getAttr(kernelAttrName) &&
         lhs.getFunctionType() == rhs.getFunctionType() &&
         OperationEquivalence::isRegionEquivalentTo(&lhs.getBody(), &rhs.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

/// The function that computes `op`; entries that are alike in parts share it.
func::FuncOp EntryLowering::findKernel(Operation *op, StringAttr kernel) {
  func::FuncOp function = createKernel(op, kernel);
  for (func::FuncOp earlier : kernels)
    if (isSameKernel(earlier, function)) {
      function.erase();
      return earlier;
    }
  symbols.insert(function, entry->getParentOfType<ModuleOp>().getBody()->end());
  kernels.push_back(function);
  return function;
}

/// What all devices have, the first names.
void EntryLowering::nameValues(Operation *op) {
  auto part = op->getAttrOfType<DenseI64ArrayAttr>("alex.part");
  for (OpResult result : op->getResults()) {
    StringRef layer = layerOfResult(result);
    if (!layer.empty() && (part || named.insert(layer).second))
      ValueOp::create(builder, op->getLoc(), builder.getStringAttr(layer), part,
                      places.lookup(result), TypeAttr::get(result.getType()));
  }
}

/// The device on which `op` runs.
static int64_t deviceOfOp(Operation *op) {
  return deviceOf(op->getResult(0).getType()).value_or(0);
}

/// On a queue beside the target's own, so that it may go on computing.
void EntryLowering::lowerTransfer(TransferOp transfer) {
  auto devices = static_cast<int64_t>(scratchOf(entry).size());
  Value input = transfer.getInput();
  Operation *producer = input.getDefiningOp();
  CopyOp::create(builder, transfer.getLoc(), places.lookup(input),
                 places.lookup(transfer.getOutput()),
                 builder.getI64IntegerAttr(physicalBytes(input.getType())),
                 builder.getStringAttr(producer ? layerOf(producer) : "input"),
                 builder.getI64IntegerAttr(devices + deviceOfOp(transfer)));
}

LogicalResult EntryLowering::lowerOp(Operation *op) {
  if (alexc::isView(op)) {
    nameValues(op);
    return success();
  }
  if (auto transfer = dyn_cast<TransferOp>(op)) {
    lowerTransfer(transfer);
    return success();
  }
  auto kernel = op->getAttrOfType<StringAttr>("alex.kernel");
  if (!kernel)
    return op->emitOpError("expects attribute alex.kernel: select kernels first");
  auto layer = dyn_cast<LayerOpInterface>(op);
  LaunchOp::create(builder, op->getLoc(), FlatSymbolRefAttr::get(findKernel(op, kernel)),
                   placesOf(op->getOperands(), deviceOfOp(op)),
                   placesOf(op->getResults(), deviceOfOp(op)), builder.getStringAttr(layerOf(op)),
                   builder.getStrArrayAttr(layersOf(op)),
                   builder.getI64IntegerAttr(layer ? layer.getMacs() : 0),
                   builder.getI64IntegerAttr(deviceOfOp(op)));
  nameValues(op);
  return success();
}

LogicalResult EntryLowering::run() {
  if (failed(readPlaces()))
    return failure();
  FailureOr<ProgramOp> program = createProgram();
  if (failed(program))
    return failure();
  for (Operation &op : entry.front().without_terminator())
    if (failed(lowerOp(&op)))
      return failure();
  // the program takes the name that kept kernels from taking it
  symbols.erase(entry);
  symbols.insert(*program);
  return success();
}

namespace {
struct LowerToProgramPass : alexc::impl::LowerToProgramPassBase<LowerToProgramPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<func::FuncOp> kernels;
    for (auto entry : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (entry->hasAttr("alex.entry") && failed(EntryLowering(entry, symbols, kernels).run()))
        return signalPassFailure();
  }
};
} // namespace
