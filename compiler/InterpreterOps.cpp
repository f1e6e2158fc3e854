//===- InterpreterOps.cpp - the value of each op, in fp64 --------------------===//
//
// One function per op, in network order: the formula of Ops.td in plain loops.
// The innermost loops run over pixels that lie side by side, which is all that
// is done for speed.

#include "compiler/InterpreterOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace alexc;
using namespace alexc::interpreter;

TensorValue interpreter::resultOf(Operation *op, unsigned number) {
  return TensorValue(cast<RankedTensorType>(op->getResult(number).getType()).getShape());
}

void interpreter::forEachPlane(const TensorValue &value,
                               llvm::function_ref<void(int64_t n, int64_t c)> body) {
  int64_t channels = value.shape[1];
  llvm::parallelFor(0, value.shape[0] * channels,
                    [&](size_t plane) { body(plane / channels, plane % channels); });
}

Span Slide::positions(int64_t count, int64_t offset) const {
  auto inside = [&](int64_t position) { return position * stride + offset - pad; };
  Span range{0, count};
  while (range.begin < range.end && inside(range.begin) < 0)
    ++range.begin;
  while (range.begin < range.end && inside(range.end - 1) >= image)
    --range.end;
  return range;
}

static TensorValue compute(Conv2dOp op, Operands operands) {
  const TensorValue &x = *operands[0], &w = *operands[1];
  TensorValue y = resultOf(op);
  int64_t groupChannels = w.shape[1], groupFilters = w.shape[0] / int64_t(op.getGroups());
  Sliding sliding(op, x, ArrayRef(w.shape).drop_front(2), y);
  forEachPlane(y, [&](int64_t n, int64_t k) {
    double *plane = y.at({n, k});
    std::fill_n(plane, sliding.P * sliding.Q, op.getBias() ? operands[2]->data[k] : 0);
    for (int64_t c = 0; c < groupChannels; ++c) {
      const double *image = x.at({n, k / groupFilters * groupChannels + c}), *filter = w.at({k, c});
      sliding.forEachProduct([=](int64_t element, int64_t pixel, int64_t position) {
        plane[position] += filter[element] * image[pixel];
      });
    }
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

/// Adds plane (n, from) of `values` to plane (n, c) of `sums`.
static void addPlane(const TensorValue &values, int64_t n, int64_t from, int64_t c,
                     TensorValue &sums) {
  const double *plane = values.at({n, from});
  double *sum = sums.at({n, c});
  for (int64_t i = 0; i < values.shape[2] * values.shape[3]; ++i)
    sum[i] += plane[i];
}

/// The sum of a plane's pixels in `rows` and `columns`.
static double sumOfPixels(const double *plane, int64_t W, Span rows, Span columns) {
  double sum = 0;
  for (int64_t h = rows.begin; h < rows.end; ++h)
    for (int64_t w = columns.begin; w < columns.end; ++w)
      sum += plane[h * W + w];
  return sum;
}

TensorValue Normalisation::sums(const TensorValue &values, int64_t before) const {
  TensorValue sums(values.shape);
  int64_t channels = values.shape[1] / groups, H = values.shape[2], W = values.shape[3];
  forEachPlane(values, [&](int64_t n, int64_t c) {
    if (isAcross) {
      Span group{c / channels * channels, c / channels * channels + channels};
      for (int64_t i = std::max(c - before, group.begin);
           i < std::min(c - before + size, group.end); ++i)
        addPlane(values, n, i, c, sums);
      return;
    }
    Slide vertical{H, 1, before}, horizontal{W, 1, before};
    for (int64_t h = 0; h < H; ++h)
      for (int64_t w = 0; w < W; ++w)
        sums.at({n, c, h})[w] =
            sumOfPixels(values.at({n, c}), W, vertical.pixels(h, size), horizontal.pixels(w, size));
  });
  return sums;
}

TensorValue Normalisation::denominators(const TensorValue &x) const {
  TensorValue energies = sums(map(x, [](double value) { return value * value; }), size / 2);
  return map(energies, [&](double energy) { return k + alpha * energy; });
}

static TensorValue compute(LrnOp op, Operands operands) {
  Normalisation lrn(op);
  return map(*operands[0], lrn.denominators(*operands[0]),
             [&](double x, double denominator) { return x / std::pow(denominator, lrn.beta); });
}

/// The largest pixel of the window at (p, q) of a plane, and the first element
/// of the window where it stands.
static std::pair<double, int64_t> largestOf(const double *plane, const Sliding &window, int64_t p,
                                            int64_t q) {
  Span rows = window.vertical.pixels(p, window.R), columns = window.horizontal.pixels(q, window.S);
  int64_t top = p * window.vertical.stride - window.vertical.pad;
  int64_t left = q * window.horizontal.stride - window.horizontal.pad;
  double largest = -std::numeric_limits<double>::infinity();
  int64_t element = (rows.begin - top) * window.S + columns.begin - left;
  for (int64_t h = rows.begin; h < rows.end; ++h)
    for (int64_t w = columns.begin; w < columns.end; ++w)
      if (double pixel = plane[h * window.horizontal.image + w]; !(pixel <= largest)) {
        largest = pixel;
        element = (h - top) * window.S + w - left;
      }
  return {largest, element};
}

static Results compute(MaxPoolOp op, Operands operands) {
  const TensorValue &x = *operands[0];
  Results results{resultOf(op), resultOf(op)};
  Sliding window(op, x, op.getWindow(), results[0]);
  forEachPlane(results[0], [&](int64_t n, int64_t c) {
    for (int64_t p = 0; p < window.P; ++p)
      for (int64_t q = 0; q < window.Q; ++q)
        std::tie(results[0].at({n, c, p})[q], results[1].at({n, c, p})[q]) =
            largestOf(x.at({n, c}), window, p, q);
  });
  if (!op.getArgmax())
    results.pop_back();
  return results;
}

static TensorValue compute(AvgPoolOp op, Operands operands) {
  const TensorValue &x = *operands[0];
  TensorValue y = resultOf(op);
  Sliding window(op, x, op.getWindow(), y);
  forEachPlane(y, [&](int64_t n, int64_t c) {
    for (int64_t p = 0; p < window.P; ++p)
      for (int64_t q = 0; q < window.Q; ++q) {
        Span rows = window.vertical.pixels(p, window.R);
        Span columns = window.horizontal.pixels(q, window.S);
        int64_t pixels = (rows.end - rows.begin) * (columns.end - columns.begin);
        y.at({n, c, p})[q] = sumOfPixels(x.at({n, c}), x.shape[3], rows, columns) / pixels;
      }
  });
  return y;
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

/// The words of Philox 4x32-10 (Salmon et al., SC 2011) for one counter.
static std::array<uint32_t, 4> randomWords(std::array<uint32_t, 4> counter, uint32_t key0,
                                           uint32_t key1) {
  for (int round = 0; round < 10; ++round, key0 += 0x9E3779B9, key1 += 0xBB67AE85) {
    uint64_t product0 = 0xD2511F53ull * counter[0], product2 = 0xCD9E8D57ull * counter[2];
    counter = {uint32_t(product2 >> 32) ^ counter[1] ^ key0, uint32_t(product2),
               uint32_t(product0 >> 32) ^ counter[3] ^ key1, uint32_t(product0)};
  }
  return counter;
}

/// 32-bit FNV-1a.
static uint32_t hashOf(StringRef text) {
  uint32_t hash = 2166136261;
  for (unsigned char character : text)
    hash = (hash ^ character) * 16777619;
  return hash;
}

/// Puts zeros where the dropout of `step` drops.
static void drop(DropoutOp op, const TensorValue &step, TensorValue &y) {
  auto word = [&](int number) { return uint32_t(int64_t(step.data[number])); };
  uint32_t stream = hashOf((op.getStreamAttr().getValue() + ":dropout").str());
  double bound = op.getRate().convertToDouble() * 0x1p32;
  size_t images = y.shape[0], size = y.data.size() / images;
  size_t firstImage = op.getOrigin()[0], firstElement = op.getOrigin()[1];
  for (size_t n = 0; n < images; ++n)
    for (size_t i = 0; i < size; ++i) {
      size_t element = firstElement + i;
      auto words =
          randomWords({uint32_t(element / 4), word(6) + uint32_t(firstImage + n), word(5), stream},
                      word(3), word(4));
      if (words[element % 4] < bound)
        y.data[n * size + i] = 0;
    }
}

static TensorValue compute(DropoutOp op, Operands operands) {
  double kept = 1 - op.getRate().convertToDouble();
  bool isPaper = op.getForm() == DropoutForm::paper;
  if (!op.getStep())
    return map(*operands[0], [&](double x) { return isPaper ? kept * x : x; });
  TensorValue y = map(*operands[0], [&](double x) { return isPaper ? x : x / kept; });
  drop(op, *operands[1], y);
  return y;
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
  int64_t rows = op.getDim() == 0 ? 1 : y.shape[0]; // what is joined, in each of them
  double *end = y.data.data();
  for (int64_t n = 0; n < rows; ++n)
    for (const TensorValue *x : operands)
      end = std::copy_n(x->at({n}), x->data.size() / rows, end);
  return y;
}

static TensorValue compute(SliceOp op, Operands operands) {
  TensorValue y = resultOf(op);
  const TensorValue &x = *operands[0];
  int64_t begin = op.getBegin(), rows = op.getDim() == 0 ? 1 : y.shape[0];
  for (int64_t n = 0; n < rows; ++n)
    std::copy_n(op.getDim() == 0 ? x.at({begin}) : x.at({n, begin}), y.data.size() / rows,
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

/// `x` in a format of `digits` binary digits whose normal numbers have exponents
/// from `least` to `most`.
static double rounded(double x, int digits, int least, int most) {
  if (!std::isfinite(x) || x == 0)
    return x;
  double step = std::ldexp(1.0, std::max(std::ilogb(x), least) - digits + 1);
  double largest = std::ldexp(2.0 - std::ldexp(1.0, 1 - digits), most);
  return std::clamp(std::nearbyint(x / step) * step, -largest, largest);
}

static TensorValue compute(ConvertOp op, Operands operands) {
  Type element = cast<RankedTensorType>(op.getOutput().getType()).getElementType();
  double scale = op.getScale().convertToDouble();
  return map(*operands[0], [=](double x) {
    return element.isF16()    ? rounded(scale * x, 11, -14, 15)
           : element.isBF16() ? rounded(scale * x, 8, -126, 127)
                              : scale * x;
  });
}

static TensorValue compute(TransferOp, Operands operands) { return *operands[0]; }

std::optional<Results> interpreter::interpretLayer(Operation *op, Operands operands) {
  return llvm::TypeSwitch<Operation *, std::optional<Results>>(op)
      .Case<Conv2dOp, ReluOp, TanhOp, SigmoidOp, LrnOp, MaxPoolOp, AvgPoolOp, FlattenOp, LinearOp,
            DropoutOp, ScaleOp, SoftmaxOp, ConcatOp, SliceOp, AddOp, ReorderOp, TransferOp,
            ConvertOp>([&](auto layer) { return toResults(compute(layer, operands)); })
      .Default([](Operation *) { return std::nullopt; });
}
