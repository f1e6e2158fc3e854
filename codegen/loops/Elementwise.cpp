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

static Value emitReluGrad(KernelBuilder &kb, Value gradient, Value output) {
  Value zero = splatLike(kb, 0, output.getType());
  Value isPositive = arith::CmpFOp::create(kb.b, kb.loc, arith::CmpFPredicate::OGT, output, zero);
  return kb.select(isPositive, gradient, zero);
}

/// v' = momentum * v - r * (decay * w + g), and w' = w + v'.
static SmallVector<Value> emitUpdate(KernelBuilder &kb, SgdUpdateOp op, ValueRange operands) {
  Value w = operands[0], v = operands[1], g = operands[2], step = operands[3];
  auto vector = dyn_cast<VectorType>(w.getType());
  auto number = [&](StepWord word, double factor) {
    Value loaded = kb.loadWord(step, word, 1, /*asFloat=*/true);
    Value scaled = factor == 1 ? loaded : kb.mul(loaded, splatLike(kb, factor, loaded.getType()));
    return kb.broadcast(scaled, vector ? vector.getDimSize(0) : 1);
  };
  Value rate = number(StepWord::learningRate, -op.getRateFactor().convertToDouble());
  Value momentum = number(StepWord::momentum, 1);
  if (double factor = op.getDecayFactor().convertToDouble(); factor != 0)
    g = kb.fma(number(StepWord::weightDecay, factor), w, g);
  Value velocity = kb.fma(rate, g, kb.mul(momentum, v));
  return {kb.add(w, velocity), velocity};
}

SmallVector<Value> alexc::emitElementwise(KernelBuilder &kb, Operation *op, ValueRange operands,
                                          PlaceFinder place) {
  using Results = SmallVector<Value>;
  Value x = operands.front(), y = operands.back();
  auto constant = [&](double value) { return splatLike(kb, value, x.getType()); };
  auto times = [&](double factor) { return kb.mul(x, constant(factor)); };
  return llvm::TypeSwitch<Operation *, Results>(op)
      // zero first: max keeps its second operand where that is not a number
      .Case<ReluOp>([&](auto) { return Results{kb.max(constant(0), x)}; })
      .Case<TanhOp>([&](auto) { return Results{emitTanh(kb, x)}; })
      .Case<SigmoidOp>([&](auto) { return Results{emitSigmoid(kb, x)}; })
      .Case<DropoutOp>([&](DropoutOp dropout) {
        if (dropout.getStep())
          return Results{emitDropout(kb, dropout, x, y, place())};
        bool isScaled = dropout.getForm() == DropoutForm::paper;
        return Results{isScaled ? times(1 - dropout.getRate().convertToDouble()) : x};
      })
      .Case<ScaleOp>(
          [&](ScaleOp scale) { return Results{times(scale.getFactor().convertToDouble())}; })
      .Case<AddOp>([&](auto) { return Results{kb.add(x, y)}; })
      .Case<ReluGradOp>([&](auto) { return Results{emitReluGrad(kb, x, y)}; })
      .Case<TanhGradOp>([&](auto) { return Results{kb.mul(x, kb.sub(constant(1), kb.mul(y, y)))}; })
      .Case<SigmoidGradOp>(
          [&](auto) { return Results{kb.mul(x, kb.mul(y, kb.sub(constant(1), y)))}; })
      .Case<SgdUpdateOp>([&](SgdUpdateOp update) { return emitUpdate(kb, update, operands); })
      .Default([](Operation *op) {
        op->emitError("no elementwise lowering for ") << op->getName();
        return Results();
      });
}

namespace {
/// Computes the values of a fused body at one position, each once.
struct Epilogue {
  KernelBuilder &kb;
  ArgumentLoader loadArgument;
  PlaceFinder place;
  llvm::DenseMap<Value, Value> known = llvm::DenseMap<Value, Value>();

  /// Null after an error.
  Value get(Value value) {
    if (!known.contains(value)) {
      if (auto argument = dyn_cast<BlockArgument>(value))
        known[value] = loadArgument(argument);
      else
        compute(value.getDefiningOp());
    }
    return known.lookup(value);
  }

  void compute(Operation *op) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      // an op that is not elementwise is asked for nothing: emitElementwise reports it
      operands.push_back(op->hasTrait<OpTrait::Elementwise>() ? get(operand) : operand);
    if (!llvm::all_of(operands, [](Value operand) { return bool(operand); }))
      return;
    for (auto [result, value] :
         llvm::zip(op->getResults(), emitElementwise(kb, op, operands, place)))
      known[result] = value;
  }
};
} // namespace

FailureOr<SmallVector<Value>> alexc::emitEpilogue(KernelBuilder &kb, Kernel &kernel,
                                                  Operation *computed, ValueRange values,
                                                  ArgumentLoader loadArgument, PlaceFinder place) {
  auto fused = dyn_cast<FusedOp>(kernel.op);
  if (!fused)
    return SmallVector<Value>(values);
  Epilogue epilogue{kb, loadArgument, place};
  for (auto [result, value] : llvm::zip(computed->getResults(), values))
    epilogue.known[result] = value;
  SmallVector<Value> yielded;
  for (Value result : fused.getYield().getValues()) {
    yielded.push_back(epilogue.get(result));
    if (!yielded.back())
      return failure();
  }
  return yielded;
}

LogicalResult alexc::finishPosition(KernelBuilder &kb, Kernel &kernel, Value value, Access access) {
  auto load = [&](BlockArgument argument) {
    const Buffer &buffer = *kernel.find(argument);
    return buffer.isStep() ? buffer.memref : access.load(buffer);
  };
  FailureOr<SmallVector<Value>> values =
      emitEpilogue(kb, kernel, kernel.root(), value, load, access.place);
  if (failed(values))
    return failure();
  for (auto [stored, result] : llvm::zip(*values, kernel.results))
    access.store(stored, result);
  return success();
}
