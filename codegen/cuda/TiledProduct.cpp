//===- TiledProduct.cpp - a product of matrices in tiles ----------------------===//
//
// While a stage's terms are multiplied the next one's are on their way from
// memory into registers, and from there into the other half of the shared tiles:
// one barrier a stage.

#include "codegen/cuda/TiledProduct.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

static constexpr int64_t neighbours = 4; ///< sums side by side, loaded as a float4

//===----------------------------------------------------------------------===//
// From memory to the shared tiles
//===----------------------------------------------------------------------===//

namespace {
/// The block, and the thread in it.
struct Place {
  Index group, thread;
  int64_t threads;
};

/// One operand on its way from memory to the products. Neighbouring threads bring
/// what lies side by side in memory, and all of them together several lines (or
/// terms) at once, in several passes.
class Stage {
public:
  Stage(GpuBuilder &gb, const TiledProduct &product, const TiledProduct::Operand &operand,
        const Place &place, int64_t lines, int64_t allLines, Index firstLine);

  /// Loads the thread's numbers of a stage into registers.
  void load(Index number);
  /// Puts them into one half of the tile.
  void store(Index half);
  /// Four neighbouring lines of a term.
  Value read(Index half, Index term, Index line) const {
    return gb.load(shared, {half, term, line}, neighbours);
  }

private:
  /// A number's line and term, within the tile.
  struct At {
    Index line, term;
  };
  At at(Index pass) const;
  Value isInTile(const At &at) const;
  SmallVector<Index> termOf(Index number, Index term) const;
  Value isInMatrix(Index line, ArrayRef<Index> term) const;
  std::string name(StringRef what) const { return (operand.name + what).str(); }

  GpuBuilder &gb;
  const TiledProduct::Operand &operand;
  const ProductTerms &terms;
  Index group, firstLine;
  int64_t lines, allLines;        ///< of the tile and of the matrix
  int64_t width, lanes, together; ///< numbers of a thread, threads in a row, rows of a pass
  int64_t passes;
  Index along = 0, across = 0; ///< the thread's place in the first pass
  SmallVector<Index> located;  ///< of the thread's line, if it has but one
  Value shared, next;
};
} // namespace

/// Whether four terms of a box lie side by side, all in the matrix or none.
static bool areTermsInFours(const ProductTerms &terms) {
  return terms.box[2] % neighbours == 0 && terms.extents[2] % neighbours == 0;
}

Stage::Stage(GpuBuilder &gb, const TiledProduct &product, const TiledProduct::Operand &operand,
             const Place &place, int64_t lines, int64_t allLines, Index firstLine)
    : gb(gb), operand(operand), terms(product.terms), group(place.group), firstLine(firstLine),
      lines(lines), allLines(allLines) {
  int64_t depth = terms.depth();
  width = !operand.isAlongDepth || areTermsInFours(terms) ? operand.width : 1;
  lanes = operand.isAlongDepth ? llvm::PowerOf2Ceil(depth / width) : lines / width;
  together = place.threads / lanes;
  assert(place.threads % lanes == 0 && "the threads make full rows");
  passes = llvm::divideCeilSigned(operand.isAlongDepth ? lines : depth, together);
  bool isLineAlong = !operand.isAlongDepth;
  along = gb.named(place.thread % lanes * width, name(isLineAlong ? "Line" : "Term"));
  across = gb.named(place.thread / lanes, name(isLineAlong ? "Term" : "Line"));
  if (isLineAlong)
    located = operand.locate(firstLine + along);
  // four more keep a row's neighbours out of the same bank
  shared = gb.sharedTile(operand.name, {terms.stages() > 1 ? 2 : 1, depth, lines + neighbours});
  next = gb.registerTile(name("Next"), {passes * width});
}

Stage::At Stage::at(Index pass) const {
  Index moving = across + pass * together;
  return operand.isAlongDepth ? At{moving, along} : At{along, moving};
}

/// Null if all passes are full.
Value Stage::isInTile(const At &at) const {
  int64_t depth = terms.depth();
  int64_t reachedTerms = operand.isAlongDepth ? lanes * width : passes * together;
  bool mayPassLines = operand.isAlongDepth && passes * together > lines;
  return gb.both(reachedTerms > depth ? gb.less(at.term, depth) : Value(),
                 mayPassLines ? gb.less(at.line, lines) : Value());
}

/// The numbers that row-major number `position` of `shape` stands for.
static std::array<Index, 3> split(Index position, std::array<int64_t, 3> shape) {
  std::array<Index, 3> result = {0, 0, 0};
  int outermost = shape[0] > 1 ? 0 : shape[1] > 1 ? 1 : 2;
  for (int dim = 2; dim > outermost; --dim) {
    result[dim] = position % shape[dim];
    position = position / shape[dim];
  }
  result[outermost] = position;
  return result;
}

/// A term of a stage as the generator knows it.
SmallVector<Index> Stage::termOf(Index number, Index term) const {
  std::array<Index, 3> corner = split(number, terms.boxes()), inBox = split(term, terms.box);
  SmallVector<Index> result;
  for (int dim : {0, 1, 2})
    result.push_back(corner[dim] * terms.box[dim] + inBox[dim]);
  return result;
}

/// Null if the matrix has all of every tile.
Value Stage::isInMatrix(Index line, ArrayRef<Index> term) const {
  Value exists = allLines % lines ? gb.less(line, allLines) : Value();
  for (int dim : {0, 1, 2})
    if (terms.extents[dim] % terms.box[dim])
      exists = gb.both(exists, gb.less(term[dim], terms.extents[dim]));
  return exists;
}

void Stage::load(Index number) {
  gb.unrolled(passes, [&](Index pass) {
    At place = at(pass);
    Index line = firstLine + place.line;
    SmallVector<Index> term = termOf(number, place.term);
    Value exists = gb.both(isInTile(place), isInMatrix(line, term));
    SmallVector<Index> here = located.empty() ? operand.locate(line) : located;
    Value loaded = operand.load({group, here, term}, width, exists);
    gb.store(loaded, next, {pass * width});
  });
}

void Stage::store(Index half) {
  auto storeAt = [&](Index pass, const At &to) {
    if (!operand.isAlongDepth)
      return gb.store(gb.load(next, {pass * width}, width), shared, {half, to.term, to.line});
    for (int64_t i = 0; i < width; ++i)
      gb.store(gb.load(next, {pass * width + i}), shared, {half, to.term + i, to.line});
  };
  gb.unrolled(passes, [&](Index pass) {
    At to = at(pass);
    if (Value exists = isInTile(to))
      gb.ifTrue(exists, [&] { storeAt(pass, to); });
    else
      storeAt(pass, to);
  });
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

namespace {
/// The thread's lines of a tile: groups of neighbours, `step` apart.
struct Part {
  int64_t size, step;
  Index first;

  Index at(Index i) const {
    if (size == neighbours)
      return first + i;
    return first + i % neighbours + i / neighbours * step;
  }
};

class ProductKernel {
public:
  ProductKernel(GpuBuilder &gb, const TiledProduct &product, const ProductTile &tile);

  LogicalResult emit();

private:
  void forEachSum(function_ref<void(Index i, Index j)> body);
  void emitStages();
  void emitProducts(Index half);
  void readLines(const Stage &stage, const Part &part, Index half, Index term, Value into);
  LogicalResult emitResults();

  GpuBuilder &gb;
  const TiledProduct &product;
  ProductTile tile;
  int64_t rowTiles = llvm::divideCeilSigned(product.rows, tile.rows);
  int64_t columnTiles = llvm::divideCeilSigned(product.columns, tile.columns);
  int64_t threadsAcross = tile.columns / tile.threadColumns;

  Index thread = gb.named(gb.threadIndex(), "thread");
  Index group =
      product.groups == 1 ? Index(0) : gb.named(gb.blockIndex(gpu::Dimension::z), "group");
  // neighbouring blocks share the columns: the rows, a layer's filters, are few
  Index block = gb.blockIndex();
  Index firstRow = gb.named(block % rowTiles * tile.rows, "firstRow");
  Index firstColumn = gb.named(block / rowTiles * tile.columns, "firstColumn");
  Part rows{tile.threadRows, tile.rows *neighbours / tile.threadRows,
            gb.named(thread / threadsAcross * neighbours, "threadRow")};
  Part columns{tile.threadColumns, tile.columns *neighbours / tile.threadColumns,
               gb.named(thread % threadsAcross * neighbours, "threadColumn")};
  Stage left, right;
  Value sums = gb.registerTile("sum", {tile.threadRows, tile.threadColumns});
  Value rowsOfTerm = gb.registerTile("a", {tile.threadRows});
  Value columnsOfTerm = gb.registerTile("b", {tile.threadColumns});
};
} // namespace

ProductKernel::ProductKernel(GpuBuilder &gb, const TiledProduct &product, const ProductTile &tile)
    : gb(gb), product(product), tile(tile),
      left(gb, product, product.left, {group, thread, tile.threads()}, tile.rows, product.rows,
           firstRow),
      right(gb, product, product.right, {group, thread, tile.threads()}, tile.columns,
            product.columns, firstColumn) {}

void ProductKernel::forEachSum(function_ref<void(Index i, Index j)> body) {
  gb.unrolled(rows.size, [&](Index i) { gb.unrolled(columns.size, [&](Index j) { body(i, j); }); });
}

/// Four neighbours at a time.
void ProductKernel::readLines(const Stage &stage, const Part &part, Index half, Index term,
                              Value into) {
  for (int64_t i = 0; i < part.size; i += neighbours) {
    Value four = stage.read(half, term, part.at(i));
    for (int64_t lane = 0; lane < neighbours; ++lane)
      gb.store(vector::ExtractOp::create(gb.b, gb.loc, four, ArrayRef<int64_t>{lane}), into,
               {i + lane});
  }
}

void ProductKernel::emitProducts(Index half) {
  gb.unrolled(product.terms.depth(), [&](Index term) {
    readLines(left, rows, half, term, rowsOfTerm);
    readLines(right, columns, half, term, columnsOfTerm);
    forEachSum([&](Index i, Index j) {
      Value sum = gb.load(sums, {i, j});
      gb.store(gb.fma(gb.load(rowsOfTerm, {i}), gb.load(columnsOfTerm, {j}), sum), sums, {i, j});
    });
  });
}

void ProductKernel::emitStages() {
  auto load = [&](Index number) { left.load(number), right.load(number); };
  auto store = [&](Index half) { left.store(half), right.store(half); };
  int64_t stages = product.terms.stages();
  load(0);
  store(0);
  gb.barrier();
  if (stages == 1)
    return emitProducts(0);
  gb.forEach(0, stages, [&](Index number) {
    gb.named(number, "stage");
    Index half = gb.named(number % 2, "half"), next = gb.named(number + 1, "next");
    gb.ifTrue(gb.less(next, stages), [&] { load(next); });
    emitProducts(half);
    gb.ifTrue(gb.less(next, stages), [&] {
      store(Index(1) - half);
      gb.barrier();
    });
  });
}

LogicalResult ProductKernel::emitResults() {
  LogicalResult status = success();
  forEachSum([&](Index i, Index j) {
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
  return status;
}

LogicalResult ProductKernel::emit() {
  gb.setLaunch({rowTiles * columnTiles, 1, product.groups}, tile.threads());
  forEachSum([&](Index i, Index j) { gb.store(gb.constant(0), sums, {i, j}); });
  emitStages();
  return emitResults();
}

LogicalResult TiledProduct::emit(GpuBuilder &gb, const GpuTarget &target) const {
  return ProductKernel(gb, *this, chooseTile(target)).emit();
}
