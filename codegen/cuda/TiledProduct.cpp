//===- TiledProduct.cpp - a product of matrices in tiles ----------------------===//
//
// While a stage's terms are multiplied the next one's are on their way from
// memory into registers, and from there into the other half of the shared tiles:
// one barrier a stage. What tensor cores multiply is rounded on the way into the
// tiles.

#include "codegen/cuda/TiledProduct.h"
#include "codegen/cuda/TensorCores.h"
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
  /// Neighbouring lines of a word.
  Value read(Index half, Index word, Index line, int64_t count) const {
    return gb.load(shared, {half, word, line}, count);
  }

private:
  /// A line and the first of a thread's words of it, within the tile.
  struct At {
    Index line, word;
  };
  At at(Index pass) const;
  Index firstTerm(const At &at, int64_t read) const;
  Value isInTile(Index line, Index term, int64_t terms) const;
  Value wordOf(Index pass, int64_t first) const;
  void storeAt(Index half, Index pass, const At &to);
  SmallVector<Index> termOf(Index number, Index term) const;
  Value isInMatrix(Index line, ArrayRef<Index> term) const;
  std::string name(StringRef what) const { return (operand.name + what).str(); }

  GpuBuilder &gb;
  const TiledProduct::Operand &operand;
  const ProductTerms &terms;
  Index group, firstLine;
  int64_t lines, allLines; ///< of the tile and of the matrix
  int64_t perWord, words;  ///< terms of a word, words of a line
  int64_t width, reads;    ///< numbers of a load, loads of a pass
  int64_t lanes, together; ///< threads in a row, rows of a pass
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
      lines(lines), allLines(allLines), perWord(termsOfWord(terms.precision)),
      words(terms.words()) {
  bool isLineAlong = !operand.isAlongDepth;
  width = isLineAlong || areTermsInFours(terms) ? operand.width : 1;
  reads = isLineAlong ? perWord : llvm::divideCeilSigned(perWord, width);
  int64_t wordsOfPass = isLineAlong ? 1 : reads * width / perWord;
  lanes =
      isLineAlong ? lines / width : llvm::PowerOf2Ceil(llvm::divideCeilSigned(words, wordsOfPass));
  together = place.threads / lanes;
  assert(place.threads % lanes == 0 && "the threads make full rows");
  passes = llvm::divideCeilSigned(isLineAlong ? words : lines, together);
  StringRef word = perWord > 1 ? "Word" : "Term";
  along = gb.named(place.thread % lanes * (isLineAlong ? width : wordsOfPass),
                   name(isLineAlong ? "Line" : word));
  across = gb.named(place.thread / lanes, name(isLineAlong ? word : "Line"));
  if (isLineAlong)
    located = operand.locate(firstLine + along);
  // a few more keep what a warp reads at once in different banks
  int64_t skew = terms.precision == Precision::fp32 ? neighbours : 8;
  shared = gb.sharedTile(operand.name, {terms.stages() > 1 ? 2 : 1, words, lines + skew});
  next = gb.registerTile(name("Next"), {passes * reads * width});
}

Stage::At Stage::at(Index pass) const {
  Index moving = across + pass * together;
  return operand.isAlongDepth ? At{moving, along} : At{along, moving};
}

/// The first term of load number `read` of a pass.
Index Stage::firstTerm(const At &at, int64_t read) const {
  return at.word * perWord + read * (operand.isAlongDepth ? width : 1);
}

/// Whether a place is one of `terms` terms of a line; null if all passes are full.
Value Stage::isInTile(Index line, Index term, int64_t terms) const {
  int64_t reached = operand.isAlongDepth ? lanes * reads * width : passes * together * perWord;
  bool mayPassLines = operand.isAlongDepth && passes * together > lines;
  return gb.both(reached > terms ? gb.less(term, terms) : Value(),
                 mayPassLines ? gb.less(line, lines) : Value());
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
    for (int64_t read = 0; read < reads; ++read) {
      Index inTile = firstTerm(place, read);
      SmallVector<Index> term = termOf(number, inTile);
      Value exists = gb.both(isInTile(place.line, inTile, terms.depth()), isInMatrix(line, term));
      SmallVector<Index> here = located.empty() ? operand.locate(line) : located;
      Value loaded = operand.load({group, here, term}, width, exists);
      gb.store(loaded, next, {(pass * reads + read) * width});
    }
  });
}

/// The word that begins with a number of a pass: the next term of it is beside it, or is
/// what the next load brought.
Value Stage::wordOf(Index pass, int64_t first) const {
  int64_t step = operand.isAlongDepth ? 1 : width;
  SmallVector<Value> numbers;
  for (int64_t i = 0; i < perWord; ++i)
    numbers.push_back(gb.load(next, {pass * (reads * width) + (first + i * step)}));
  return roundedWord(gb, terms.precision, numbers);
}

/// Puts a pass's numbers into the tile.
void Stage::storeAt(Index half, Index pass, const At &to) {
  if (operand.isAlongDepth) {
    for (int64_t number = 0; number < reads * width; number += perWord)
      gb.store(wordOf(pass, number), shared, {half, to.word + number / perWord, to.line});
  } else if (terms.precision == Precision::fp32) {
    gb.store(gb.load(next, {pass * width}, width), shared, {half, to.word, to.line});
  } else {
    SmallVector<Value> words;
    for (int64_t lane = 0; lane < width; ++lane)
      words.push_back(wordOf(pass, lane));
    gb.store(vectorOf(gb, words), shared, {half, to.word, to.line});
  }
}

void Stage::store(Index half) {
  gb.unrolled(passes, [&](Index pass) {
    At to = at(pass);
    if (Value exists = isInTile(to.line, to.word * perWord, words * perWord))
      gb.ifTrue(exists, [&] { storeAt(half, pass, to); });
    else
      storeAt(half, pass, to);
  });
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

namespace {
/// The thread's lines of a tile: groups of `together` lines `near` each other, the groups
/// `step` apart.
struct Part {
  int64_t size, together, near, step;
  Index first;

  Index at(Index i) const {
    if (size == together)
      return first + i * near;
    return first + i % together * near + i / together * step;
  }
};

class ProductKernel {
public:
  ProductKernel(GpuBuilder &gb, const TiledProduct &product, const ProductTile &tile);

  LogicalResult emit();

private:
  Part rowsOfThread();
  Part columnsOfThread();
  void forEachSum(function_ref<void(Index i, Index j)> body);
  SmallVector<Index> placeOfSum(Index i, Index j) const;
  void emitStages();
  void emitProducts(Index half);
  void emitThreadProducts(Index half);
  void emitWarpProducts(Index half);
  void readLines(const Stage &stage, const Part &part, Index half, Index term, Value into);
  void readFragments(Index half, Index word);
  LogicalResult emitResults();

  GpuBuilder &gb;
  const TiledProduct &product;
  ProductTile tile;
  bool isOnTensorCores = product.terms.precision != Precision::fp32;
  int64_t rowTiles = llvm::divideCeilSigned(product.rows, tile.rows);
  int64_t columnTiles = llvm::divideCeilSigned(product.columns, tile.columns);

  Index thread = gb.named(gb.threadIndex(), "thread");
  Index group =
      product.groups == 1 ? Index(0) : gb.named(gb.blockIndex(gpu::Dimension::z), "group");
  // neighbouring blocks share the columns: the rows, a layer's filters, are few
  Index block = gb.blockIndex();
  Index firstRow = gb.named(block % rowTiles * tile.rows, "firstRow");
  Index firstColumn = gb.named(block / rowTiles * tile.columns, "firstColumn");
  // of tensor cores: warps side by side, and the thread in its own
  int64_t warpsAcross = tile.columns / (4 * tile.threadColumns);
  Index warp = isOnTensorCores ? gb.named(thread / GpuBuilder::warp, "warp") : Index(0);
  Index lane = isOnTensorCores ? gb.named(thread % GpuBuilder::warp, "lane") : Index(0);
  Part rows = rowsOfThread(), columns = columnsOfThread();
  Stage left, right;
  // on tensor cores fragments of 16 x 8 sums: four of a thread, of four words and two
  int64_t fragmentRows = tile.threadRows / 2, fragmentColumns = tile.threadColumns / 2;
  Value sums = isOnTensorCores ? gb.registerTile("sum", {fragmentRows, fragmentColumns, 4})
                               : gb.registerTile("sum", {tile.threadRows, tile.threadColumns});
  Value a = isOnTensorCores ? gb.registerTile("a", {fragmentRows, 4})
                            : gb.registerTile("a", {tile.threadRows});
  Value b = isOnTensorCores ? gb.registerTile("b", {fragmentColumns, 2})
                            : gb.registerTile("b", {tile.threadColumns});
};
} // namespace

ProductKernel::ProductKernel(GpuBuilder &gb, const TiledProduct &product, const ProductTile &tile)
    : gb(gb), product(product), tile(tile),
      left(gb, product, product.left, {group, thread, tile.threads()}, tile.rows, product.rows,
           firstRow),
      right(gb, product, product.right, {group, thread, tile.threads()}, tile.columns,
            product.columns, firstColumn) {}

/// Of 16 rows of sums a thread of a warp has two, of 8 columns two neighbours.
Part ProductKernel::rowsOfThread() {
  if (isOnTensorCores)
    return {tile.threadRows, 2, 8, 16,
            gb.named(warp / warpsAcross * (8 * tile.threadRows) + lane / 4, "threadRow")};
  int64_t threadsAcross = tile.columns / tile.threadColumns;
  return {tile.threadRows, neighbours, 1, tile.rows * neighbours / tile.threadRows,
          gb.named(thread / threadsAcross * neighbours, "threadRow")};
}

Part ProductKernel::columnsOfThread() {
  if (isOnTensorCores)
    return {tile.threadColumns, 2, 1, 8,
            gb.named(warp % warpsAcross * (4 * tile.threadColumns) + lane % 4 * 2, "threadColumn")};
  int64_t threadsAcross = tile.columns / tile.threadColumns;
  return {tile.threadColumns, neighbours, 1, tile.columns * neighbours / tile.threadColumns,
          gb.named(thread % threadsAcross * neighbours, "threadColumn")};
}

SmallVector<Index> ProductKernel::placeOfSum(Index i, Index j) const {
  if (isOnTensorCores)
    return {i / 2, j / 2, i % 2 * 2 + j % 2};
  return {i, j};
}

void ProductKernel::forEachSum(function_ref<void(Index i, Index j)> body) {
  gb.unrolled(rows.size, [&](Index i) { gb.unrolled(columns.size, [&](Index j) { body(i, j); }); });
}

/// Four neighbours at a time.
void ProductKernel::readLines(const Stage &stage, const Part &part, Index half, Index term,
                              Value into) {
  for (int64_t i = 0; i < part.size; i += neighbours) {
    Value four = stage.read(half, term, part.at(i), neighbours);
    for (int64_t lane = 0; lane < neighbours; ++lane)
      gb.store(vector::ExtractOp::create(gb.b, gb.loc, four, ArrayRef<int64_t>{lane}), into,
               {i + lane});
  }
}

void ProductKernel::emitThreadProducts(Index half) {
  gb.unrolled(product.terms.depth(), [&](Index term) {
    readLines(left, rows, half, term, a);
    readLines(right, columns, half, term, b);
    forEachSum([&](Index i, Index j) {
      Value sum = gb.load(sums, {i, j});
      gb.store(gb.fma(gb.load(a, {i}), gb.load(b, {j}), sum), sums, {i, j});
    });
  });
}

/// The thread's words of eight from `word` on, as the manual of PTX lays out the operands
/// of mma.m16n8k8 (tf32) and mma.m16n8k16 (bf16) over a warp.
void ProductKernel::readFragments(Index half, Index word) {
  Index mine = word + lane % 4;
  gb.unrolled(fragmentRows, [&](Index i) {
    gb.unrolled(4, [&](Index k) {
      Value read = left.read(half, mine + k / 2 * 4, rows.first + i * 16 + k % 2 * 8, 1);
      gb.store(read, a, {i, k});
    });
  });
  Index firstColumn = warp % warpsAcross * (4 * tile.threadColumns) + lane / 4;
  gb.unrolled(fragmentColumns, [&](Index j) {
    gb.unrolled(2, [&](Index k) {
      gb.store(right.read(half, mine + k * 4, firstColumn + j * 8, 1), b, {j, k});
    });
  });
}

void ProductKernel::emitWarpProducts(Index half) {
  constexpr int64_t wordsOfFragment = 8;
  gb.unrolled(product.terms.words() / wordsOfFragment, [&](Index step) {
    readFragments(half, step * wordsOfFragment);
    gb.unrolled(fragmentRows, [&](Index i) {
      gb.unrolled(fragmentColumns, [&](Index j) {
        Value sum = multiplyFragments(gb, product.terms.precision, gb.load(a, {i, 0}, 4),
                                      gb.load(b, {j, 0}, 2), gb.load(sums, {i, j, 0}, 4));
        gb.store(sum, sums, {i, j, 0});
      });
    });
  });
}

void ProductKernel::emitProducts(Index half) {
  isOnTensorCores ? emitWarpProducts(half) : emitThreadProducts(half);
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
    auto finish = [&] {
      status = product.finish(group, row, column, gb.load(sums, placeOfSum(i, j)));
    };
    if (Value exists = gb.both(hasRow, hasColumn))
      gb.ifTrue(exists, finish);
    else
      finish();
  });
  return status;
}

LogicalResult ProductKernel::emit() {
  gb.setLaunch({rowTiles * columnTiles, 1, product.groups}, tile.threads());
  forEachSum([&](Index i, Index j) { gb.store(gb.constant(0), sums, placeOfSum(i, j)); });
  emitStages();
  return emitResults();
}

LogicalResult TiledProduct::emit(GpuBuilder &gb, const GpuTarget &target) const {
  return ProductKernel(gb, *this, chooseTile(target)).emit();
}
