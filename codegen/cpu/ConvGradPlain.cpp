//===- ConvGradPlain.cpp - gradients of a convolution of any shape ------------===//
//
// For what the other generators do not take: everything in the logical order,
// simple loops. Where windows are neighbours, vectors run along the row; else
// single numbers.
//
// A work item is a row of a plane of the images' gradient, or a row of windows
// of the filters' gradient.

#include "codegen/Convolution.h"
#include "codegen/cpu/Generators.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

/// Runs `body` for [0, size) in vectors of `lanes`, then for the rest in one.
static void forEachVector(KernelBuilder &kb, int64_t size, int64_t lanes,
                          llvm::function_ref<void(Index begin, int64_t width)> body) {
  int64_t whole = size / lanes * lanes;
  kb.forEach(0, whole, lanes, [&](Index begin) { body(begin, lanes); });
  if (whole < size)
    body(whole, size - whole);
}

//===----------------------------------------------------------------------===//
// Gradient of the images
//===----------------------------------------------------------------------===//

namespace {

/// Each pixel of the output's gradient is spread over its window: a row of the
/// image's gradient is summed up on the stack.
struct DataGrad {
  KernelBuilder &kb;
  CpuKernel &kernel;
  Convolution conv;
  const Buffer &filter, &output, &image;
  LogicalResult status = success(); // of the epilogue

  int64_t N = image.dim(0), C = image.dim(1), H = image.dim(2), W = image.dim(3);
  int64_t P = output.dim(2), Q = output.dim(3), R = filter.dim(2), S = filter.dim(3);
  int64_t filters = filter.dim(0) / conv.groups, channels = filter.dim(1); // of one group
  int64_t lanes = conv.stride[1] == 1 ? kernel.target.lanes : 1;
  int64_t left = conv.pad[1];
  /// With all columns that windows reach; the image's begin at `left`.
  int64_t width = std::max((Q - 1) * conv.stride[1] + S, left + W);
  Value row = kb.stackBuffer({width});

  int64_t emit();
  void emitRow(Index n, Index c, Index h);
  void addFilter(Index n, Index k, Index c, Index h);
  void finish(Index n, Index c, Index h);
};

} // namespace

int64_t DataGrad::emit() {
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    SmallVector<Index> at = kb.delinearize(item, {N, C, H});
    emitRow(at[0], at[1], at[2]);
  });
  return N * C * H;
}

void DataGrad::emitRow(Index n, Index c, Index h) {
  forEachVector(kb, width, kernel.target.lanes,
                [&](Index begin, int64_t size) { kb.store(kb.splat(0, size), row, {begin}); });
  Index first = c / channels * filters;
  kb.forEach(0, filters, [&](Index k) { addFilter(n, first + k, c % channels, h); });
  finish(n, c, h);
  kb.ifTrue(kb.equal(h, 0), [&] {
    for (const Buffer &result : kernel.results)
      kb.zeroHalo(result, n, c);
  });
}

/// Adds what comes from filter `k`. Row h of the image is element r of the window
/// at p where p * stride + r = h + top: every stride-th r, in steps of one p.
void DataGrad::addFilter(Index n, Index k, Index c, Index h) {
  int64_t stride = conv.stride[0];
  Index at = h + conv.pad[0], last = at / stride, first = at % stride;
  Index begin = kb.maximum(0, last - (P - 1));
  Index end = kb.minimum(last + 1, (Index(R + stride - 1) - first) / stride);
  kb.forEach(begin, end, [&](Index step) {
    kb.forEach(0, S, [&](Index s) {
      Value weight = kb.load(filter.memref, {k, c, first + step * stride, s});
      const std::array<int64_t, 4> halo = output.layout().halo;
      forEachVector(kb, Q, lanes, [&](Index q, int64_t size) {
        Value dy = kb.load(output.memref, {n, k, last - step + halo[0], q + halo[1]}, size);
        SmallVector<Index> where = {q * conv.stride[1] + s};
        Value sum = kb.fma(kb.broadcast(weight, size), dy, kb.load(row, where, size));
        kb.store(sum, row, where);
      });
    });
  });
}

void DataGrad::finish(Index n, Index c, Index h) {
  forEachVector(kb, W, kernel.target.lanes, [&](Index w, int64_t size) {
    auto indices = [&](const Buffer &buffer) -> SmallVector<Index> {
      const std::array<int64_t, 4> halo = buffer.layout().halo;
      return {n, c, h + halo[0], w + halo[1]};
    };
    auto load = [&](const Buffer &from) { return kb.load(from.memref, indices(from), size); };
    auto store = [&](Value value, const Buffer &to) { kb.store(value, to.memref, indices(to)); };
    auto place = [&]() -> Place { return {n, (c * H + h) * W + w, 0, 1}; };
    if (failed(finishPosition(kb, kernel, kb.load(row, {w + left}, size), {load, store, place})))
      status = failure();
  });
}

//===----------------------------------------------------------------------===//
// Gradient of the filters
//===----------------------------------------------------------------------===//

namespace {

/// Some elements of a row of a window are summed up together, over all images:
/// they share each vector of the output's gradient.
struct FilterGrad {
  KernelBuilder &kb;
  CpuKernel &kernel;
  Convolution conv;
  const Buffer &image, &output, &filter;
  LogicalResult status = success(); // of the epilogue

  int64_t N = image.dim(0), P = output.dim(2), Q = output.dim(3);
  int64_t K = filter.dim(0), channels = filter.dim(1), R = filter.dim(2), S = filter.dim(3);
  int64_t lanes = conv.stride[1] == 1 ? kernel.target.lanes : 1;

  /// Elements (k, c, r, s) to (k, c, r, s + count).
  struct Tile {
    Index k, c, r, s;
    int64_t count;
  };
  /// Vectors of `width` columns of the output, from `begin` on.
  struct Columns {
    int64_t begin, width, vectors;
  };

  int64_t emit();
  void emitTile(const Tile &tile);
  SmallVector<Value> sum(const Tile &tile, Columns columns);
  SmallVector<Value> accumulate(const Tile &tile, Columns columns, ArrayRef<Index> at,
                                ValueRange sums);
  void finish(const Tile &tile, ValueRange sums);
};

} // namespace

int64_t FilterGrad::emit() {
  EvenTiles tiles(S, largestTile(kernel.target, 1));
  int64_t larger = tiles.larger * (tiles.size + 1);
  kb.forEach(kernel.begin, kernel.end, [&](Index item) {
    SmallVector<Index> at = kb.delinearize(item, {K, channels, R});
    auto emitTiles = [&](int64_t begin, int64_t end, int64_t size) {
      kb.forEach(begin, end, size, [&](Index s) { emitTile({at[0], at[1], at[2], s, size}); });
    };
    emitTiles(0, larger, tiles.size + 1);
    emitTiles(larger, S, tiles.size);
  });
  return K * channels * R;
}

/// Sums of whole vectors, to which the columns that are left are added.
void FilterGrad::emitTile(const Tile &tile) {
  int64_t whole = Q / lanes * lanes;
  SmallVector<Value> sums(tile.count, kb.constant(0));
  for (Columns columns : {Columns{0, lanes, Q / lanes}, Columns{whole, 1, Q - whole}})
    if (columns.vectors)
      for (auto [total, part] : llvm::zip(sums, sum(tile, columns)))
        total = kb.add(total, columns.width > 1 ? kb.sumOfLanes(part) : part);
  finish(tile, sums);
}

SmallVector<Value> FilterGrad::sum(const Tile &tile, Columns columns) {
  SmallVector<Value> zeros(tile.count, kb.splat(0, columns.width));
  auto body = [&](ArrayRef<Index> at, ValueRange sums) {
    return accumulate(tile, columns, at, sums);
  };
  return kb.reduceNest({N, P, columns.vectors}, zeros, body);
}

/// Adds the products of one vector of the output: `at` is (n, p, vector).
SmallVector<Value> FilterGrad::accumulate(const Tile &tile, Columns columns, ArrayRef<Index> at,
                                          ValueRange sums) {
  const std::array<int64_t, 4> halo = output.layout().halo, padding = image.layout().halo;
  Index q = at[2] * columns.width + columns.begin;
  Value dy = kb.load(output.memref, {at[0], tile.k, at[1] + halo[0], q + halo[1]}, columns.width);
  Index c = tile.k / (K / conv.groups) * channels + tile.c;
  Index row = at[1] * conv.stride[0] + tile.r + (padding[0] - conv.pad[0]);
  Index column = q * conv.stride[1] + tile.s + (padding[1] - conv.pad[1]);
  SmallVector<Value> next;
  for (int64_t s = 0; s < tile.count; ++s) {
    Value x = kb.load(image.memref, {at[0], c, row, column + s}, columns.width);
    next.push_back(kb.fma(x, dy, sums[s]));
  }
  return next;
}

void FilterGrad::finish(const Tile &tile, ValueRange sums) {
  for (auto [s, sum] : llvm::enumerate(sums)) {
    SmallVector<Index> at = {tile.k, tile.c, tile.r, tile.s + static_cast<int64_t>(s)};
    auto load = [&](const Buffer &from) { return kb.load(from.memref, at); };
    auto store = [&](Value value, const Buffer &to) { kb.store(value, to.memref, at); };
    auto place = [&]() -> Place { return {at[0], (at[1] * R + at[2]) * S + at[3]}; };
    if (failed(finishPosition(kb, kernel, sum, {load, store, place})))
      status = failure();
  }
}

//===----------------------------------------------------------------------===//
// Either
//===----------------------------------------------------------------------===//

template <typename Emitter>
static FailureOr<int64_t> emitAndCheck(Emitter emitter) {
  int64_t work = emitter.emit();
  if (failed(emitter.status))
    return failure();
  return work;
}

FailureOr<int64_t> alexc::emitConvGradPlain(KernelBuilder &kb, CpuKernel &kernel) {
  Operation *root = kernel.root();
  auto filterGrad = dyn_cast<Conv2dFilterGradOp>(root);
  if (filterGrad ? filterGrad.getParts() > 1 : !isa<Conv2dDataGradOp>(root))
    return kernel.op->emitError("expects a kernel that begins with alex.conv2d_data_grad or "
                                "alex.conv2d_filter_grad in one part");
  if (failed(checkLayouts(kernel, {}, Layout())))
    return failure();
  const Buffer &result = kernel.results.front();
  if (auto op = dyn_cast<Conv2dDataGradOp>(root))
    return emitAndCheck(DataGrad{kb, kernel, Convolution(op), *kernel.find(op.getFilter()),
                                 *kernel.find(op.getGradient()), result});
  Convolution conv(filterGrad);
  if (failed(checkHalo(kernel, conv.image, conv.imageHalo())))
    return failure();
  return emitAndCheck(
      FilterGrad{kb, kernel, conv, *kernel.find(conv.image), *kernel.find(conv.output), result});
}
