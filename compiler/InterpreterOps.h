//===- InterpreterOps.h - what the values of ops are made of -----*- C++ -*-===//
//
// Shared by the layers (InterpreterOps.cpp) and the ops of training
// (InterpreterGradients.cpp), and by nothing outside the interpreter.

#ifndef ALEXC_COMPILER_INTERPRETEROPS_H
#define ALEXC_COMPILER_INTERPRETEROPS_H

#include "compiler/Interpreter.h"
#include "llvm/Support/Parallel.h"

namespace alexc::interpreter {

using Operands = llvm::ArrayRef<const TensorValue *>;
using Results = llvm::SmallVector<TensorValue>;

/// The results of a layer; none where `op` is not one.
std::optional<Results> interpretLayer(mlir::Operation *op, Operands operands);
/// The results of an op of GradientOps.td; none where `op` is not one.
std::optional<Results> interpretGradient(mlir::Operation *op, Operands operands);

/// Zeros of the shape of the op's result number `number`.
TensorValue resultOf(mlir::Operation *op, unsigned number = 0);

inline Results toResults(Results results) { return results; }
inline Results toResults(TensorValue value) {
  Results results;
  results.push_back(std::move(value));
  return results;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Calls `body(n, c)` for all planes of `value` (N, C, ...), on all cores.
void forEachPlane(const TensorValue &value, llvm::function_ref<void(int64_t n, int64_t c)> body);

/// y[i] = function(x[i]).
template <typename Function>
TensorValue map(const TensorValue &x, Function function) {
  TensorValue y(x.shape);
  llvm::transform(x.data, y.data.begin(), function);
  return y;
}

/// z[i] = function(x[i], y[i]).
template <typename Function>
TensorValue map(const TensorValue &x, const TensorValue &y, Function function) {
  TensorValue z(x.shape);
  std::transform(x.data.begin(), x.data.end(), y.data.begin(), z.data.begin(), function);
  return z;
}

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
  Span positions(int64_t count, int64_t offset) const;
};

/// The two spatial dimensions of an image (H, W) under a sliding window (R, S)
/// with positions (P, Q).
struct Sliding {
  Slide vertical, horizontal;
  int64_t R, S, P, Q;

  /// Of `op`, which has a stride and a pad.
  template <typename Op>
  Sliding(Op op, const TensorValue &image, llvm::ArrayRef<int64_t> window,
          const TensorValue &output)
      : vertical{image.shape[2], op.getStride()[0], op.getPad()[0]}, horizontal{image.shape[3],
                                                                                op.getStride()[1],
                                                                                op.getPad()[1]},
        R(window[0]), S(window[1]), P(output.shape[2]), Q(output.shape[3]) {}

  /// Calls `visit(element, pixel, position)`, numbers within planes (R, S),
  /// (H, W) and (P, Q), for each element of the window at each position where
  /// it lies inside the image.
  template <typename Visit>
  void forEachProduct(Visit visit) const {
    for (int64_t r = 0; r < R; ++r)
      for (int64_t s = 0; s < S; ++s) {
        Span rows = vertical.positions(P, r), columns = horizontal.positions(Q, s);
        for (int64_t p = rows.begin; p < rows.end; ++p) {
          int64_t h = p * vertical.stride + r - vertical.pad;
          int64_t first = h * horizontal.image + s - horizontal.pad;
          for (int64_t q = columns.begin; q < columns.end; ++q)
            visit(r * S + s, first + q * horizontal.stride, p * Q + q);
        }
      }
  }
};

//===----------------------------------------------------------------------===//
// Local response normalisation
//===----------------------------------------------------------------------===//

/// The attributes of a normalisation or its gradient.
struct Normalisation {
  bool isAcross;
  int64_t size, groups;
  double k, alpha, beta; ///< alpha multiplies the sum, whatever the op says of it

  template <typename Op>
  explicit Normalisation(Op op)
      : isAcross(op.getForm() == LrnForm::across), size(op.getSize()), groups(op.getGroups()),
        k(op.getK().convertToDouble()), alpha(op.getAlpha().convertToDouble()),
        beta(op.getBeta().convertToDouble()) {
    if (op.getAlphaForm() == AlphaForm::mean)
      alpha /= isAcross ? size : size * size;
  }

  /// The sums of `values` over the windows that begin `before` elements before
  /// each element: size / 2 for the windows of the op.
  TensorValue sums(const TensorValue &values, int64_t before) const;
  /// k + alpha * the energy of each window of x.
  TensorValue denominators(const TensorValue &x) const;
};

} // namespace alexc::interpreter

#endif // ALEXC_COMPILER_INTERPRETEROPS_H
