//===- RanksTest.cpp - gradients are exchanged while others are made ------===//

#include "FakeRanks.h"
#include "HandwrittenNetwork.h"
#include "RuntimeTesting.h"
#include "runtime/ranks/HostExchange.h"

using namespace alexrt;
using testing::ElementsAre;
using testing::ElementsAreArray;

namespace {

/// Rank 0 of two that always have the same gradients.
class Twins : public FakeRanks {
public:
  void addUp(float *data, size_t count, float scale) override {
    if (fails)
      throw Error("rank 1 has ended (process 7)");
    for (size_t i = 0; i < count; ++i)
      data[i] = (data[i] + data[i]) * scale;
    sizes.push_back(count);
    ++exchanged;
  }
  void abandon() override { isAbandoned = true; }

  /// Whether `count` gradients are exchanged, or will be in a few seconds.
  bool waitFor(size_t count) const {
    for (int i = 0; i < 500 && exchanged < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return exchanged == count;
  }

  std::vector<size_t> sizes;
  std::atomic<size_t> exchanged{0};
  bool fails = false, isAbandoned = false;
};

/// The handwritten network; behind the record of both gradients (number 3) stands another.
class HostExchangeTest : public testing::Test {
protected:
  void makeNetwork() {
    table.programs[5].records = records;
    table.programs[5].recordCount = 5;
    table.programs[5].args = table.gradArgs.data();
    network =
        std::make_unique<Network>(table.network, NetworkOptions{1, false, {"gradients", "apply"}});
    network->initWeights(1);
    network->makeTrainable();
    std::fill_n(network->input(entry()), 4, 0.5f);
    std::fill_n(network->labels(entry()), 2, 1);
    exchange =
        std::make_unique<HostExchange>(*network, entry(), ranks, 0.5f, [this](size_t parameter) {
          return network->gradientData(parameter);
        });
  }
  const Entry &entry() const { return *network->findEntry("gradients", 2); }
  std::vector<float> weightGradient() const {
    return {network->gradient(0), network->gradient(0) + 6};
  }

  handwritten::Table table;
  AlexrtRecord records[5] = {table.stepRecords[0], table.stepRecords[1], table.stepRecords[2],
                             table.stepRecords[3], handwritten::launch(3, 6, 3, 2)};
  Twins ranks;
  std::unique_ptr<Network> network;
  std::unique_ptr<HostExchange> exchange;
};

TEST_F(HostExchangeTest, WorksBesideTheRun) {
  makeNetwork();
  network->run(entry());
  std::vector<float> alone = weightGradient();
  for (size_t run = 1; run <= 3; ++run) {
    RunOptions options;
    options.afterRecord = [&](size_t record) { // holds the run up
      EXPECT_TRUE(record < 4 || ranks.waitFor(2 * run));
    };
    network->run(entry(), exchange->begin(options));
    exchange->finish();
    EXPECT_THAT(weightGradient(), ElementsAreArray(alone)); // the mean of twins
  }
  EXPECT_THAT(ranks.sizes, ElementsAre(6, 3, 6, 3, 6, 3));
}

TEST_F(HostExchangeTest, WaitsForTheLastUse) {
  // relu reads the weight's gradient
  table.gradArgs.push_back(handwritten::ofParameter(ALEXRT_GRADIENT, 0, false));
  table.gradArgs.push_back(handwritten::argument(ALEXRT_SCRATCH, 1, 0, 24));
  records[4] = handwritten::launch(2, 14, 2, 2);
  makeNetwork();
  RunOptions options;
  options.afterRecord = [&](size_t record) { EXPECT_TRUE(record != 3 || ranks.waitFor(1)); };
  network->run(entry(), exchange->begin(options));
  exchange->finish();
  EXPECT_THAT(ranks.sizes, ElementsAre(3, 6));
}

TEST_F(HostExchangeTest, HandsOnFailures) {
  makeNetwork();
  ranks.fails = true;
  network->run(entry(), exchange->begin({}));
  EXPECT_EQ(errorOf([&] { exchange->finish(); }), "rank 1 has ended (process 7)");
  exchange.reset();
  EXPECT_FALSE(ranks.isAbandoned);
}

TEST_F(HostExchangeTest, DoesNotWaitForOthersAfterARunThatFailed) {
  makeNetwork();
  exchange->begin({});
  exchange.reset();
  EXPECT_TRUE(ranks.isAbandoned);
  EXPECT_EQ(ranks.exchanged, 0u);
}

} // namespace
