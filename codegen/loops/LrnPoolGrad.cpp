//===- LrnPoolGrad.cpp - back through pool and normalisation ------------------===//
//
// A work item is a row of an image, of all its channels: the normalisation mixes
// channels, and the windows that hold a pixel are looked up by their argmax, so
// that rows need nothing of each other. Per channel block the pool's gradient is
// spread over a row buffer, which the normalisation then weighs with what it
// computes of its input again; a second pass adds up the neighbouring channels.

#include "codegen/loops/LrnPoolGrad.h"
#include "codegen/loops/Elementwise.h"
#include "codegen/loops/Lrn.h"

using namespace mlir;
using namespace alexc;

/// What the rows may take of a thread's stack, in floats.
static constexpr int64_t largestRows = 1 << 17;
/// Columns of a window at the most: they are unrolled.
static constexpr int64_t largestWindow = 16;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The gradient of a normalisation that alone reads `pool`, or null.
static LrnGradOp lrnOf(MaxPoolGradOp pool) {
  auto lrn = pool && pool->hasOneUse() ? dyn_cast<LrnGradOp>(*pool->user_begin()) : LrnGradOp();
  bool isRight = lrn && lrn.getForm() == LrnForm::across && lrn.getGradient() == pool.getResult() &&
                 isa<BlockArgument>(lrn.getInput());
  return isRight ? lrn : LrnGradOp();
}

bool alexc::isLrnPoolGrad(Operation *op) {
  auto fused = dyn_cast<FusedOp>(op);
  auto pool = fused ? dyn_cast<MaxPoolGradOp>(fused.getRoot()) : MaxPoolGradOp();
  LrnGradOp lrn = lrnOf(pool);
  if (!lrn || !llvm::all_of(pool->getOperands(), llvm::IsaPred<BlockArgument>))
    return false;
  RankedTensorType image = typeOf(lrn.getInput());
  if (2 * image.getDimSize(1) * image.getDimSize(3) > largestRows ||
      pool.getWindow()[1] > largestWindow)
    return false;
  return llvm::all_of(fused.getBody().front().without_terminator(), [&](Operation &inner) {
    return &inner == lrn || &inner == pool || inner.hasTrait<OpTrait::Elementwise>();
  });
}

namespace {
/// The kernel's pieces; all positions are in rows, columns and channel blocks.
struct LrnPoolGrad {
  KernelBuilder &kb;
  CpuKernel &kernel;
  MaxPoolGradOp pool;
  LrnGradOp lrn;
  LrnRule rule = LrnRule(lrn);
  LogicalResult status = success(); // of the epilogue

  const Buffer &input = *kernel.find(lrn.getInput());
  const Buffer &gradient = *kernel.find(pool.getGradient());
  const Buffer &argmax = *kernel.find(pool.getArgmax());
  int64_t lanes = input.layout().channelBlock;
  int64_t blocks = input.dim(1) / lanes, height = input.dim(2), width = input.dim(3);
  Value spread = {}; ///< (columns of the padded image, lanes): of one channel block
  Value own = {};    ///< (blocks, W, lanes): LrnRule::Share of each element
  Value terms = {};  ///< (blocks, W, lanes)

  int64_t window(int dim) { return pool.getWindow()[dim]; }
  int64_t stride(int dim) { return pool.getStride()[dim]; }
  int64_t before(int dim) { return pool.getPad()[dim]; }
  int64_t paddedWidth() {
    return std::max(before(1) + width, (gradient.dim(3) - 1) * stride(1) + window(1));
  }

  FailureOr<int64_t> emit();
  void emitItem(Index n, Index h);
  void spreadRow(Index n, Index block, Index h);
  void spreadWindow(Index n, Index block, Index p, Index q, Value firstElement);
  void weighRow(Index n, Index block, Index h);
  void finishRow(Index n, Index block, Index h);
};
} // namespace

FailureOr<int64_t> LrnPoolGrad::emit() {
  spread = kb.stackBuffer({paddedWidth(), lanes});
  own = kb.stackBuffer({blocks, width, lanes});
  terms = kb.stackBuffer({blocks, width, lanes});
  SmallVector<int64_t> work = {input.dim(0), height};
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    SmallVector<Index> at = kb.delinearize(item, work);
    emitItem(at[0], at[1]);
  });
  if (failed(status))
    return failure();
  return work[0] * work[1];
}

void LrnPoolGrad::emitItem(Index n, Index h) {
  for (const Buffer &result : kernel.results)
    if (result.layout().hasHalo())
      kb.ifTrue(kb.equal(h, 0), [&] {
        kb.forEach(0, blocks, [&](Index block) { kb.zeroHalo(result, n, block); });
      });
  kb.forEach(0, blocks, [&](Index block) {
    spreadRow(n, block, h);
    weighRow(n, block, h);
  });
  kb.forEach(0, blocks, [&](Index block) { finishRow(n, block, h); });
}

/// The pool's gradient in row h: from the windows that hold the row.
void LrnPoolGrad::spreadRow(Index n, Index block, Index h) {
  kb.forEach(0, paddedWidth(), [&](Index column) {
    kb.store(kb.splat(0, lanes), spread, {column, 0});
  });
  Index row = h + before(0); // of the padded image
  Index begin = kb.maximum(0, row + (stride(0) - window(0))) / stride(0);
  Index end = kb.minimum(gradient.dim(2), row / stride(0) + 1);
  kb.forEach(begin, end, [&](Index p) {
    Value firstElement = kb.integer((row - p * stride(0)) * window(1), lanes);
    kb.forEach(0, gradient.dim(3), [&](Index q) { spreadWindow(n, block, p, q, firstElement); });
  });
}

/// Adds the gradient of a window to the pixel of this row that is its maximum, if
/// one is. The row's first pixel is the window's element `firstElement`.
void LrnPoolGrad::spreadWindow(Index n, Index block, Index p, Index q, Value firstElement) {
  Value dy = kb.loadBlock(gradient, n, block, p, q);
  Value bytes = kb.loadBlock(argmax, n, block, p, q);
  Value element = arith::ExtUIOp::create(kb.b, kb.loc, firstElement.getType(), bytes);
  element = arith::SubIOp::create(kb.b, kb.loc, element, firstElement);
  for (int64_t s = 0; s < window(1); ++s) {
    Index column = q * stride(1) + s;
    Value isHere = kb.compare(arith::CmpIPredicate::eq, element, kb.integer(s, lanes));
    Value share = kb.select(isHere, dy, kb.splat(0, lanes));
    kb.store(kb.add(kb.load(spread, {column, 0}, lanes), share), spread, {column, 0});
  }
}

void LrnPoolGrad::weighRow(Index n, Index block, Index h) {
  kb.forEach(0, width, [&](Index w) {
    auto load = [&](Index c) { return kb.loadBlock(input, n, c, h, w); };
    Value sumOfSquares = emitSumOfSquares(kb, rule, block, lanes, load);
    Value dy = kb.load(spread, {w + before(1), 0}, lanes);
    LrnRule::Share share = rule.emitShare(kb, dy, load(block), sumOfSquares);
    kb.store(share.own, own, {block, w, 0});
    kb.store(share.term, terms, {block, w, 0});
  });
}

void LrnPoolGrad::finishRow(Index n, Index block, Index h) {
  kb.forEach(0, width, [&](Index w) {
    Value sum = emitSumOfTerms(kb, rule, block, lanes, [&](Index c) {
      return kb.load(terms, {c, w, 0}, lanes);
    });
    Value dx = rule.emitGradient(kb, kb.load(own, {block, w, 0}, lanes),
                                 kb.loadBlock(input, n, block, h, w), sum);
    auto load = [&](BlockArgument argument) {
      const Buffer &from = *kernel.find(argument);
      return from.isStep() ? from.memref : kb.loadBlock(from, n, block, h, w);
    };
    auto place = [&] { return placeOfBlock(input, n, block, h, w); };
    auto yielded = emitEpilogue(kb, kernel, lrn, dx, load, place);
    if (failed(yielded)) {
      status = failure();
      return;
    }
    for (auto [value, result] : llvm::zip(*yielded, kernel.results))
      kb.storeBlock(value, result, n, block, h, w);
  });
}

FailureOr<int64_t> alexc::emitLrnPoolGrad(KernelBuilder &kb, CpuKernel &kernel) {
  if (!isLrnPoolGrad(kernel.op) || !kernel.hasChannelBlocks())
    return kernel.op->emitError("expects a fused max_pool_grad and lrn_grad in layouts nchw{b}c");
  auto pool = cast<MaxPoolGradOp>(kernel.root());
  return LrnPoolGrad{kb, kernel, pool, lrnOf(pool)}.emit();
}
