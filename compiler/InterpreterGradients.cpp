//===- InterpreterGradients.cpp - the value of each op of training -----------===//
//
// One function per op, in the order of GradientOps.td: its formula in plain
// loops.

#include "compiler/InterpreterOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include <numeric>

using namespace mlir;
using namespace alexc;
using namespace alexc::interpreter;

static TensorValue compute(FillOp op, Operands) {
  TensorValue y = resultOf(op);
  llvm::fill(y.data, op.getValue().convertToDouble());
  return y;
}

//===----------------------------------------------------------------------===//
// Loss
//===----------------------------------------------------------------------===//

/// The loss of one row of scores; fills in its probabilities.
static double crossEntropy(ArrayRef<double> scores, size_t label, MutableArrayRef<double> prob) {
  double max = *llvm::max_element(scores), sum = 0;
  for (double score : scores)
    sum += std::exp(score - max);
  llvm::transform(scores, prob.begin(), [&](double score) { return std::exp(score - max) / sum; });
  return std::log(sum) + (max - scores[label]);
}

static Results compute(SoftmaxCrossEntropyOp op, Operands operands) {
  const TensorValue &x = *operands[0], &labels = *operands[1];
  Results results{resultOf(op, 0), resultOf(op, 1)};
  size_t classes = x.shape[1];
  for (int64_t n = 0; n < x.shape[0]; ++n)
    results[0].data[n] = crossEntropy(ArrayRef<double>(x.at({n}), classes), labels.data[n],
                                      MutableArrayRef<double>(results[1].at({n}), classes));
  return results;
}

static TensorValue compute(SoftmaxCrossEntropyGradOp, Operands operands) {
  const TensorValue &gradient = *operands[0], &prob = *operands[1], &labels = *operands[2];
  TensorValue dx(prob.shape);
  forEachPlane(prob, [&](int64_t n, int64_t k) {
    *dx.at({n, k}) = gradient.data[n] * (*prob.at({n, k}) - (k == labels.data[n]));
  });
  return dx;
}

static TensorValue compute(SoftmaxGradOp, Operands operands) {
  const TensorValue &dy = *operands[0], &y = *operands[1];
  TensorValue dx(y.shape);
  for (int64_t n = 0; n < y.shape[0]; ++n) {
    double sum = 0;
    for (int64_t j = 0; j < y.shape[1]; ++j)
      sum += *dy.at({n, j}) * *y.at({n, j});
    for (int64_t k = 0; k < y.shape[1]; ++k)
      *dx.at({n, k}) = *y.at({n, k}) * (*dy.at({n, k}) - sum);
  }
  return dx;
}

//===----------------------------------------------------------------------===//
// Gradients of layers
//===----------------------------------------------------------------------===//

static TensorValue compute(Conv2dDataGradOp op, Operands operands) {
  const TensorValue &dy = *operands[0], &w = *operands[1];
  TensorValue dx = resultOf(op);
  int64_t groupChannels = w.shape[1], groupFilters = w.shape[0] / int64_t(op.getGroups());
  Sliding sliding(op, dx, ArrayRef(w.shape).drop_front(2), dy);
  forEachPlane(dx, [&](int64_t n, int64_t c) {
    double *image = dx.at({n, c});
    int64_t first = c / groupChannels * groupFilters;
    for (int64_t k = first; k < first + groupFilters; ++k) {
      const double *gradient = dy.at({n, k}), *filter = w.at({k, c % groupChannels});
      sliding.forEachProduct([=](int64_t element, int64_t pixel, int64_t position) {
        image[pixel] += gradient[position] * filter[element];
      });
    }
  });
  return dx;
}

static TensorValue compute(Conv2dFilterGradOp op, Operands operands) {
  const TensorValue &x = *operands[0], &dy = *operands[1];
  TensorValue dw = resultOf(op);
  int64_t filters = op.getFilters(), images = x.shape[0] / int64_t(op.getParts());
  int64_t groupChannels = dw.shape[1], groupFilters = filters / int64_t(op.getGroups());
  Sliding sliding(op, x, ArrayRef(dw.shape).drop_front(2), dy);
  forEachPlane(dw, [&](int64_t row, int64_t c) {
    double *filter = dw.at({row, c});
    int64_t k = row % filters, first = row / filters * images;
    for (int64_t n = first; n < first + images; ++n) {
      const double *image = x.at({n, k / groupFilters * groupChannels + c});
      const double *gradient = dy.at({n, k});
      sliding.forEachProduct([=](int64_t element, int64_t pixel, int64_t position) {
        filter[element] += gradient[position] * image[pixel];
      });
    }
  });
  return dw;
}

static TensorValue compute(SumPartsOp op, Operands operands) {
  const TensorValue &x = *operands[0];
  TensorValue y = resultOf(op);
  for (size_t i = 0; i < x.data.size(); ++i)
    y.data[i % y.data.size()] += x.data[i];
  return y;
}

/// y (count) += factor * x.
static void addScaled(double factor, const double *x, double *y, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    y[i] += factor * x[i];
}

static TensorValue compute(LinearDataGradOp op, Operands operands) {
  const TensorValue &dy = *operands[0], &w = *operands[1];
  TensorValue dx = resultOf(op);
  llvm::parallelFor(0, dx.shape[0], [&](size_t row) {
    int64_t n = row;
    for (int64_t k = 0; k < w.shape[0]; ++k)
      addScaled(*dy.at({n, k}), w.at({k}), dx.at({n}), w.shape[1]);
  });
  return dx;
}

static TensorValue compute(LinearFilterGradOp op, Operands operands) {
  const TensorValue &x = *operands[0], &dy = *operands[1];
  TensorValue dw = resultOf(op);
  llvm::parallelFor(0, dw.shape[0], [&](size_t row) {
    int64_t k = row;
    for (int64_t n = 0; n < x.shape[0]; ++n)
      addScaled(*dy.at({n, k}), x.at({n}), dw.at({k}), x.shape[1]);
  });
  return dw;
}

static TensorValue compute(BiasGradOp op, Operands operands) {
  const TensorValue &dy = *operands[0];
  TensorValue db = resultOf(op);
  int64_t pixels = dy.data.size() / (dy.shape[0] * dy.shape[1]);
  for (int64_t n = 0; n < dy.shape[0]; ++n)
    for (int64_t k = 0; k < dy.shape[1]; ++k)
      db.data[k] = std::accumulate(dy.at({n, k}), dy.at({n, k}) + pixels, db.data[k]);
  return db;
}

static TensorValue compute(ReluGradOp, Operands operands) {
  return map(*operands[0], *operands[1], [](double dy, double y) { return y > 0 ? dy : 0; });
}

static TensorValue compute(TanhGradOp, Operands operands) {
  return map(*operands[0], *operands[1], [](double dy, double y) { return dy * (1 - y * y); });
}

static TensorValue compute(SigmoidGradOp, Operands operands) {
  return map(*operands[0], *operands[1], [](double dy, double y) { return dy * y * (1 - y); });
}

static TensorValue compute(LrnGradOp op, Operands operands) {
  const TensorValue &dy = *operands[0], &x = *operands[1];
  Normalisation lrn(op);
  TensorValue d = lrn.denominators(x), shares = map(dy, x, std::multiplies<>());
  for (auto [share, denominator] : llvm::zip_equal(shares.data, d.data))
    share *= std::pow(denominator, -lrn.beta - 1);
  // window i holds j where j - i lies in [-(size/2), size - size/2): mirrored
  TensorValue sums = lrn.sums(shares, lrn.size - 1 - lrn.size / 2);
  TensorValue dx(x.shape);
  for (size_t j = 0; j < dx.data.size(); ++j)
    dx.data[j] = dy.data[j] * std::pow(d.data[j], -lrn.beta) -
                 2 * lrn.alpha * lrn.beta * x.data[j] * sums.data[j];
  return dx;
}

static TensorValue compute(MaxPoolGradOp op, Operands operands) {
  const TensorValue &dy = *operands[0], &argmax = *operands[1];
  TensorValue dx = resultOf(op);
  Sliding sliding(op, dx, op.getWindow(), dy);
  forEachPlane(dx, [&](int64_t n, int64_t c) {
    sliding.forEachProduct(
        [=, &dx, &dy, &argmax](int64_t element, int64_t pixel, int64_t position) {
          if (argmax.at({n, c})[position] == element)
            dx.at({n, c})[pixel] += dy.at({n, c})[position];
        });
  });
  return dx;
}

static TensorValue compute(AvgPoolGradOp op, Operands operands) {
  const TensorValue &dy = *operands[0];
  TensorValue dx = resultOf(op);
  Sliding sliding(op, dx, op.getWindow(), dy);
  std::vector<int64_t> pixels(sliding.P * sliding.Q); // of each window
  sliding.forEachProduct([&](int64_t, int64_t, int64_t position) { ++pixels[position]; });
  forEachPlane(dx, [&](int64_t n, int64_t c) {
    sliding.forEachProduct([=, &dx, &dy, &pixels](int64_t, int64_t pixel, int64_t position) {
      dx.at({n, c})[pixel] += dy.at({n, c})[position] / pixels[position];
    });
  });
  return dx;
}

static TensorValue compute(UnflattenOp op, Operands operands) {
  return TensorValue(resultOf(op).shape, operands[0]->data);
}

static TensorValue compute(SliceGradOp op, Operands operands) {
  const TensorValue &dy = *operands[0];
  TensorValue dx = resultOf(op);
  int64_t begin = op.getBegin(), rows = op.getDim() == 0 ? 1 : dy.shape[0];
  for (int64_t n = 0; n < rows; ++n)
    std::copy_n(dy.at({n}), dy.data.size() / rows,
                op.getDim() == 0 ? dx.at({begin}) : dx.at({n, begin}));
  return dx;
}

//===----------------------------------------------------------------------===//
// Update
//===----------------------------------------------------------------------===//

static Results compute(SgdUpdateOp op, Operands operands) {
  const TensorValue &w = *operands[0], &v = *operands[1], &g = *operands[2], &step = *operands[3];
  double rate = op.getRateFactor().convertToDouble() * step.data[0], momentum = step.data[1];
  double decay = op.getDecayFactor().convertToDouble() * step.data[2];
  Results results;
  results.emplace_back(w.shape);
  results.emplace_back(v.shape);
  for (size_t i = 0; i < w.data.size(); ++i) {
    double velocity = momentum * v.data[i] - decay * rate * w.data[i] - rate * g.data[i];
    results[0].data[i] = w.data[i] + velocity;
    results[1].data[i] = velocity;
  }
  return results;
}

std::optional<Results> interpreter::interpretGradient(Operation *op, Operands operands) {
  return llvm::TypeSwitch<Operation *, std::optional<Results>>(op)
      .Case<FillOp, SoftmaxCrossEntropyOp, SoftmaxCrossEntropyGradOp, SoftmaxGradOp,
            Conv2dDataGradOp, Conv2dFilterGradOp, SumPartsOp, LinearDataGradOp, LinearFilterGradOp,
            BiasGradOp, ReluGradOp, TanhGradOp, SigmoidGradOp, LrnGradOp, MaxPoolGradOp,
            AvgPoolGradOp, UnflattenOp, SliceGradOp, SgdUpdateOp>(
          [&](auto gradient) { return toResults(compute(gradient, operands)); })
      .Default([](Operation *) { return std::nullopt; });
}
