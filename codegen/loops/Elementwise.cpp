//===- Elementwise.cpp - elementwise ops on values in registers ---------------===//

#include "codegen/loops/Elementwise.h"
#include "codegen/loops/MathApproximations.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace alexc;

/// `value` in each lane of a value of `type`.
static Value splatLike(KernelBuilder &kb, double value, Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return kb.splat(static_cast<float>(value), vector ? vector.getDimSize(0) : 1);
}

Value alexc::emitElementwise(KernelBuilder &kb, Operation *op, ValueRange operands) {
  Value x = operands.front();
  auto times = [&](double factor) { return kb.mul(x, splatLike(kb, factor, x.getType())); };
  return llvm::TypeSwitch<Operation *, Value>(op)
      // zero first: max keeps its second operand where that is not a number
      .Case<ReluOp>([&](auto) { return kb.max(splatLike(kb, 0, x.getType()), x); })
      .Case<TanhOp>([&](auto) { return emitTanh(kb, x); })
      .Case<SigmoidOp>([&](auto) { return emitSigmoid(kb, x); })
      .Case<DropoutOp>([&](DropoutOp dropout) {
        bool isScaled = dropout.getForm() == DropoutForm::paper;
        return isScaled ? times(1 - dropout.getRate().convertToDouble()) : x;
      })
      .Case<ScaleOp>([&](ScaleOp scale) { return times(scale.getFactor().convertToDouble()); })
      .Case<AddOp>([&](auto) { return kb.add(x, operands.back()); })
      .Default([](Operation *op) {
        op->emitError("no elementwise lowering for ") << op->getName();
        return Value();
      });
}

namespace {
/// Computes the values of a fused body at one position, each once.
struct Epilogue {
  KernelBuilder &kb;
  ArgumentLoader loadArgument;
  llvm::DenseMap<Value, Value> known = llvm::DenseMap<Value, Value>();

  /// Null after an error.
  Value get(Value value) {
    if (Value found = known.lookup(value))
      return found;
    auto argument = dyn_cast<BlockArgument>(value);
    Value result = argument ? loadArgument(argument) : compute(value.getDefiningOp());
    known[value] = result;
    return result;
  }

  Value compute(Operation *op) {
    if (!op->hasTrait<OpTrait::Elementwise>())
      return emitElementwise(kb, op, op->getOperands()); // reports it
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(get(operand));
      if (!operands.back())
        return Value();
    }
    return emitElementwise(kb, op, operands);
  }
};
} // namespace

FailureOr<SmallVector<Value>> alexc::emitEpilogue(KernelBuilder &kb, Kernel &kernel,
                                                  Operation *computed, Value value,
                                                  ArgumentLoader loadArgument) {
  auto fused = dyn_cast<FusedOp>(kernel.op);
  if (!fused)
    return SmallVector<Value>{value};
  Epilogue epilogue{kb, loadArgument};
  epilogue.known[computed->getResult(0)] = value;
  SmallVector<Value> yielded;
  for (Value result : fused.getYield().getValues()) {
    yielded.push_back(epilogue.get(result));
    if (!yielded.back())
      return failure();
  }
  return yielded;
}
