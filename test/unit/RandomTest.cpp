//===- RandomTest.cpp - random numbers and parameters from a seed ---------===//

#include "runtime/Random.h"
#include "runtime/Initialize.h"
#include "gmock/gmock.h"
#include <algorithm>
#include <cmath>
#include <cstring>

using namespace alexrt;
using testing::Each;
using testing::ElementsAre;

namespace {

std::array<uint32_t, 4> draw(std::array<uint32_t, 4> counter, uint64_t seed) {
  PhiloxBlock<1> block = {{{counter[0]}, {counter[1]}, {counter[2]}, {counter[3]}}};
  philox(block, seed);
  return {block[0][0], block[1][0], block[2][0], block[3][0]};
}

// The known answers of Random123, the generator's reference.
TEST(RandomTest, PhiloxGivesTheKnownAnswers) {
  EXPECT_THAT(draw({0, 0, 0, 0}, 0),
              ElementsAre(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
  EXPECT_THAT(draw({~0u, ~0u, ~0u, ~0u}, ~uint64_t(0)),
              ElementsAre(0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));
  EXPECT_THAT(draw({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822),
              ElementsAre(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u));
}

TEST(RandomTest, StreamsDependOnNameAndPurpose) {
  EXPECT_NE(streamOf("conv1.weight", "init"), streamOf("conv2.weight", "init"));
  EXPECT_NE(streamOf("conv1", "init"), streamOf("conv1", "dropout"));
}

std::vector<float> fill(const Shape &shape, Initialization init, uint64_t seed = 1, int threads = 1,
                        const std::string &name = "fc6.weight") {
  ThreadPool pool(threads);
  std::vector<float> data(elementCount(shape));
  initialize({name, shape, init}, seed, pool, data.data());
  return data;
}

struct Moments {
  explicit Moments(const std::vector<float> &values) {
    for (float value : values)
      mean += value / values.size();
    for (float value : values) {
      double centred = value - mean;
      variance += centred * centred / values.size();
      fourth += centred * centred * centred * centred / values.size();
    }
  }
  double mean = 0, variance = 0, fourth = 0;
};

TEST(InitializeTest, Constant) {
  EXPECT_THAT(fill({300}, {Initialization::Kind::constant, 0.25}), Each(0.25f));
}

TEST(InitializeTest, NormalHasItsMoments) {
  Moments moments(fill({1000, 1000}, {Initialization::Kind::normal, 0.01}));
  EXPECT_NEAR(moments.mean, 0, 5e-5); // five standard errors
  EXPECT_NEAR(std::sqrt(moments.variance), 0.01, 4e-5);
  EXPECT_NEAR(moments.fourth / (moments.variance * moments.variance), 3, 0.03);
}

TEST(InitializeTest, NeighboursAreNotCorrelated) {
  std::vector<float> values = fill({1000, 1000}, {Initialization::Kind::normal, 1});
  for (size_t distance : {1, 2, 3, 4, 64, 256}) {
    double sum = 0;
    for (size_t i = distance; i < values.size(); ++i)
      sum += double(values[i]) * values[i - distance];
    EXPECT_NEAR(sum / values.size(), 0, 5e-3) << "at distance " << distance;
  }
}

// The numbers themselves, computed with libm in double from the same words.
TEST(InitializeTest, NormalIsBoxMullerOfTheCounters) {
  std::vector<float> values = fill({1000}, {Initialization::Kind::normal, 1}, 7);
  uint32_t stream = streamOf("fc6.weight", "init");
  for (uint32_t i = 0; i < 250; ++i) {
    std::array<uint32_t, 4> words = draw({i, 0, 0, stream}, 7);
    for (int pair : {0, 2}) {
      double radius = std::sqrt(-2 * std::log(((words[pair] >> 8) + 1.0) / (1 << 24)));
      double angle = 2 * M_PI * (words[pair + 1] >> 8) / (1 << 24);
      EXPECT_NEAR(values[4 * i + pair], radius * std::cos(angle), 2e-6) << i;
      EXPECT_NEAR(values[4 * i + pair + 1], radius * std::sin(angle), 2e-6) << i;
    }
  }
}

TEST(InitializeTest, HeUsesTheInputsOfOneOutput) {
  // (K, C/groups, R, S): fan_in = 64 * 3 * 3
  Moments moments(fill({512, 64, 3, 3}, {Initialization::Kind::he, 0}));
  EXPECT_NEAR(std::sqrt(moments.variance), std::sqrt(2.0 / 576), 4e-4);
}

TEST(InitializeTest, XavierIsUniformWithinItsLimit) {
  std::vector<float> values = fill({400, 200}, {Initialization::Kind::xavier, 0});
  float limit = std::sqrt(6.0f / 600);
  auto [least, most] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*least, -limit);
  EXPECT_LE(*most, limit);
  EXPECT_NEAR(*most - *least, 2 * limit, 1e-4);
  EXPECT_NEAR(Moments(values).variance, limit * limit / 3, 1e-4);
}

TEST(InitializeTest, SameBitsForAnyNumberOfThreads) {
  Initialization normal{Initialization::Kind::normal, 1};
  EXPECT_EQ(fill({12345}, normal, 3, 1), fill({12345}, normal, 3, 5));
}

TEST(InitializeTest, LargerTensorsBeginLikeSmallerOnes) {
  Initialization normal{Initialization::Kind::normal, 1};
  std::vector<float> large = fill({1000}, normal), small = fill({333}, normal);
  large.resize(333);
  EXPECT_EQ(large, small);
}

TEST(InitializeTest, SeedsAndNamesDiffer) {
  Initialization normal{Initialization::Kind::normal, 1};
  std::vector<float> values = fill({100}, normal);
  EXPECT_NE(values, fill({100}, normal, 2));
  EXPECT_NE(values, fill({100}, normal, uint64_t(1) << 32 | 1));
  EXPECT_NE(values, fill({100}, normal, 1, 1, "fc7.weight"));
}

// Pinned, so that a change of compiler or code that changes models is seen.
TEST(InitializeTest, KnownBits) {
  uint32_t hash = 2166136261u;
  for (float value : fill({10000}, {Initialization::Kind::normal, 0.01}, 1)) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 16777619u;
  }
  EXPECT_EQ(hash, 2180604526u);
}

} // namespace
