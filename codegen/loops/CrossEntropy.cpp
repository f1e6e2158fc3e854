//===- CrossEntropy.cpp - the loss of rows of scores --------------------------===//

#include "codegen/loops/CrossEntropy.h"
#include "codegen/loops/MathApproximations.h"
#include <limits>

using namespace mlir;
using namespace alexc;

namespace {
struct CrossEntropy {
  KernelBuilder &kb;
  const CpuKernel &kernel;
  int64_t lanes;

  const Buffer &input = kernel.operands[0], &prob = kernel.results[1];

  int64_t columns() const { return input.dim(1); }
  Value load(Index n, Index k) { return kb.load(input.memref, {n, k}, lanes); }

  /// Combines what `combine` makes of each vector of row n, and then the lanes.
  Value overRow(float init, vector::CombiningKind lanesBy,
                function_ref<Value(Value sum, Index k)> combine) {
    auto step = [&](Index k, ValueRange sum) -> SmallVector<Value> {
      return {combine(sum.front(), k)};
    };
    Value sum = kb.reduce(0, columns(), lanes, kb.splat(init, lanes), step).front();
    return lanes == 1 ? sum : vector::ReductionOp::create(kb.b, kb.loc, lanesBy, sum).getResult();
  }

  void emitRow(Index n) {
    Value maximum = overRow(-std::numeric_limits<float>::infinity(), vector::CombiningKind::MAXNUMF,
                            [&](Value sum, Index k) { return kb.max(sum, load(n, k)); });
    Value maxima = kb.broadcast(maximum, lanes);
    // the exponentials wait where the probabilities will be
    Value sum = overRow(0, vector::CombiningKind::ADD, [&](Value sum, Index k) {
      Value power = emitExp(kb, kb.sub(load(n, k), maxima));
      kb.store(power, prob.memref, {n, k});
      return kb.add(sum, power);
    });
    Value sums = kb.broadcast(sum, lanes);
    kb.forEach(0, columns(), lanes, [&](Index k) {
      kb.store(kb.div(kb.load(prob.memref, {n, k}, lanes), sums), prob.memref, {n, k});
    });
    emitLoss(kb, kernel, n, kb.add(emitLogarithm(kb, sum), maximum));
  }
};
} // namespace

void alexc::emitLoss(KernelBuilder &kb, const Kernel &kernel, Index n, Value logarithm) {
  const Buffer &input = kernel.operands[0], &labels = kernel.operands[1];
  Value label = kb.load(labels.memref, {n});
  Value isColumn = kb.compare(arith::CmpIPredicate::ult, label, kb.integer(input.dim(1), 1));
  Value safe = kb.select(isColumn, label, kb.integer(0, 1));
  Index column(kb, arith::IndexCastOp::create(kb.b, kb.loc, kb.b.getIndexType(), safe));
  Value difference = kb.sub(logarithm, kb.load(input.memref, {n, column}));
  Value nothing = kb.constant(std::numeric_limits<float>::quiet_NaN());
  kb.store(kb.select(isColumn, difference, nothing), kernel.results[0].memref, {n});
}

FailureOr<int64_t> alexc::emitCrossEntropy(KernelBuilder &kb, CpuKernel &kernel) {
  auto isPlain = [](const Buffer &buffer) { return buffer.layout() == Layout(); };
  if (!isa<SoftmaxCrossEntropyOp>(kernel.op) || !llvm::all_of(kernel.operands, isPlain) ||
      !llvm::all_of(kernel.results, isPlain))
    return kernel.op->emitError(
        "expects a single softmax_cross_entropy with all values in layout nchw");
  int64_t lanes = kernel.target.lanes;
  while (kernel.operands[0].dim(1) % lanes)
    lanes /= 2;
  CrossEntropy rows{kb, kernel, lanes};
  kb.forEach(kernel.begin, kernel.end, [&](Index n) { rows.emitRow(n); });
  return kernel.operands[0].dim(0);
}
