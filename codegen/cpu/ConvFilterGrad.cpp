//===- ConvFilterGrad.cpp - gradient of filters in registers ------------------===//
//
// A tile of window elements x filters is summed up in registers: per pixel of the
// output's gradient one load of the filters of a panel, one broadcast per window
// element, and an FMA for each pair. A window element here is one of a row of a
// window with one channel of a block; the image comes in blocks of channels, or in
// the logical order where they are few (the first layer).
//
// A work item is a panel of filters with one row of the window in one block, for all
// images: no two items add to the same sum, so the order of the additions does not
// depend on how the list is split. A group of items, whose sums lie on the stack,
// goes through the images together, in strips of pixels: so short that the strip of
// a panel stays in the first-level cache while the items pass over it.

#include "codegen/Convolution.h"
#include "codegen/cpu/Generators.h"

using namespace mlir;
using namespace alexc;

/// Pixels of a strip, about.
static constexpr int64_t stripPixels = 192;
/// Bytes of a group's sums: they share the second-level cache with the group's images.
static constexpr int64_t groupBytes = 96 << 10;

namespace {

struct ConvFilterGrad {
  KernelBuilder &kb;
  CpuKernel &kernel;
  Convolution conv;
  const Buffer &image, &output, &filter;
  LogicalResult status = success(); // of the epilogue

  int64_t N = output.dim(0), K = output.dim(1), P = output.dim(2), Q = output.dim(3);
  int64_t R = filter.dim(2), S = filter.dim(3);
  int64_t lanes = kernel.target.lanes;
  int64_t vectors = K / conv.groups % (2 * lanes) ? 1 : 2, panel = vectors * lanes;
  int64_t panels = K / panel;
  int64_t block = image.layout().channelBlock;
  int64_t blocks = filter.dim(1) / block; // of one group
  int64_t elements = S * block;           // of a row of a window
  int64_t strip = EvenTiles(P, std::max<int64_t>(1, stripPixels / Q)).largest();
  int64_t items = panels * blocks * R;
  int64_t itemsOfGroup = std::clamp<int64_t>(groupBytes / (4 * elements * panel), 1, items);
  Value sums = kb.stackBuffer({itemsOfGroup, elements, panel});

  /// Row r of the windows of a panel in one block of its group; `number` within
  /// the group of items.
  struct Item {
    Index number, panel, block, r;
  };
  /// What is added at once to the sums of an item: the strip from row p on of image n.
  struct Pass {
    const Item &item;
    Index n, p;
  };

  int64_t emit();
  void emitGroup(Index begin, Index end);
  void forEachItem(Index begin, Index end, llvm::function_ref<void(const Item &)> body);
  void clear(const Item &item);
  void emitPass(const Pass &pass);
  void emitTile(const Pass &pass, int64_t first, int64_t count);
  SmallVector<Value> accumulate(const Pass &pass, int64_t first, Index p, Index q,
                                ValueRange carried);
  void finish(const Item &item);
  void finishSum(const Item &item, Index k, Index c, Index s);
};

} // namespace

int64_t ConvFilterGrad::emit() {
  kb.forEach(kernel.begin, kernel.end, itemsOfGroup,
             [&](Index begin) { emitGroup(begin, kb.minimum(begin + itemsOfGroup, kernel.end)); });
  return items;
}

void ConvFilterGrad::emitGroup(Index begin, Index end) {
  forEachItem(begin, end, [&](const Item &item) { clear(item); });
  kb.forEach(0, N, [&](Index n) {
    kb.forEach(0, P, strip, [&](Index p) {
      forEachItem(begin, end, [&](const Item &item) { emitPass({item, n, p}); });
    });
  });
  forEachItem(begin, end, [&](const Item &item) { finish(item); });
}

void ConvFilterGrad::forEachItem(Index begin, Index end,
                                 llvm::function_ref<void(const Item &)> body) {
  kb.forEach(begin, end, [&](Index number) {
    SmallVector<Index> at = kb.delinearize(number, {panels, blocks, R});
    body({number - begin, at[0], at[1], at[2]});
  });
}

void ConvFilterGrad::clear(const Item &item) {
  kb.forEach(0, elements, [&](Index element) {
    for (int64_t vector = 0; vector < vectors; ++vector)
      kb.store(kb.splat(0, lanes), sums, {item.number, element, vector * lanes});
  });
}

void ConvFilterGrad::emitPass(const Pass &pass) {
  EvenTiles tiles(elements, largestTile(kernel.target, vectors));
  for (int64_t tile = 0, first = 0; tile < tiles.tiles; ++tile) {
    int64_t count = tiles.size + (tile < tiles.larger);
    emitTile(pass, first, count);
    first += count;
  }
}

/// Adds a strip to the sums of `count` window elements from `first` on. A strip is
/// summed up on its own, which keeps rounding errors small.
void ConvFilterGrad::emitTile(const Pass &pass, int64_t first, int64_t count) {
  SmallVector<Value> zeros(count * vectors, kb.splat(0, lanes));
  Index end = P % strip ? kb.minimum(pass.p + strip, P) : pass.p + strip;
  auto added = kb.reduce(pass.p, end, 1, zeros, [&](Index p, ValueRange ofRows) {
    return kb.reduce(0, Q, 1, ofRows, [&](Index q, ValueRange carried) {
      return accumulate(pass, first, p, q, carried);
    });
  });
  for (int64_t i = 0; i < count; ++i)
    for (int64_t vector = 0; vector < vectors; ++vector) {
      SmallVector<Index> where = {pass.item.number, first + i, vector * lanes};
      Value sum = kb.load(sums, where, lanes);
      kb.store(kb.add(sum, added[i * vectors + vector]), sums, where);
    }
}

/// Adds the products of pixel (p, q).
SmallVector<Value> ConvFilterGrad::accumulate(const Pass &pass, int64_t first, Index p, Index q,
                                              ValueRange carried) {
  SmallVector<Value> gradients, next;
  for (int64_t vector = 0; vector < vectors; ++vector)
    gradients.push_back(kb.loadBlock(output, pass.n, pass.item.panel * vectors + vector, p, q));
  Index group = pass.item.panel / (panels / conv.groups);
  int64_t top = image.layout().halo[0] - conv.pad[0], left = image.layout().halo[1] - conv.pad[1];
  for (int64_t element = first; next.size() < carried.size(); ++element) {
    SmallVector<Index> where = {pass.n, group * blocks + pass.item.block,
                                p * conv.stride[0] + pass.item.r + top,
                                q * conv.stride[1] + element / block + left};
    if (block > 1)
      where.push_back(element % block);
    Value pixel = kb.broadcast(kb.load(image.memref, where), lanes);
    for (Value gradient : gradients)
      next.push_back(kb.fma(pixel, gradient, carried[next.size()]));
  }
  return next;
}

/// Hands the sums on in the order in which they lie in the result.
void ConvFilterGrad::finish(const Item &item) {
  kb.forEach(0, panel, [&](Index k) {
    kb.forEach(0, block,
               [&](Index c) { kb.forEach(0, S, [&](Index s) { finishSum(item, k, c, s); }); });
  });
}

/// Of filter k of the panel and channel c of the block.
void ConvFilterGrad::finishSum(const Item &item, Index k, Index c, Index s) {
  SmallVector<Index> where = {item.panel * panel + k, item.block * block + c, item.r, s};
  auto load = [&](const Buffer &from) { return kb.load(from.memref, where); };
  auto store = [&](Value value, const Buffer &to) { kb.store(value, to.memref, where); };
  Value sum = kb.load(sums, {item.number, s * block + c, k});
  auto place = [&]() -> Place { return {where[0], (where[1] * R + where[2]) * S + where[3]}; };
  if (failed(finishPosition(kb, kernel, sum, {load, store, place})))
    status = failure();
}

/// Whether the output's gradient comes in whole vectors of the filters of a group,
/// and the image in whole blocks of its channels or as it is.
static LogicalResult check(const CpuKernel &kernel, const Convolution &conv) {
  int64_t lanes = kernel.target.lanes, filters = dimOf(conv.output, 1) / conv.groups;
  if (filters % lanes)
    return kernel.op->emitError("expects filters of a group in vectors of ")
           << lanes << ", got " << filters;
  int64_t block = kernel.find(conv.image)->layout().channelBlock;
  if (dimOf(conv.filter, 1) % block)
    return kernel.op->emitError("expects channels of a group in blocks of ")
           << block << ", got " << dimOf(conv.filter, 1);
  std::pair<Value, Layout> ofRoot[] = {{conv.image, Layout::plain(block)},
                                       {conv.output, Layout::plain(lanes)}};
  if (failed(checkLayouts(kernel, ofRoot, Layout())))
    return failure();
  return checkHalo(kernel, conv.image, conv.imageHalo());
}

FailureOr<int64_t> alexc::emitConvFilterGrad(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = dyn_cast<Conv2dFilterGradOp>(kernel.root());
  if (!op || op.getParts() > 1)
    return kernel.op->emitError(
        "expects a kernel that begins with alex.conv2d_filter_grad in one part");
  Convolution conv(op);
  if (failed(check(kernel, conv)))
    return failure();
  ConvFilterGrad emitter{kb,
                         kernel,
                         conv,
                         *kernel.find(conv.image),
                         *kernel.find(conv.output),
                         kernel.results.front()};
  int64_t work = emitter.emit();
  if (failed(emitter.status))
    return failure();
  return work;
}
