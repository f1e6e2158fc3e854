//===- Elements.cpp - one element of any value, computed on demand ------------===//

#include "codegen/loops/Elements.h"
#include "codegen/loops/Elementwise.h"
#include "codegen/loops/Lrn.h"
#include "codegen/loops/MathApproximations.h"
#include "llvm/ADT/TypeSwitch.h"
#include <limits>

using namespace mlir;
using namespace alexc;

/// Windows up to this size are unrolled.
static constexpr int64_t unrolledWindow = 25;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

//===----------------------------------------------------------------------===//
// Which kernels, which forms
//===----------------------------------------------------------------------===//

SmallVector<Operation *> Elements::ops(Kernel &kernel) {
  auto fused = dyn_cast<FusedOp>(kernel.op);
  if (!fused)
    return {kernel.op};
  return llvm::map_to_vector(fused.getBody().front().without_terminator(),
                             [](Operation &op) { return &op; });
}

LogicalResult Elements::check(Kernel &kernel) {
  for (Operation *op : ops(kernel))
    if (!op->hasTrait<OpTrait::Elementwise>() &&
        !isa<Conv2dOp, LrnOp, MaxPoolOp, AvgPoolOp, FlattenOp, LinearOp, SoftmaxOp, ConcatOp,
             SliceOp, ReorderOp>(op))
      return op->emitError("no loop lowering for ") << op->getName();
  return success();
}

/// Whether `op` can be computed on blocks of `lanes` channels.
static bool worksOnBlocks(Operation *op, int64_t lanes) {
  auto hasWholeBlocks = [&](Value value) {
    return typeOf(value).getRank() == 4 && typeOf(value).getDimSize(1) % lanes == 0;
  };
  if (auto slice = dyn_cast<SliceOp>(op))
    return slice.getBegin() % lanes == 0 && hasWholeBlocks(slice.getOutput());
  if (auto concat = dyn_cast<ConcatOp>(op))
    return llvm::all_of(concat.getInputs(), hasWholeBlocks);
  return op->hasTrait<OpTrait::Elementwise>() || isa<LrnOp, MaxPoolOp, AvgPoolOp, ReorderOp>(op);
}

/// Whether neighbours in the last dimension of `op`'s result come from
/// neighbours in the last dimension of its operands.
static bool worksOnColumns(Operation *op) {
  if (auto lrn = dyn_cast<LrnOp>(op))
    return lrn.getForm() == LrnForm::across;
  if (isa<ConcatOp, SliceOp>(op))
    return typeOf(op->getResult(0)).getRank() == 4;
  return op->hasTrait<OpTrait::Elementwise>() || isa<ReorderOp, SoftmaxOp>(op);
}

bool Elements::hasForm(Kernel &kernel, Form form, int64_t lanes) {
  int64_t channelBlock = form == Form::block ? lanes : 1;
  auto fits = [&](const Buffer &buffer) {
    Layout layout = buffer.layout();
    return layout.kind == Layout::Kind::plain && layout.channelBlock == channelBlock;
  };
  if (!llvm::all_of(kernel.operands, fits) || !llvm::all_of(kernel.results, fits))
    return false;
  return llvm::all_of(ops(kernel), [&](Operation *op) {
    return form == Form::block ? worksOnBlocks(op, lanes) : worksOnColumns(op);
  });
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static SmallVector<Index> addressOf(const Buffer &buffer, Position at) {
  Layout layout = buffer.layout();
  int64_t outer = layout.outerBlock, inner = layout.channelBlock;
  switch (layout.kind) {
  case Layout::Kind::plain: {
    if (buffer.type.getRank() == 1)
      return {at.c};
    SmallVector<Index> address = {at.n, at.c / inner};
    if (buffer.type.getRank() == 4)
      address.append({at.h + layout.halo[0], at.w + layout.halo[1]});
    if (inner > 1)
      address.push_back(at.c % inner);
    return address;
  }
  case Layout::Kind::batch:
    return {at.n / outer, at.c, at.n % outer};
  case Layout::Kind::filter:
    return {at.n / outer, at.c / inner, at.h, at.w, at.c % inner, at.n % outer};
  }
  llvm_unreachable("unknown layout kind");
}

Value Elements::load(const Buffer &buffer, Position at) {
  if (form == Form::block)
    return kb.loadBlock(buffer, at.n, at.c, at.h, at.w);
  return kb.load(buffer.memref, addressOf(buffer, at), lanes);
}

void Elements::store(Value element, const Buffer &buffer, Position at) {
  if (form == Form::block)
    kb.storeBlock(element, buffer, at.n, at.c, at.h, at.w);
  else
    kb.store(element, buffer.memref, addressOf(buffer, at));
}

const Buffer *Elements::operand(Value value) const {
  if (isa<FusedOp>(kernel.op)) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument ? &kernel.operands[argument.getArgNumber()] : nullptr;
  }
  auto operands = kernel.op->getOperands();
  auto found = llvm::find(operands, value);
  return found == operands.end() ? nullptr : &kernel.operands[found - operands.begin()];
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

Value Elements::result(unsigned number, Position at) {
  if (auto fused = dyn_cast<FusedOp>(kernel.op))
    return get(fused.getYield().getValues()[number], at);
  return get(kernel.op->getResult(number), at);
}

Value Elements::get(Value value, Position at) {
  Point point(at);
  return get(point, value);
}

Value Elements::get(Point &point, Value value) {
  if (Value known = point.known.lookup(value))
    return known;
  const Buffer *buffer = operand(value);
  Value element = buffer ? load(*buffer, point.at) : compute(point, value.getDefiningOp());
  point.known[value] = element;
  return element;
}

Value Elements::compute(Point &point, Operation *op) {
  Position at = point.at;
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<Conv2dOp>([&](Conv2dOp conv) { return convolve(conv, at); })
      .Case<LrnOp>([&](LrnOp lrn) { return normalize(lrn, at); })
      .Case<MaxPoolOp>([&](MaxPoolOp pool) { return maximum(pool, at); })
      .Case<AvgPoolOp>([&](AvgPoolOp pool) { return average(pool, at); })
      .Case<LinearOp>([&](LinearOp linear) { return multiply(linear, at); })
      .Case<FlattenOp>([&](FlattenOp flat) { return flatten(flat, at); })
      .Case<SoftmaxOp>([&](SoftmaxOp op) { return softmax(op, at); })
      .Case<ConcatOp>([&](ConcatOp concat) { return concatenate(concat, 0, 0, at); })
      .Case<SliceOp>([&](SliceOp slice) {
        int64_t unit = form == Form::block ? lanes : 1;
        return get(slice.getInput(),
                   {at.n, at.c + static_cast<int64_t>(slice.getBegin()) / unit, at.h, at.w});
      })
      .Case<ReorderOp>([&](ReorderOp reorder) { return get(point, reorder.getInput()); })
      .Default([&](Operation *op) {
        SmallVector<Value> operands = llvm::map_to_vector(
            op->getOperands(), [&](Value operand) { return get(point, operand); });
        return emitElementwise(kb, op, operands);
      });
}

/// The inputs from number `first` on, whose channels begin at `begin`: a chain
/// of branches.
Value Elements::concatenate(ConcatOp op, unsigned first, int64_t begin, Position at) {
  Value input = op.getInputs()[first];
  Position inside = {at.n, at.c - begin, at.h, at.w};
  if (first + 1 == op.getInputs().size())
    return get(input, inside);
  int64_t end = begin + typeOf(input).getDimSize(1) / (form == Form::block ? lanes : 1);
  auto choose = [&](OpBuilder &builder, Location loc, bool isHere) {
    Value element = isHere ? get(input, inside) : concatenate(op, first + 1, end, at);
    scf::YieldOp::create(builder, loc, element);
  };
  auto branch = scf::IfOp::create(
      kb.b, kb.loc, kb.less(at.c, end), [&](OpBuilder &b, Location l) { choose(b, l, true); },
      [&](OpBuilder &b, Location l) { choose(b, l, false); });
  return branch.getResult(0);
}

Value Elements::flatten(FlattenOp op, Position at) {
  ArrayRef<int64_t> shape = typeOf(op.getInput()).getShape();
  SmallVector<Index> parts = kb.delinearize(at.c, shape.drop_front());
  return get(op.getInput(), {at.n, parts[0], parts[1], parts[2]});
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

namespace {
/// One dimension of a window at some position: `first` is where it begins, maybe
/// outside the image; [begin, end) are its elements that lie inside.
struct Clipped {
  Index first, begin, end;
  int64_t size, imageSize;
  bool mayBeginOutside, mayEndOutside;

  /// The window number `number` of `count` over an image.
  Clipped(KernelBuilder &kb, Index number, int64_t count, int64_t size, int64_t stride,
          int64_t before, int64_t imageSize)
      : first(number * stride - before), begin(0), end(size), size(size), imageSize(imageSize),
        mayBeginOutside(before > 0),
        mayEndOutside((count - 1) * stride - before + size > imageSize) {
    if (mayBeginOutside)
      begin = kb.maximum(0, Index(before) - number * stride);
    if (mayEndOutside)
      end = kb.minimum(size, Index(imageSize + before) - number * stride);
  }

  Index inside() const { return end - begin; }
  bool isWhole() const { return !mayBeginOutside && !mayEndOutside; }

  /// Where element `r` lies, or the image's edge for one outside.
  Index clamped(KernelBuilder &kb, int64_t r) const {
    Index at = first + r;
    if (mayBeginOutside)
      at = kb.maximum(0, at);
    return mayEndOutside ? kb.minimum(imageSize - 1, at) : at;
  }
};
} // namespace

struct Elements::Window {
  Clipped rows, columns;

  /// The window of a pool or a convolution at a position of its result.
  template <typename Op>
  Window(KernelBuilder &kb, Op op, ArrayRef<int64_t> size, Position at)
      : rows(slide(kb, op, 0, size[0], at.h)), columns(slide(kb, op, 1, size[1], at.w)) {}
  Window(Clipped rows, Clipped columns) : rows(rows), columns(columns) {}

  template <typename Op>
  static Clipped slide(KernelBuilder &kb, Op op, int dim, int64_t size, Index number) {
    int64_t imageSize = typeOf(op.getInput()).getDimSize(2 + dim);
    int64_t count = typeOf(op.getOutput()).getDimSize(2 + dim);
    return Clipped(kb, number, count, size, op.getStride()[dim], op.getPad()[dim], imageSize);
  }

  int64_t area() const { return rows.size * columns.size; }
  bool isWhole() const { return rows.isWhole() && columns.isWhole(); }
  /// The pixel of the image under element (r, s).
  Position pixel(Position at, Index r, Index s) const {
    return {at.n, at.c, rows.first + r, columns.first + s};
  }
};

/// Combines the elements of a window that lie inside the image.
Value Elements::overWindow(const Window &window, Value init, Combine combine) {
  const Clipped &rows = window.rows, &columns = window.columns;
  if (window.isWhole() && window.area() <= unrolledWindow) {
    for (int64_t r = 0; r < rows.size; ++r)
      for (int64_t s = 0; s < columns.size; ++s)
        init = combine(init, r, s);
    return init;
  }
  auto overColumns = [&](Index r, ValueRange sums) {
    return kb.reduce(columns.begin, columns.end, 1, sums,
                     [&](Index s, ValueRange inner) -> SmallVector<Value> {
                       return {combine(inner.front(), r, s)};
                     });
  };
  return kb.reduce(rows.begin, rows.end, 1, init, overColumns).front();
}

/// Outside the image the window's nearest pixel of the image stands in: the
/// maximum is the same, and there is no branch.
Value Elements::maximum(MaxPoolOp op, Position at) {
  Window window(kb, op, op.getWindow(), at);
  auto larger = [&](Value sum, Position pixel) { return kb.max(sum, get(op.getInput(), pixel)); };
  Value sum = kb.splat(-std::numeric_limits<float>::infinity(), lanes);
  if (window.area() > unrolledWindow)
    return overWindow(window, sum, [&](Value sum, Index r, Index s) {
      return larger(sum, window.pixel(at, r, s));
    });
  for (int64_t r = 0; r < window.rows.size; ++r)
    for (int64_t s = 0; s < window.columns.size; ++s)
      sum = larger(sum, {at.n, at.c, window.rows.clamped(kb, r), window.columns.clamped(kb, s)});
  return sum;
}

/// An index as a float in all lanes.
static Value toFloat(KernelBuilder &kb, Index index, int64_t lanes) {
  Value integer =
      arith::IndexCastOp::create(kb.b, kb.loc, kb.b.getI32Type(), index.materialize(kb));
  Value real = arith::SIToFPOp::create(kb.b, kb.loc, kb.b.getF32Type(), integer);
  return kb.broadcast(real, lanes);
}

Value Elements::average(AvgPoolOp op, Position at) {
  Window window(kb, op, op.getWindow(), at);
  Value sum = overWindow(window, kb.splat(0, lanes), [&](Value sum, Index r, Index s) {
    return kb.add(sum, get(op.getInput(), window.pixel(at, r, s)));
  });
  Index count = window.rows.inside() * window.columns.inside();
  if (count.isConstant())
    return kb.mul(sum, kb.splat(1.0f / static_cast<float>(count.getConstant()), lanes));
  return kb.div(sum, toFloat(kb, count, lanes));
}

Value Elements::normalizeWithin(LrnOp op, Position at) {
  ArrayRef<int64_t> image = typeOf(op.getInput()).getShape();
  int64_t size = static_cast<int64_t>(op.getSize()), before = LrnReach(op).before;
  Window window(Clipped(kb, at.h, image[2], size, 1, before, image[2]),
                Clipped(kb, at.w, image[3], size, 1, before, image[3]));
  Value sum = overWindow(window, kb.splat(0, lanes), [&](Value sum, Index r, Index s) {
    Value x = get(op.getInput(), window.pixel(at, r, s));
    return kb.fma(x, x, sum);
  });
  return emitNormalize(kb, op, get(op.getInput(), at), sum);
}

Value Elements::normalize(LrnOp op, Position at) {
  if (op.getForm() == LrnForm::within)
    return normalizeWithin(op, at);
  auto inputAt = [&](Index c) { return get(op.getInput(), {at.n, c, at.h, at.w}); };
  if (form == Form::block)
    return emitLrnAcross(kb, op, at.c, lanes, inputAt);
  int64_t channelsOfGroup =
      typeOf(op.getInput()).getDimSize(1) / static_cast<int64_t>(op.getGroups());
  Index group = at.c / channelsOfGroup * channelsOfGroup;
  LrnReach reach(op);
  Index begin = kb.maximum(group, at.c - reach.before);
  Index end = kb.minimum(group + channelsOfGroup, at.c + (reach.after + 1));
  auto addSquare = [&](Index c, ValueRange sum) -> SmallVector<Value> {
    Value x = inputAt(c);
    return {kb.fma(x, x, sum.front())};
  };
  Value sum = kb.reduce(begin, end, 1, kb.splat(0, lanes), addSquare).front();
  return emitNormalize(kb, op, inputAt(at.c), sum);
}

//===----------------------------------------------------------------------===//
// Products and rows
//===----------------------------------------------------------------------===//

Value Elements::convolve(Conv2dOp op, Position at) {
  ArrayRef<int64_t> filter = typeOf(op.getFilter()).getShape();
  Window window(kb, op, filter.drop_front(2), at);
  int64_t filtersOfGroup = filter[0] / static_cast<int64_t>(op.getGroups());
  Index firstChannel = at.c / filtersOfGroup * filter[1];
  Value init = op.getBias() ? get(op.getBias(), {0, at.c}) : kb.constant(0);
  auto addChannel = [&](Index c, ValueRange sums) -> SmallVector<Value> {
    Position plane = {at.n, firstChannel + c};
    return {overWindow(window, sums.front(), [&](Value sum, Index r, Index s) {
      Value x = get(op.getInput(), window.pixel(plane, r, s));
      return kb.fma(x, get(op.getFilter(), {at.c, c, r, s}), sum);
    })};
  };
  return kb.reduce(0, filter[1], 1, init, addChannel).front();
}

Value Elements::multiply(LinearOp op, Position at) {
  Value init = op.getBias() ? get(op.getBias(), {0, at.c}) : kb.constant(0);
  auto addProduct = [&](Index c, ValueRange sum) -> SmallVector<Value> {
    Value x = get(op.getInput(), {at.n, c});
    return {kb.fma(x, get(op.getFilter(), {at.c, c}), sum.front())};
  };
  return kb.reduce(0, typeOf(op.getInput()).getDimSize(1), 1, init, addProduct).front();
}

/// The reduction of the lanes to one number, in all lanes.
static Value combineLanes(KernelBuilder &kb, vector::CombiningKind kind, Value value,
                          int64_t lanes) {
  if (lanes == 1)
    return value;
  return kb.broadcast(vector::ReductionOp::create(kb.b, kb.loc, kind, value), lanes);
}

void Elements::beginRow(Index n) {
  for (Operation *op : ops(kernel)) {
    auto softmax = dyn_cast<SoftmaxOp>(op);
    if (!softmax)
      continue;
    int64_t columns = typeOf(softmax.getInput()).getDimSize(1);
    auto fold = [&](float init, function_ref<Value(Value, Value)> combine) {
      auto step = [&](Index c, ValueRange sum) -> SmallVector<Value> {
        return {combine(sum.front(), get(softmax.getInput(), {n, c}))};
      };
      return kb.reduce(0, columns, lanes, kb.splat(init, lanes), step).front();
    };
    Value maximum = fold(-std::numeric_limits<float>::infinity(),
                         [&](Value sum, Value x) { return kb.max(sum, x); });
    maximum = combineLanes(kb, vector::CombiningKind::MAXNUMF, maximum, lanes);
    Value sum =
        fold(0, [&](Value sum, Value x) { return kb.add(sum, emitExp(kb, kb.sub(x, maximum))); });
    rows[op] = {maximum, combineLanes(kb, vector::CombiningKind::ADD, sum, lanes)};
  }
}

Value Elements::softmax(SoftmaxOp op, Position at) {
  RowStatistics row = rows.lookup(op);
  return kb.div(emitExp(kb, kb.sub(get(op.getInput(), at), row.maximum)), row.sum);
}
