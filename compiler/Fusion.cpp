//===- Fusion.cpp - make several ops one kernel ----------------------------===//

#include "compiler/Fusion.h"
#include "compiler/LiveRanges.h"
#include "compiler/Remarks.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// May two ops be one kernel?
//===----------------------------------------------------------------------===//

/// Whether `consumer` reads `result`, and it is so swallowed by a fusion.
static bool isBetween(Value result, Operation *consumer) {
  return llvm::is_contained(consumer->getOperands(), result);
}

/// Why a value between the two must be in memory; empty if none must.
static std::string refuseToLoseValues(Operation *producer, Operation *consumer) {
  if (producer->hasAttr("alex.keep"))
    return "its value is to be kept";
  for (Value result : producer->getResults()) {
    if (!isBetween(result, consumer))
      continue;
    llvm::SmallPtrSet<Operation *, 4> users(result.user_begin(), result.user_end());
    if (llvm::any_of(users, [](Operation *user) { return isa<func::ReturnOp>(user); }))
      return "its value is the result of the entry";
    if (users.size() != 1)
      return "result has " + std::to_string(users.size()) + " users";
  }
  return "";
}

/// The op between the two that keeps `producer` from moving down to `consumer`:
/// it overwrites what the producer reads, or reads a further result.
static Operation *obstacle(Operation *producer, Operation *consumer) {
  llvm::SmallPtrSet<Value, 8> read;
  for (Value operand : producer->getOperands())
    read.insert(memoryOf(operand));
  for (Operation *op = producer->getNextNode(); op && op != consumer; op = op->getNextNode()) {
    if (llvm::any_of(op->getOperands(),
                     [&](Value operand) { return operand.getDefiningOp() == producer; }))
      return op;
    auto layer = dyn_cast<LayerOpInterface>(op);
    for (unsigned number = 0; layer && number < op->getNumResults(); ++number)
      if (auto tied = layer.getTiedOperand(number);
          tied && read.contains(memoryOf(op->getOperand(*tied))))
        return op;
  }
  return nullptr;
}

/// Whether `consumer` may run right behind `producer`: it overwrites nothing
/// that others still read, and all that it reads is there.
static bool canMoveUp(Operation *producer, Operation *consumer) {
  auto layer = dyn_cast<LayerOpInterface>(consumer);
  for (unsigned number = 0; layer && number < consumer->getNumResults(); ++number)
    if (layer.getTiedOperand(number))
      return false;
  return llvm::all_of(consumer->getOperands(), [&](Value operand) {
    Operation *source = operand.getDefiningOp();
    return !source || source == producer || source->isBeforeInBlock(producer);
  });
}

std::string alexc::refuseFusion(Operation *producer, Operation *consumer) {
  for (Operation *op : {producer, consumer})
    if (op->hasAttr("alex.no_fuse"))
      return layerName(op) + " is to have a kernel of its own";
  if (std::string reason = refuseToLoseValues(producer, consumer); !reason.empty())
    return reason;
  auto layer = dyn_cast<LayerOpInterface>(producer);
  if (!layer)
    return layerName(producer) + " is not a layer";
  if (std::string reason = layer.refuseConsumer(consumer); !reason.empty())
    return reason;
  Operation *between = obstacle(producer, consumer);
  if (between && !canMoveUp(producer, consumer))
    return layerName(between) + " must run between the two";
  return "";
}

//===----------------------------------------------------------------------===//
// The rewrite
//===----------------------------------------------------------------------===//

/// The operands of the kernel: those of both ops, each once, without the value
/// between the two.
static SmallVector<Value> kernelOperands(Operation *producer, Operation *consumer) {
  llvm::SetVector<Value> operands(producer->operand_begin(), producer->operand_end());
  for (Value operand : consumer->getOperands())
    if (operand.getDefiningOp() != producer)
      operands.insert(operand);
  return operands.takeVector();
}

/// Clones what `op` computes to the builder's place: itself, or the body of a
/// fused op. Its results are mapped to the clones'.
static void cloneIntoBody(OpBuilder &builder, Operation *op, IRMapping &values) {
  auto fused = dyn_cast<FusedOp>(op);
  if (!fused) {
    Operation *clone = builder.clone(*op, values);
    Attribute pieces = op->getAttr("alex.pieces"); // the kernel's root decides about kernels
    clone->setDiscardableAttrs(ArrayRef<NamedAttribute>());
    if (pieces)
      clone->setAttr("alex.pieces", pieces);
    return;
  }
  for (auto [argument, input] : llvm::zip(fused.getBody().getArguments(), fused.getInputs()))
    values.map(argument, values.lookup(input));
  for (Operation &layer : fused.getBody().front().without_terminator())
    builder.clone(layer, values);
  for (auto [result, value] : llvm::zip(fused.getResults(), fused.getYield().getValues()))
    values.map(result, values.lookup(value));
}

static StringAttr joinNames(Operation *producer, Operation *consumer) {
  auto first = producer->getAttrOfType<StringAttr>("layer");
  auto second = consumer->getAttrOfType<StringAttr>("layer");
  if (!first || !second)
    return first ? first : second;
  return StringAttr::get(producer->getContext(), first.getValue() + "+" + second.getValue());
}

/// The results of the kernel: the consumer's, then those of the producer that
/// others read.
static SmallVector<Value> kernelResults(Operation *producer, Operation *consumer) {
  SmallVector<Value> results(consumer->getResults());
  for (Value result : producer->getResults())
    if (!result.use_empty() && !isBetween(result, consumer))
      results.push_back(result);
  return results;
}

FusedOp alexc::fuseOps(Operation *producer, Operation *consumer) {
  OpBuilder builder(obstacle(producer, consumer) ? producer : consumer);
  SmallVector<Value> operands = kernelOperands(producer, consumer);
  SmallVector<Value> results = kernelResults(producer, consumer);
  Location loc = builder.getFusedLoc({producer->getLoc(), consumer->getLoc()});
  auto fused = FusedOp::create(builder, loc, ValueRange(results).getTypes(), operands,
                               joinNames(producer, consumer));
  fused->setDiscardableAttrs(consumer->getDiscardableAttrDictionary());
  Block *body = builder.createBlock(&fused.getBody());
  IRMapping values;
  for (Value operand : operands)
    values.map(operand, body->addArgument(operand.getType(), operand.getLoc()));
  cloneIntoBody(builder, producer, values);
  cloneIntoBody(builder, consumer, values);
  auto yielded = llvm::map_to_vector(results, [&](Value result) { return values.lookup(result); });
  YieldOp::create(builder, consumer->getLoc(), yielded);
  for (auto [result, replacement] : llvm::zip_equal(results, fused.getResults()))
    result.replaceAllUsesWith(replacement);
  consumer->erase();
  producer->erase();
  return fused;
}

//===----------------------------------------------------------------------===//
// The loop over a function
//===----------------------------------------------------------------------===//

static Operation *lastOp(Operation *kernel) {
  auto fused = dyn_cast<FusedOp>(kernel);
  return fused ? fused.getYield()->getPrevNode() : kernel;
}

static std::string refuseByRules(Operation *kernel, Operation *consumer, int64_t joined,
                                 const FusionRules &rules) {
  std::string reason = refuseFusion(kernel, consumer);
  if (reason.empty())
    reason = rules.refuse(lastOp(kernel), consumer);
  if (reason.empty() && joined == rules.maxEpilogueOps)
    return "max-epilogue-ops is " + std::to_string(joined);
  return reason;
}

/// The end of a kernel is worth a remark if nothing joined it, or if what
/// follows looks as if it could have.
static bool isWorthRefusal(Operation *consumer, int64_t joined) {
  return joined == 0 || consumer->hasTrait<OpTrait::Elementwise>();
}

/// What is saved: a value for each image, or one of the parameters.
static void remarkFused(StringRef pass, Operation *kernel, Operation *consumer) {
  auto value = cast<RankedTensorType>(kernel->getResult(0).getType());
  auto layer = dyn_cast<LayerOpInterface>(consumer);
  bool isUpdate = layer && consumer->getNumResults() && layer.getTiedOperand(0);
  int64_t images = isUpdate ? 1 : std::max<int64_t>(value.getDimSize(0), 1);
  remarkDone(pass, kernel,
             layerName(consumer) + " fused (saves " + bytesText(physicalBytes(value) / images) +
                 (isUpdate ? " per step)" : " per image)"));
}

/// The first op that reads the value of `kernel`; null if there is none.
static Operation *firstReader(Operation *kernel) {
  Operation *first = nullptr;
  for (Operation *user : kernel->getResult(0).getUsers())
    if (!first || user->isBeforeInBlock(first))
      first = user;
  return first;
}

/// Lets ops join the kernel that `kernel` starts. Those that do leave `starts`.
static void growKernel(Operation *kernel, const FusionRules &rules,
                       llvm::SetVector<Operation *> &starts) {
  for (int64_t joined = 0; Operation *consumer = firstReader(kernel); ++joined) {
    std::string reason = refuseByRules(kernel, consumer, joined, rules);
    if (!reason.empty()) {
      if (isWorthRefusal(consumer, joined))
        remarkRefused(rules.pass, kernel, "not fused: " + reason);
      return;
    }
    remarkFused(rules.pass, kernel, consumer);
    starts.remove(consumer);
    kernel = fuseOps(kernel, consumer);
  }
}

void alexc::fuseChains(func::FuncOp function, const FusionRules &rules) {
  llvm::SetVector<Operation *> starts;
  for (Operation &op : function.getOps())
    if (rules.mayStart(&op) &&
        (rules.layers.empty() || llvm::is_contained(rules.layers, layerName(&op))))
      starts.insert(&op);
  while (!starts.empty()) {
    Operation *start = starts.front();
    starts.erase(starts.begin());
    growKernel(start, rules, starts);
  }
}
