//===- LinearPanel.cpp - matrix times many vectors ----------------------------===//
//
// A tile of units x images is summed up in registers: per input feature one load
// of a block of images (layout cnB), one broadcast of each unit's weight, read
// where the file's mapping has it, and an FMA for each pair. The sums start at
// the bias and lie in the result between blocks of features; the epilogue goes
// over them at the end.
//
// A work item is a tile of units for all images. All items of a range use a block
// of features before the next block, so that the images' features stay in a cache.

#include "codegen/cpu/Generators.h"

using namespace mlir;
using namespace alexc;

/// Bytes of one block of images and features: so long that the sums, which come
/// and go between blocks, cost little, and a few fit into a second-level cache.
static constexpr int64_t featureBytes = 128 << 10;

namespace {

struct LinearPanel {
  KernelBuilder &kb;
  CpuKernel &kernel;
  const Buffer &input, &filter, &output;
  const Buffer *bias;
  LogicalResult status = success(); // of the epilogue

  int64_t lanes = kernel.target.lanes;
  int64_t block = output.layout().outerBlock; // images
  int64_t vectors = block / lanes;
  int64_t K = output.dim(1), C = input.dim(1);
  int64_t blocks = physicalShape(output.type)[0];
  EvenTiles tiles = {K, largestTile(kernel.target, vectors)};

  FailureOr<int64_t> emit();
  void forEachVector(llvm::function_ref<void(Index n, Index unit, int64_t lane)> body);
  void initialize(Index n, Index unit, int64_t lane);
  void finish(Index n, Index unit, int64_t lane);
  void addBlock(Index begin);
  void addTile(Index n, Index unit, int64_t units, Index begin);
};

} // namespace

FailureOr<int64_t> LinearPanel::emit() {
  forEachVector([&](Index n, Index unit, int64_t lane) { initialize(n, unit, lane); });
  kb.forEach(0, C, featureBytes / (4 * block), [&](Index begin) { addBlock(begin); });
  forEachVector([&](Index n, Index unit, int64_t lane) { finish(n, unit, lane); });
  if (failed(status))
    return failure();
  return tiles.tiles;
}

void LinearPanel::forEachVector(llvm::function_ref<void(Index, Index, int64_t)> body) {
  kb.forEach(0, blocks, [&](Index n) {
    kb.forEach(tiles.first(kb, kernel.begin), tiles.first(kb, kernel.end), [&](Index unit) {
      for (int64_t vector = 0; vector < vectors; ++vector)
        body(n, unit, vector * lanes);
    });
  });
}

void LinearPanel::initialize(Index n, Index unit, int64_t lane) {
  Value start = bias ? kb.load(bias->memref, {unit}) : kb.constant(0);
  kb.store(kb.broadcast(start, lanes), output.memref, {n, unit, lane});
}

void LinearPanel::finish(Index n, Index unit, int64_t lane) {
  auto load = [&](const Buffer &from) { return kb.load(from.memref, {n, unit, lane}, lanes); };
  auto store = [&](Value value, const Buffer &to) { kb.store(value, to.memref, {n, unit, lane}); };
  auto place = [&]() -> Place { return {n * block + lane, unit, /*sampleStep=*/1, 0}; };
  if (failed(finishPosition(kb, kernel, load(output), {load, store, place})))
    status = failure();
}

/// Adds the features from `begin` to all sums of the range.
void LinearPanel::addBlock(Index begin) {
  tiles.forEach(kb, kernel.begin, kernel.end, [&](Index, Index unit, int64_t units) {
    kb.forEach(0, blocks, [&](Index n) { addTile(n, unit, units, begin); });
  });
}

void LinearPanel::addTile(Index n, Index unit, int64_t units, Index begin) {
  SmallVector<Value> sums;
  auto forEachSum = [&](llvm::function_ref<void(int64_t, int64_t)> body) {
    for (int64_t i = 0; i < units; ++i)
      for (int64_t vector = 0; vector < vectors; ++vector)
        body(i, vector);
  };
  forEachSum([&](int64_t i, int64_t vector) {
    sums.push_back(kb.load(output.memref, {n, unit + i, vector * lanes}, lanes));
  });
  Index end = kb.minimum(begin + featureBytes / (4 * block), C);
  sums = kb.reduce(begin, end, 1, sums, [&](Index c, ValueRange carried) {
    SmallVector<Value> images, weights, next;
    for (int64_t vector = 0; vector < vectors; ++vector)
      images.push_back(kb.load(input.memref, {n, c, vector * lanes}, lanes));
    for (int64_t i = 0; i < units; ++i)
      weights.push_back(kb.broadcast(kb.load(filter.memref, {unit + i, c}), lanes));
    forEachSum([&](int64_t i, int64_t vector) {
      next.push_back(kb.fma(weights[i], images[vector], carried[next.size()]));
    });
    return next;
  });
  forEachSum([&](int64_t i, int64_t vector) {
    kb.store(sums[i * vectors + vector], output.memref, {n, unit + i, vector * lanes});
  });
}

FailureOr<int64_t> alexc::emitLinearPanel(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = dyn_cast<LinearOp>(kernel.root());
  if (!op)
    return kernel.op->emitError("expects a kernel that begins with alex.linear");
  Layout batch = kernel.results.front().layout();
  if (batch.kind != Layout::Kind::batch || batch.outerBlock % kernel.target.lanes)
    batch = batchLayout(kernel.results.front().dim(0), kernel.target); // to say what is expected
  if (failed(checkLayouts(kernel, {{op.getFilter(), Layout()}, {op.getBias(), Layout()}}, batch)))
    return failure();
  const Buffer *bias = op.getBias() ? kernel.find(op.getBias()) : nullptr;
  return LinearPanel{kb,
                     kernel,
                     *kernel.find(op.getInput()),
                     *kernel.find(op.getFilter()),
                     kernel.results.front(),
                     bias}
      .emit();
}
