//===- BiasGrad.cpp - sums over images and pixels -----------------------------===//
//
// The gradient as a block (outer, channels, inner): each channel's numbers are
// runs that lie apart, of images their rows. Where channels lie in blocks, or side
// by side in rows, a vector holds channels; else it holds numbers of one channel.
// Each run is added up by itself, which also keeps the rounding of long sums small,
// and gives the same bits whatever halo lies around the rows.

#include "codegen/loops/BiasGrad.h"
#include "codegen/loops/Elementwise.h"

using namespace mlir;
using namespace alexc;

/// Sums that are added up side by side: additions take a few cycles each.
static constexpr int64_t chains = 4;

namespace {
struct BiasGrad {
  KernelBuilder &kb;
  CpuKernel &kernel;
  const Buffer &gradient;
  LogicalResult status = success(); // of the epilogue

  int64_t channels = gradient.dim(1), images = gradient.dim(0);
  int64_t inner = 1; ///< vectors, or numbers, of a run
  int64_t runs = 1;  ///< of an image
  int64_t pitch = 0; ///< vectors, or numbers, from one run of an image to the next
  int64_t start = 0; ///< and in front of its first
  int64_t lanes = 1; ///< of a vector
  Value memory = {}; ///< (outer, channels of their own, numbers)

  FailureOr<int64_t> emit();
  int64_t emitChannelVectors();
  int64_t emitSingleChannels();
  void view(int64_t outer, int64_t units, int64_t numbers);
  void readRows();
  Value sumOfRuns(llvm::function_ref<Value(Index first)> sumOf);
  Value sumOfRun(Index outer, Index unit, Index first, int64_t count, int64_t width);
  Value sumOfChannel(Index channel);
  void finish(Value sum, Index channel);
};
} // namespace

/// The gradient's memory as (outer, units, numbers).
void BiasGrad::view(int64_t outer, int64_t units, int64_t numbers) {
  auto type = MemRefType::get({outer, units, numbers}, kb.b.getF32Type());
  memory = memref::ReinterpretCastOp::create(kb.b, kb.loc, type, gradient.memref, /*offset=*/0,
                                             ArrayRef<int64_t>{outer, units, numbers},
                                             ArrayRef<int64_t>{units * numbers, numbers, 1});
}

/// An image's rows are runs, without what its halo adds to them.
void BiasGrad::readRows() {
  std::array<int64_t, 4> halo = gradient.layout().halo; // top, left, bottom, right
  runs = gradient.dim(2);
  inner = gradient.dim(3);
  pitch = inner + halo[1] + halo[3];
  start = halo[0] * pitch + halo[1];
}

/// Adds what `sumOf` gives for each run of an image.
Value BiasGrad::sumOfRuns(llvm::function_ref<Value(Index first)> sumOf) {
  Value sum = sumOf(start);
  if (runs == 1)
    return sum;
  return kb
      .reduce(1, runs, 1, sum,
              [&](Index run, ValueRange sum) -> SmallVector<Value> {
                return {kb.add(sum.front(), sumOf(run * pitch + start))};
              })
      .front();
}

/// The sum of `count` vectors of `width` numbers that lie one behind the other.
Value BiasGrad::sumOfRun(Index outer, Index unit, Index first, int64_t count, int64_t width) {
  Value zero = kb.splat(0, width);
  auto addAt = [&](Value sum, Index i) {
    return kb.add(sum, kb.load(memory, {outer, unit, first + i * width}, width));
  };
  int64_t whole = count / chains * chains;
  SmallVector<Value> sums(chains, zero);
  sums = kb.reduce(0, whole, chains, sums, [&](Index i, ValueRange carried) {
    SmallVector<Value> next;
    for (int64_t chain = 0; chain < chains; ++chain)
      next.push_back(addAt(carried[chain], i + chain));
    return next;
  });
  for (int64_t i = whole; i < count; ++i)
    sums[i - whole] = addAt(sums[i - whole], i);
  return kb.add(kb.add(sums[0], sums[1]), kb.add(sums[2], sums[3]));
}

/// Runs the rest of the body on the sum for `channel`, and the next ones in its
/// lanes.
void BiasGrad::finish(Value sum, Index channel) {
  auto load = [&](BlockArgument argument) {
    const Buffer &from = *kernel.find(argument);
    return from.isStep() ? from.memref : kb.load(from.memref, {channel}, lanes);
  };
  auto place = [&]() -> Place { return {0, channel, 0, 1}; };
  auto values = emitEpilogue(kb, kernel, kernel.root(), sum, load, place);
  if (failed(values)) {
    status = failure();
    return;
  }
  for (auto [value, result] : llvm::zip(*values, kernel.results))
    kb.store(value, result.memref, {channel});
}

/// Channels in blocks, or in rows that are cut into blocks. An item is a block.
int64_t BiasGrad::emitChannelVectors() {
  int64_t units = channels / lanes;
  kb.forEach(kernel.begin, kernel.end, [&](Index unit) {
    bool isRows = gradient.type.getRank() == 2;
    Index row = isRows ? Index(0) : unit, first = isRows ? unit * lanes : Index(0);
    auto addImage = [&](Index n, ValueRange sum) -> SmallVector<Value> {
      Value ofImage = sumOfRuns(
          [&](Index begin) { return sumOfRun(n, row, first + begin * lanes, inner, lanes); });
      return {kb.add(sum.front(), ofImage)};
    };
    finish(kb.reduce(0, images, 1, kb.splat(0, lanes), addImage).front(), unit * lanes);
  });
  return units;
}

Value BiasGrad::sumOfChannel(Index channel) {
  int64_t width = kernel.target.lanes;
  auto sumOf = [&](Index outer, int64_t numbers) {
    return sumOfRuns([&](Index first) {
      Value sum = kb.sumOfLanes(sumOfRun(outer, channel, first, numbers / width, width));
      if (int64_t tail = numbers % width)
        sum = kb.add(sum, sumOfRun(outer, channel, first + (numbers - tail), tail, 1));
      return sum;
    });
  };
  bool isBatch = gradient.layout().kind == Layout::Kind::batch;
  int64_t whole = isBatch ? images / inner : images;
  auto addOuter = [&](Index outer, ValueRange sum) -> SmallVector<Value> {
    return {kb.add(sum.front(), sumOf(outer, inner))};
  };
  Value sum = kb.reduce(0, whole, 1, kb.constant(0), addOuter).front();
  // images that fill up the last block do not count
  if (isBatch && images % inner)
    sum = kb.add(sum, sumOf(whole, images % inner));
  return sum;
}

/// Each channel by itself. An item is a channel.
int64_t BiasGrad::emitSingleChannels() {
  kb.forEach(kernel.begin, kernel.end,
             [&](Index channel) { finish(sumOfChannel(channel), channel); });
  return channels;
}

FailureOr<int64_t> BiasGrad::emit() {
  SmallVector<int64_t> shape = physicalShape(gradient.type);
  Layout layout = gradient.layout();
  bool isRows = layout.kind == Layout::Kind::plain && shape.size() == 2;
  int64_t work;
  if (isRows || layout.channelBlock > 1) {
    lanes = isRows ? kernel.target.lanes : layout.channelBlock;
    while (channels % lanes)
      lanes /= 2;
    if (!isRows)
      readRows();
    view(images, isRows ? 1 : shape[1], isRows ? channels : shape[2] * shape[3] * lanes);
    work = emitChannelVectors();
  } else {
    inner = ShapedType::getNumElements(ArrayRef(shape).drop_front(2));
    view(shape[0], channels, inner);
    if (gradient.type.getRank() == 4)
      readRows();
    work = emitSingleChannels();
  }
  if (failed(status))
    return failure();
  return work;
}

FailureOr<int64_t> alexc::emitBiasGrad(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = cast<BiasGradOp>(kernel.root());
  return BiasGrad{kb, kernel, *kernel.find(op.getGradient())}.emit();
}
