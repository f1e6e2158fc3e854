//===- Products.cpp - layers as products of matrices --------------------------===//
//
// A convolution is a product that never sees its second matrix whole: the windows
// of the image are taken apart as they are loaded (implicit GEMM). So are its
// gradients. A linear layer's matrices lie in memory as they are.

#include "codegen/Convolution.h"
#include "codegen/cuda/Generators.h"
#include "codegen/cuda/TiledProduct.h"
#include "codegen/loops/Elementwise.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace alexc;

static int64_t sizeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// Terms of a stage.
static int64_t mostTerms(Precision precision) { return 16 * termsOfWord(precision); }

/// Terms (plane, r, s) of a window in all `planes`. A stage has one element of the
/// window in several planes, which lie inside or outside of the image together; in
/// few planes it has more elements.
static ProductTerms windowTerms(int64_t planes, Value filter, Precision precision) {
  int64_t most = mostTerms(precision), elements = planes < 8 ? most : 1;
  return ProductTerms::cut(precision, {planes, dimOf(filter, 2), dimOf(filter, 3)},
                           {most, elements, elements});
}

/// The elements of a filter are the terms.
static TiledProduct sizesOf(Conv2dOp op, Precision precision) {
  Convolution conv(op);
  int64_t filters = dimOf(conv.filter, 0);
  return {conv.groups, filters / conv.groups, sizeOf(conv.output) / filters,
          windowTerms(dimOf(conv.filter, 1), conv.filter, precision)};
}

/// The elements of all filters at one channel are the terms.
static TiledProduct sizesOf(Conv2dDataGradOp op, Precision precision) {
  Convolution conv(op);
  int64_t channels = dimOf(conv.image, 1);
  int64_t filtersOfGroup = dimOf(conv.filter, 0) / conv.groups;
  return {conv.groups, channels / conv.groups, sizeOf(conv.image) / channels,
          windowTerms(filtersOfGroup, conv.filter, precision)};
}

/// The places of a part's images are the terms: a stage's lie in one row, or in a few
/// whole ones, for the threads to load what is side by side. The groups of all parts are
/// the product's.
static TiledProduct sizesOf(Conv2dFilterGradOp op, Precision precision) {
  Convolution conv(op);
  int64_t parts = op.getParts(), images = dimOf(conv.output, 0) / parts;
  int64_t width = dimOf(conv.output, 3), most = mostTerms(precision);
  int64_t rows = std::max<int64_t>(1, 16 / width); // more would take too many registers
  return {parts * conv.groups, op.getFilters() / conv.groups,
          sizeOf(conv.filter) / dimOf(conv.filter, 0),
          ProductTerms::cut(precision, {images, dimOf(conv.output, 2), width}, {1, rows, most})};
}

/// Terms (0, 0, k), by fours where that is how they can be loaded.
static ProductTerms lineTerms(int64_t count, Precision precision) {
  bool isInFours = precision == Precision::fp32 && count % 4 == 0;
  return ProductTerms::cut(precision, {1, 1, count}, {1, 1, isInFours ? 8 : mostTerms(precision)});
}

static TiledProduct sizesOf(LinearOp op, Precision precision) {
  return {1, dimOf(op.getFilter(), 0), dimOf(op.getInput(), 0),
          lineTerms(dimOf(op.getFilter(), 1), precision)};
}

static TiledProduct sizesOf(LinearDataGradOp op, Precision precision) {
  return {1, dimOf(op.getGradient(), 0), dimOf(op.getFilter(), 1),
          lineTerms(dimOf(op.getFilter(), 0), precision)};
}

static TiledProduct sizesOf(LinearFilterGradOp op, Precision precision) {
  return {1, dimOf(op.getGradient(), 1), dimOf(op.getInput(), 1),
          lineTerms(dimOf(op.getInput(), 0), precision)};
}

std::optional<TiledProduct> alexc::productOf(Operation *op, Precision precision) {
  return llvm::TypeSwitch<Operation *, std::optional<TiledProduct>>(op)
      .Case<Conv2dOp, Conv2dDataGradOp, Conv2dFilterGradOp, LinearOp, LinearDataGradOp,
            LinearFilterGradOp>([&](auto op) { return sizesOf(op, precision); })
      .Default(std::nullopt);
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

LogicalResult alexc::finishSum(GpuBuilder &gb, GpuKernel &kernel, ArrayRef<Index> at, Value sum) {
  ArrayRef<int64_t> shape =
      cast<RankedTensorType>(kernel.root()->getResult(0).getType()).getShape();
  auto load = [&](const Buffer &from) {
    return from.type.getRank() == 1 ? gb.load(from.memref, {at[1]}) : gb.load(from.memref, at);
  };
  auto store = [&](Value value, const Buffer &to) { gb.store(value, to.memref, at); };
  auto place = [&]() -> Place {
    Index element = at[1];
    for (size_t dim = 2; dim < shape.size(); ++dim)
      element = element * shape[dim] + at[dim];
    return {at[0], element};
  };
  return finishPosition(gb, kernel, sum, {load, store, place});
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

namespace {
/// Where the matrices of a convolution, or a gradient of one, lie.
struct ConvolutionKernel {
  GpuBuilder &gb;
  GpuKernel &kernel;
  Convolution conv;

  int64_t filtersOfGroup = dimOf(conv.filter, 0) / conv.groups;
  int64_t channelsOfGroup = dimOf(conv.filter, 1);

  Value memoryOf(Value value) const { return kernel.find(value)->memref; }
  std::array<int64_t, 2> window() const { return {dimOf(conv.filter, 2), dimOf(conv.filter, 3)}; }
  std::array<int64_t, 2> pixels() const { return {dimOf(conv.image, 2), dimOf(conv.image, 3)}; }
  std::array<int64_t, 2> places() const { return {dimOf(conv.output, 2), dimOf(conv.output, 3)}; }

  /// (plane, row, column) of a number that counts all of them, as variables if they
  /// get names.
  SmallVector<Index> split(Index number, std::array<int64_t, 2> size,
                           ArrayRef<StringRef> names = {}) {
    SmallVector<Index> parts = gb.delinearize(number, {1, size[0], size[1]});
    for (auto [part, name] : llvm::zip(parts, names))
      gb.named(part, name);
    return parts;
  }

  Index pixelOf(int dim, Index place, Index element) {
    return place * conv.stride[dim] + element - conv.pad[dim];
  }
  /// Whether pixel number `at` can lie outside of an image, and does not.
  Value isInside(int dim, Index at) {
    int64_t last = (places()[dim] - 1) * conv.stride[dim] + window()[dim] - 1 - conv.pad[dim];
    Value begins = conv.pad[dim] ? gb.less(-1, at) : Value();
    return gb.both(begins, last >= pixels()[dim] ? gb.less(at, pixels()[dim]) : Value());
  }

  /// An element, with its row and column from `element` (whatever, row, column).
  Value loadFilter(Value exists, Index filter, Index channel, ArrayRef<Index> element) {
    return gb.loadIf(exists, [&] {
      return gb.load(memoryOf(conv.filter), {filter, channel, element[1], element[2]});
    });
  }
  /// The pixel under an element of the window at a place, zero outside the image.
  Value loadPixel(Value exists, Index n, Index channel, ArrayRef<Index> place,
                  ArrayRef<Index> element) {
    Index h = pixelOf(0, place[0], element[0]), w = pixelOf(1, place[1], element[1]);
    return gb.loadIf(gb.both(exists, gb.both(isInside(0, h), isInside(1, w))), [&] {
      return gb.load(memoryOf(conv.image), {n, channel, h, w});
    });
  }

  /// The output at the window whose element a pixel is, zero where there is none.
  Value loadOutput(Value exists, Index n, Index filter, ArrayRef<Index> pixel,
                   ArrayRef<Index> element) {
    SmallVector<Index> address = {n, filter};
    for (int dim : {0, 1}) {
      int64_t stride = conv.stride[dim];
      Index from = pixel[dim] + conv.pad[dim] - element[dim];
      exists = gb.both(exists, gb.less(-1, from));
      exists = gb.both(exists, gb.less(from, places()[dim] * stride));
      if (stride > 1)
        exists = gb.both(exists, gb.equal(from % stride, 0));
      address.push_back(from / stride);
    }
    return gb.loadIf(exists, [&] { return gb.load(memoryOf(conv.output), address); });
  }

  LogicalResult emitForward(Value bias);
  LogicalResult emitDataGrad();
  LogicalResult emitFilterGrad(int64_t parts);
};
} // namespace

/// Filters times pixels of all images.
LogicalResult ConvolutionKernel::emitForward(Value bias) {
  TiledProduct product = *productOf(kernel.root(), kernel.target.precision);
  product.left = {"filters", /*isAlongDepth=*/true, /*width=*/1,
                  [](Index row) -> SmallVector<Index> { return {row}; },
                  [&](const TiledProduct::Element &at, int64_t, Value exists) {
                    return loadFilter(exists, at.group * filtersOfGroup + at.line[0], at.term[0],
                                      at.term);
                  }};
  product.right = {"windows", /*isAlongDepth=*/false, /*width=*/1,
                   [&](Index column) {
                     return split(column, places(), {"n", "p", "q"});
                   },
                   [&](const TiledProduct::Element &at, int64_t, Value exists) {
                     return loadPixel(exists, at.line[0], at.group * channelsOfGroup + at.term[0],
                                      at.line.drop_front(), at.term.drop_front());
                   }};
  product.finish = [&](Index group, Index row, Index column, Value sum) {
    SmallVector<Index> at = split(column, places());
    Index filter = group * filtersOfGroup + row;
    if (bias)
      sum = gb.add(sum, gb.load(memoryOf(bias), {filter}));
    return finishSum(gb, kernel, {at[0], filter, at[1], at[2]}, sum);
  };
  return product.emit(gb, kernel.target);
}

/// Channels times pixels of all images.
LogicalResult ConvolutionKernel::emitDataGrad() {
  TiledProduct product = *productOf(kernel.root(), kernel.target.precision);
  product.left = {"filters", /*isAlongDepth=*/false, /*width=*/1,
                  [](Index row) -> SmallVector<Index> { return {row}; },
                  [&](const TiledProduct::Element &at, int64_t, Value exists) {
                    return loadFilter(exists, at.group * filtersOfGroup + at.term[0], at.line[0],
                                      at.term);
                  }};
  product.right = {"gradients", /*isAlongDepth=*/false, /*width=*/1,
                   [&](Index column) {
                     return split(column, pixels(), {"n", "h", "w"});
                   },
                   [&](const TiledProduct::Element &at, int64_t, Value exists) {
                     return loadOutput(exists, at.line[0], at.group * filtersOfGroup + at.term[0],
                                       at.line.drop_front(), at.term.drop_front());
                   }};
  product.finish = [&](Index group, Index row, Index column, Value sum) {
    SmallVector<Index> at = split(column, pixels());
    return finishSum(gb, kernel, {at[0], group * channelsOfGroup + row, at[1], at[2]}, sum);
  };
  return product.emit(gb, kernel.target);
}

/// Filters times a filter's elements, of each part of the images. A thread loads the
/// pixels of one of these at all places of a stage: neighbours' lie close enough.
LogicalResult ConvolutionKernel::emitFilterGrad(int64_t parts) {
  TiledProduct product = *productOf(kernel.root(), kernel.target.precision);
  filtersOfGroup /= parts;
  int64_t images = dimOf(conv.image, 0) / parts;
  // of a number of the grid's last dimension
  auto groupOf = [&](Index group) { return parts == 1 ? group : group % conv.groups; };
  auto imageOf = [&](Index group, Index image) {
    return parts == 1 ? image : group / conv.groups * images + image;
  };
  product.left = {
      "gradients", /*isAlongDepth=*/true, /*width=*/1,
      [](Index row) -> SmallVector<Index> { return {row}; },
      [&](const TiledProduct::Element &at, int64_t, Value exists) {
        Index filter = groupOf(at.group) * filtersOfGroup + at.line[0];
        Index image = imageOf(at.group, at.term[0]);
        return gb.loadIf(exists, [&] {
          return gb.load(memoryOf(conv.output), {image, filter, at.term[1], at.term[2]});
        });
      }};
  product.right = {"windows", /*isAlongDepth=*/false, /*width=*/1,
                   [&](Index column) {
                     return split(column, window(), {"c", "r", "s"});
                   },
                   [&](const TiledProduct::Element &at, int64_t, Value exists) {
                     return loadPixel(exists, imageOf(at.group, at.term[0]),
                                      groupOf(at.group) * channelsOfGroup + at.line[0],
                                      at.term.drop_front(), at.line.drop_front());
                   }};
  product.finish = [&](Index group, Index row, Index column, Value sum) {
    SmallVector<Index> at = split(column, window());
    return finishSum(gb, kernel, {group * filtersOfGroup + row, at[0], at[1], at[2]}, sum);
  };
  return product.emit(gb, kernel.target);
}

LogicalResult alexc::emitConvolutionProduct(GpuBuilder &gb, GpuKernel &kernel) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(kernel.root())
      .Case([&](Conv2dOp op) {
        return ConvolutionKernel{gb, kernel, Convolution(op)}.emitForward(op.getBias());
      })
      .Case([&](Conv2dDataGradOp op) {
        return ConvolutionKernel{gb, kernel, Convolution(op)}.emitDataGrad();
      })
      .Case([&](Conv2dFilterGradOp op) {
        return ConvolutionKernel{gb, kernel, Convolution(op)}.emitFilterGrad(op.getParts());
      })
      .Default([](Operation *op) {
        return op->emitError("expects a convolution or a gradient of one, got ") << op->getName();
      });
}

//===----------------------------------------------------------------------===//
// Linear layers
//===----------------------------------------------------------------------===//

/// Rows of `matrix` are lines of the product, its columns terms, or the other way
/// round.
static TiledProduct::Operand matrixOperand(GpuBuilder &gb, StringRef name, Value matrix,
                                           bool areRowsTerms) {
  bool isInFours = cast<MemRefType>(matrix.getType()).getDimSize(1) % 4 == 0;
  return {
      name, !areRowsTerms, isInFours ? 4 : 1,
      [](Index line) -> SmallVector<Index> { return {line}; },
      [&gb, matrix, areRowsTerms](const TiledProduct::Element &at, int64_t width, Value exists) {
        SmallVector<Index> address = {at.line[0], at.term[2]};
        if (areRowsTerms)
          std::swap(address[0], address[1]);
        return gb.loadIf(
            exists, [&] { return gb.load(matrix, address, width); }, width);
      }};
}

LogicalResult alexc::emitLinearProduct(GpuBuilder &gb, GpuKernel &kernel) {
  std::optional<TiledProduct> product = productOf(kernel.root(), kernel.target.precision);
  auto operand = [&](StringRef name, Value matrix, bool areRowsTerms) {
    return matrixOperand(gb, name, kernel.find(matrix)->memref, areRowsTerms);
  };
  Value bias;
  bool isTransposed = false; // the product's rows are the result's columns
  bool isKnown = llvm::TypeSwitch<Operation *, bool>(kernel.root())
                     .Case([&](LinearOp op) {
                       product->left = operand("weights", op.getFilter(), false);
                       product->right = operand("rows", op.getInput(), false);
                       bias = op.getBias() ? kernel.find(op.getBias())->memref : Value();
                       return isTransposed = true;
                     })
                     .Case([&](LinearDataGradOp op) {
                       product->left = operand("gradients", op.getGradient(), false);
                       product->right = operand("weights", op.getFilter(), true);
                       return true;
                     })
                     .Case([&](LinearFilterGradOp op) {
                       product->left = operand("gradients", op.getGradient(), true);
                       product->right = operand("rows", op.getInput(), true);
                       return true;
                     })
                     .Default(false);
  if (!isKnown)
    return kernel.root()->emitError("expects a linear layer or a gradient of one, got ")
           << kernel.root()->getName();
  product->finish = [&](Index, Index row, Index column, Value sum) {
    if (bias)
      sum = gb.add(sum, gb.load(bias, {row}));
    SmallVector<Index> at = {row, column};
    if (isTransposed)
      std::swap(at[0], at[1]);
    return finishSum(gb, kernel, at, sum);
  };
  return product->emit(gb, kernel.target);
}
