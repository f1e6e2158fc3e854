//===- ConvPlain.cpp - convolution of any shape -------------------------------===//
//
// For channels that do not come in blocks: everything in the logical order.
// Where windows are neighbours, vectors run along the row; else single numbers.
// A few filters share each pixel that is loaded.
//
// A work item is a row of a few filters of one image.

#include "codegen/Convolution.h"
#include "codegen/cpu/Generators.h"

using namespace mlir;
using namespace alexc;

/// Filters, and vectors of a row, of one tile of sums.
static constexpr int64_t mostFilters = 4, mostVectors = 2;

namespace {

struct ConvPlain {
  KernelBuilder &kb;
  CpuKernel &kernel;
  Conv2dOp op;
  const Buffer &input, &filter, &output;
  const Buffer *bias;
  LogicalResult status = success(); // of the epilogue

  int64_t N = output.dim(0), K = output.dim(1), P = output.dim(2), Q = output.dim(3);
  int64_t channels = filter.dim(1); // of one group
  int64_t lanes = op.getStride()[1] == 1 ? kernel.target.lanes : 1;
  int64_t filters = 1; // of one tile

  /// Sums of `filters` x `vectors` vectors of `width` pixels from (p, q).
  struct Tile {
    Index n, k, p, q;
    int64_t vectors, width;
  };

  FailureOr<int64_t> emit();
  void emitRow(Index n, Index k, Index p);
  void emitTile(const Tile &tile);
  SmallVector<Value> accumulate(const Tile &tile, ArrayRef<Index> at, ValueRange sums);
  void finish(const Tile &tile, ValueRange sums);
};

} // namespace

FailureOr<int64_t> ConvPlain::emit() {
  for (int64_t count = 1; count <= mostFilters; ++count)
    if (K / op.getGroups() % count == 0)
      filters = count;
  SmallVector<int64_t> work = {N, K / filters, P};
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    SmallVector<Index> at = kb.delinearize(item, work);
    emitRow(at[0], at[1] * filters, at[2]);
  });
  if (failed(status))
    return failure();
  return N * (K / filters) * P;
}

/// Whole tiles, then whole vectors, then the pixels that are left.
void ConvPlain::emitRow(Index n, Index k, Index p) {
  int64_t vectors = Q / lanes, whole = vectors / mostVectors * mostVectors;
  kb.forEach(0, whole, mostVectors, [&](Index vector) {
    emitTile({n, k, p, vector * lanes, mostVectors, lanes});
  });
  if (whole < vectors)
    emitTile({n, k, p, whole * lanes, vectors - whole, lanes});
  if (Q % lanes)
    emitTile({n, k, p, vectors * lanes, 1, Q % lanes});
  kb.ifTrue(kb.equal(p, 0), [&] {
    for (const Buffer &result : kernel.results)
      for (int64_t i = 0; i < filters; ++i)
        kb.zeroHalo(result, n, k + i);
  });
}

void ConvPlain::emitTile(const Tile &tile) {
  SmallVector<Value> sums;
  for (int64_t i = 0; i < filters; ++i) {
    Value start = bias ? kb.load(bias->memref, {tile.k + i}) : kb.constant(0);
    sums.append(tile.vectors, kb.broadcast(start, tile.width));
  }
  auto body = [&](ArrayRef<Index> at, ValueRange carried) { return accumulate(tile, at, carried); };
  finish(tile, kb.reduceNest({channels, filter.dim(2), filter.dim(3)}, sums, body));
}

/// Adds the products of one window element: `at` is (channel, r, s).
SmallVector<Value> ConvPlain::accumulate(const Tile &tile, ArrayRef<Index> at, ValueRange sums) {
  ArrayRef<int64_t> stride = op.getStride(), pad = op.getPad();
  Index group = tile.k / (K / op.getGroups());
  Index row = tile.p * stride[0] + at[1] + (input.layout().halo[0] - pad[0]);
  Index column = tile.q * stride[1] + at[2] + (input.layout().halo[1] - pad[1]);
  SmallVector<Value> pixels, next;
  for (int64_t vector = 0; vector < tile.vectors; ++vector)
    pixels.push_back(
        kb.load(input.memref,
                {tile.n, group * channels + at[0], row, column + vector * tile.width * stride[1]},
                tile.width));
  for (int64_t i = 0; i < filters; ++i) {
    Value weight = kb.load(filter.memref, {tile.k + i, at[0], at[1], at[2]});
    for (Value pixel : pixels)
      next.push_back(kb.fma(kb.broadcast(weight, tile.width), pixel, sums[next.size()]));
  }
  return next;
}

void ConvPlain::finish(const Tile &tile, ValueRange sums) {
  for (int64_t i = 0; i < filters; ++i)
    for (int64_t vector = 0; vector < tile.vectors; ++vector) {
      auto indices = [&](const Buffer &buffer) -> SmallVector<Index> {
        const std::array<int64_t, 4> halo = buffer.layout().halo;
        return {tile.n, tile.k + i, tile.p + halo[0], tile.q + vector * tile.width + halo[1]};
      };
      auto load = [&](const Buffer &from) {
        return kb.load(from.memref, indices(from), tile.width);
      };
      auto store = [&](Value value, const Buffer &to) { kb.store(value, to.memref, indices(to)); };
      auto place = [&]() -> Place {
        return {tile.n, ((tile.k + i) * P + tile.p) * Q + tile.q + vector * tile.width, 0, 1};
      };
      if (failed(finishPosition(kb, kernel, sums[i * tile.vectors + vector], {load, store, place})))
        status = failure();
    }
}

FailureOr<int64_t> alexc::emitConvPlain(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = dyn_cast<Conv2dOp>(kernel.root());
  if (!op)
    return kernel.op->emitError("expects a kernel that begins with alex.conv2d");
  if (failed(checkLayouts(kernel, {}, Layout())) ||
      failed(checkHalo(kernel, op.getInput(), Convolution(op).imageHalo())))
    return failure();
  const Buffer *bias = op.getBias() ? kernel.find(op.getBias()) : nullptr;
  return ConvPlain{kb,
                   kernel,
                   op,
                   *kernel.find(op.getInput()),
                   *kernel.find(op.getFilter()),
                   kernel.results.front(),
                   bias}
      .emit();
}
