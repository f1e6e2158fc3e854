//===- ConvDirect.cpp - direct convolution in registers -----------------------===//
//
// A tile of pixels x filters is summed up in registers: per input channel and
// window element one load of the filters of a panel, one broadcast per pixel,
// and an FMA for each pair. Input channels come in blocks, or in the logical
// order where they are few (the first layer); the input's halo is the padding.
//
// The gradient of the images, at stride 1, is such a convolution of the output's
// gradient, with the filters transposed and turned around, as their layout has them.
//
// A work item is a strip of rows of one filter panel of one image. The panels of
// an image follow each other, so that the input stays in the second-level cache
// while the filters pass through it once per image.

#include "codegen/Convolution.h"
#include "codegen/cpu/Generators.h"

using namespace mlir;
using namespace alexc;

namespace {

struct ConvDirect {
  KernelBuilder &kb;
  CpuKernel &kernel;
  const Buffer &input, &filter, &output;
  const Buffer *bias;
  int64_t groups;
  std::array<int64_t, 2> stride, pad; // of rows and columns; the padding before
  LogicalResult status = success();   // of the epilogue

  int64_t lanes = kernel.target.lanes;
  int64_t N = output.dim(0), K = output.dim(1), P = output.dim(2), Q = output.dim(3);
  int64_t block = filter.layout().channelBlock, panel = filter.layout().outerBlock;
  int64_t blocks = input.dim(1) / groups / block; // of one group
  int64_t vectors = panel / lanes;                // of one panel
  int64_t panels = K / panel;
  int64_t rows = 1; // of one tile
  int64_t largest = largestTile(kernel.target, vectors);

  /// A pixel of the tile at (p, q), relative to it.
  using Pixels = SmallVector<std::pair<int64_t, int64_t>>;
  struct Tile {
    Index n, panel, p, q;
    Pixels pixels;
  };

  FailureOr<int64_t> emit();
  void emitStrip(Index n, Index panel, Index p);
  void emitTile(const Tile &tile);
  SmallVector<Value> biases(const Tile &tile);
  Index group(const Tile &tile) const { return tile.panel / (panels / groups); }
  SmallVector<Value> loadFilters(const Tile &tile, ArrayRef<Index> at);
  SmallVector<Value> accumulate(const Tile &tile, ArrayRef<Index> at, ValueRange sums);
  void finish(const Tile &tile, ValueRange sums);
};

} // namespace

FailureOr<int64_t> ConvDirect::emit() {
  for (int64_t divisor = 1; divisor <= P && divisor * Q <= largest; ++divisor)
    if (P % divisor == 0)
      rows = divisor;
  SmallVector<int64_t> work = {N, panels, P / rows};
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    SmallVector<Index> at = kb.delinearize(item, work);
    emitStrip(at[0], at[1], at[2] * rows);
  });
  if (failed(status))
    return failure();
  return N * panels * (P / rows);
}

void ConvDirect::emitStrip(Index n, Index panel, Index p) {
  EvenTiles columns(Q, largest / rows);
  auto emitTiles = [&](Index begin, int64_t count, int64_t size) {
    Pixels pixels;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < size; ++column)
        pixels.emplace_back(row, column);
    kb.forEach(0, count, [&](Index i) { emitTile({n, panel, p, begin + i * size, pixels}); });
  };
  emitTiles(0, columns.larger, columns.size + 1);
  emitTiles(columns.larger * (columns.size + 1), columns.tiles - columns.larger, columns.size);
  kb.ifTrue(kb.equal(p, 0), [&] {
    for (const Buffer &result : kernel.results)
      for (int64_t vector = 0; vector < vectors; ++vector)
        kb.zeroHalo(result, n, panel * vectors + vector);
  });
}

void ConvDirect::emitTile(const Tile &tile) {
  auto body = [&](ArrayRef<Index> at, ValueRange sums) { return accumulate(tile, at, sums); };
  finish(tile, kb.reduceNest({blocks, filter.dim(2), filter.dim(3), block}, biases(tile), body));
}

/// The sums start at the bias.
SmallVector<Value> ConvDirect::biases(const Tile &tile) {
  SmallVector<Value> filters;
  for (int64_t vector = 0; vector < vectors; ++vector)
    filters.push_back(bias ? kb.load(bias->memref, {tile.panel * panel + vector * lanes}, lanes)
                           : kb.splat(0, lanes));
  SmallVector<Value> sums;
  for (size_t pixel = 0; pixel < tile.pixels.size(); ++pixel)
    sums.append(filters);
  return sums;
}

/// The vectors of a panel. Transposed filters have the groups side by side in the
/// dimension of the input's channels.
SmallVector<Value> ConvDirect::loadFilters(const Tile &tile, ArrayRef<Index> at) {
  SmallVector<Index> where = {tile.panel, at[0], at[1], at[2], at[3], 0};
  if (filter.layout().kind == Layout::Kind::transposed) {
    where[0] = tile.panel % (panels / groups);
    where[1] = group(tile) * blocks + at[0];
  }
  SmallVector<Value> filters;
  for (int64_t vector = 0; vector < vectors; ++vector) {
    where.back() = vector * lanes;
    filters.push_back(kb.load(filter.memref, where, lanes));
  }
  return filters;
}

/// Adds the products of one window element: `at` is (channel block, r, s, channel).
SmallVector<Value> ConvDirect::accumulate(const Tile &tile, ArrayRef<Index> at, ValueRange sums) {
  SmallVector<Value> filters = loadFilters(tile, at), next;
  int64_t top = input.layout().halo[0] - pad[0], left = input.layout().halo[1] - pad[1];
  for (auto [row, column] : tile.pixels) {
    SmallVector<Index> where = {tile.n, group(tile) * blocks + at[0],
                                (tile.p + row) * stride[0] + at[1] + top,
                                (tile.q + column) * stride[1] + at[2] + left};
    if (block > 1)
      where.push_back(at[3]);
    Value pixel = kb.broadcast(kb.load(input.memref, where), lanes);
    for (Value weights : filters)
      next.push_back(kb.fma(pixel, weights, sums[next.size()]));
  }
  return next;
}

void ConvDirect::finish(const Tile &tile, ValueRange sums) {
  for (auto [i, pixel] : llvm::enumerate(tile.pixels))
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Index kBlock = tile.panel * vectors + vector;
      Index p = tile.p + pixel.first, q = tile.q + pixel.second;
      auto load = [&](const Buffer &from) { return kb.loadBlock(from, tile.n, kBlock, p, q); };
      auto store = [&](Value value, const Buffer &to) {
        kb.storeBlock(value, to, tile.n, kBlock, p, q);
      };
      auto place = [&] { return placeOfBlock(kernel.results.front(), tile.n, kBlock, p, q); };
      if (failed(finishPosition(kb, kernel, sums[i * vectors + vector], {load, store, place})))
        status = failure();
    }
}

/// Whether a panel is whole vectors of the results of one group, and the other
/// buffers are blocked to match.
static LogicalResult check(const CpuKernel &kernel, Value input, Value filter, Value bias,
                           int64_t groups, Layout::Kind kind) {
  Layout layout = kernel.find(filter)->layout();
  int64_t lanes = kernel.target.lanes, results = kernel.results.front().dim(1) / groups;
  bool isTransposed = kind == Layout::Kind::transposed;
  if (layout.kind != kind || layout.outerBlock % lanes || results % layout.outerBlock)
    return kernel.op->emitError("expects ")
           << (isTransposed ? "transposed filters" : "filters")
           << " in panels that hold vectors of " << lanes << " and divide the " << results
           << (isTransposed ? " channels" : " filters") << " of a group, got layout "
           << layout.keyword();
  std::pair<Value, Layout> ofRoot[] = {
      {input, Layout::plain(layout.channelBlock)}, {filter, layout}, {bias, Layout()}};
  return checkLayouts(kernel, ofRoot, Layout::plain(lanes));
}

FailureOr<int64_t> alexc::emitConvDirect(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = dyn_cast<Conv2dOp>(kernel.root());
  if (!op)
    return kernel.op->emitError("expects a kernel that begins with alex.conv2d");
  Convolution conv(op);
  if (failed(check(kernel, conv.image, conv.filter, op.getBias(), conv.groups,
                   Layout::Kind::filter)) ||
      failed(checkHalo(kernel, conv.image, conv.imageHalo())))
    return failure();
  const Buffer *bias = op.getBias() ? kernel.find(op.getBias()) : nullptr;
  return ConvDirect{kb,
                    kernel,
                    *kernel.find(conv.image),
                    *kernel.find(conv.filter),
                    kernel.results.front(),
                    bias,
                    conv.groups,
                    {conv.stride[0], conv.stride[1]},
                    {conv.pad[0], conv.pad[1]}}
      .emit();
}

FailureOr<int64_t> alexc::emitConvDataGrad(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = dyn_cast<Conv2dDataGradOp>(kernel.root());
  if (!op || op.getStride()[0] != 1 || op.getStride()[1] != 1)
    return kernel.op->emitError(
        "expects a kernel that begins with an alex.conv2d_data_grad of stride 1");
  Convolution conv(op);
  if (failed(check(kernel, conv.output, conv.filter, Value(), conv.groups,
                   Layout::Kind::transposed)) ||
      failed(checkHalo(kernel, conv.output, conv.outputHalo())))
    return failure();
  const Buffer &filter = *kernel.find(conv.filter);
  return ConvDirect{kb,
                    kernel,
                    *kernel.find(conv.output),
                    filter,
                    kernel.results.front(),
                    /*bias=*/nullptr,
                    conv.groups,
                    {1, 1},
                    {filter.dim(2) - 1 - conv.pad[0], filter.dim(3) - 1 - conv.pad[1]}}
      .emit();
}
