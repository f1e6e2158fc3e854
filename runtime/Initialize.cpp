//===- Initialize.cpp - parameters from a seed ----------------------------===//
//
// Only additions, multiplications and square roots, compiled without
// contraction: no libm, whose last bits differ from machine to machine. Loops
// run over blocks of lanes so that compilers vectorise them.

#include "runtime/Initialize.h"
#include "runtime/Random.h"
#include <algorithm>
#include <cmath>
#include <cstring>

using namespace alexrt;

static constexpr size_t lanes = 64;
using Words = PhiloxBlock<lanes>;
using Numbers = std::array<float, 4 * lanes>; // in the order of the elements

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// The natural logarithm of a normal x > 0; coefficients of Cephes' logf.
static inline float logarithm(float x) {
  constexpr int32_t rootOfHalf = 0x3f3504f3;
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  int32_t exponent = (bits - rootOfHalf) >> 23;
  bits -= exponent * (1 << 23);
  float mantissa; // sqrt(1/2) to sqrt(2)
  memcpy(&mantissa, &bits, sizeof mantissa);
  float f = mantissa - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float tail = p * f * f * f - 0.5f * f * f;
  return f + tail + static_cast<float>(exponent) * 0.693147181f;
}

/// Sine and cosine of `turn` full turns, 0 <= turn < 1; coefficients of Cephes.
static inline void sineAndCosine(float turn, float &sine, float &cosine) {
  auto quarter = static_cast<int32_t>(turn * 4.0f + 0.5f);
  float angle = (turn * 4.0f - static_cast<float>(quarter)) * 1.57079632679f;
  float z = angle * angle;
  float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * angle + angle;
  float c =
      ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
      0.5f * z + 1.0f;
  float swappedSine = quarter & 1 ? c : s;
  float swappedCosine = quarter & 1 ? s : c;
  sine = quarter & 2 ? -swappedSine : swappedSine;
  cosine = (quarter + 1) & 2 ? -swappedCosine : swappedCosine;
}

/// 24 random bits as a float, exactly.
static inline float topBits(uint32_t word) {
  return static_cast<float>(static_cast<int32_t>(word >> 8));
}

//===----------------------------------------------------------------------===//
// Distributions: from a block of random words to numbers
//===----------------------------------------------------------------------===//

/// Box and Muller: two words make two numbers.
static void makeNormal(const Words &words, float deviation, Numbers &numbers) {
  constexpr float ulp = 1.0f / (1 << 24);
  for (size_t pair = 0; pair < 4; pair += 2) {
    for (size_t i = 0; i < lanes; ++i) {
      float radius = std::sqrt(-2.0f * logarithm((topBits(words[pair][i]) + 1.0f) * ulp));
      float sine, cosine;
      sineAndCosine(topBits(words[pair + 1][i]) * ulp, sine, cosine);
      numbers[4 * i + pair] = radius * cosine * deviation;
      numbers[4 * i + pair + 1] = radius * sine * deviation;
    }
  }
}

static void makeUniform(const Words &words, float limit, Numbers &numbers) {
  constexpr float half = 1 << 23;
  for (size_t lane = 0; lane < 4; ++lane)
    for (size_t i = 0; i < lanes; ++i)
      numbers[4 * i + lane] = (topBits(words[lane][i]) - half + 0.5f) / half * limit;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

namespace {

/// What connects to one output, and to one input.
struct Fans {
  double in = 1, out = 1;
};

} // namespace

/// Of (K, C/groups, R, S) or (out, in).
static Fans fansOf(const Shape &shape) {
  Fans fans;
  for (size_t i = 0; i < shape.size(); ++i) {
    fans.in *= i == 0 ? 1 : shape[i];
    fans.out *= i == 1 ? 1 : shape[i];
  }
  return fans;
}

/// The standard deviation of a normal, the limit of a uniform distribution.
static float spreadOf(const Parameter &parameter) {
  Fans fans = fansOf(parameter.shape);
  switch (parameter.init.kind) {
  case Initialization::Kind::he:
    return static_cast<float>(std::sqrt(2 / fans.in));
  case Initialization::Kind::xavier:
    return static_cast<float>(std::sqrt(6 / (fans.in + fans.out)));
  default:
    return static_cast<float>(parameter.init.amount);
  }
}

static Words countersFrom(int64_t firstCounter, uint32_t stream) {
  Words words;
  for (size_t i = 0; i < lanes; ++i) {
    words[0][i] = static_cast<uint32_t>(firstCounter) + static_cast<uint32_t>(i);
    words[1][i] = 0; // all parameters belong to sample 0 of step 0
    words[2][i] = 0;
    words[3][i] = stream;
  }
  return words;
}

void alexrt::initialize(const Parameter &parameter, uint64_t seed, ThreadPool &threads,
                        float *data) {
  constexpr int64_t blockSize = 4 * lanes;
  int64_t count = elementCount(parameter.shape);
  if (parameter.init.kind == Initialization::Kind::constant) {
    std::fill_n(data, count, static_cast<float>(parameter.init.amount));
    return;
  }
  uint32_t stream = streamOf(parameter.name, "init");
  float spread = spreadOf(parameter);
  bool isUniform = parameter.init.kind == Initialization::Kind::xavier;
  threads.parallelFor((count + blockSize - 1) / blockSize, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      Words words = countersFrom(block * static_cast<int64_t>(lanes), stream);
      philox(words, seed);
      Numbers numbers;
      isUniform ? makeUniform(words, spread, numbers) : makeNormal(words, spread, numbers);
      int64_t first = block * blockSize;
      std::copy_n(numbers.data(), std::min(blockSize, count - first), data + first);
    }
  });
}
