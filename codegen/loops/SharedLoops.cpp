//===- SharedLoops.cpp - kernels of the ops without a generator ---------------===//
//
// The loops over the elements of the results; Elements says what an element is.
// A work item is a row of a plane, or some columns of a matrix.

#include "codegen/loops/SharedLoops.h"
#include "codegen/loops/Elements.h"

using namespace mlir;
using namespace alexc;

/// Columns of a matrix, and numbers of a value seen as one line, that are one
/// work item.
static constexpr int64_t columnsOfItem = 64, numbersOfItem = 1024;

static bool isElementwise(Operation *op) { return op->hasTrait<OpTrait::Elementwise>(); }

/// The widest vector that a dimension of `size` can be cut into.
static int64_t lanesThatDivide(int64_t size, const CpuTarget &target) {
  int64_t lanes = target.lanes;
  while (size % lanes)
    lanes /= 2;
  return lanes;
}

/// Runs `body` for all of [0, size); without a loop for a single one.
static void forAll(KernelBuilder &kb, int64_t size, KernelBuilder::Body body) {
  if (size == 1)
    return body(0);
  kb.forEach(0, size, body);
}

//===----------------------------------------------------------------------===//
// Elementwise ops on memory of one form
//===----------------------------------------------------------------------===//

/// Whether all buffers lie in memory alike, so that it does not matter how.
static bool isLine(Kernel &kernel) {
  if (!llvm::all_of(Elements::ops(kernel), isElementwise))
    return false;
  RankedTensorType type = kernel.results.front().type;
  auto isAlike = [&](const Buffer &buffer) {
    return buffer.type.getShape() == type.getShape() && buffer.layout() == layoutOf(type);
  };
  return !layoutOf(type).hasHalo() && type.getRank() > 0 &&
         llvm::all_of(kernel.operands, isAlike) && llvm::all_of(kernel.results, isAlike);
}

/// `buffer` as a line of all its numbers, padding included.
static Buffer asLine(KernelBuilder &kb, const Buffer &buffer) {
  int64_t size = cast<MemRefType>(buffer.memref.getType()).getNumElements();
  auto type = MemRefType::get({size}, kb.b.getF32Type());
  Value line = memref::ReinterpretCastOp::create(kb.b, kb.loc, type, buffer.memref, /*offset=*/0,
                                                 ArrayRef<int64_t>{size}, ArrayRef<int64_t>{1});
  return {line, RankedTensorType::get({size}, kb.b.getF32Type())};
}

static int64_t emitLine(KernelBuilder &kb, const Kernel &kernel) {
  Kernel line = kernel;
  for (Buffer &buffer : llvm::concat<Buffer>(line.operands, line.results))
    buffer = asLine(kb, buffer);
  int64_t size = line.results.front().dim(0);
  int64_t lanes = lanesThatDivide(size, kernel.target);
  Elements elements(kb, line, Elements::Form::columns, lanes);
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    Index begin = item * numbersOfItem;
    kb.forEach(begin, kb.minimum(begin + numbersOfItem, size), lanes, [&](Index i) {
      for (auto [number, buffer] : llvm::enumerate(line.results))
        elements.store(elements.result(number, {0, i}), buffer, {0, i});
    });
  });
  return llvm::divideCeil(size, numbersOfItem);
}

//===----------------------------------------------------------------------===//
// Any op
//===----------------------------------------------------------------------===//

namespace {
/// The loops over one result.
struct ResultLoops {
  KernelBuilder &kb;
  Kernel &kernel;
  unsigned number;
  Elements::Form form;
  int64_t lanes;

  const Buffer &buffer() const { return kernel.results[number]; }
  bool isMatrix() const { return buffer().type.getRank() == 2; }
  bool needsRows() const { return llvm::any_of(Elements::ops(kernel), llvm::IsaPred<SoftmaxOp>); }
  /// Columns of a matrix that are one work item.
  int64_t columns() const { return needsRows() ? buffer().dim(1) : columnsOfItem; }

  /// The list of work items as a grid: (n, c block, p), or (n block, columns).
  SmallVector<int64_t> grid() const {
    SmallVector<int64_t> shape = physicalShape(buffer().type);
    if (isMatrix())
      return {shape[0], static_cast<int64_t>(llvm::divideCeil(shape[1], columns()))};
    return {shape[0], shape[1], buffer().dim(2)};
  }

  void emitItem(Index item) {
    SmallVector<Index> at = kb.delinearize(item, grid());
    Elements elements(kb, kernel, form, lanes);
    if (isMatrix())
      return emitColumns(elements, at[0], at[1]);
    if (buffer().layout().hasHalo())
      kb.ifTrue(kb.equal(at[2], 0), [&] { kb.zeroHalo(buffer(), at[0], at[1]); });
    emitRow(elements, at[0], at[1], at[2]);
  }

  void emitRow(Elements &elements, Index outer, Index block, Index p) {
    Layout layout = buffer().layout();
    int64_t channels = form == Elements::Form::block ? 1 : layout.channelBlock;
    int64_t step = form == Elements::Form::columns ? lanes : 1;
    kb.forEach(0, buffer().dim(3), step, [&](Index q) {
      forAll(kb, channels, [&](Index c) {
        forAll(kb, layout.outerBlock, [&](Index k) {
          Position at = {outer * layout.outerBlock + k, block * channels + c, p, q};
          elements.store(elements.result(number, at), buffer(), at);
        });
      });
    });
  }

  /// The images that fill up the last block are copies of the last image.
  void emitColumns(Elements &elements, Index outer, Index item) {
    int64_t images = buffer().dim(0), block = buffer().layout().outerBlock;
    Index begin = item * columns(), end = kb.minimum(begin + columns(), buffer().dim(1));
    forAll(kb, block, [&](Index i) {
      Index n = outer * block + i;
      Index image = images % block ? kb.minimum(n, images - 1) : n;
      elements.beginRow(image);
      kb.forEach(begin, end, lanes, [&](Index c) {
        elements.store(elements.result(number, {image, c}), buffer(), {n, c});
      });
    });
  }
};
} // namespace

/// The widest form of element that all of the kernel has.
static std::pair<Elements::Form, int64_t> chooseForm(Kernel &kernel) {
  const Buffer &result = kernel.results.front();
  int64_t block = result.layout().channelBlock;
  if (block > 1 && Elements::hasForm(kernel, Elements::Form::block, block))
    return {Elements::Form::block, block};
  int64_t lanes = lanesThatDivide(result.type.getShape().back(), kernel.target);
  if (lanes > 1 && Elements::hasForm(kernel, Elements::Form::columns, lanes))
    return {Elements::Form::columns, lanes};
  return {Elements::Form::scalar, 1};
}

FailureOr<int64_t> alexc::emitLoops(KernelBuilder &kb, Kernel &kernel) {
  if (failed(Elements::check(kernel)))
    return failure();
  if (isLine(kernel))
    return emitLine(kb, kernel);
  auto [form, lanes] = chooseForm(kernel);
  int64_t work = 0;
  for (auto [number, buffer] : llvm::enumerate(kernel.results)) {
    int64_t rank = buffer.type.getRank();
    if (rank != 2 && rank != 4)
      return kernel.op->emitError("no loop lowering for a result of rank ") << rank;
    ResultLoops loops{kb, kernel, static_cast<unsigned>(number), form, lanes};
    int64_t items = ShapedType::getNumElements(loops.grid());
    Index first = work;
    kb.forEach(kb.maximum(kernel.begin, first), kb.minimum(kernel.end, first + items),
               [&](Index item) { loops.emitItem(item - first); });
    work += items;
  }
  return work;
}
