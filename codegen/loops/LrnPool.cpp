//===- LrnPool.cpp - normalise and pool in one pass ---------------------------===//
//
// A work item is a band of rows of one plane (n, channel block) of the result.
// It walks down the image with a ring of normalised rows on the stack: row h is
// in slot h % R. Bands normalise the rows that their windows share once each.

#include "codegen/loops/LrnPool.h"
#include "codegen/loops/Elementwise.h"
#include "codegen/loops/Lrn.h"

using namespace mlir;
using namespace alexc;

/// Fewer planes than this are cut into bands, for the threads to share.
static constexpr int64_t wantedItems = 32;
/// Rows of a band at the least: it normalises R - stride rows of its neighbour's.
static constexpr int64_t smallestBand = 8;
/// What the ring may take of a thread's stack, in floats, at 16 channels a block.
static constexpr int64_t largestRing = 1 << 16;
/// Pixels of a window at the most: it is unrolled.
static constexpr int64_t largestWindow = 64;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The pool that alone reads `lrn`, or null.
static MaxPoolOp poolOf(LrnOp lrn) {
  if (!lrn || lrn.getForm() != LrnForm::across || !lrn->hasOneUse())
    return {};
  return dyn_cast<MaxPoolOp>(*lrn->user_begin());
}

bool alexc::isLrnPool(Operation *op) {
  auto fused = dyn_cast<FusedOp>(op);
  auto lrn = fused ? dyn_cast<LrnOp>(fused.getRoot()) : LrnOp();
  MaxPoolOp pool = poolOf(lrn);
  if (!pool || !isa<BlockArgument>(lrn.getInput()))
    return false;
  ArrayRef<int64_t> window = pool.getWindow();
  if (window[0] * typeOf(pool.getInput()).getDimSize(3) * 16 > largestRing ||
      window[0] * window[1] > largestWindow)
    return false;
  return llvm::all_of(fused.getBody().front().without_terminator(), [&](Operation &inner) {
    return &inner == lrn || &inner == pool || inner.hasTrait<OpTrait::Elementwise>();
  });
}

namespace {
/// The kernel's pieces; all positions are in rows, columns and channel blocks.
struct LrnPool {
  KernelBuilder &kb;
  CpuKernel &kernel;
  LrnOp lrn;
  MaxPoolOp pool;
  Value ring = {}; // (R, W, lanes)

  const Buffer &input() {
    return kernel.operands[cast<BlockArgument>(lrn.getInput()).getArgNumber()];
  }
  const Buffer &output() const { return kernel.results.front(); }
  int64_t lanes() const { return output().layout().channelBlock; }
  int64_t window(int dim) { return pool.getWindow()[dim]; }
  int64_t stride(int dim) { return pool.getStride()[dim]; }
  int64_t before(int dim) { return pool.getPad()[dim]; }
  int64_t imageSize(int dim) { return input().dim(2 + dim); }

  int64_t planes() const { return output().dim(0) * (output().dim(1) / lanes()); }
  int64_t rowsOfBand() const {
    int64_t bands = std::max<int64_t>(1, wantedItems / planes());
    int64_t rows = llvm::divideCeil(output().dim(2), bands);
    return std::min(output().dim(2), std::max(rows, smallestBand));
  }

  void normalizeRow(Index n, Index block, Index h) {
    Index slot = h % window(0);
    kb.forEach(0, imageSize(1), [&](Index w) {
      auto load = [&](Index c) { return kb.loadBlock(input(), n, c, h, w); };
      kb.store(emitLrnAcross(kb, LrnRule(lrn), block, lanes(), load), ring, {slot, w, 0});
    });
  }

  /// Normalises the rows from `done` on that row p of the result needs; returns
  /// the first row that is not.
  Index normalizeUpTo(Index n, Index block, Index p, Index done) {
    Index end = kb.minimum(imageSize(0), p * stride(0) + (window(0) - before(0)));
    Index begin = kb.maximum(done, p * stride(0) - before(0));
    kb.forEach(begin, end, [&](Index h) { normalizeRow(n, block, h); });
    return kb.maximum(done, end);
  }

  /// The element of dimension `dim` that number `offset` of window `position`
  /// sees. Outside the image it is the nearest inside, which the window also
  /// holds: the maximum is the same, and there is no branch.
  Index clamped(int dim, Index position, int64_t offset) {
    Index at = position * stride(dim) + (offset - before(dim));
    if (offset < before(dim))
      at = kb.maximum(0, at);
    return endsInside(dim, offset) ? at : kb.minimum(imageSize(dim) - 1, at);
  }
  /// Whether all windows have their element number `offset` before the image's end.
  bool endsInside(int dim, int64_t offset) {
    int64_t last = (output().dim(2 + dim) - 1) * stride(dim) + offset - before(dim);
    return last < imageSize(dim);
  }
  /// Which element of the window the one at clamped() is.
  Index element(int dim, Index position, int64_t offset) {
    if (offset >= before(dim) && endsInside(dim, offset))
      return offset;
    return clamped(dim, position, offset) - (position * stride(dim) - before(dim));
  }

  /// The maximum of a window, and, if it is asked for, which element it is: the
  /// first of equal ones.
  SmallVector<Value> poolAt(Index p, Index q) {
    Value largest, where;
    for (int64_t r = 0; r < window(0); ++r)
      for (int64_t s = 0; s < window(1); ++s) {
        Index slot = clamped(0, p, r) % window(0), w = clamped(1, q, s);
        Value x = kb.load(ring, {slot, w, 0}, lanes());
        Index number = element(0, p, r) * window(1) + element(1, q, s);
        combine(x, number, largest, where);
      }
    if (!pool.getArgmax())
      return {largest};
    Type bytes = VectorType::get({lanes()}, kb.b.getI8Type());
    return {largest, arith::TruncIOp::create(kb.b, kb.loc, bytes, where)};
  }

  void combine(Value x, Index number, Value &largest, Value &where) {
    if (!pool.getArgmax()) {
      largest = largest ? kb.max(largest, x) : x;
      return;
    }
    Value numbers = kb.integer(number, lanes());
    if (!largest) {
      largest = x, where = numbers;
      return;
    }
    Value isLarger = arith::CmpFOp::create(kb.b, kb.loc, arith::CmpFPredicate::OGT, x, largest);
    largest = kb.select(isLarger, x, largest);
    where = kb.select(isLarger, numbers, where);
  }

  LogicalResult emitRow(Index n, Index block, Index p) {
    LogicalResult status = success();
    kb.forEach(0, output().dim(3), [&](Index q) {
      auto load = [&](BlockArgument argument) {
        const Buffer &from = kernel.operands[argument.getArgNumber()];
        return from.isStep() ? from.memref : kb.loadBlock(from, n, block, p, q);
      };
      auto place = [&] { return placeOfBlock(output(), n, block, p, q); };
      auto yielded = emitEpilogue(kb, kernel, pool, poolAt(p, q), load, place);
      status = yielded;
      if (failed(status))
        return;
      for (auto [value, result] : llvm::zip(*yielded, kernel.results))
        kb.storeBlock(value, result, n, block, p, q);
    });
    return status;
  }

  LogicalResult emitBand(Index n, Index block, Index band) {
    Index begin = band * rowsOfBand();
    Index end = kb.minimum(begin + rowsOfBand(), output().dim(2));
    for (const Buffer &result : kernel.results)
      if (result.layout().hasHalo())
        kb.ifTrue(kb.equal(band, 0), [&] { kb.zeroHalo(result, n, block); });
    LogicalResult status = success();
    Index nothing = 0;
    kb.reduce(begin, end, 1, nothing.materialize(kb),
              [&](Index p, ValueRange done) -> SmallVector<Value> {
                Index next = normalizeUpTo(n, block, p, Index(kb, done.front()));
                status = emitRow(n, block, p);
                return {next.materialize(kb)};
              });
    return status;
  }
};
} // namespace

FailureOr<int64_t> alexc::emitLrnPool(KernelBuilder &kb, CpuKernel &kernel) {
  if (!isLrnPool(kernel.op) || !kernel.hasChannelBlocks())
    return kernel.op->emitError("expects a fused lrn and max_pool in layouts nchw{b}c");
  auto lrn = cast<LrnOp>(kernel.root());
  LrnPool emitter{kb, kernel, lrn, poolOf(lrn)};
  emitter.ring = kb.stackBuffer({emitter.window(0), emitter.imageSize(1), emitter.lanes()});
  const Buffer &output = emitter.output();
  int64_t bands = llvm::divideCeil(output.dim(2), emitter.rowsOfBand());
  SmallVector<int64_t> grid = {output.dim(0), output.dim(1) / emitter.lanes(), bands};
  LogicalResult status = success();
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    SmallVector<Index> at = kb.delinearize(item, grid);
    status = emitter.emitBand(at[0], at[1], at[2]);
  });
  if (failed(status))
    return failure();
  return ShapedType::getNumElements(grid);
}
