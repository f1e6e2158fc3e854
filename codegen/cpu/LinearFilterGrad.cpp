//===- LinearFilterGrad.cpp - gradient of a matrix of weights -----------------===//
//
// A tile of units x columns is summed up in registers over the images: per image
// two vectors of its columns and a broadcast of each unit's gradient. The epilogue
// then updates that tile of the weights in place, so that they go through memory
// once. While a tile is summed up its weights are on their way into the cache.
//
// A work item is a block of columns for some of the units. The columns of all
// images are copied side by side first, and the gradients of a strip of units at a
// time: in place, an image's values are a power of two apart and would push each
// other out of the cache.

#include "codegen/cpu/Generators.h"

using namespace mlir;
using namespace alexc;

/// Bytes of a copied block of columns (in the second-level cache) and of a strip.
static constexpr int64_t blockBytes = 128 << 10, stripBytes = 48 << 10;
/// Blocks of columns are shared out by units where there are fewer than this.
static constexpr int64_t wantedItems = 64;

namespace {

struct LinearFilterGrad {
  KernelBuilder &kb;
  CpuKernel &kernel;
  const Buffer &input, &gradient, &output;
  LogicalResult status = success(); // of the epilogue

  int64_t lanes = kernel.target.lanes;
  int64_t N = input.dim(0), K = output.dim(0), C = output.dim(1);
  ColumnTiles columns = {C, lanes};
  EvenTiles units = {K, largestTile(kernel.target, ColumnTiles::vectors)};
  int64_t tilesOfBlock = std::max<int64_t>(1, blockBytes / (4 * N * columns.width)); // columns
  int64_t blocks = std::max<int64_t>(1, llvm::divideCeilSigned(columns.count, tilesOfBlock));
  int64_t tilesOfItem =
      llvm::divideCeilSigned(units.tiles, std::max<int64_t>(1, wantedItems / blocks));
  int64_t tilesOfStrip =
      std::clamp<int64_t>(stripBytes / (4 * N * units.largest()), 1, tilesOfItem);
  Value block = {}; ///< (column tile, N, columns)
  Value strip = {}; ///< (N, units)

  FailureOr<int64_t> emit();
  void emitItem(Index columnBlock, Index item);
  void copyColumns(Index firstTile, Index endTile);
  void copyUnits(Index begin, Index end);
  void emitStrip(Index firstTile, Index endTile, Index columnBlock);

  /// Some units and some neighbouring columns, `width` in each vector.
  struct Tile {
    Index unit, firstOfStrip;
    int64_t units;
    Index column;
    int64_t width, vectors;
  };
  void emitTile(const Tile &tile, llvm::function_ref<Value(Index n, int64_t vector)> load);
  void prefetch(const Tile &tile);
  void finish(const Tile &tile, ValueRange sums);
};

} // namespace

FailureOr<int64_t> LinearFilterGrad::emit() {
  block = kb.stackBuffer({tilesOfBlock, N, columns.width});
  strip = kb.stackBuffer({N, tilesOfStrip * units.largest()});
  SmallVector<int64_t> work = {blocks, llvm::divideCeilSigned(units.tiles, tilesOfItem)};
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    SmallVector<Index> at = kb.delinearize(item, work);
    emitItem(at[0], at[1]);
  });
  if (failed(status))
    return failure();
  return work[0] * work[1];
}

void LinearFilterGrad::emitItem(Index columnBlock, Index item) {
  Index first = columnBlock * tilesOfBlock;
  copyColumns(first, kb.minimum(first + tilesOfBlock, columns.count));
  Index begin = item * tilesOfItem, end = kb.minimum(begin + tilesOfItem, units.tiles);
  kb.forEach(begin, end, tilesOfStrip, [&](Index tile) {
    Index endTile = kb.minimum(tile + tilesOfStrip, end);
    copyUnits(units.first(kb, tile), units.first(kb, endTile));
    emitStrip(tile, endTile, columnBlock);
  });
}

void LinearFilterGrad::copyColumns(Index firstTile, Index endTile) {
  kb.forEach(0, N, [&](Index n) {
    kb.forEach(firstTile, endTile, [&](Index tile) {
      for (int64_t lane = 0; lane < columns.width; lane += lanes)
        kb.store(kb.load(input.memref, {n, tile * columns.width + lane}, lanes), block,
                 {tile - firstTile, n, lane});
    });
  });
}

void LinearFilterGrad::copyUnits(Index begin, Index end) {
  Index whole = begin + (end - begin) / lanes * lanes;
  auto copy = [&](Index n, Index unit, int64_t width) {
    kb.store(kb.load(gradient.memref, {n, unit}, width), strip, {n, unit - begin});
  };
  kb.forEach(0, N, [&](Index n) {
    kb.forEach(begin, whole, lanes, [&](Index unit) { copy(n, unit, lanes); });
    kb.forEach(whole, end, [&](Index unit) { copy(n, unit, 1); });
  });
}

/// All columns of the block for the units of the strip.
void LinearFilterGrad::emitStrip(Index firstTile, Index endTile, Index columnBlock) {
  Index firstColumnTile = columnBlock * tilesOfBlock;
  Index endColumnTile = kb.minimum(firstColumnTile + tilesOfBlock, columns.count);
  units.forEach(kb, firstTile, endTile, [&](Index, Index unit, int64_t count) {
    Tile tile = {unit, units.first(kb, firstTile), count, 0, lanes, ColumnTiles::vectors};
    kb.forEach(firstColumnTile, endColumnTile, [&](Index columnTile) {
      tile.column = columnTile * columns.width;
      emitTile(tile, [&](Index n, int64_t vector) {
        return kb.load(block, {columnTile - firstColumnTile, n, vector * lanes}, lanes);
      });
    });
    if (columns.rest.empty())
      return;
    kb.ifTrue(kb.equal(columnBlock, blocks - 1), [&] {
      for (auto [column, width] : columns.rest)
        emitTile({unit, tile.firstOfStrip, count, column, width, 1},
                 [&, column = column, width = width](Index n, int64_t) {
                   return kb.load(input.memref, {n, column}, width);
                 });
    });
  });
}

void LinearFilterGrad::emitTile(const Tile &tile,
                                llvm::function_ref<Value(Index n, int64_t vector)> load) {
  prefetch(tile);
  SmallVector<Value> zeros(tile.units * tile.vectors, kb.splat(0, tile.width));
  auto addImage = [&](Index n, ValueRange sums) {
    SmallVector<Value> images, next;
    for (int64_t vector = 0; vector < tile.vectors; ++vector)
      images.push_back(load(n, vector));
    for (int64_t i = 0; i < tile.units; ++i) {
      Value dy = kb.load(strip, {n, tile.unit - tile.firstOfStrip + i});
      for (Value x : images)
        next.push_back(kb.fma(kb.broadcast(dy, tile.width), x, sums[next.size()]));
    }
    return next;
  };
  finish(tile, kb.reduce(0, N, 1, zeros, addImage));
}

/// What the epilogue will read, for writing: results lie in the same place.
void LinearFilterGrad::prefetch(const Tile &tile) {
  for (const Buffer &buffer : kernel.operands)
    if (&buffer != &input && &buffer != &gradient && !buffer.isStep())
      for (int64_t i = 0; i < tile.units; ++i)
        for (int64_t lane = 0; lane < tile.width * tile.vectors; lane += floatsOfLine)
          kb.prefetch(buffer.memref, {tile.unit + i, tile.column + lane}, /*isWrite=*/true);
}

void LinearFilterGrad::finish(const Tile &tile, ValueRange sums) {
  for (int64_t i = 0; i < tile.units; ++i)
    for (int64_t vector = 0; vector < tile.vectors; ++vector) {
      SmallVector<Index> at = {tile.unit + i, tile.column + vector * tile.width};
      auto load = [&](const Buffer &from) { return kb.load(from.memref, at, tile.width); };
      auto store = [&](Value value, const Buffer &to) { kb.store(value, to.memref, at); };
      auto place = [&]() -> Place { return {at[0], at[1], 0, 1}; };
      if (failed(finishPosition(kb, kernel, sums[i * tile.vectors + vector], {load, store, place})))
        status = failure();
    }
}

FailureOr<int64_t> alexc::emitLinearFilterGrad(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = dyn_cast<LinearFilterGradOp>(kernel.root());
  if (!op)
    return kernel.op->emitError("expects a kernel that begins with alex.linear_filter_grad");
  if (failed(checkLayouts(kernel, {}, Layout())))
    return failure();
  const Buffer &input = *kernel.find(op.getInput());
  if (input.dim(0) > mostImagesOfFilterGrad)
    return kernel.op->emitError("expects at most ")
           << mostImagesOfFilterGrad << " images, got " << input.dim(0);
  return LinearFilterGrad{kb, kernel, input, *kernel.find(op.getGradient()), kernel.results.front()}
      .emit();
}
