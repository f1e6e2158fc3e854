//===- LinearDataGrad.cpp - gradient of the rows of a matrix product ----------===//
//
// A tile of images x columns is summed up in registers: per unit two vectors of
// its weights and a broadcast of each image's gradient. The sums lie in the result
// between blocks of units; the epilogue goes over them at the end.
//
// A work item is some columns for all images. It copies a block of units x columns
// of the weights side by side, uses it for all images, and fetches the next block
// from memory meanwhile: the weights go through memory once.

#include "codegen/cpu/Generators.h"

using namespace mlir;
using namespace alexc;

/// Units of a block, and column tiles of a work item: a block takes 128 KB for
/// vectors of 8, a part of the second-level cache.
static constexpr int64_t unitsOfBlock = 256, tilesOfItem = 8;

namespace {

struct LinearDataGrad {
  KernelBuilder &kb;
  CpuKernel &kernel;
  const Buffer &gradient, &filter, &output;
  LogicalResult status = success(); // of the epilogue

  int64_t lanes = kernel.target.lanes;
  int64_t N = output.dim(0), K = filter.dim(0), C = output.dim(1);
  ColumnTiles columns = {C, lanes};
  EvenTiles images = {N, largestTile(kernel.target, ColumnTiles::vectors)};
  int64_t items = std::max<int64_t>(1, llvm::divideCeilSigned(columns.count, tilesOfItem));
  Value block = {}; ///< (column tile, unit, columns)

  FailureOr<int64_t> emit();
  void emitItem(Index item);
  void copyBlock(Index begin, Index end, Index firstTile, Index endTile);
  void addBlock(Index begin, Index firstTile, Index endTile, Value isLast);
  void prefetchNext(Index begin, Index firstTile, Index tile, Index imageTile);

  using ColumnBody = llvm::function_ref<void(Index column, int64_t width)>;
  void forEachVector(Index firstTile, Index endTile, Value isLast, ColumnBody body);

  /// Some images and some neighbouring columns, `width` in each vector.
  struct Tile {
    Index image;
    int64_t images;
    Index column;
    int64_t width, vectors;
  };
  void addTile(const Tile &tile, Index begin, Index end,
               llvm::function_ref<Value(Index unit, int64_t vector)> load);
  void finish(Index n, Index column, int64_t width);
};

} // namespace

FailureOr<int64_t> LinearDataGrad::emit() {
  block = kb.stackBuffer({tilesOfItem, unitsOfBlock, columns.width});
  kb.forEach(kernel.begin, kernel.end, [&](Index item) { emitItem(item); });
  if (failed(status))
    return failure();
  return items;
}

void LinearDataGrad::emitItem(Index item) {
  Index first = item * tilesOfItem, end = kb.minimum(first + tilesOfItem, columns.count);
  Value isLast = kb.equal(item, items - 1);
  kb.forEach(0, N, [&](Index n) {
    forEachVector(first, end, isLast, [&](Index column, int64_t width) {
      kb.store(kb.splat(0, width), output.memref, {n, column});
    });
  });
  kb.forEach(0, K, unitsOfBlock, [&](Index begin) { addBlock(begin, first, end, isLast); });
  kb.forEach(0, N, [&](Index n) {
    forEachVector(first, end, isLast,
                  [&](Index column, int64_t width) { finish(n, column, width); });
  });
}

/// The vectors of one row of the result that are an item's.
void LinearDataGrad::forEachVector(Index firstTile, Index endTile, Value isLast, ColumnBody body) {
  kb.forEach(firstTile * columns.width, endTile * columns.width, lanes,
             [&](Index column) { body(column, lanes); });
  if (!columns.rest.empty())
    kb.ifTrue(isLast, [&] {
      for (auto [column, width] : columns.rest)
        body(column, width);
    });
}

void LinearDataGrad::copyBlock(Index begin, Index end, Index firstTile, Index endTile) {
  kb.forEach(begin, end, [&](Index unit) {
    kb.forEach(firstTile, endTile, [&](Index tile) {
      for (int64_t lane = 0; lane < columns.width; lane += lanes)
        kb.store(kb.load(filter.memref, {unit, tile * columns.width + lane}, lanes), block,
                 {tile - firstTile, unit - begin, lane});
    });
  });
}

/// Adds the units from `begin` to all sums of the item.
void LinearDataGrad::addBlock(Index begin, Index firstTile, Index endTile, Value isLast) {
  Index end = kb.minimum(begin + unitsOfBlock, K);
  copyBlock(begin, end, firstTile, endTile);
  kb.forEach(firstTile, endTile, [&](Index tile) {
    images.forEach(kb, 0, images.tiles, [&](Index imageTile, Index image, int64_t count) {
      prefetchNext(begin, firstTile, tile, imageTile);
      addTile({image, count, tile * columns.width, lanes, ColumnTiles::vectors}, begin, end,
              [&](Index unit, int64_t vector) {
                return kb.load(block, {tile - firstTile, unit - begin, vector * lanes}, lanes);
              });
    });
  });
  if (columns.rest.empty())
    return;
  kb.ifTrue(isLast, [&] {
    images.forEach(kb, 0, images.tiles, [&](Index, Index image, int64_t count) {
      for (auto [column, width] : columns.rest)
        addTile({image, count, column, width, 1}, begin, end,
                [&, column = column, width = width](Index unit, int64_t) {
                  return kb.load(filter.memref, {unit, column}, width);
                });
    });
  });
}

/// Fetches this tile's share of the next block, row by row.
void LinearDataGrad::prefetchNext(Index begin, Index firstTile, Index tile, Index imageTile) {
  int64_t linesOfRow = tilesOfItem * columns.width / floatsOfLine;
  int64_t share = llvm::divideCeilSigned(unitsOfBlock * linesOfRow, tilesOfItem * images.tiles);
  Index first = ((tile - firstTile) * images.tiles + imageTile) * share;
  for (int64_t i = 0; i < share; ++i) {
    Index unit = begin + unitsOfBlock + (first + i) / linesOfRow;
    Index column = firstTile * columns.width + (first + i) % linesOfRow * floatsOfLine;
    kb.prefetch(filter.memref, {kb.minimum(unit, K - 1), kb.minimum(column, C - 1)},
                /*isWrite=*/false);
  }
}

void LinearDataGrad::addTile(const Tile &tile, Index begin, Index end,
                             llvm::function_ref<Value(Index unit, int64_t vector)> load) {
  SmallVector<Value> sums;
  auto forEachSum = [&](llvm::function_ref<void(Index n, Index column)> body) {
    for (int64_t i = 0; i < tile.images; ++i)
      for (int64_t vector = 0; vector < tile.vectors; ++vector)
        body(tile.image + i, tile.column + vector * tile.width);
  };
  forEachSum([&](Index n, Index column) {
    sums.push_back(kb.load(output.memref, {n, column}, tile.width));
  });
  sums = kb.reduce(begin, end, 1, sums, [&](Index unit, ValueRange carried) {
    SmallVector<Value> weights, next;
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      weights.push_back(load(unit, vector));
    for (int64_t i = 0; i < tile.images; ++i) {
      Value dy = kb.load(gradient.memref, {tile.image + i, unit});
      for (Value w : weights)
        next.push_back(kb.fma(kb.broadcast(dy, tile.width), w, carried[next.size()]));
    }
    return next;
  });
  size_t stored = 0;
  forEachSum([&](Index n, Index column) { kb.store(sums[stored++], output.memref, {n, column}); });
}

void LinearDataGrad::finish(Index n, Index column, int64_t width) {
  auto load = [&](const Buffer &from) { return kb.load(from.memref, {n, column}, width); };
  auto store = [&](Value value, const Buffer &to) { kb.store(value, to.memref, {n, column}); };
  auto place = [&]() -> Place { return {n, column, 0, 1}; };
  if (failed(finishPosition(kb, kernel, load(output), {load, store, place})))
    status = failure();
}

FailureOr<int64_t> alexc::emitLinearDataGrad(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = dyn_cast<LinearDataGradOp>(kernel.root());
  if (!op)
    return kernel.op->emitError("expects a kernel that begins with alex.linear_data_grad");
  if (failed(checkLayouts(kernel, {}, Layout())))
    return failure();
  return LinearDataGrad{kb, kernel, *kernel.find(op.getGradient()), *kernel.find(op.getFilter()),
                        kernel.results.front()}
      .emit();
}
