//===- Elements.cpp - one element of any value, computed on demand ------------===//

#include "codegen/loops/Elements.h"
#include "codegen/loops/Elementwise.h"
#include "codegen/loops/MathApproximations.h"
#include "llvm/ADT/TypeSwitch.h"
#include <limits>

using namespace mlir;
using namespace alexc;

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
             SliceOp, ReorderOp, ConvertOp, FillOp, Conv2dDataGradOp, Conv2dFilterGradOp,
             SumPartsOp, LinearDataGradOp, LinearFilterGradOp, LrnGradOp, MaxPoolGradOp,
             AvgPoolGradOp, UnflattenOp, SoftmaxGradOp, SoftmaxCrossEntropyGradOp, SliceGradOp>(op))
      return op->emitError("no loop lowering for ") << op->getName();
  return success();
}

/// Whether `op` can be computed on blocks of `lanes` channels.
static bool worksOnBlocks(Operation *op, int64_t lanes) {
  auto hasWholeBlocks = [&](Value value) {
    return typeOf(value).getRank() == 4 && typeOf(value).getDimSize(1) % lanes == 0;
  };
  if (auto slice = dyn_cast<SliceOp>(op))
    return (slice.getDim() == 0 || slice.getBegin() % lanes == 0) &&
           hasWholeBlocks(slice.getOutput());
  if (auto slice = dyn_cast<SliceGradOp>(op))
    return (slice.getDim() == 0 || slice.getBegin() % lanes == 0) &&
           hasWholeBlocks(slice.getGradient());
  if (auto concat = dyn_cast<ConcatOp>(op))
    return llvm::all_of(concat.getInputs(), hasWholeBlocks);
  return op->hasTrait<OpTrait::Elementwise>() ||
         isa<LrnOp, MaxPoolOp, AvgPoolOp, ReorderOp, ConvertOp, FillOp, LrnGradOp, MaxPoolGradOp,
             AvgPoolGradOp>(op);
}

/// Whether neighbours in the last dimension of `op`'s result come from
/// neighbours in the last dimension of its operands.
static bool worksOnColumns(Operation *op) {
  if (auto lrn = dyn_cast<LrnOp>(op))
    return lrn.getForm() == LrnForm::across;
  if (auto lrn = dyn_cast<LrnGradOp>(op))
    return lrn.getForm() == LrnForm::across;
  if (isa<ConcatOp, SliceOp, SliceGradOp>(op))
    return typeOf(op->getResult(0)).getRank() == 4;
  return op->hasTrait<OpTrait::Elementwise>() ||
         isa<ReorderOp, ConvertOp, SoftmaxOp, FillOp, SoftmaxGradOp, SoftmaxCrossEntropyGradOp>(op);
}

bool Elements::hasForm(Kernel &kernel, Form form, int64_t lanes) {
  int64_t channelBlock = form == Form::block ? lanes : 1;
  auto fits = [&](const Buffer &buffer) {
    Layout layout = buffer.layout();
    return buffer.isStep() ||
           (layout.kind == Layout::Kind::plain && layout.channelBlock == channelBlock);
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
  case Layout::Kind::transposed:
    return {at.c / outer, at.n / inner, buffer.dim(2) - 1 - at.h, buffer.dim(3) - 1 - at.w,
            at.n % inner, at.c % outer};
  }
  llvm_unreachable("unknown layout kind");
}

Value Elements::load(const Buffer &buffer, Position at) {
  if (buffer.isStep())
    return buffer.memref;
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

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

void Elements::storeResults(ArrayRef<unsigned> numbers, Position at, Position to) {
  auto fused = dyn_cast<FusedOp>(kernel.op);
  Point point(at);
  Values elements = llvm::map_to_vector(numbers, [&](unsigned number) {
    return get(point, fused ? fused.getYield().getValues()[number] : kernel.op->getResult(number));
  });
  for (auto [number, element] : llvm::zip(numbers, elements))
    store(element, kernel.results[number], to);
}

Value Elements::get(Value value, Position at) {
  Point point(at);
  return get(point, value);
}

Value Elements::get(Point &point, Value value) {
  if (Value known = point.known.lookup(value))
    return known;
  if (const Buffer *buffer = kernel.find(value))
    return point.known[value] = load(*buffer, point.at);
  Operation *op = value.getDefiningOp();
  for (auto [result, element] : llvm::zip(op->getResults(), compute(point, op)))
    point.known[result] = element;
  return point.known.lookup(value);
}

/// The elements of the results of `op`.
SmallVector<Value> Elements::compute(Point &point, Operation *op) {
  Position at = point.at;
  return llvm::TypeSwitch<Operation *, Values>(op)
      .Case<Conv2dOp>([&](Conv2dOp conv) { return Values{convolve(conv, at)}; })
      .Case<LrnOp>([&](LrnOp lrn) { return Values{normalize(lrn, at)}; })
      .Case<MaxPoolOp>([&](MaxPoolOp pool) { return maximum(pool, at); })
      .Case<AvgPoolOp>([&](AvgPoolOp pool) { return Values{average(pool, at)}; })
      .Case<LinearOp>([&](LinearOp linear) { return Values{multiply(linear, at)}; })
      .Case<FlattenOp>([&](FlattenOp flat) { return Values{flatten(flat, at)}; })
      .Case<SoftmaxOp>([&](SoftmaxOp op) { return Values{softmax(op, at)}; })
      .Case<ConcatOp>([&](ConcatOp concat) { return Values{concatenate(concat, 0, 0, at)}; })
      .Case<SliceOp>([&](SliceOp op) { return Values{slice(op, at)}; })
      .Case<ReorderOp>([&](ReorderOp reorder) { return Values{get(point, reorder.getInput())}; })
      .Case<ConvertOp>(
          [&](ConvertOp op) { return Values{emitConvert(kb, op, get(point, op.getInput()))}; })
      .Case<FillOp>([&](FillOp fill) {
        return Values{kb.splat(static_cast<float>(fill.getValue().convertToDouble()), lanes)};
      })
      .Default([&](Operation *op) {
        if (op->hasTrait<OpTrait::Elementwise>())
          return computeElementwise(point, op);
        return Values{computeGradient(op, at)};
      });
}

SmallVector<Value> Elements::computeElementwise(Point &point, Operation *op) {
  SmallVector<Value> operands =
      llvm::map_to_vector(op->getOperands(), [&](Value operand) { return get(point, operand); });
  return emitElementwise(kb, op, operands, [&] { return placeOf(op, point.at); });
}

Value Elements::computeGradient(Operation *op, Position at) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<Conv2dDataGradOp, Conv2dFilterGradOp, SumPartsOp, LinearDataGradOp, LinearFilterGradOp,
            LrnGradOp, MaxPoolGradOp, AvgPoolGradOp, UnflattenOp, SoftmaxGradOp,
            SoftmaxCrossEntropyGradOp, SliceGradOp>([&](auto op) { return gradient(op, at); });
}

/// Which elements of the result of `op` the one at `at` holds.
Place Elements::placeOf(Operation *op, Position at) const {
  ArrayRef<int64_t> shape = typeOf(op->getResult(0)).getShape();
  int64_t step = form == Form::columns ? 1 : 0;
  if (shape.size() != 4)
    return {at.n, at.c, 0, step};
  int64_t channels = form == Form::block ? lanes : 1;
  if (form == Form::block)
    step = shape[2] * shape[3];
  return {at.n, (at.c * channels * shape[2] + at.h) * shape[3] + at.w, 0, step};
}

int64_t Elements::unitOf(uint64_t dim) const { return dim == 1 && form == Form::block ? lanes : 1; }

/// The coordinate of `at` in dimension `dim` of a value of `type`; a line is a row.
static Index &coordinate(Position &at, RankedTensorType type, uint64_t dim) {
  return dim == 0 && type.getRank() > 1 ? at.n : at.c;
}

Value Elements::slice(SliceOp op, Position at) {
  int64_t begin = static_cast<int64_t>(op.getBegin()) / unitOf(op.getDim());
  Index &cut = coordinate(at, typeOf(op.getInput()), op.getDim());
  cut = cut + begin;
  return get(op.getInput(), at);
}

/// The inputs from number `first` on, whose channels or images begin at `begin`:
/// a chain of branches.
Value Elements::concatenate(ConcatOp op, unsigned first, int64_t begin, Position at) {
  Value input = op.getInputs()[first];
  Position inside = at;
  Index &cut = coordinate(inside, typeOf(input), op.getDim()), place = cut;
  cut = cut - begin;
  if (first + 1 == op.getInputs().size())
    return get(input, inside);
  int64_t end = begin + typeOf(input).getDimSize(op.getDim()) / unitOf(op.getDim());
  auto choose = [&](OpBuilder &builder, Location loc, bool isHere) {
    Value element = isHere ? get(input, inside) : concatenate(op, first + 1, end, at);
    scf::YieldOp::create(builder, loc, element);
  };
  auto branch = scf::IfOp::create(
      kb.b, kb.loc, kb.less(place, end), [&](OpBuilder &b, Location l) { choose(b, l, true); },
      [&](OpBuilder &b, Location l) { choose(b, l, false); });
  return branch.getResult(0);
}

Value Elements::flatten(FlattenOp op, Position at) {
  ArrayRef<int64_t> shape = typeOf(op.getInput()).getShape();
  SmallVector<Index> parts = kb.delinearize(at.c, shape.drop_front());
  return get(op.getInput(), {at.n, parts[0], parts[1], parts[2]});
}

//===----------------------------------------------------------------------===//
// Products and rows
//===----------------------------------------------------------------------===//

Value Elements::multiply(LinearOp op, Position at) {
  Value init = op.getBias() ? get(op.getBias(), {0, at.c}) : kb.constant(0);
  auto addProduct = [&](Index c, ValueRange sum) -> SmallVector<Value> {
    Value x = get(op.getInput(), {at.n, c});
    return {kb.fma(x, get(op.getFilter(), {at.c, c}), sum.front())};
  };
  return kb.reduce(0, typeOf(op.getInput()).getDimSize(1), 1, init, addProduct).front();
}

/// The reduction of the lanes and threads to one number, in all lanes.
Value Elements::combineRow(vector::CombiningKind kind, Value value) {
  if (team.combine)
    value = team.combine(kind, value);
  if (lanes == 1)
    return value;
  return kb.broadcast(vector::ReductionOp::create(kb.b, kb.loc, kind, value), lanes);
}

/// Goes over the thread's share of row `n` of `rows`.
Value Elements::sumOfRow(Value rows, Index n, float init,
                         function_ref<Value(Value sum, Position)> add) {
  auto step = [&](Index c, ValueRange sum) -> Values { return {add(sum.front(), {n, c})}; };
  return kb
      .reduce(team.first * lanes, typeOf(rows).getDimSize(1), team.size * lanes,
              kb.splat(init, lanes), step)
      .front();
}

Elements::RowStatistics Elements::statistics(SoftmaxOp op, Index n) {
  Value maximum =
      sumOfRow(op.getInput(), n, -std::numeric_limits<float>::infinity(),
               [&](Value sum, Position at) { return kb.max(sum, get(op.getInput(), at)); });
  maximum = combineRow(vector::CombiningKind::MAXNUMF, maximum);
  Value sum = sumOfRow(op.getInput(), n, 0, [&](Value sum, Position at) {
    return kb.add(sum, emitExp(kb, kb.sub(get(op.getInput(), at), maximum)));
  });
  return {maximum, combineRow(vector::CombiningKind::ADD, sum)};
}

/// Only the sum of dy * y.
Elements::RowStatistics Elements::statistics(SoftmaxGradOp op, Index n) {
  Value sum = sumOfRow(op.getOutput(), n, 0, [&](Value sum, Position at) {
    return kb.fma(get(op.getGradient(), at), get(op.getOutput(), at), sum);
  });
  return {Value(), combineRow(vector::CombiningKind::ADD, sum)};
}

void Elements::beginRow(Index n, RowTeam threads) {
  team = std::move(threads);
  for (Operation *op : ops(kernel))
    llvm::TypeSwitch<Operation *>(op).Case<SoftmaxOp, SoftmaxGradOp>(
        [&](auto op) { rows[op] = statistics(op, n); });
}

Value Elements::softmax(SoftmaxOp op, Position at) {
  RowStatistics row = rows.lookup(op);
  return kb.div(emitExp(kb, kb.sub(get(op.getInput(), at), row.maximum)), row.sum);
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

Value Elements::gradient(SumPartsOp op, Position at) {
  int64_t rows = typeOf(op.getOutput()).getDimSize(0);
  auto share = [&](Index part) {
    return get(op.getInput(), {part * rows + at.n, at.c, at.h, at.w});
  };
  auto addShare = [&](Index part, ValueRange sum) -> Values {
    return {kb.add(sum.front(), share(part))};
  };
  return kb.reduce(1, op.getParts(), 1, share(0), addShare).front();
}

Value Elements::gradient(LinearDataGradOp op, Position at) {
  auto addProduct = [&](Index k, ValueRange sum) -> Values {
    Value dy = get(op.getGradient(), {at.n, k});
    return {kb.fma(dy, get(op.getFilter(), {k, at.c}), sum.front())};
  };
  int64_t units = typeOf(op.getFilter()).getDimSize(0);
  return kb.reduce(0, units, 1, kb.constant(0), addProduct).front();
}

/// The rows of the result are units: at.n is one.
Value Elements::gradient(LinearFilterGradOp op, Position at) {
  auto addProduct = [&](Index n, ValueRange sum) -> Values {
    Value dy = get(op.getGradient(), {n, at.n});
    return {kb.fma(dy, get(op.getInput(), {n, at.c}), sum.front())};
  };
  int64_t images = typeOf(op.getInput()).getDimSize(0);
  return kb.reduce(0, images, 1, kb.constant(0), addProduct).front();
}

Value Elements::gradient(UnflattenOp op, Position at) {
  ArrayRef<int64_t> shape = typeOf(op.getOutput()).getShape();
  return get(op.getInput(), {at.n, (at.c * shape[2] + at.h) * shape[3] + at.w});
}

/// y * (dy - sum of dy * y)
Value Elements::gradient(SoftmaxGradOp op, Position at) {
  Value dy = get(op.getGradient(), at);
  return kb.mul(get(op.getOutput(), at), kb.sub(dy, rows.lookup(op).sum));
}

/// Number `i` of a vector of numbers, not of elements of the kernel's form.
Value Elements::numberOf(Value vector, Index i) {
  if (auto fill = vector.getDefiningOp<FillOp>(); fill && !kernel.find(vector))
    return kb.constant(static_cast<float>(fill.getValue().convertToDouble()));
  return kb.load(kernel.find(vector)->memref, {i});
}

/// dloss * (prob - 1) in the column of the label, dloss * prob elsewhere. A label
/// that is no column is met nowhere.
Value Elements::gradient(SoftmaxCrossEntropyGradOp op, Position at) {
  Value column = arith::AddIOp::create(kb.b, kb.loc, kb.integer(at.c, lanes), kb.counting(lanes));
  Value label = kb.broadcast(numberOf(op.getLabels(), at.n), lanes);
  Value isLabel = kb.compare(arith::CmpIPredicate::eq, column, label);
  Value prob = get(op.getProb(), at);
  Value difference = kb.select(isLabel, kb.sub(prob, kb.splat(1, lanes)), prob);
  return kb.mul(kb.broadcast(numberOf(op.getGradient(), at.n), lanes), difference);
}

/// Channels outside read one inside, so that no address is out of bounds.
Value Elements::gradient(SliceGradOp op, Position at) {
  int64_t unit = unitOf(op.getDim());
  int64_t begin = static_cast<int64_t>(op.getBegin()) / unit;
  int64_t end = begin + typeOf(op.getGradient()).getDimSize(op.getDim()) / unit;
  Index &cut = coordinate(at, typeOf(op.getGradient()), op.getDim()), place = cut;
  Index inside = kb.minimum(kb.maximum(place, begin), end - 1);
  cut = inside - begin;
  Value dy = get(op.getGradient(), at);
  return kb.select(kb.equal(inside, place), dy, kb.splat(0, lanes));
}
