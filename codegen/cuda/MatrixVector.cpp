//===- MatrixVector.cpp - a linear layer of a few images ----------------------===//
//
// The weights are read once and the images are few: what counts is to read as fast
// as memory gives. A warp's threads read a row side by side, four numbers each, and
// have several such loads under way.

#include "codegen/cuda/Generators.h"
#include "codegen/cuda/TiledProduct.h"

using namespace mlir;
using namespace alexc;

static constexpr int64_t loadsUnderWay = 4;

/// The sum of a float4's numbers.
static Value sumOfFour(GpuBuilder &gb, Value four) {
  auto lane = [&](int64_t i) -> Value {
    return vector::ExtractOp::create(gb.b, gb.loc, four, ArrayRef<int64_t>{i});
  };
  return gb.add(gb.add(lane(0), lane(1)), gb.add(lane(2), lane(3)));
}

namespace {
struct MatrixVector {
  GpuBuilder &gb;
  GpuKernel &kernel;
  LinearOp op;

  const Buffer &input = *kernel.find(op.getInput()), &filter = *kernel.find(op.getFilter());
  int64_t images = input.dim(0), columns = input.dim(1);
  int64_t width = columns % 4 == 0 ? 4 : 1;

  /// The thread's part of the sums of all images.
  SmallVector<Value> sumsOfThread(Index row, Index lane) {
    SmallVector<Value> zeros(images, gb.splat(0, width));
    auto accumulate = [&](Index column, ValueRange sums) {
      gb.named(column, "column");
      Value weights = gb.load(filter.memref, {row, column}, width);
      SmallVector<Value> next;
      for (auto [image, sum] : llvm::enumerate(sums))
        next.push_back(
            gb.fma(weights, gb.load(input.memref, {int64_t(image), column}, width), sum));
      return next;
    };
    auto sums = gb.reduce(lane * width, columns, GpuBuilder::warp * width, zeros, accumulate);
    sums.front().getDefiningOp()->setAttr(unrollAttrName, gb.b.getI64IntegerAttr(loadsUnderWay));
    return sums;
  }

  LogicalResult emitRow(Index row, Index lane) {
    SmallVector<Value> sums = sumsOfThread(row, lane);
    for (Value &sum : sums)
      sum = gb.sumOfWarp(width > 1 ? sumOfFour(gb, sum) : sum);
    LogicalResult status = success();
    gb.ifTrue(gb.equal(lane, 0), [&] {
      for (auto [image, sum] : llvm::enumerate(sums)) {
        Value bias = op.getBias() ? gb.load(kernel.find(op.getBias())->memref, {row}) : Value();
        Value output = bias ? gb.add(sum, bias) : sum;
        if (failed(finishSum(gb, kernel, {int64_t(image), row}, output)))
          status = failure();
      }
    });
    return status;
  }
};
} // namespace

LogicalResult alexc::emitMatrixVector(GpuBuilder &gb, GpuKernel &kernel) {
  auto op = dyn_cast<LinearOp>(kernel.root());
  if (!op)
    return kernel.root()->emitError("expects a linear layer, got ") << kernel.root()->getName();
  MatrixVector product{gb, kernel, op};
  LogicalResult status = success();
  gb.forEachRow(product.filter.dim(0),
                [&](Index row, Index lane) { status = product.emitRow(row, lane); });
  return status;
}
