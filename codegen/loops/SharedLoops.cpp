//===- SharedLoops.cpp - kernels of the ops without a generator ---------------===//
//
// The loops over the elements of the results; Elements says what an element is.
// A work item is a row of a plane, or some columns of a matrix.

#include "codegen/loops/SharedLoops.h"
#include "codegen/loops/BiasGrad.h"
#include "codegen/loops/CrossEntropy.h"
#include "codegen/loops/Elements.h"

using namespace mlir;
using namespace alexc;

/// Columns of a matrix, and numbers of a value seen as one line, that are one
/// work item.
static constexpr int64_t columnsOfItem = 64, numbersOfItem = 1024;

/// Whether the elements of `op`'s results depend on nothing but the operands'
/// elements at the same position, not even on the position.
static bool isElementwise(Operation *op) {
  if (auto dropout = dyn_cast<DropoutOp>(op))
    return !dropout.getStep();
  return op->hasTrait<OpTrait::Elementwise>() || isa<FillOp, ConvertOp>(op);
}

/// The widest vector that a dimension of `size` can be cut into.
static int64_t lanesThatDivide(int64_t size, const CpuTarget &target) {
  int64_t lanes = target.lanes;
  while (size % lanes)
    lanes /= 2;
  return lanes;
}

static SmallVector<unsigned> allResults(const CpuKernel &kernel) {
  return llvm::to_vector(llvm::seq<unsigned>(0, kernel.results.size()));
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
static bool isLine(CpuKernel &kernel) {
  if (!llvm::all_of(Elements::ops(kernel), isElementwise))
    return false;
  RankedTensorType type = kernel.results.front().type;
  auto isAlike = [&](const Buffer &buffer) {
    return buffer.isStep() ||
           (buffer.type.getShape() == type.getShape() && buffer.layout() == layoutOf(type));
  };
  return !layoutOf(type).hasHalo() && type.getRank() > 0 &&
         llvm::all_of(kernel.operands, isAlike) && llvm::all_of(kernel.results, isAlike);
}

/// `buffer` as a line of all its numbers, padding included.
static Buffer asLine(KernelBuilder &kb, const Buffer &buffer) {
  auto memory = cast<MemRefType>(buffer.memref.getType());
  int64_t size = memory.getNumElements();
  auto type = MemRefType::get({size}, memory.getElementType());
  Value line = memref::ReinterpretCastOp::create(kb.b, kb.loc, type, buffer.memref, /*offset=*/0,
                                                 ArrayRef<int64_t>{size}, ArrayRef<int64_t>{1});
  return {line, RankedTensorType::get({size}, buffer.type.getElementType())};
}

/// Whether the kernel joins values of rank 1.
static bool isJoinedLine(const CpuKernel &kernel) {
  return isa<ConcatOp>(kernel.op) && kernel.results.front().type.getRank() == 1;
}

static int64_t emitLine(KernelBuilder &kb, const CpuKernel &kernel) {
  CpuKernel line = kernel;
  for (Buffer &buffer : llvm::concat<Buffer>(line.operands, line.results))
    if (!buffer.isStep())
      buffer = asLine(kb, buffer);
  int64_t size = line.results.front().dim(0);
  bool isJoined = isa<ConcatOp>(kernel.op); // neighbours may be of two operands
  int64_t lanes = isJoined ? 1 : lanesThatDivide(size, kernel.target);
  Elements elements(kb, line, Elements::Form::columns, lanes);
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    Index begin = item * numbersOfItem;
    kb.forEach(begin, kb.minimum(begin + numbersOfItem, size), lanes, [&](Index i) {
      elements.storeResults(allResults(kernel), {0, i}, {0, i});
    });
  });
  return llvm::divideCeil(size, numbersOfItem);
}

//===----------------------------------------------------------------------===//
// Any op
//===----------------------------------------------------------------------===//

namespace {
/// The loops over results of one shape and layout.
struct ResultLoops {
  KernelBuilder &kb;
  CpuKernel &kernel;
  SmallVector<unsigned> numbers;
  Elements::Form form;
  int64_t lanes;

  const Buffer &buffer() const { return kernel.results[numbers.front()]; }
  bool isMatrix() const { return buffer().type.getRank() == 2; }
  bool needsRows() const {
    return llvm::any_of(Elements::ops(kernel), llvm::IsaPred<SoftmaxOp, SoftmaxGradOp>);
  }
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
    for (unsigned number : numbers)
      if (kernel.results[number].layout().hasHalo())
        kb.ifTrue(kb.equal(at[2], 0), [&] { kb.zeroHalo(kernel.results[number], at[0], at[1]); });
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
          if (layout.kind == Layout::Kind::transposed)
            std::swap(at.n, at.c);
          elements.storeResults(numbers, at, at);
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
        elements.storeResults(numbers, {image, c}, {n, c});
      });
    });
  }
};
} // namespace

/// The widest form of element that all of the kernel has.
static std::pair<Elements::Form, int64_t> chooseForm(CpuKernel &kernel) {
  const Buffer &result = kernel.results.front();
  int64_t block = result.layout().channelBlock;
  if (block > 1 && Elements::hasForm(kernel, Elements::Form::block, block))
    return {Elements::Form::block, block};
  int64_t lanes = lanesThatDivide(result.type.getShape().back(), kernel.target);
  if (lanes > 1 && Elements::hasForm(kernel, Elements::Form::columns, lanes))
    return {Elements::Form::columns, lanes};
  return {Elements::Form::scalar, 1};
}

/// The results of a kernel, those of one shape and layout together: what they
/// have in common is computed once.
static SmallVector<SmallVector<unsigned>> groupResults(const CpuKernel &kernel) {
  auto isAlike = [](const Buffer &a, const Buffer &b) {
    return a.type.getShape() == b.type.getShape() &&
           a.layout().withoutHalo() == b.layout().withoutHalo();
  };
  SmallVector<SmallVector<unsigned>> groups;
  for (unsigned number : allResults(kernel)) {
    auto group = llvm::find_if(groups, [&](ArrayRef<unsigned> group) {
      return isAlike(kernel.results[group.front()], kernel.results[number]);
    });
    if (group == groups.end())
      group = groups.insert(groups.end(), SmallVector<unsigned>());
    group->push_back(number);
  }
  return groups;
}

static FailureOr<int64_t> emitResults(KernelBuilder &kb, CpuKernel &kernel) {
  std::pair<Elements::Form, int64_t> form = chooseForm(kernel);
  int64_t work = 0;
  for (const SmallVector<unsigned> &numbers : groupResults(kernel)) {
    int64_t rank = kernel.results[numbers.front()].type.getRank();
    if (rank != 2 && rank != 4)
      return kernel.op->emitError("no loop lowering for a result of rank ") << rank;
    ResultLoops loops{kb, kernel, numbers, form.first, form.second};
    int64_t items = ShapedType::getNumElements(loops.grid());
    Index first = work;
    kb.forEach(kb.maximum(kernel.begin, first), kb.minimum(kernel.end, first + items),
               [&](Index item) { loops.emitItem(item - first); });
    work += items;
  }
  return work;
}

FailureOr<int64_t> alexc::emitLoops(KernelBuilder &kb, CpuKernel &kernel) {
  if (isa<BiasGradOp>(kernel.root()))
    return emitBiasGrad(kb, kernel);
  if (isa<SoftmaxCrossEntropyOp>(kernel.root()))
    return emitCrossEntropy(kb, kernel);
  if (failed(Elements::check(kernel)))
    return failure();
  if (isLine(kernel) || isJoinedLine(kernel))
    return emitLine(kb, kernel);
  return emitResults(kb, kernel);
}
