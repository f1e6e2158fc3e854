//===- GradientCheck.cpp - gradients against differences ------------------===//

#include "runtime/command/GradientCheck.h"
#include "runtime/Random.h"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace alexrt;

/// Rounding in fp32, relative to the loss: the least to expect.
constexpr double relativeNoise = 1e-7;

static double rootMeanSquare(const float *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i)
    sum += double(values[i]) * values[i];
  return std::sqrt(sum / double(count));
}

/// Some of a tensor's values, and how far they go together.
struct GradientCheck::Line {
  float *values;
  const float *gradient;
  const float *direction;
  size_t count;
  double typicalValue; ///< of the whole tensor
  double noise;        ///< of the loss

  /// How fast the loss changes along the line by the gradient, or would with
  /// other signs: along some lines the elements' parts all but cancel.
  double slope() const {
    double slope = 0, squares = 0;
    for (size_t i = 0; i < count; ++i) {
      slope += double(gradient[i]) * direction[i];
      squares += double(gradient[i]) * gradient[i] * direction[i] * direction[i];
    }
    return std::max(std::abs(slope), std::sqrt(squares));
  }
  /// So that values stay of the size that the network is made for.
  double longest() const { return (0.2 * typicalValue + 0.02) / rootMeanSquare(direction, count); }
};

/// A random number for each index.
static uint64_t randomWord(uint64_t seed, uint64_t index) {
  PhiloxBlock<1> words = {{{uint32_t(index)}, {uint32_t(index >> 32)}, {0}, {0}}};
  philox(words, seed);
  return uint64_t(words[0][0]) << 32 | words[1][0];
}

//===----------------------------------------------------------------------===//
// One line
//===----------------------------------------------------------------------===//

/// Moves the values and returns by how much the gradient says that the loss
/// changes: of the steps as fp32 has them.
double GradientCheck::move(const Line &line, double length) const {
  double predicted = 0;
  for (size_t i = 0; i < line.count; ++i) {
    float before = line.values[i];
    line.values[i] = float(before + length * line.direction[i]);
    predicted += double(line.gradient[i]) * (double(line.values[i]) - before);
  }
  return predicted;
}

/// Steps forward and backward.
Slope GradientCheck::measure(const Line &line, double length) const {
  std::vector<float> original(line.values, line.values + line.count);
  double predicted = move(line, length), forward = loss() - lossHere;
  std::copy(original.begin(), original.end(), line.values);
  predicted -= move(line, -length);
  double backward = lossHere - loss();
  std::copy(original.begin(), original.end(), line.values);

  double scale = 2 * length * line.slope(), allowed = options.tolerance * scale;
  double difference = std::abs(forward + backward - predicted);
  Slope slope;
  slope.error = scale > 0 ? difference / scale : 0;
  double noise = line.noise;
  if (difference <= allowed)
    slope.verdict = noise <= allowed ? Slope::Verdict::agrees : Slope::Verdict::unclear;
  else if (difference <= allowed + noise)
    slope.verdict = Slope::Verdict::unclear;
  else if (std::abs(forward - backward) > allowed + noise)
    slope.verdict = Slope::Verdict::kinked;
  else // also where something is no number
    slope.verdict = Slope::Verdict::differs;
  return slope;
}

/// The first length that agrees; else what the shortest says above the noise. An
/// error counts where another length confirms it: one that falls with the length
/// comes from the curve, which is full of kinks.
Slope GradientCheck::tryLengths(const Line &line) const {
  double wanted = options.epsilon * std::max(std::abs(lossHere), 1e-3) / line.slope();
  double length = std::min(wanted, line.longest()); // a slope of 0 wants an infinite one
  Slope result = measure(line, length);
  bool isConfirmed = false;
  for (int attempt = 1; attempt < 6 && result.verdict != Slope::Verdict::agrees; ++attempt) {
    length /= 4;
    Slope slope = measure(line, length);
    if (slope.verdict == Slope::Verdict::unclear)
      break; // shorter ones are too
    isConfirmed = slope.verdict == Slope::Verdict::differs && result.verdict == slope.verdict &&
                  slope.error >= 0.7 * result.error;
    result = slope;
  }
  if (result.verdict == Slope::Verdict::differs && !isConfirmed)
    result.verdict = Slope::Verdict::kinked;
  return result;
}

/// How much the loss changes along a line so short that it should not: twice the
/// most of some.
double GradientCheck::measureNoise(const Line &line) const {
  std::vector<float> original(line.values, line.values + line.count);
  double noise = relativeNoise * std::max(std::abs(lossHere), 1.0);
  for (double part : {-2e-7, -1e-7, 1e-7, 2e-7}) { // of a value: its last places
    move(line, part * line.typicalValue / rootMeanSquare(line.direction, line.count));
    noise = std::max(noise, 2 * std::abs(loss() - lossHere));
    std::copy(original.begin(), original.end(), line.values);
  }
  return noise;
}

/// Along all elements at once, each up or down at random, and along others where
/// that differs: kinks lie in the way of one line and not of the next, but a wrong
/// gradient is wrong along nearly all. Leaves the line's noise as that of the first.
Slope GradientCheck::trySigns(Line &line, uint64_t seed) const {
  constexpr int attempts = 4;
  std::vector<float> signs(line.count);
  Slope result;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    for (size_t i = 0; i < line.count; ++i)
      signs[i] = randomWord(seed, i) >> attempt & 1 ? 1.0f : -1.0f;
    line.direction = signs.data();
    if (attempt == 0)
      line.noise = measureNoise(line);
    Slope slope = tryLengths(line);
    bool refutes =
        slope.verdict == Slope::Verdict::agrees || slope.verdict == Slope::Verdict::kinked;
    if (attempt == 0 || refutes)
      result = slope;
    if (result.verdict != Slope::Verdict::differs)
      break;
  }
  line.direction = nullptr;
  return result;
}

//===----------------------------------------------------------------------===//
// One tensor
//===----------------------------------------------------------------------===//

bool GradientReport::passes() const {
  auto is = [this](Slope::Verdict verdict) {
    return itself.verdict == verdict || signs.verdict == verdict;
  };
  bool differs = is(Slope::Verdict::differs) || differing > 0;
  bool agrees = is(Slope::Verdict::agrees) || agreeing > 0;
  bool isKinked = is(Slope::Verdict::kinked) || kinked > 0;
  return std::isfinite(norm) && !differs && (agrees || !isKinked);
}

/// Where the gradient is large among some places: elsewhere the loss hardly
/// moves.
static size_t chooseElement(uint64_t seed, int64_t sample, const float *gradient, size_t count) {
  constexpr int64_t candidates = 16;
  size_t best = randomWord(seed, uint64_t(sample * candidates)) % count;
  for (int64_t i = 1; i < candidates; ++i) {
    size_t other = randomWord(seed, uint64_t(sample * candidates + i)) % count;
    if (std::abs(gradient[other]) > std::abs(gradient[best]))
      best = other;
  }
  return best;
}

void GradientCheck::checkElements(GradientReport &report, uint64_t seed, const Line &all) const {
  float one = 1;
  for (int64_t sample = 0; sample < options.samples; ++sample) {
    size_t element = chooseElement(seed, sample, all.gradient, all.count);
    Slope slope = tryLengths(
        {all.values + element, all.gradient + element, &one, 1, all.typicalValue, all.noise});
    report.agreeing += slope.verdict == Slope::Verdict::agrees;
    report.unclear += slope.verdict == Slope::Verdict::unclear;
    report.kinked += slope.verdict == Slope::Verdict::kinked;
    report.differing += slope.verdict == Slope::Verdict::differs;
    if (slope.verdict == Slope::Verdict::agrees || slope.verdict == Slope::Verdict::differs)
      report.worstElement = std::max(report.worstElement, slope.error);
  }
}

GradientReport GradientCheck::check(const std::string &name, float *values, const float *gradient,
                                    size_t count) const {
  GradientReport report;
  uint64_t seed = options.seed << 32 | streamOf(name, "check-grads");
  report.norm = rootMeanSquare(gradient, count) * std::sqrt(double(count));
  Line line{values, gradient, nullptr, count, rootMeanSquare(values, count), 0};
  report.signs = trySigns(line, seed);
  if (report.norm > 0) {
    line.direction = gradient;
    report.itself = tryLengths(line);
  }
  checkElements(report, seed + 1, line);
  return report;
}
