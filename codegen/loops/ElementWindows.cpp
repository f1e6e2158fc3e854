//===- ElementWindows.cpp - elements made of windows, and of their gradients --===//
//
// A pool, a normalisation and a convolution combine the pixels of a window; the
// gradient of a pool combines the windows that hold a pixel.

#include "codegen/loops/Elements.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace alexc;

/// Windows up to this size are unrolled.
static constexpr int64_t unrolledWindow = 25;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

namespace {
/// One dimension of a window at some position: `first` is where it begins, maybe
/// outside the image; [begin, end) are its elements that lie inside.
struct Clipped {
  Index first, begin, end;
  int64_t size, imageSize;
  bool mayBeginOutside, mayEndOutside;

  /// The window number `number` of `count` over an image.
  Clipped(KernelBuilder &kb, Index number, int64_t count, int64_t size, int64_t stride,
          int64_t before, int64_t imageSize)
      : first(number * stride - before), begin(0), end(size), size(size), imageSize(imageSize),
        mayBeginOutside(before > 0),
        mayEndOutside((count - 1) * stride - before + size > imageSize) {
    if (mayBeginOutside)
      begin = kb.maximum(0, Index(before) - number * stride);
    if (!mayEndOutside)
      return;
    Index rest = Index(imageSize + before) - number * stride;
    bool mayLieBehind = (count - 1) * stride - before > imageSize;
    end = kb.minimum(size, mayLieBehind ? kb.maximum(0, rest) : rest); // without signs
  }

  Index inside() const { return end - begin; }
  bool isWhole() const { return !mayBeginOutside && !mayEndOutside; }

  /// Where element `r` lies, or the image's edge for one outside.
  Index clamped(KernelBuilder &kb, int64_t r) const {
    Index at = first + r;
    if (mayBeginOutside)
      at = kb.maximum(0, at);
    return mayEndOutside ? kb.minimum(imageSize - 1, at) : at;
  }
};
} // namespace

struct Elements::Window {
  Clipped rows, columns;

  /// The window of a pool or a convolution at a position of its result.
  template <typename Op>
  Window(KernelBuilder &kb, Op op, ArrayRef<int64_t> size, Position at)
      : rows(slide(kb, op, 0, size[0], at.h)), columns(slide(kb, op, 1, size[1], at.w)) {}
  Window(Clipped rows, Clipped columns) : rows(rows), columns(columns) {}

  template <typename Op>
  static Clipped slide(KernelBuilder &kb, Op op, int dim, int64_t size, Index number) {
    int64_t imageSize = typeOf(op.getInput()).getDimSize(2 + dim);
    int64_t count = typeOf(op.getOutput()).getDimSize(2 + dim);
    return Clipped(kb, number, count, size, op.getStride()[dim], op.getPad()[dim], imageSize);
  }

  int64_t area() const { return rows.size * columns.size; }
  bool isWhole() const { return rows.isWhole() && columns.isWhole(); }
  /// The pixel of the image under element (r, s).
  Position pixel(Position at, Index r, Index s) const {
    return {at.n, at.c, rows.first + r, columns.first + s};
  }
};

/// Combines the elements of a window that lie inside the image.
Value Elements::overWindow(const Window &window, Value init, Combine combine) {
  const Clipped &rows = window.rows, &columns = window.columns;
  if (window.isWhole() && window.area() <= unrolledWindow) {
    for (int64_t r = 0; r < rows.size; ++r)
      for (int64_t s = 0; s < columns.size; ++s)
        init = combine(init, r, s);
    return init;
  }
  auto overColumns = [&](Index r, ValueRange sums) {
    return kb.reduce(columns.begin, columns.end, 1, sums, [&](Index s, ValueRange inner) -> Values {
      return {combine(inner.front(), r, s)};
    });
  };
  return kb.reduce(rows.begin, rows.end, 1, init, overColumns).front();
}

/// The maximum and where it is. Outside the image the window's nearest pixel of
/// the image stands in: the maximum is the same, and there is no branch.
Elements::Values Elements::maximum(MaxPoolOp op, Position at) {
  Window window(kb, op, op.getWindow(), at);
  if (op.getArgmax())
    return maximumAndPlace(op, window, at);
  auto larger = [&](Value sum, Position pixel) { return kb.max(sum, get(op.getInput(), pixel)); };
  Value sum = kb.splat(-std::numeric_limits<float>::infinity(), lanes);
  if (window.area() > unrolledWindow)
    return {overWindow(window, sum, [&](Value sum, Index r, Index s) {
      return larger(sum, window.pixel(at, r, s));
    })};
  for (int64_t r = 0; r < window.rows.size; ++r)
    for (int64_t s = 0; s < window.columns.size; ++s)
      sum = larger(sum, {at.n, at.c, window.rows.clamped(kb, r), window.columns.clamped(kb, s)});
  return {sum};
}

/// The first of equal ones: an element takes over only if it is larger.
Elements::Values Elements::maximumAndPlace(MaxPoolOp op, const Window &window, Position at) {
  const Clipped &rows = window.rows, &columns = window.columns;
  auto numberOf = [&](Index r, Index s) { return kb.integer(r * columns.size + s, lanes); };
  auto update = [&](ValueRange best, Index r, Index s) -> Values {
    Value x = get(op.getInput(), window.pixel(at, r, s));
    Value isLarger = arith::CmpFOp::create(kb.b, kb.loc, arith::CmpFPredicate::OGT, x, best[0]);
    return {kb.select(isLarger, x, best[0]), kb.select(isLarger, numberOf(r, s), best[1])};
  };
  Values best = {get(op.getInput(), window.pixel(at, rows.begin, columns.begin)),
                 numberOf(rows.begin, columns.begin)};
  if (window.area() > unrolledWindow)
    best = kb.reduce(rows.begin, rows.end, 1, best, [&](Index r, ValueRange outer) {
      return kb.reduce(columns.begin, columns.end, 1, outer,
                       [&](Index s, ValueRange inner) { return update(inner, r, s); });
    });
  else
    for (int64_t r = 0; r < rows.size; ++r)
      for (int64_t s = 0; s < columns.size; ++s)
        best =
            update(best, rows.clamped(kb, r) - rows.first, columns.clamped(kb, s) - columns.first);
  Type byte = kb.b.getI8Type();
  if (lanes > 1)
    byte = VectorType::get({lanes}, byte);
  best[1] = arith::TruncIOp::create(kb.b, kb.loc, byte, best[1]);
  return best;
}

/// An index as a float in all lanes.
static Value toFloat(KernelBuilder &kb, Index index, int64_t lanes) {
  Value integer = kb.integer(index, 1);
  Value real = arith::SIToFPOp::create(kb.b, kb.loc, kb.b.getF32Type(), integer);
  return kb.broadcast(real, lanes);
}

Value Elements::average(AvgPoolOp op, Position at) {
  Window window(kb, op, op.getWindow(), at);
  Value sum = overWindow(window, kb.splat(0, lanes), [&](Value sum, Index r, Index s) {
    return kb.add(sum, get(op.getInput(), window.pixel(at, r, s)));
  });
  Index count = window.rows.inside() * window.columns.inside();
  if (count.isConstant())
    return kb.mul(sum, kb.splat(1.0f / static_cast<float>(count.getConstant()), lanes));
  return kb.div(sum, toFloat(kb, count, lanes));
}

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

Value Elements::sumOfWindow(const LrnRule &rule, Value image, bool isMirrored, Position at,
                            function_ref<Value(Value sum, Position)> add) {
  ArrayRef<int64_t> shape = typeOf(image).getShape();
  int64_t before = isMirrored ? rule.after : rule.before;
  Value zero = kb.splat(0, lanes);
  if (rule.form == LrnForm::within) {
    Window window(Clipped(kb, at.h, shape[2], rule.size, 1, before, shape[2]),
                  Clipped(kb, at.w, shape[3], rule.size, 1, before, shape[3]));
    return overWindow(window, zero, [&](Value sum, Index r, Index s) {
      return add(sum, window.pixel(at, r, s));
    });
  }
  Index group = at.c / rule.channelsOfGroup * rule.channelsOfGroup;
  Index begin = kb.maximum(group, at.c - before);
  Index end = kb.minimum(group + rule.channelsOfGroup, at.c - before + rule.size);
  auto addChannel = [&](Index c, ValueRange sum) -> Values {
    return {add(sum.front(), {at.n, c, at.h, at.w})};
  };
  return kb.reduce(begin, end, 1, zero, addChannel).front();
}

Value Elements::sumOfSquares(const LrnRule &rule, Value image, Position at) {
  return sumOfWindow(rule, image, /*isMirrored=*/false, at, [&](Value sum, Position from) {
    Value x = get(image, from);
    return kb.fma(x, x, sum);
  });
}

Value Elements::normalize(LrnOp op, Position at) {
  LrnRule rule(op);
  auto inputAt = [&](Index c) { return get(op.getInput(), {at.n, c, at.h, at.w}); };
  if (rule.form == LrnForm::across && form == Form::block)
    return emitLrnAcross(kb, rule, at.c, lanes, inputAt);
  return rule.emitNormalize(kb, inputAt(at.c), sumOfSquares(rule, op.getInput(), at));
}

Value Elements::gradient(LrnGradOp op, Position at) {
  LrnRule rule(op);
  Value dy = op.getGradient(), x = op.getInput();
  auto load = [&](Value from) {
    return [&, from](Index c) { return get(from, {at.n, c, at.h, at.w}); };
  };
  if (rule.form == LrnForm::across && form == Form::block)
    return emitLrnGradAcross(kb, rule, at.c, lanes, load(dy), load(x));
  auto share = [&](Position from) {
    return rule.emitShare(kb, get(dy, from), get(x, from), sumOfSquares(rule, x, from));
  };
  Value terms = sumOfWindow(rule, x, /*isMirrored=*/true, at, [&](Value sum, Position from) {
    return kb.add(sum, share(from).term);
  });
  return rule.emitGradient(kb, share(at).own, get(x, at), terms);
}

//===----------------------------------------------------------------------===//
// Gradients of windows
//===----------------------------------------------------------------------===//

namespace {
/// One dimension of a window that holds a given pixel.
struct Covering {
  Index number;  ///< the window's; that of some window where there is none
  Index element; ///< of the window, the pixel that it is
  Value exists;

  /// Number `candidate` of the windows over an image that may hold pixel `at`,
  /// counted from the last.
  Covering(KernelBuilder &kb, Index at, Index candidate, int64_t count, int64_t size,
           int64_t stride, int64_t before)
      : number(0), element(0) {
    Index last = (at + before) / stride;
    element = (at + before) % stride + candidate * stride;
    Value begins = kb.less(candidate - 1, last), ends = kb.less(last, candidate + count);
    exists = arith::AndIOp::create(kb.b, kb.loc, begins, ends);
    exists = arith::AndIOp::create(kb.b, kb.loc, exists, kb.less(element, size));
    number = kb.select(exists, last - candidate, 0);
  }
};
} // namespace

template <typename Op>
Value Elements::overWindowsOf(Op op, ArrayRef<int64_t> window, Position at,
                              function_ref<Value(Position, Index r, Index s)> element) {
  ArrayRef<int64_t> windows = typeOf(op.getGradient()).getShape();
  SmallVector<int64_t> candidates;
  for (int dim : {0, 1})
    candidates.push_back(llvm::divideCeilSigned(window[dim], op.getStride()[dim]));
  auto covering = [&](int dim, Index pixel, Index candidate) {
    return Covering(kb, pixel, candidate, windows[2 + dim], window[dim], op.getStride()[dim],
                    op.getPad()[dim]);
  };
  auto add = [&](Value sum, Index r, Index s) {
    Covering row = covering(0, at.h, r), column = covering(1, at.w, s);
    Value exists = arith::AndIOp::create(kb.b, kb.loc, row.exists, column.exists);
    Value dy = element({at.n, at.c, row.number, column.number}, row.element, column.element);
    return kb.add(sum, kb.select(exists, dy, kb.splat(0, lanes)));
  };
  Value sum = kb.splat(0, lanes);
  if (candidates[0] * candidates[1] > unrolledWindow)
    return kb
        .reduceNest(candidates, sum,
                    [&](ArrayRef<Index> at, ValueRange sum) -> Values {
                      return {add(sum.front(), at[0], at[1])};
                    })
        .front();
  for (int64_t r = 0; r < candidates[0]; ++r)
    for (int64_t s = 0; s < candidates[1]; ++s)
      sum = add(sum, r, s);
  return sum;
}

/// dy of the windows whose maximum is the pixel.
Value Elements::gradient(MaxPoolGradOp op, Position at) {
  return overWindowsOf(op, op.getWindow(), at, [&](Position window, Index r, Index s) {
    Type i32 = kb.b.getI32Type();
    if (lanes > 1)
      i32 = VectorType::get({lanes}, i32);
    Value argmax = arith::ExtUIOp::create(kb.b, kb.loc, i32, get(op.getArgmax(), window));
    Value pixel = kb.integer(r * op.getWindow()[1] + s, lanes);
    Value isMaximum = kb.compare(arith::CmpIPredicate::eq, argmax, pixel);
    return kb.select(isMaximum, get(op.getGradient(), window), kb.splat(0, lanes));
  });
}

/// dy of the windows that hold the pixel, shared out among their pixels.
Value Elements::gradient(AvgPoolGradOp op, Position at) {
  ArrayRef<int64_t> image = typeOf(op.getInputGradient()).getShape();
  ArrayRef<int64_t> windows = typeOf(op.getGradient()).getShape();
  auto pixels = [&](int dim, Index number) {
    return Clipped(kb, number, windows[2 + dim], op.getWindow()[dim], op.getStride()[dim],
                   op.getPad()[dim], image[2 + dim])
        .inside();
  };
  return overWindowsOf(op, op.getWindow(), at, [&](Position window, Index, Index) {
    Index count = pixels(0, window.h) * pixels(1, window.w);
    return kb.div(get(op.getGradient(), window), toFloat(kb, count, lanes));
  });
}

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

Value Elements::convolve(Conv2dOp op, Position at) {
  ArrayRef<int64_t> filter = typeOf(op.getFilter()).getShape();
  Window window(kb, op, filter.drop_front(2), at);
  int64_t filtersOfGroup = filter[0] / static_cast<int64_t>(op.getGroups());
  Index firstChannel = at.c / filtersOfGroup * filter[1];
  Value init = op.getBias() ? get(op.getBias(), {0, at.c}) : kb.constant(0);
  auto addChannel = [&](Index c, ValueRange sums) -> Values {
    Position plane = {at.n, firstChannel + c};
    return {overWindow(window, sums.front(), [&](Value sum, Index r, Index s) {
      Value x = get(op.getInput(), window.pixel(plane, r, s));
      return kb.fma(x, get(op.getFilter(), {at.c, c, r, s}), sum);
    })};
  };
  return kb.reduce(0, filter[1], 1, init, addChannel).front();
}

/// dy of the windows that hold the pixel, times the element of theirs that it is.
Value Elements::gradient(Conv2dDataGradOp op, Position at) {
  ArrayRef<int64_t> filter = typeOf(op.getFilter()).getShape();
  int64_t filtersOfGroup = filter[0] / static_cast<int64_t>(op.getGroups());
  Index firstFilter = at.c / filter[1] * filtersOfGroup;
  auto addFilter = [&](Index k, ValueRange sum) -> Values {
    Index number = firstFilter + k;
    Value products =
        overWindowsOf(op, filter.drop_front(2), {at.n, number, at.h, at.w},
                      [&](Position window, Index r, Index s) {
                        // where no window is the pixel is no element: one inside stands in
                        Position element = {number, at.c % filter[1], kb.minimum(r, filter[2] - 1),
                                            kb.minimum(s, filter[3] - 1)};
                        return kb.mul(get(op.getGradient(), window), get(op.getFilter(), element));
                      });
    return {kb.add(sum.front(), products)};
  };
  return kb.reduce(0, filtersOfGroup, 1, kb.constant(0), addFilter).front();
}

/// The result is a filter, of some of the images: at.n is its number, (at.h, at.w) the
/// element.
Value Elements::gradient(Conv2dFilterGradOp op, Position at) {
  ArrayRef<int64_t> image = typeOf(op.getInput()).getShape();
  ArrayRef<int64_t> output = typeOf(op.getGradient()).getShape();
  int64_t groups = op.getGroups(), channelsOfGroup = image[1] / groups;
  int64_t images = image[0] / static_cast<int64_t>(op.getParts());
  bool isWhole = op.getParts() == 1;
  Index filter = isWhole ? at.n : at.n % output[1];
  Index firstImage = isWhole ? 0 : at.n / output[1] * images;
  Index channel = filter / (output[1] / groups) * channelsOfGroup + at.c;
  // the windows, in one dimension, whose element lies inside the image
  auto range = [&](int dim, Index element) -> std::pair<Index, Index> {
    int64_t stride = op.getStride()[dim], before = op.getPad()[dim];
    auto firstFrom = [&](int64_t pixel) {
      return kb.maximum(0, Index(pixel + before + stride - 1) - element) / stride;
    };
    return {firstFrom(0), kb.minimum(firstFrom(image[2 + dim]), output[2 + dim])};
  };
  std::pair<Index, Index> rows = range(0, at.h), columns = range(1, at.w);
  auto pixelOf = [&](int dim, Index window, Index element) {
    return window * op.getStride()[dim] + element - op.getPad()[dim];
  };
  auto overImage = [&](Index n, ValueRange ofImage) {
    return kb.reduce(rows.first, rows.second, 1, ofImage, [&](Index p, ValueRange ofRow) {
      return kb.reduce(columns.first, columns.second, 1, ofRow,
                       [&](Index q, ValueRange sum) -> Values {
                         Value dy = get(op.getGradient(), {n, filter, p, q});
                         Position pixel = {n, channel, pixelOf(0, p, at.h), pixelOf(1, q, at.w)};
                         return {kb.fma(dy, get(op.getInput(), pixel), sum.front())};
                       });
    });
  };
  return kb.reduce(firstImage, firstImage + images, 1, kb.constant(0), overImage).front();
}
