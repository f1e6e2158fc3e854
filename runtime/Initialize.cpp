//===- Initialize.cpp - parameters from a seed ----------------------------===//
//
// Compiled without contraction (see Normal.h). Loops run over blocks of lanes so
// that compilers vectorise them.

#include "runtime/Initialize.h"
#include "runtime/Normal.h"
#include "runtime/Random.h"
#include <algorithm>
#include <cmath>

using namespace alexrt;

static constexpr size_t lanes = 64;
using Words = PhiloxBlock<lanes>;
using Numbers = std::array<float, 4 * lanes>; // in the order of the elements

//===----------------------------------------------------------------------===//
// Distributions: from a block of random words to numbers
//===----------------------------------------------------------------------===//

static void makeNormal(const Words &words, float deviation, Numbers &numbers) {
  for (size_t pair = 0; pair < 4; pair += 2) {
    for (size_t i = 0; i < lanes; ++i) {
      float first, second;
      drawNormals(words[pair][i], words[pair + 1][i], first, second);
      numbers[4 * i + pair] = first * deviation;
      numbers[4 * i + pair + 1] = second * deviation;
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
