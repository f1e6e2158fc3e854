//===- KernelBuilder.cpp - write a kernel that reads like one -----------------===//

#include "codegen/KernelBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Index
//===----------------------------------------------------------------------===//

Index::Index(KernelBuilder &builder, Value value) : builder(&builder), value(value) {
  APInt known;
  if (matchPattern(value, m_ConstantInt(&known)))
    *this = Index(known.getSExtValue());
}

Value Index::materialize(KernelBuilder &kb) const {
  return value ? value : arith::ConstantIndexOp::create(kb.b, kb.loc, constant);
}

template <typename Op, typename Fold>
Index Index::binary(Index lhs, Index rhs, Fold fold) {
  if (lhs.isConstant() && rhs.isConstant())
    return fold(lhs.constant, rhs.constant);
  KernelBuilder &kb = lhs.builder ? *lhs.builder : *rhs.builder;
  return Index(kb, Op::create(kb.b, kb.loc, lhs.materialize(kb), rhs.materialize(kb)));
}

namespace alexc {
Index operator+(Index lhs, Index rhs) {
  if (lhs.isConstant() && lhs.getConstant() == 0)
    return rhs;
  if (rhs.isConstant() && rhs.getConstant() == 0)
    return lhs;
  return Index::binary<arith::AddIOp>(lhs, rhs, std::plus<int64_t>());
}

Index operator-(Index lhs, Index rhs) {
  if (rhs.isConstant() && rhs.getConstant() == 0)
    return lhs;
  return Index::binary<arith::SubIOp>(lhs, rhs, std::minus<int64_t>());
}

Index operator*(Index lhs, Index rhs) {
  for (Index side : {lhs, rhs})
    if (side.isConstant() && side.getConstant() == 0)
      return 0;
  if (lhs.isConstant() && lhs.getConstant() == 1)
    return rhs;
  if (rhs.isConstant() && rhs.getConstant() == 1)
    return lhs;
  return Index::binary<arith::MulIOp>(lhs, rhs, std::multiplies<int64_t>());
}

Index operator/(Index lhs, Index rhs) {
  if (rhs.isConstant() && rhs.getConstant() == 1)
    return lhs;
  return Index::binary<arith::DivUIOp>(lhs, rhs, std::divides<int64_t>());
}

Index operator%(Index lhs, Index rhs) {
  if (rhs.isConstant() && rhs.getConstant() == 1)
    return 0;
  return Index::binary<arith::RemUIOp>(lhs, rhs, std::modulus<int64_t>());
}
} // namespace alexc

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

static Value floatConstant(KernelBuilder &kb, float value, Type type) {
  auto scalar = kb.b.getF32FloatAttr(value);
  TypedAttr attr = scalar;
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(scalar));
  return arith::ConstantOp::create(kb.b, kb.loc, attr);
}

Value KernelBuilder::constant(float value) { return splat(value, 1); }

Value KernelBuilder::splat(float value, int64_t lanes) {
  Type type = b.getF32Type();
  return floatConstant(*this, value, lanes == 1 ? type : VectorType::get({lanes}, type));
}

Value KernelBuilder::broadcast(Value scalar, int64_t lanes) {
  if (lanes == 1)
    return scalar;
  return vector::BroadcastOp::create(b, loc, VectorType::get({lanes}, scalar.getType()), scalar);
}

Value KernelBuilder::sumOfLanes(Value vector) {
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  for (; lanes > 1; lanes /= 2) {
    auto low = llvm::to_vector(llvm::seq<int64_t>(0, lanes / 2));
    auto high = llvm::to_vector(llvm::seq<int64_t>(lanes / 2, lanes));
    vector = add(vector::ShuffleOp::create(b, loc, vector, vector, low),
                 vector::ShuffleOp::create(b, loc, vector, vector, high));
  }
  return vector::ExtractOp::create(b, loc, vector, ArrayRef<int64_t>{0});
}

Value KernelBuilder::add(Value lhs, Value rhs) { return arith::AddFOp::create(b, loc, lhs, rhs); }
Value KernelBuilder::sub(Value lhs, Value rhs) { return arith::SubFOp::create(b, loc, lhs, rhs); }
Value KernelBuilder::mul(Value lhs, Value rhs) { return arith::MulFOp::create(b, loc, lhs, rhs); }
Value KernelBuilder::div(Value lhs, Value rhs) { return arith::DivFOp::create(b, loc, lhs, rhs); }

/// As x86's maxps: a comparison and a select, the second operand where one is
/// not a number. arith.maximumf would cost four instructions.
Value KernelBuilder::max(Value lhs, Value rhs) {
  Value greater = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, lhs, rhs);
  return arith::SelectOp::create(b, loc, greater, lhs, rhs);
}

Value KernelBuilder::min(Value lhs, Value rhs) {
  Value less = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, lhs, rhs);
  return arith::SelectOp::create(b, loc, less, lhs, rhs);
}

Value KernelBuilder::fma(Value a, Value x, Value c) {
  if (fusedAdd == FusedAdd::mathOp)
    return math::FmaOp::create(b, loc, a, x, c);
  if (isa<VectorType>(a.getType()))
    return vector::FMAOp::create(b, loc, a, x, c);
  Type one = VectorType::get({1}, a.getType());
  auto wide = [&](Value v) { return vector::BroadcastOp::create(b, loc, one, v).getResult(); };
  Value result = vector::FMAOp::create(b, loc, wide(a), wide(x), wide(c));
  return vector::ExtractOp::create(b, loc, result, ArrayRef<int64_t>{0});
}

Index KernelBuilder::minimum(Index lhs, Index rhs) {
  return Index::binary<arith::MinUIOp>(lhs, rhs,
                                       [](int64_t x, int64_t y) { return std::min(x, y); });
}

Index KernelBuilder::maximum(Index lhs, Index rhs) {
  return Index::binary<arith::MaxSIOp>(lhs, rhs,
                                       [](int64_t x, int64_t y) { return std::max(x, y); });
}

Value KernelBuilder::integer(Index value, int64_t lanes) {
  Type i32 = b.getI32Type();
  if (!value.isConstant())
    return broadcast(arith::IndexCastOp::create(b, loc, i32, value.materialize(*this)), lanes);
  TypedAttr number = b.getI32IntegerAttr(static_cast<int32_t>(value.getConstant()));
  if (lanes > 1)
    number = DenseElementsAttr::get(VectorType::get({lanes}, i32), Attribute(number));
  return arith::ConstantOp::create(b, loc, number);
}

Value KernelBuilder::counting(int64_t lanes, int64_t step) {
  if (lanes == 1)
    return integer(0, 1);
  SmallVector<int32_t> numbers;
  for (int64_t i = 0; i < lanes; ++i)
    numbers.push_back(static_cast<int32_t>(i * step));
  auto type = VectorType::get({lanes}, b.getI32Type());
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, ArrayRef(numbers)));
}

Value KernelBuilder::compare(arith::CmpIPredicate predicate, Value lhs, Value rhs) {
  return arith::CmpIOp::create(b, loc, predicate, lhs, rhs);
}

Value KernelBuilder::select(Value condition, Value yes, Value no) {
  return arith::SelectOp::create(b, loc, condition, yes, no);
}

Index KernelBuilder::select(Value condition, Index yes, Index no) {
  return Index(*this, select(condition, yes.materialize(*this), no.materialize(*this)));
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static SmallVector<Value> materialize(KernelBuilder &kb, ArrayRef<Index> indices) {
  return llvm::map_to_vector(indices, [&](const Index &i) { return i.materialize(kb); });
}

Value KernelBuilder::load(Value memref, ArrayRef<Index> indices, int64_t lanes) {
  SmallVector<Value> at = materialize(*this, indices);
  if (lanes == 1)
    return memref::LoadOp::create(b, loc, memref, at);
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  return vector::LoadOp::create(b, loc, VectorType::get({lanes}, element), memref, at);
}

void KernelBuilder::store(Value value, Value memref, ArrayRef<Index> indices) {
  SmallVector<Value> at = materialize(*this, indices);
  if (isa<VectorType>(value.getType()))
    vector::StoreOp::create(b, loc, value, memref, at);
  else
    memref::StoreOp::create(b, loc, value, memref, at);
}

void KernelBuilder::prefetch(Value memref, ArrayRef<Index> indices, bool isWrite) {
  memref::PrefetchOp::create(b, loc, memref, materialize(*this, indices), isWrite,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

Value KernelBuilder::loadWord(Value step, StepWord word, int64_t lanes, bool asFloat) {
  Value bits = load(step, {static_cast<int64_t>(word)});
  return broadcast(asFloat ? arith::BitcastOp::create(b, loc, b.getF32Type(), bits) : bits, lanes);
}

Value KernelBuilder::stackBuffer(ArrayRef<int64_t> shape) {
  OpBuilder::InsertionGuard guard(b);
  Operation *function = b.getBlock()->getParentOp();
  while (!isa<FunctionOpInterface>(function))
    function = function->getParentOp();
  b.setInsertionPointToStart(&cast<FunctionOpInterface>(function).getFunctionBody().front());
  return memref::AllocaOp::create(b, loc, MemRefType::get(shape, b.getF32Type()),
                                  b.getI64IntegerAttr(64));
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

void KernelBuilder::forEach(Index begin, Index end, Index step, Body body) {
  reduce(begin, end, step, {}, [&](Index i, ValueRange) -> SmallVector<Value> {
    body(i);
    return {};
  });
}

SmallVector<Value> KernelBuilder::reduce(Index begin, Index end, Index step, ValueRange inits,
                                         Reduction body) {
  auto loop = scf::ForOp::create(b, loc, begin.materialize(*this), end.materialize(*this),
                                 step.materialize(*this), inits);
  OpBuilder::InsertionGuard guard(b);
  if (inits.empty()) // then the builder has made the terminator
    b.setInsertionPoint(loop.getBody()->getTerminator());
  else
    b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = body(Index(*this, loop.getInductionVar()), loop.getRegionIterArgs());
  if (!inits.empty())
    scf::YieldOp::create(b, loc, next);
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value> KernelBuilder::reduceNest(ArrayRef<int64_t> extents, ValueRange inits,
                                             NestBody body) {
  SmallVector<Index> at;
  std::function<SmallVector<Value>(ValueRange)> nest = [&](ValueRange carried) {
    if (at.size() == extents.size())
      return body(at, carried);
    int64_t extent = extents[at.size()];
    auto iterate = [&](Index i, ValueRange sums) {
      at.push_back(i);
      SmallVector<Value> next = nest(sums);
      at.pop_back();
      return next;
    };
    return extent == 1 ? iterate(0, carried) : reduce(0, extent, 1, carried, iterate);
  };
  return nest(inits);
}

void KernelBuilder::ifTrue(Value condition, function_ref<void()> then) {
  auto branch = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
}

static Value compareIndices(KernelBuilder &kb, arith::CmpIPredicate predicate, Index lhs,
                            Index rhs) {
  return kb.compare(predicate, lhs.materialize(kb), rhs.materialize(kb));
}

Value KernelBuilder::equal(Index lhs, Index rhs) {
  return compareIndices(*this, arith::CmpIPredicate::eq, lhs, rhs);
}

Value KernelBuilder::less(Index lhs, Index rhs) {
  return compareIndices(*this, arith::CmpIPredicate::slt, lhs, rhs);
}

SmallVector<Index> KernelBuilder::delinearize(Index position, ArrayRef<int64_t> shape) {
  SmallVector<Index> result(shape.size(), Index(0));
  for (size_t dim = shape.size(); dim-- > 1;) {
    result[dim] = position % shape[dim];
    position = position / shape[dim];
  }
  result[0] = position;
  return result;
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

SmallVector<Index> KernelBuilder::blockIndices(const Buffer &buffer, Index n, Index block, Index h,
                                               Index w) {
  Layout layout = buffer.layout();
  SmallVector<Index> indices = {n, block};
  if (buffer.type.getRank() == 4)
    indices.append({h + layout.halo[0], w + layout.halo[1]});
  if (layout.channelBlock > 1)
    indices.push_back(0);
  return indices;
}

Value KernelBuilder::loadBlock(const Buffer &buffer, Index n, Index block, Index h, Index w) {
  return load(buffer.memref, blockIndices(buffer, n, block, h, w), buffer.layout().channelBlock);
}

void KernelBuilder::storeBlock(Value value, const Buffer &buffer, Index n, Index block, Index h,
                               Index w) {
  store(value, buffer.memref, blockIndices(buffer, n, block, h, w));
}

void KernelBuilder::zeroHalo(const Buffer &buffer, Index n, Index block) {
  Layout layout = buffer.layout();
  if (!layout.hasHalo())
    return;
  int64_t top = layout.halo[0], left = layout.halo[1];
  int64_t height = buffer.dim(2), width = buffer.dim(3);
  Type element = storedElement(buffer.type);
  if (layout.channelBlock > 1)
    element = VectorType::get({layout.channelBlock}, element);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(element));
  auto fill = [&](int64_t h0, int64_t h1, int64_t w0, int64_t w1) {
    if (h0 < h1 && w0 < w1)
      forEach(h0, h1, [&](Index h) {
        forEach(w0, w1, [&](Index w) { storeBlock(zero, buffer, n, block, h - top, w - left); });
      });
  };
  int64_t rows = top + height + layout.halo[2], columns = left + width + layout.halo[3];
  fill(0, top, 0, columns);
  fill(top + height, rows, 0, columns);
  fill(top, top + height, 0, left);
  fill(top, top + height, left + width, columns);
}

Operation *Kernel::root() const {
  auto fused = dyn_cast<FusedOp>(op);
  return fused ? fused.getRoot() : op;
}

const Buffer *Kernel::find(Value value) const {
  if (auto fused = dyn_cast<FusedOp>(op)) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument ? &operands[argument.getArgNumber()] : nullptr;
  }
  auto position = llvm::find(op->getOperands(), value);
  return position == op->getOperands().end() ? nullptr : &operands[position - op->operand_begin()];
}

bool Kernel::hasChannelBlocks() const {
  int64_t lanes = results.front().layout().channelBlock;
  auto fits = [&](const Buffer &buffer) {
    Layout layout = buffer.layout();
    return buffer.isStep() || (layout.kind == Layout::Kind::plain && layout.channelBlock == lanes);
  };
  return lanes > 1 && llvm::all_of(operands, fits) && llvm::all_of(results, fits);
}
