//===- Fusion.cpp - make several ops one kernel ----------------------------===//

#include "compiler/Fusion.h"
#include "compiler/Remarks.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// May two ops be one kernel?
//===----------------------------------------------------------------------===//

/// Why the value between the two must be in memory; empty if it need not.
static std::string refuseToLoseValue(Operation *producer) {
  if (producer->hasAttr("alex.keep"))
    return "its value is to be kept";
  llvm::SmallPtrSet<Operation *, 4> users(producer->user_begin(), producer->user_end());
  if (llvm::any_of(users, [](Operation *user) { return isa<func::ReturnOp>(user); }))
    return "its value is the result of the entry";
  if (users.size() != 1)
    return "result has " + std::to_string(users.size()) + " users";
  return "";
}

std::string alexc::refuseFusion(Operation *producer, Operation *consumer) {
  for (Operation *op : {producer, consumer})
    if (op->hasAttr("alex.no_fuse"))
      return layerName(op) + " is to have a kernel of its own";
  if (std::string reason = refuseToLoseValue(producer); !reason.empty())
    return reason;
  auto layer = dyn_cast<LayerOpInterface>(producer);
  return layer ? layer.refuseConsumer(consumer) : layerName(producer) + " is not a layer";
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
    clone->setDiscardableAttrs(ArrayRef<NamedAttribute>());
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

FusedOp alexc::fuseOps(Operation *producer, Operation *consumer) {
  OpBuilder builder(consumer);
  SmallVector<Value> operands = kernelOperands(producer, consumer);
  Location loc = builder.getFusedLoc({producer->getLoc(), consumer->getLoc()});
  auto fused = FusedOp::create(builder, loc, consumer->getResultTypes(), operands,
                               joinNames(producer, consumer));
  fused->setDiscardableAttrs(consumer->getDiscardableAttrDictionary());
  Block *body = builder.createBlock(&fused.getBody());
  IRMapping values;
  for (Value operand : operands)
    values.map(operand, body->addArgument(operand.getType(), operand.getLoc()));
  cloneIntoBody(builder, producer, values);
  cloneIntoBody(builder, consumer, values);
  auto results = llvm::map_to_vector(consumer->getResults(),
                                     [&](Value result) { return values.lookup(result); });
  YieldOp::create(builder, consumer->getLoc(), results);
  consumer->replaceAllUsesWith(fused);
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

static void remarkFused(StringRef pass, Operation *kernel, Operation *consumer) {
  auto value = cast<RankedTensorType>(kernel->getResult(0).getType());
  int64_t perImage = physicalBytes(value) / std::max<int64_t>(value.getDimSize(0), 1);
  remarkDone(pass, kernel,
             layerName(consumer) + " fused (saves " + bytesText(perImage) + " per image)");
}

/// Lets ops join the kernel that `kernel` starts. Those that do leave `starts`.
static void growKernel(Operation *kernel, const FusionRules &rules,
                       llvm::SetVector<Operation *> &starts) {
  for (int64_t joined = 0; !kernel->use_empty(); ++joined) {
    Operation *consumer = *kernel->user_begin();
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
