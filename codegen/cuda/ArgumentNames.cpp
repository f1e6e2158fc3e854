//===- ArgumentNames.cpp - a kernel's arguments in formulas --------------------===//

#include "codegen/cuda/ArgumentNames.h"
#include "dialect/Dialect.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace alexc;

/// The names of an op: "operands -> results", separated by spaces.
static StringRef formulaOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, StringRef>(op)
      .Case<Conv2dOp, LinearOp>([](auto) { return "x w bias -> y"; })
      .Case<MaxPoolOp>([](auto) { return "x -> y argmax"; })
      .Case<DropoutOp>([](auto) { return "x step -> y"; })
      .Case<AddOp>([](auto) { return "a b -> y"; })
      .Case<SoftmaxCrossEntropyOp>([](auto) { return "x labels -> loss prob"; })
      .Case<SoftmaxCrossEntropyGradOp>([](auto) { return "dloss prob labels -> dx"; })
      .Case<Conv2dDataGradOp, LinearDataGradOp>([](auto) { return "dy w -> dx"; })
      .Case<Conv2dFilterGradOp, LinearFilterGradOp>([](auto) { return "x dy -> dw"; })
      .Case<SumPartsOp>([](auto) { return "parts -> dw"; })
      .Case<BiasGradOp>([](auto) { return "dy -> dbias"; })
      .Case<ReluGradOp, TanhGradOp, SigmoidGradOp, SoftmaxGradOp>([](auto) { return "dy y -> dx"; })
      .Case<LrnGradOp>([](auto) { return "dy x -> dx"; })
      .Case<MaxPoolGradOp>([](auto) { return "dy argmax -> dx"; })
      .Case<AvgPoolGradOp, UnflattenOp, SliceGradOp>([](auto) { return "dy -> dx"; })
      .Case<SgdUpdateOp>([](SgdUpdateOp update) {
        bool isBias = isa_and_present<BiasGradOp>(update.getGradient().getDefiningOp());
        return isBias ? "bias v dbias step -> new_bias new_v" : "w v dw step -> new_w new_v";
      })
      .Default([](auto) { return "x -> y"; });
}

/// Number `number` of the `count` values that `names` names, the last one all that are
/// left over.
static std::string pick(StringRef names, unsigned number, unsigned count) {
  SmallVector<StringRef> each;
  names.split(each, ' ');
  if (count <= each.size())
    return each[number].str();
  bool isLeftOver = number + 1 >= each.size();
  return isLeftOver ? (each.back() + Twine(number + 1 - each.size())).str() : each[number].str();
}

static std::string nameOf(OpOperand &operand) {
  Operation *op = operand.getOwner();
  return pick(formulaOf(op).split(" -> ").first, operand.getOperandNumber(), op->getNumOperands());
}

static std::string nameOf(OpResult result) {
  Operation *op = result.getOwner();
  return pick(formulaOf(op).split(" -> ").second, result.getResultNumber(), op->getNumResults());
}

/// What the first op that reads `argument` calls it.
static std::string nameOf(BlockArgument argument) {
  OpOperand *first = nullptr;
  for (OpOperand &use : argument.getUses())
    if (!first || use.getOwner()->isBeforeInBlock(first->getOwner()))
      first = &use;
  return first && !isa<YieldOp>(first->getOwner()) ? nameOf(*first) : "x";
}

ArgumentNames alexc::nameArguments(Operation *op) {
  ArgumentNames names;
  if (auto fused = dyn_cast<FusedOp>(op)) {
    for (BlockArgument argument : fused.getBody().getArguments())
      names.operands.push_back(nameOf(argument));
    for (Value value : fused.getYield().getValues())
      names.results.push_back(isa<OpResult>(value) ? nameOf(cast<OpResult>(value)) : "y");
    return names;
  }
  for (OpOperand &operand : op->getOpOperands())
    names.operands.push_back(nameOf(operand));
  for (OpResult result : op->getResults())
    names.results.push_back(nameOf(result));
  return names;
}
