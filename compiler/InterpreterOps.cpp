//===- InterpreterOps.cpp - the value of each op, in fp64 --------------------===//
//
// One function per op, in network order: the formula of Ops.td in plain loops.
// The innermost loops run over pixels that lie side by side, which is all that
// is done for speed.

#include "compiler/Interpreter.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Parallel.h"

using namespace mlir;
using namespace alexc;

using Operands = ArrayRef<const TensorValue *>;

/// An empty value of the shape of the op's result.
static TensorValue resultOf(Operation *op) {
  return TensorValue(cast<RankedTensorType>(op->getResult(0).getType()).getShape());
}

/// Calls `body(n, c)` for all planes of `value` (N, C, ...), on all cores.
static void forEachPlane(const TensorValue &value,
                         llvm::function_ref<void(int64_t n, int64_t c)> body) {
  int64_t channels = value.shape[1];
  llvm::parallelFor(0, value.shape[0] * channels,
                    [&](size_t plane) { body(plane / channels, plane % channels); });
}

/// y[i] = function(x[i]).
template <typename Function>
static TensorValue map(const TensorValue &x, Function function) {
  TensorValue y(x.shape);
  llvm::transform(x.data, y.data.begin(), function);
  return y;
}

namespace {
/// Half-open range of indices.
struct Span {
  int64_t begin, end;
};

/// One spatial dimension of a window that slides over an image.
struct Slide {
  int64_t image, stride, pad;

  /// The pixels of the window at `position` that lie inside the image.
  Span pixels(int64_t position, int64_t window) const {
    int64_t start = position * stride - pad;
    return {std::max<int64_t>(start, 0), std::min(start + window, image)};
  }
  /// The positions of `count` whose window element `offset` is inside the image.
  Span positions(int64_t count, int64_t offset) const {
    auto inside = [&](int64_t position) { return position * stride + offset - pad; };
    Span range{0, count};
    while (range.begin < range.end && inside(range.begin) < 0)
      ++range.begin;
    while (range.begin < range.end && inside(range.end - 1) >= image)
      --range.end;
    return range;
  }
};
} // namespace

/// Adds to a plane y (P, Q) what one filter plane w (R, S) makes of the image
/// plane x (H, W).
static void correlate(const double *x, Slide vertical, Slide horizontal, const double *w, int64_t R,
                      int64_t S, double *y, int64_t P, int64_t Q) {
  for (int64_t r = 0; r < R; ++r)
    for (int64_t s = 0; s < S; ++s) {
      double weight = w[r * S + s];
      Span rows = vertical.positions(P, r), columns = horizontal.positions(Q, s);
      for (int64_t p = rows.begin; p < rows.end; ++p) {
        const double *pixels =
            x + (p * vertical.stride + r - vertical.pad) * horizontal.image + s - horizontal.pad;
        for (int64_t q = columns.begin; q < columns.end; ++q)
          y[p * Q + q] += weight * pixels[q * horizontal.stride];
      }
    }
}

static TensorValue compute(Conv2dOp op, Operands operands) {
  const TensorValue &x = *operands[0], &w = *operands[1];
  TensorValue y = resultOf(op);
  int64_t groupChannels = w.shape[1], groupFilters = w.shape[0] / int64_t(op.getGroups());
  Slide vertical{x.shape[2], op.getStride()[0], op.getPad()[0]};
  Slide horizontal{x.shape[3], op.getStride()[1], op.getPad()[1]};
  int64_t P = y.shape[2], Q = y.shape[3];
  forEachPlane(y, [&](int64_t n, int64_t k) {
    double *plane = y.at({n, k});
    std::fill_n(plane, P * Q, op.getBias() ? operands[2]->data[k] : 0);
    for (int64_t c = 0; c < groupChannels; ++c)
      correlate(x.at({n, k / groupFilters * groupChannels + c}), vertical, horizontal, w.at({k, c}),
                w.shape[2], w.shape[3], plane, P, Q);
  });
  return y;
}

static TensorValue compute(ReluOp, Operands operands) {
  // unlike std::max, lets a NaN through
  return map(*operands[0], [](double x) { return x < 0 ? 0 : x; });
}

static TensorValue compute(TanhOp, Operands operands) {
  return map(*operands[0], [](double x) { return std::tanh(x); });
}

static TensorValue compute(SigmoidOp, Operands operands) {
  return map(*operands[0], [](double x) { return 1 / (1 + std::exp(-x)); });
}

/// Adds the squares of x's plane (n, c) to `sums`.
static void addSquares(const TensorValue &x, int64_t n, int64_t c, MutableArrayRef<double> sums) {
  const double *plane = x.at({n, c});
  for (size_t i = 0; i < sums.size(); ++i)
    sums[i] += plane[i] * plane[i];
}

/// The sum of squares over the window of channels around (n, c), per pixel.
static std::vector<double> energyAcross(LrnOp op, const TensorValue &x, int64_t n, int64_t c) {
  int64_t size = op.getSize(), groupSize = x.shape[1] / int64_t(op.getGroups());
  int64_t group = c / groupSize * groupSize;
  std::vector<double> sums(x.shape[2] * x.shape[3]);
  for (int64_t i = c - size / 2; i < c - size / 2 + size; ++i)
    if (i >= group && i < group + groupSize)
      addSquares(x, n, i, sums);
  return sums;
}

/// The sum of squares over the window of pixels around each pixel of (n, c).
static std::vector<double> energyWithin(LrnOp op, const TensorValue &x, int64_t n, int64_t c) {
  int64_t size = op.getSize(), H = x.shape[2], W = x.shape[3];
  const double *plane = x.at({n, c});
  std::vector<double> sums(H * W);
  for (int64_t h = 0; h < H; ++h)
    for (int64_t w = 0; w < W; ++w) {
      Span rows = Slide{H, 1, size / 2}.pixels(h, size);
      Span columns = Slide{W, 1, size / 2}.pixels(w, size);
      for (int64_t i = rows.begin; i < rows.end; ++i)
        for (int64_t j = columns.begin; j < columns.end; ++j)
          sums[h * W + w] += plane[i * W + j] * plane[i * W + j];
    }
  return sums;
}

static TensorValue compute(LrnOp op, Operands operands) {
  const TensorValue &x = *operands[0];
  TensorValue y(x.shape);
  bool isAcross = op.getForm() == LrnForm::across;
  double size = op.getSize(), k = op.getK().convertToDouble();
  double alpha = op.getAlpha().convertToDouble(), beta = op.getBeta().convertToDouble();
  if (op.getAlphaForm() == AlphaForm::mean)
    alpha /= isAcross ? size : size * size;
  forEachPlane(x, [&](int64_t n, int64_t c) {
    std::vector<double> sums = isAcross ? energyAcross(op, x, n, c) : energyWithin(op, x, n, c);
    const double *from = x.at({n, c});
    llvm::transform(sums, y.at({n, c}),
                    [&](double sum) { return *from++ / std::pow(k + alpha * sum, beta); });
  });
  return y;
}

/// Each window's pixels folded from `init` by `combine(folded, pixel)`, then
/// finished by `finish(folded, number of pixels)`.
template <typename Op, typename Combine, typename Finish>
static TensorValue pool(Op op, const TensorValue &x, double init, Combine combine, Finish finish) {
  TensorValue y = resultOf(op);
  Slide vertical{x.shape[2], op.getStride()[0], op.getPad()[0]};
  Slide horizontal{x.shape[3], op.getStride()[1], op.getPad()[1]};
  forEachPlane(y, [&](int64_t n, int64_t c) {
    for (int64_t p = 0; p < y.shape[2]; ++p)
      for (int64_t q = 0; q < y.shape[3]; ++q) {
        Span rows = vertical.pixels(p, op.getWindow()[0]);
        Span columns = horizontal.pixels(q, op.getWindow()[1]);
        double folded = init;
        for (int64_t h = rows.begin; h < rows.end; ++h)
          for (int64_t w = columns.begin; w < columns.end; ++w)
            folded = combine(folded, x.at({n, c, h})[w]);
        int64_t count = (rows.end - rows.begin) * (columns.end - columns.begin);
        y.at({n, c, p})[q] = finish(folded, count);
      }
  });
  return y;
}

static TensorValue compute(MaxPoolOp op, Operands operands) {
  return pool(
      op, *operands[0], -std::numeric_limits<double>::infinity(),
      [](double a, double b) { return b <= a ? a : b; }, [](double max, int64_t) { return max; });
}

static TensorValue compute(AvgPoolOp op, Operands operands) {
  return pool(
      op, *operands[0], 0, [](double a, double b) { return a + b; },
      [](double sum, int64_t count) { return sum / count; });
}

static TensorValue compute(FlattenOp op, Operands operands) {
  TensorValue y = resultOf(op);
  y.data = operands[0]->data;
  return y;
}

static TensorValue compute(LinearOp op, Operands operands) {
  const TensorValue &x = *operands[0], &w = *operands[1];
  TensorValue y = resultOf(op);
  forEachPlane(y, [&](int64_t n, int64_t k) {
    const double *row = x.at({n}), *weights = w.at({k});
    double sum = op.getBias() ? operands[2]->data[k] : 0;
    for (int64_t c = 0; c < w.shape[1]; ++c)
      sum += row[c] * weights[c];
    *y.at({n, k}) = sum;
  });
  return y;
}

static TensorValue compute(DropoutOp op, Operands operands) {
  double kept = op.getForm() == DropoutForm::paper ? 1 - op.getRate().convertToDouble() : 1;
  return map(*operands[0], [&](double x) { return kept * x; });
}

static TensorValue compute(ScaleOp op, Operands operands) {
  double factor = op.getFactor().convertToDouble();
  return map(*operands[0], [&](double x) { return factor * x; });
}

static TensorValue compute(SoftmaxOp, Operands operands) {
  const TensorValue &x = *operands[0];
  TensorValue y(x.shape);
  for (int64_t n = 0; n < x.shape[0]; ++n) {
    ArrayRef<double> scores(x.at({n}), x.shape[1]);
    double max = *llvm::max_element(scores), sum = 0;
    for (auto [k, score] : llvm::enumerate(scores))
      sum += y.at({n})[k] = std::exp(score - max);
    for (double &value : MutableArrayRef<double>(y.at({n}), x.shape[1]))
      value /= sum;
  }
  return y;
}

static TensorValue compute(ConcatOp op, Operands operands) {
  TensorValue y = resultOf(op);
  for (int64_t n = 0; n < y.shape[0]; ++n) {
    double *end = y.at({n});
    for (const TensorValue *x : operands)
      end = std::copy_n(x->at({n}), x->data.size() / y.shape[0], end);
  }
  return y;
}

static TensorValue compute(SliceOp op, Operands operands) {
  TensorValue y = resultOf(op);
  for (int64_t n = 0; n < y.shape[0]; ++n)
    std::copy_n(operands[0]->at({n, int64_t(op.getBegin())}), y.data.size() / y.shape[0],
                y.at({n}));
  return y;
}

static TensorValue compute(AddOp op, Operands operands) {
  TensorValue y = *operands[0];
  for (auto [sum, value] : llvm::zip_equal(y.data, operands[1]->data))
    sum += value;
  return y;
}

static TensorValue compute(ReorderOp, Operands operands) { return *operands[0]; }

FailureOr<TensorValue> alexc::interpretOp(Operation *op, ArrayRef<const TensorValue *> operands) {
  return llvm::TypeSwitch<Operation *, FailureOr<TensorValue>>(op)
      .Case<Conv2dOp, ReluOp, TanhOp, SigmoidOp, LrnOp, MaxPoolOp, AvgPoolOp, FlattenOp, LinearOp,
            DropoutOp, ScaleOp, SoftmaxOp, ConcatOp, SliceOp, AddOp, ReorderOp>(
          [&](auto layer) { return compute(layer, operands); })
      .Default([](Operation *unknown) -> FailureOr<TensorValue> {
        return unknown->emitError("the interpreter does not know '") << unknown->getName() << "'";
      });
}
