//===- LinearStream.cpp - matrix times few vectors ----------------------------===//
//
// The weights are read once, where the file's mapping has them (aligned to four
// bytes only), as several streams at a time: that keeps the memory busier than
// one. Sums run along the columns in lanes that are added up at the end.
//
// A work item is a few rows for all images.

#include "codegen/cpu/Generators.h"

using namespace mlir;
using namespace alexc;

namespace {

struct LinearStream {
  KernelBuilder &kb;
  CpuKernel &kernel;
  const Buffer &input, &filter, &output;
  const Buffer *bias;
  LogicalResult status = success(); // of the epilogue

  int64_t lanes = kernel.target.lanes;
  int64_t N = output.dim(0), K = output.dim(1), C = input.dim(1);
  int64_t rows = 1;   // of one work item
  int64_t unroll = 1; // vectors of a row in one step

  FailureOr<int64_t> emit();
  void chooseTile();
  void emitRows(Index row);
  SmallVector<Value> accumulate(Index row, Index column, int64_t width, ValueRange sums);
  SmallVector<Value> addUp(ValueRange sums, ValueRange tail);
  void finish(Index row, ValueRange sums);
};

} // namespace

/// Each (row, image) needs a sum in a register, each image a vector and each
/// row one; four rows are as many streams as the prefetchers follow well. In how
/// many sums a row is added up does not depend on the rows, so that any share of
/// them gives the same bits.
void LinearStream::chooseTile() {
  int64_t sums = kernel.target.registers - (kernel.target.registers == 32 ? 8 : 4);
  int64_t mostRows = std::clamp<int64_t>(sums / N, 1, 4);
  while (unroll < 4 && 2 * unroll * mostRows * N <= sums && 2 * unroll * lanes <= C)
    unroll *= 2;
  for (rows = mostRows; K % rows;)
    --rows;
}

FailureOr<int64_t> LinearStream::emit() {
  chooseTile();
  kb.forEach(kernel.begin, kernel.end, [&](Index item) { emitRows(item * rows); });
  if (failed(status))
    return failure();
  return K / rows;
}

void LinearStream::emitRows(Index row) {
  auto sumColumns = [&](int64_t begin, int64_t end, int64_t width, int64_t count) {
    SmallVector<Value> zeros(rows * N * count, kb.splat(0, width));
    auto body = [&](Index column, ValueRange sums) { return accumulate(row, column, width, sums); };
    return kb.reduce(begin, end, width * count, zeros, body);
  };
  int64_t vectorEnd = C / (lanes * unroll) * lanes * unroll;
  SmallVector<Value> sums = sumColumns(0, vectorEnd, lanes, unroll);
  finish(row, addUp(sums, sumColumns(vectorEnd, C, 1, 1)));
}

/// Adds the products of the columns from `column` to the sums of (step, row, image).
SmallVector<Value> LinearStream::accumulate(Index row, Index column, int64_t width,
                                            ValueRange sums) {
  SmallVector<Value> next;
  for (int64_t step = 0, count = sums.size() / (rows * N); step < count; ++step) {
    Index at = column + step * width;
    SmallVector<Value> images;
    for (int64_t n = 0; n < N; ++n)
      images.push_back(kb.load(input.memref, {n, at}, width));
    for (int64_t i = 0; i < rows; ++i) {
      Value weights = kb.load(filter.memref, {row + i, at}, width);
      for (Value image : images)
        next.push_back(kb.fma(weights, image, sums[next.size()]));
    }
  }
  return next;
}

/// Sums of (row, image) from those of (step, row, image, lane) and of the tail.
SmallVector<Value> LinearStream::addUp(ValueRange sums, ValueRange tail) {
  SmallVector<Value> totals;
  for (int64_t i = 0; i < rows * N; ++i) {
    Value total = sums[i];
    for (int64_t step = 1; step < unroll; ++step)
      total = kb.add(total, sums[step * rows * N + i]);
    totals.push_back(kb.add(kb.sumOfLanes(total), tail[i]));
  }
  return totals;
}

void LinearStream::finish(Index row, ValueRange sums) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t n = 0; n < N; ++n) {
      Value sum = sums[i * N + n];
      if (bias)
        sum = kb.add(sum, kb.load(bias->memref, {row + i}));
      auto load = [&](const Buffer &from) { return kb.load(from.memref, {n, row + i}); };
      auto store = [&](Value value, const Buffer &to) { kb.store(value, to.memref, {n, row + i}); };
      auto place = [&]() -> Place { return {n, row + i}; };
      if (failed(finishPosition(kb, kernel, sum, {load, store, place})))
        status = failure();
    }
}

FailureOr<int64_t> alexc::emitLinearStream(KernelBuilder &kb, CpuKernel &kernel) {
  auto op = dyn_cast<LinearOp>(kernel.root());
  if (!op)
    return kernel.op->emitError("expects a kernel that begins with alex.linear");
  if (failed(checkLayouts(kernel, {}, Layout())))
    return failure();
  const Buffer *bias = op.getBias() ? kernel.find(op.getBias()) : nullptr;
  return LinearStream{kb,
                      kernel,
                      *kernel.find(op.getInput()),
                      *kernel.find(op.getFilter()),
                      kernel.results.front(),
                      bias}
      .emit();
}
