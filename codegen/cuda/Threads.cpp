//===- Threads.cpp - the shared loops on blocks and threads -------------------===//
//
// Elements computes any element of a result on demand, which is what one thread
// does, or four neighbours at once. Reductions that all of a row or channel need are shared by a
// warp or a block, in an order that does not depend on the machine.

#include "codegen/cuda/Generators.h"
#include "codegen/loops/CrossEntropy.h"
#include "codegen/loops/Elements.h"
#include "codegen/loops/Elementwise.h"
#include "codegen/loops/MathApproximations.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace alexc;

static constexpr int64_t threadsOfBlock = 256;

//===----------------------------------------------------------------------===//
// One thread, one element or four
//===----------------------------------------------------------------------===//

/// Neighbours that a thread computes at once: where all values have one shape, whole fours
/// of their rows lie at multiples of 16 bytes.
static int64_t neighboursOf(GpuKernel &kernel) {
  constexpr int64_t four = 4;
  auto isInFours = [](const Buffer &buffer) {
    return buffer.isStep() || buffer.type.getShape().back() % four == 0;
  };
  auto isElementwise = [](Operation *op) {
    bool isDrawn = isa<DropoutOp>(op); // random numbers come one by one
    return op->hasTrait<OpTrait::Elementwise>() && !isDrawn;
  };
  bool areFours = llvm::all_of(Elements::ops(kernel), isElementwise) &&
                  llvm::all_of(kernel.operands, isInFours) &&
                  llvm::all_of(kernel.results, isInFours) &&
                  Elements::hasForm(kernel, Elements::Form::columns, four);
  return areFours ? four : 1;
}

/// Where the neighbours number `index` of a value of this shape begin.
static Position positionOf(GpuBuilder &gb, ArrayRef<int64_t> shape, Index index,
                           int64_t neighbours) {
  static constexpr StringRef names[] = {"n", "c", "h", "w"};
  SmallVector<int64_t> inNeighbours(shape);
  inNeighbours.back() /= neighbours;
  SmallVector<Index> at = gb.delinearize(index, inNeighbours);
  at.back() = at.back() * neighbours;
  for (auto [part, name] : llvm::zip(at, names))
    if (at.size() > 1)
      gb.named(part, name);
  switch (at.size()) {
  case 1:
    return {0, at[0]};
  case 2:
    return {at[0], at[1]};
  default:
    return {at[0], at[1], at[2], at[3]};
  }
}

/// The results of one shape together: what they have in common is computed once.
static SmallVector<SmallVector<unsigned>> groupResults(const Kernel &kernel) {
  SmallVector<SmallVector<unsigned>> groups;
  for (unsigned number = 0; number < kernel.results.size(); ++number) {
    auto group = llvm::find_if(groups, [&](ArrayRef<unsigned> group) {
      return kernel.results[group.front()].type.getShape() ==
             kernel.results[number].type.getShape();
    });
    if (group == groups.end())
      group = groups.insert(groups.end(), SmallVector<unsigned>());
    group->push_back(number);
  }
  return groups;
}

static LogicalResult emitElements(GpuBuilder &gb, GpuKernel &kernel) {
  if (failed(Elements::check(kernel)))
    return failure();
  int64_t neighbours = neighboursOf(kernel);
  Elements::Form form = neighbours > 1 ? Elements::Form::columns : Elements::Form::scalar;
  Index element = gb.named(gb.blockIndex() * threadsOfBlock + gb.threadIndex(),
                           neighbours > 1 ? "four" : "element");
  int64_t most = 0;
  for (const SmallVector<unsigned> &numbers : groupResults(kernel)) {
    RankedTensorType type = kernel.results[numbers.front()].type;
    if (type.getRank() == 0 || type.getRank() == 3 || type.getRank() > 4)
      return kernel.op->emitError("no loop lowering for a result of rank ") << type.getRank();
    int64_t elements = type.getNumElements() / neighbours;
    most = std::max(most, elements);
    gb.ifTrue(gb.less(element, elements), [&] {
      Position at = positionOf(gb, type.getShape(), element, neighbours);
      Elements(gb, kernel, form, neighbours).storeResults(numbers, at, at);
    });
  }
  gb.setLaunch({llvm::divideCeilSigned(most, threadsOfBlock), 1, 1}, threadsOfBlock);
  return success();
}

//===----------------------------------------------------------------------===//
// One warp, one row
//===----------------------------------------------------------------------===//

static LogicalResult emitRows(GpuBuilder &gb, GpuKernel &kernel) {
  if (failed(Elements::check(kernel)))
    return failure();
  int64_t columns = kernel.results.front().dim(1);
  SmallVector<unsigned> numbers = llvm::to_vector(llvm::seq<unsigned>(0, kernel.results.size()));
  gb.forEachRow(kernel.results.front().dim(0), [&](Index row, Index lane) {
    auto combine = [&](vector::CombiningKind kind, Value value) {
      return kind == vector::CombiningKind::ADD ? gb.sumOfWarp(value) : gb.maximumOfWarp(value);
    };
    Elements elements(gb, kernel, Elements::Form::scalar, 1);
    elements.beginRow(row, {lane, GpuBuilder::warp, combine});
    gb.forEach(lane, columns, GpuBuilder::warp, [&](Index column) {
      elements.storeResults(numbers, {row, column}, {row, column});
    });
  });
  return success();
}

namespace {
struct LossRows {
  GpuBuilder &gb;
  const GpuKernel &kernel;
  const Buffer &input = kernel.operands[0], &prob = kernel.results[1];

  /// Goes over the thread's columns of a row.
  Value overRow(Index lane, float init, function_ref<Value(Value sum, Index column)> combine) {
    auto step = [&](Index column, ValueRange sum) -> SmallVector<Value> {
      return {combine(sum.front(), column)};
    };
    return gb.reduce(lane, input.dim(1), GpuBuilder::warp, gb.constant(init), step).front();
  }

  void emit(Index row, Index lane) {
    auto load = [&](Index column) { return gb.load(input.memref, {row, column}); };
    Value maximum = gb.named(
        gb.maximumOfWarp(overRow(lane, -std::numeric_limits<float>::infinity(),
                                 [&](Value sum, Index k) { return gb.max(sum, load(k)); })),
        "maximum");
    // the exponentials wait where the probabilities will be
    Value sum = gb.sumOfWarp(overRow(lane, 0, [&](Value sum, Index k) {
      Value power = emitExp(gb, gb.sub(load(k), maximum));
      gb.store(power, prob.memref, {row, k});
      return gb.add(sum, power);
    }));
    gb.named(sum, "sum");
    gb.forEach(lane, input.dim(1), GpuBuilder::warp, [&](Index k) {
      gb.store(gb.div(gb.load(prob.memref, {row, k}), sum), prob.memref, {row, k});
    });
    gb.ifTrue(gb.equal(lane, 0),
              [&] { emitLoss(gb, kernel, row, gb.add(emitLogarithm(gb, sum), maximum)); });
  }
};
} // namespace

static LogicalResult emitLossRows(GpuBuilder &gb, GpuKernel &kernel) {
  if (!isa<SoftmaxCrossEntropyOp>(kernel.op))
    return kernel.op->emitError("expects a single softmax_cross_entropy");
  LossRows rows{gb, kernel};
  gb.forEachRow(kernel.operands[0].dim(0), [&](Index row, Index lane) { rows.emit(row, lane); });
  return success();
}

//===----------------------------------------------------------------------===//
// One block, one channel
//===----------------------------------------------------------------------===//

namespace {
struct ChannelSum {
  GpuBuilder &gb;
  GpuKernel &kernel;
  const Buffer &gradient;

  int64_t images = gradient.dim(0), channels = gradient.dim(1);
  int64_t pixels = gradient.type.getNumElements() / (images * channels);
  /// Warps of the block; a few numbers need no more than one.
  int64_t warps = std::min<int64_t>(threadsOfBlock / GpuBuilder::warp,
                                    llvm::divideCeilSigned(images *pixels, GpuBuilder::warp));

  /// Every so many-th number of the channel.
  Value sumOfThread(Index channel, Index thread) {
    auto add = [&](Index i, ValueRange sum) -> SmallVector<Value> {
      SmallVector<Index> address = {i / pixels, channel};
      if (gradient.type.getRank() == 4)
        address.append({i % pixels / gradient.dim(3), i % gradient.dim(3)});
      return {gb.add(sum.front(), gb.load(gradient.memref, address))};
    };
    return gb.reduce(thread, images * pixels, warps * GpuBuilder::warp, gb.constant(0), add)
        .front();
  }

  LogicalResult emit() {
    gb.setLaunch({channels, 1, 1}, warps * GpuBuilder::warp);
    Index channel = gb.named(gb.blockIndex(), "channel");
    Index thread = gb.named(gb.threadIndex(), "thread");
    Value sum = gb.named(gb.sumOfWarp(sumOfThread(channel, thread)), "sum");
    Value sums = warps > 1 ? gb.sharedTile("sums", {warps}) : Value();
    if (sums) {
      gb.ifTrue(gb.equal(thread % GpuBuilder::warp, 0),
                [&] { gb.store(sum, sums, {thread / GpuBuilder::warp}); });
      gb.barrier();
    }
    LogicalResult status = success();
    gb.ifTrue(gb.equal(thread, 0), [&] {
      for (int64_t i = 0; i < (sums ? warps : 0); ++i)
        sum = i ? gb.add(sum, gb.load(sums, {i})) : gb.load(sums, {i});
      auto load = [&](const Buffer &from) { return gb.load(from.memref, {channel}); };
      auto store = [&](Value value, const Buffer &to) { gb.store(value, to.memref, {channel}); };
      auto place = [&]() -> Place { return {0, channel}; };
      status = finishPosition(gb, kernel, sum, {load, store, place});
    });
    return status;
  }
};
} // namespace

static LogicalResult emitChannelSums(GpuBuilder &gb, GpuKernel &kernel) {
  auto op = cast<BiasGradOp>(kernel.root());
  return ChannelSum{gb, kernel, *kernel.find(op.getGradient())}.emit();
}

LogicalResult alexc::emitThreads(GpuBuilder &gb, GpuKernel &kernel) {
  if (isa<BiasGradOp>(kernel.root()))
    return emitChannelSums(gb, kernel);
  if (isa<SoftmaxCrossEntropyOp>(kernel.root()))
    return emitLossRows(gb, kernel);
  if (llvm::any_of(Elements::ops(kernel), llvm::IsaPred<SoftmaxOp, SoftmaxGradOp>))
    return emitRows(gb, kernel);
  return emitElements(gb, kernel);
}
