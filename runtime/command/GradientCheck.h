//===- GradientCheck.h - gradients against differences ----------*- C++ -*-===//
//
// A loss in fp32 has noise of its own, so a step is as long as it takes to move
// the loss visibly, and several lengths are tried. Kinks (of ReLU, of the
// maximum of a pool) spoil a difference, not the gradient: where the two
// one-sided differences disagree, a difference proves nothing.

#ifndef ALEXC_RUNTIME_GRADIENTCHECK_H
#define ALEXC_RUNTIME_GRADIENTCHECK_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace alexrt {

struct GradientCheckOptions {
  double epsilon = 3e-3;   ///< how far the longest step moves the loss, relative to it
  double tolerance = 0.02; ///< of a difference, relative to what the gradient predicts
  int64_t samples = 5;     ///< single elements of each tensor
  uint64_t seed = 1;
};

/// What steps along one line showed.
struct Slope {
  enum class Verdict {
    agrees,
    unclear, ///< lost in the loss's noise
    kinked,  ///< differs, but less on a shorter line, or the two one-sided ones do too
    differs,
  };
  Verdict verdict = Verdict::unclear;
  double error = 0; ///< of the difference, relative to the prediction
};

/// What is known of one tensor's gradient.
struct GradientReport {
  double norm = 0; ///< of the gradient
  Slope itself;    ///< along the gradient
  Slope signs;     ///< all elements at once, each up or down at random; of up to four such lines
  int64_t agreeing = 0, unclear = 0, kinked = 0, differing = 0; ///< single elements
  double worstElement = 0; ///< error of those that agree or differ

  /// Whether nothing differs and, unless all was too small to see, something agrees.
  bool passes() const;
};

class GradientCheck {
public:
  /// `loss` computes the loss anew from the values as they are in memory.
  GradientCheck(std::function<double()> loss, const GradientCheckOptions &options)
      : loss(std::move(loss)), options(options), lossHere(this->loss()) {}

  /// Checks a tensor of `count` values, which in the end are as before; its
  /// gradient must not change while `loss` runs. The name only adds to the seed.
  GradientReport check(const std::string &name, float *values, const float *gradient,
                       size_t count) const;

private:
  struct Line;

  std::function<double()> loss;
  GradientCheckOptions options;
  double lossHere;

  double move(const Line &line, double length) const;
  Slope measure(const Line &line, double length) const;
  Slope tryLengths(const Line &line) const;
  double measureNoise(const Line &line) const;
  Slope trySigns(Line &line, uint64_t seed) const;
  void checkElements(GradientReport &report, uint64_t seed, const Line &all) const;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_GRADIENTCHECK_H
