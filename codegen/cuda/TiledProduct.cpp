//===- TiledProduct.cpp - a product of matrices in tiles ----------------------===//
//
// While a stage's terms are multiplied the next one's are on their way from
// memory into registers, and from there into the other half of the shared tiles:
// one barrier a stage.

#include "codegen/cuda/TiledProduct.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace alexc;

static constexpr int64_t neighbours = 4; ///< sums side by side, loaded as a float4

/// Large tiles need few loads for each product, small ones fill a GPU sooner.
static constexpr ProductTile tiles[] = {
    {128, 128, 8, 8, 8}, {128, 64, 8, 8, 8}, {64, 128, 8, 8, 8}, {64, 64, 16, 4, 4},
    {64, 32, 16, 4, 4},  {32, 64, 16, 4, 4}, {32, 32, 16, 4, 4},
};

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

/// Instructions of the inner loop that multiply: a float4 brings four numbers from
/// shared memory, and a tenth is loop and addresses.
static double shareOfProducts(const ProductTile &tile) {
  double products = tile.threadRows * tile.threadColumns;
  double loads = (tile.threadRows + tile.threadColumns) / static_cast<double>(neighbours);
  return products / (products + loads) * 0.9;
}

/// Blocks that a multiprocessor holds at once.
static int64_t residentBlocks(const ProductTile &tile, const GpuTarget &target) {
  int64_t registersOfThread = tile.threadRows * tile.threadColumns + 64;
  return std::max<int64_t>(1, std::min({target.threads / tile.threads(),
                                        target.registers / (registersOfThread * tile.threads()),
                                        target.sharedBytes / (tile.sharedBytes() + 1024)}));
}

/// As long as the multiprocessor that has the most blocks; eight warps keep its
/// units busy.
static double secondsWith(const TiledProduct &product, const ProductTile &tile,
                          const GpuTarget &target) {
  int64_t blocks = llvm::divideCeilSigned(product.rows, tile.rows) *
                   llvm::divideCeilSigned(product.columns, tile.columns) * product.groups;
  int64_t blocksOfOne = llvm::divideCeilSigned(blocks, target.multiprocessors);
  int64_t resident = std::min(residentBlocks(tile, target), blocksOfOne);
  double warps = static_cast<double>(resident * tile.threads()) / GpuBuilder::warp;
  double busy = shareOfProducts(tile) * std::min(1.0, warps / 8);
  double products = static_cast<double>(blocksOfOne) * tile.rows * tile.columns *
                    llvm::alignTo(product.depth, tile.depth);
  return products / (target.multiplyAddsPerCycle * busy * target.clockRate);
}

ProductTile TiledProduct::chooseTile(const GpuTarget &target) const {
  return *llvm::min_element(tiles, [&](const ProductTile &a, const ProductTile &b) {
    return secondsWith(*this, a, target) < secondsWith(*this, b, target);
  });
}

double TiledProduct::seconds(const GpuTarget &target) const {
  return secondsWith(*this, chooseTile(target), target);
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

namespace {
/// One operand on its way from memory to the products.
struct Stage {
  GpuBuilder &gb;
  const TiledProduct::Operand &operand;
  int64_t lines, depth;       ///< of the tile
  int64_t allLines, allDepth; ///< of the matrix
  int64_t threads;
  Index group, firstLine, thread;
  Value shared = gb.sharedTile(operand.name, {2, depth, lines + 4});
  Value next = gb.registerTile(("next" + operand.name).str(), {lines * depth / threads});

  int64_t count() const { return lines * depth / threads; }

  /// Line and term, in the tile, of the thread's number `i`.
  std::pair<Index, Index> place(Index i) {
    Index element = thread + i * threads;
    if (operand.isAlongDepth)
      return {element / depth, element % depth};
    return {element % lines, element / lines};
  }

  /// Whether the matrix has this line and term; null if it always has.
  Value exists(Index line, Index term) {
    Value hasLine = allLines % lines ? gb.less(line, allLines) : Value();
    Value hasTerm = allDepth % depth ? gb.less(term, allDepth) : Value();
    return gb.both(hasLine, hasTerm);
  }

  void loadNext(Index firstTerm) {
    gb.unrolled(count(), [&](Index i) {
      auto [lineOfTile, termOfTile] = place(i);
      Index line = firstLine + lineOfTile, term = firstTerm + termOfTile;
      Value element =
          gb.loadIf(exists(line, term), [&] { return operand.load(group, line, term); });
      gb.store(element, next, {i});
    });
  }

  void storeNext(Index half) {
    gb.unrolled(count(), [&](Index i) {
      auto [line, term] = place(i);
      gb.store(gb.load(next, {i}), shared, {half, term, line});
    });
  }
};

/// The thread's part of a dimension: groups of neighbours, `step` apart.
struct Part {
  int64_t size, step;
  Index first;

  Index at(Index i) const {
    if (size == neighbours)
      return first + i;
    return first + i % neighbours + i / neighbours * step;
  }
};

struct ProductKernel {
  GpuBuilder &gb;
  const TiledProduct &product;
  ProductTile tile;

  LogicalResult emit();
  void emitProducts(const Stage &left, const Stage &right, Index half);
  void readLines(const Stage &stage, Value into, const Part &part, Index half, Index term);
  LogicalResult emitResults(Index group, Index firstRow, Index firstColumn);

  Value sums = {}, rowsOfTerm = {}, columnsOfTerm = {};
  Part rows = {0, 0, 0}, columns = {0, 0, 0};
};
} // namespace

/// Four neighbours at a time.
void ProductKernel::readLines(const Stage &stage, Value into, const Part &part, Index half,
                              Index term) {
  for (int64_t i = 0; i < part.size; i += neighbours) {
    Value four = gb.load(stage.shared, {half, term, part.at(i)}, neighbours);
    for (int64_t lane = 0; lane < neighbours; ++lane)
      gb.store(vector::ExtractOp::create(gb.b, gb.loc, four, ArrayRef<int64_t>{lane}), into,
               {i + lane});
  }
}

void ProductKernel::emitProducts(const Stage &left, const Stage &right, Index half) {
  gb.unrolled(tile.depth, [&](Index term) {
    readLines(left, rowsOfTerm, rows, half, term);
    readLines(right, columnsOfTerm, columns, half, term);
    gb.unrolled(rows.size, [&](Index i) {
      gb.unrolled(columns.size, [&](Index j) {
        Value sum = gb.load(sums, {i, j});
        gb.store(gb.fma(gb.load(rowsOfTerm, {i}), gb.load(columnsOfTerm, {j}), sum), sums, {i, j});
      });
    });
  });
}

LogicalResult ProductKernel::emitResults(Index group, Index firstRow, Index firstColumn) {
  LogicalResult status = success();
  gb.unrolled(rows.size, [&](Index i) {
    gb.unrolled(columns.size, [&](Index j) {
      Index row = gb.named(firstRow + rows.at(i), "row");
      Index column = gb.named(firstColumn + columns.at(j), "column");
      Value hasRow = product.rows % tile.rows ? gb.less(row, product.rows) : Value();
      Value hasColumn = product.columns % tile.columns ? gb.less(column, product.columns) : Value();
      auto finish = [&] { status = product.finish(group, row, column, gb.load(sums, {i, j})); };
      if (Value exists = gb.both(hasRow, hasColumn))
        gb.ifTrue(exists, finish);
      else
        finish();
    });
  });
  return status;
}

LogicalResult ProductKernel::emit() {
  int64_t rowTiles = llvm::divideCeilSigned(product.rows, tile.rows);
  int64_t columnTiles = llvm::divideCeilSigned(product.columns, tile.columns);
  gb.setLaunch({rowTiles * columnTiles, 1, product.groups}, tile.threads());
  Index thread = gb.named(gb.threadIndex(), "thread");
  Index block = gb.blockIndex();
  Index group =
      product.groups == 1 ? Index(0) : gb.named(gb.blockIndex(gpu::Dimension::z), "group");
  // neighbouring blocks share the rows, the smaller operand
  Index firstRow = gb.named(block % rowTiles * tile.rows, "firstRow");
  Index firstColumn = gb.named(block / rowTiles * tile.columns, "firstColumn");
  sums = gb.registerTile("sum", {tile.threadRows, tile.threadColumns});
  rowsOfTerm = gb.registerTile("a", {tile.threadRows});
  columnsOfTerm = gb.registerTile("b", {tile.threadColumns});
  int64_t threadsAcross = tile.columns / tile.threadColumns;
  rows = {tile.threadRows, tile.rows / 2,
          gb.named(thread / threadsAcross * neighbours, "threadRow")};
  columns = {tile.threadColumns, tile.columns / 2,
             gb.named(thread % threadsAcross * neighbours, "threadColumn")};
  Stage left{gb,           product.left,  tile.rows,      tile.depth,
             product.rows, product.depth, tile.threads(), group,
             firstRow,     thread};
  Stage right{gb,
              product.right,
              tile.columns,
              tile.depth,
              product.columns,
              product.depth,
              tile.threads(),
              group,
              firstColumn,
              thread};
  gb.unrolled(rows.size, [&](Index i) {
    gb.unrolled(columns.size, [&](Index j) { gb.store(gb.constant(0), sums, {i, j}); });
  });
  auto forBoth = [&](auto action) {
    action(left);
    action(right);
  };
  forBoth([](Stage &stage) { stage.loadNext(0); });
  forBoth([](Stage &stage) { stage.storeNext(0); });
  gb.barrier();
  int64_t stages = llvm::divideCeilSigned(product.depth, tile.depth);
  gb.forEach(0, stages - 1, [&](Index number) {
    gb.named(number, "stage");
    Index half = gb.named(number % 2, "half");
    forBoth([&](Stage &stage) { stage.loadNext((number + 1) * tile.depth); });
    emitProducts(left, right, half);
    forBoth([&](Stage &stage) { stage.storeNext(Index(1) - half); });
    gb.barrier();
  });
  emitProducts(left, right, (stages - 1) % 2);
  return emitResults(group, firstRow, firstColumn);
}

LogicalResult TiledProduct::emit(GpuBuilder &gb, const GpuTarget &target) const {
  return ProductKernel{gb, *this, chooseTile(target)}.emit();
}
