//===- WarpValues.cpp - what a warp's threads compute as indices ---------------===//

#include "codegen/cuda/WarpValues.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

static int64_t extentOf(std::optional<ArrayRef<int32_t>> sizes, unsigned dimension) {
  return sizes ? (*sizes)[dimension] : 1;
}

WarpValues::WarpValues(gpu::GPUFuncOp kernel, unsigned sample)
    : kernel(kernel), random(sample * 7919 + 1) {
  for (unsigned dimension = 0; dimension < 3; ++dimension)
    block[dimension] = draw(extentOf(kernel.getKnownGridSize(), dimension));
  warp = draw(llvm::divideCeilSigned(extentOf(kernel.getKnownBlockSize(), 0), 32));
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// As a number of so many bits, with its sign.
static int64_t wrap(int64_t value, unsigned bits) {
  return bits >= 64 ? value : llvm::SignExtend64(value, bits);
}

static unsigned bitsOf(Type type) { return type.isIndex() ? 64 : type.getIntOrFloatBitWidth(); }

static bool holds(arith::CmpIPredicate predicate, int64_t lhs, int64_t rhs) {
  auto ulhs = static_cast<uint64_t>(lhs), urhs = static_cast<uint64_t>(rhs);
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return lhs == rhs;
  case arith::CmpIPredicate::ne:
    return lhs != rhs;
  case arith::CmpIPredicate::slt:
    return lhs < rhs;
  case arith::CmpIPredicate::sle:
    return lhs <= rhs;
  case arith::CmpIPredicate::sgt:
    return lhs > rhs;
  case arith::CmpIPredicate::sge:
    return lhs >= rhs;
  case arith::CmpIPredicate::ult:
    return ulhs < urhs;
  case arith::CmpIPredicate::ule:
    return ulhs <= urhs;
  case arith::CmpIPredicate::ugt:
    return ulhs > urhs;
  case arith::CmpIPredicate::uge:
    return ulhs >= urhs;
  }
  llvm_unreachable("a predicate of cmpi");
}

using Function = int64_t (*)(int64_t, int64_t);

/// What an op computes of two integers. Divisions are of positive numbers here; one by
/// zero gives zero.
static Function functionOf(Operation *op) {
  return llvm::TypeSwitch<Operation *, Function>(op)
      .Case<arith::AddIOp>([](auto) { return [](int64_t a, int64_t b) { return a + b; }; })
      .Case<arith::SubIOp>([](auto) { return [](int64_t a, int64_t b) { return a - b; }; })
      .Case<arith::MulIOp>([](auto) { return [](int64_t a, int64_t b) { return a * b; }; })
      .Case<arith::DivSIOp, arith::DivUIOp>(
          [](auto) { return [](int64_t a, int64_t b) { return b ? a / b : 0; }; })
      .Case<arith::RemSIOp, arith::RemUIOp>(
          [](auto) { return [](int64_t a, int64_t b) { return b ? a % b : 0; }; })
      .Case<arith::AndIOp>([](auto) { return [](int64_t a, int64_t b) { return a & b; }; })
      .Case<arith::OrIOp>([](auto) { return [](int64_t a, int64_t b) { return a | b; }; })
      .Case<arith::XOrIOp>([](auto) { return [](int64_t a, int64_t b) { return a ^ b; }; })
      .Case<arith::MinSIOp, arith::MinUIOp>(
          [](auto) { return [](int64_t a, int64_t b) { return std::min(a, b); }; })
      .Case<arith::MaxSIOp, arith::MaxUIOp>(
          [](auto) { return [](int64_t a, int64_t b) { return std::max(a, b); }; })
      .Case<arith::ShLIOp>([](auto) { return [](int64_t a, int64_t b) { return a << (b & 63); }; })
      .Case<arith::ShRUIOp, arith::ShRSIOp>(
          [](auto) { return [](int64_t a, int64_t b) { return a >> (b & 63); }; })
      .Default(nullptr);
}

template <typename Compute>
static Lanes forLanes(Compute compute) {
  Lanes lanes;
  for (size_t lane = 0; lane < lanes.size(); ++lane)
    lanes[lane] = compute(lane);
  return lanes;
}

std::optional<Lanes> WarpValues::computeBinary(Operation *op) {
  Function function = functionOf(op);
  if (!function || !op->getResult(0).getType().isIntOrIndex())
    return std::nullopt;
  std::optional<Lanes> lhs = find(op->getOperand(0)), rhs = find(op->getOperand(1));
  if (!lhs || !rhs)
    return std::nullopt;
  unsigned bits = bitsOf(op->getResult(0).getType());
  return forLanes([&](size_t lane) { return wrap(function((*lhs)[lane], (*rhs)[lane]), bits); });
}

std::optional<Lanes> WarpValues::compute(Operation *op) {
  APInt constant;
  if (matchPattern(op, m_ConstantInt(&constant)))
    return forLanes([&](size_t) { return constant.getSExtValue(); });
  return llvm::TypeSwitch<Operation *, std::optional<Lanes>>(op)
      .Case([&](gpu::ThreadIdOp id) {
        bool isFirst = id.getDimension() == gpu::Dimension::x; // blocks have one dimension
        return forLanes([&](size_t lane) { return isFirst ? warp * 32 + int64_t(lane) : 0; });
      })
      .Case([&](gpu::BlockIdOp id) {
        return forLanes([&](size_t) { return block[static_cast<unsigned>(id.getDimension())]; });
      })
      .Case<arith::IndexCastOp, arith::IndexCastUIOp, arith::ExtSIOp, arith::ExtUIOp,
            arith::TruncIOp>([&](Operation *cast) -> std::optional<Lanes> {
        std::optional<Lanes> from = find(cast->getOperand(0));
        if (!from || !cast->getResult(0).getType().isIntOrIndex())
          return std::nullopt;
        unsigned bits = bitsOf(cast->getResult(0).getType());
        bool dropsSign = isa<arith::IndexCastUIOp, arith::ExtUIOp>(cast);
        uint64_t kept = llvm::maskTrailingOnes<uint64_t>(bitsOf(cast->getOperand(0).getType()));
        return forLanes([&](size_t lane) {
          int64_t value = (*from)[lane];
          return wrap(dropsSign ? static_cast<int64_t>(value & kept) : value, bits);
        });
      })
      .Case([&](arith::CmpIOp compare) -> std::optional<Lanes> {
        std::optional<Lanes> lhs = find(compare.getLhs()), rhs = find(compare.getRhs());
        if (!lhs || !rhs)
          return std::nullopt;
        return forLanes([&](size_t lane) {
          return int64_t(holds(compare.getPredicate(), (*lhs)[lane], (*rhs)[lane]));
        });
      })
      .Case([&](arith::SelectOp select) -> std::optional<Lanes> {
        std::optional<Lanes> condition = find(select.getCondition());
        std::optional<Lanes> yes = find(select.getTrueValue()), no = find(select.getFalseValue());
        if (!condition || !yes || !no)
          return std::nullopt;
        return forLanes([&](size_t lane) { return ((*condition)[lane] ? *yes : *no)[lane]; });
      })
      .Default([&](Operation *other) -> std::optional<Lanes> {
        return other->getNumOperands() == 2 && other->getNumResults() == 1 ? computeBinary(other)
                                                                           : std::nullopt;
      });
}

std::optional<Lanes> WarpValues::find(Value value) {
  if (auto known = values.find(value); known != values.end())
    return known->second;
  std::optional<Lanes> result;
  if (Operation *op = value.getDefiningOp())
    result = compute(op);
  else if (auto loop = dyn_cast<scf::ForOp>(value.getParentBlock()->getParentOp());
           loop && value == loop.getInductionVar())
    if (const std::optional<Iteration> &iteration = iterationOf(loop))
      result = iteration->variable;
  values[value] = result;
  return result;
}

//===----------------------------------------------------------------------===//
// Loops and conditions
//===----------------------------------------------------------------------===//

const std::optional<WarpValues::Iteration> &WarpValues::iterationOf(scf::ForOp loop) {
  if (auto known = iterations.find(loop); known != iterations.end())
    return known->second;
  std::optional<Lanes> begin = find(loop.getLowerBound()), end = find(loop.getUpperBound()),
                       step = find(loop.getStep());
  std::optional<Iteration> iteration;
  if (begin && end && step && llvm::all_of(*step, [](int64_t size) { return size > 0; })) {
    Lanes counts = forLanes([&](size_t lane) {
      return std::max<int64_t>(
          0, llvm::divideCeilSigned((*end)[lane] - (*begin)[lane], (*step)[lane]));
    });
    iteration.emplace();
    iteration->count = *llvm::max_element(counts);
    int64_t number = draw(std::max<int64_t>(1, iteration->count));
    iteration->variable =
        forLanes([&](size_t lane) { return (*begin)[lane] + number * (*step)[lane]; });
    for (auto [runs, count] : llvm::zip(iteration->runs, counts))
      runs = number < count;
  }
  return iterations[loop] = iteration;
}

/// Adds to `visit` what it takes to get into `outer`'s region with `inner`.
void WarpValues::leave(Operation *inner, Operation *outer, Visit &visit) {
  if (auto loop = dyn_cast<scf::ForOp>(outer)) {
    const std::optional<Iteration> &iteration = iterationOf(loop);
    visit.isKnown &= iteration.has_value();
    if (!iteration)
      return;
    visit.times *= static_cast<double>(iteration->count);
    for (auto [active, runs] : llvm::zip(visit.active, iteration->runs))
      active &= runs;
  } else if (auto branch = dyn_cast<scf::IfOp>(outer)) {
    bool isThen = inner->getParentRegion() == &branch.getThenRegion();
    if (std::optional<Lanes> condition = find(branch.getCondition()))
      for (auto [active, holds] : llvm::zip(visit.active, *condition))
        active &= (holds != 0) == isThen;
  }
}

WarpValues::Visit WarpValues::visit(Operation *op) {
  Visit visit;
  int64_t threads = extentOf(kernel.getKnownBlockSize(), 0);
  for (size_t lane = 0; lane < visit.active.size(); ++lane)
    visit.active[lane] = warp * 32 + int64_t(lane) < threads;
  for (; op->getParentOp() != kernel; op = op->getParentOp())
    leave(op, op->getParentOp(), visit);
  return visit;
}
