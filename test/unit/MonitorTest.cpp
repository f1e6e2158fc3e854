//===- MonitorTest.cpp - notices when training goes wrong -----------------===//

#include "runtime/training/Monitor.h"
#include "HandwrittenNetwork.h"
#include "RuntimeTesting.h"
#include "runtime/training/Confusion.h"
#include "runtime/training/Stepper.h"
#include <cmath>

using namespace alexrt;
using testing::DoubleNear;
using testing::ElementsAre;

namespace {

/// Of images with two features each, taken one by one.
LayerLook lookAt(const std::vector<float> &values) {
  LayerLooker looker("l", 2);
  for (size_t i = 0; i < values.size(); i += 2)
    looker.add({values[i], values[i + 1]});
  return looker.look();
}

TEST(LookTest, MeasuresHowImagesDiffer) {
  EXPECT_EQ(lookAt({1, -1, 1, -1}).variation, 0);
  EXPECT_EQ(lookAt({1, 3, 3, 1}).variation, 0.5);
  EXPECT_TRUE(lookAt({0, 0, 0, 0}).isZero);
  EXPECT_FALSE(lookAt({0, 0, 0, 1}).isZero);
  EXPECT_FALSE(lookAt({0, INFINITY}).isFinite);
}

TEST(LookTest, KnowsEntropies) {
  EXPECT_THAT(entropyOf({5, 5, 0}), DoubleNear(std::log(2.0), 1e-12));
  EXPECT_EQ(entropyOf({7}), 0);
}

/// The handwritten network, whose step computes "relu" in its second record.
class MonitorTest : public testing::Test {
protected:
  MonitorTest() {
    table.replace(
        "\"records\": [], \"values\": [], \"swallowed\": {}, \"removed\": {}, \"scratch\": 192",
        "\"records\": [], \"values\": [{\"layer\": \"relu\", \"record\": 1,"
        "\"segment\": \"io\", \"offset\": 64, \"shape\": [2, 3], \"layout\":"
        "{\"channel_block\": 1, \"batch_block\": 0, \"halo\": [0, 0, 0, 0]}}],"
        "\"swallowed\": {}, \"removed\": {}, \"scratch\": 192");
    NetworkOptions options;
    options.threads = 1;
    options.kinds = {"train_step"};
    network = std::make_unique<Network>(table.network, options);
    network->initWeights(1);
    network->makeTrainable();
    network->step().learningRate = 0;
    monitor = std::make_unique<Monitor>(
        *network, [this](const std::string &warning) { warnings.push_back(warning); });
  }

  void setParameters(float value) {
    std::fill_n(network->parameterData(0), handwritten::inputs * handwritten::outputs, value);
    std::fill_n(network->parameterData(1), handwritten::outputs, value);
    network->parametersChanged();
  }
  /// Two images of zeros; the loss of both is `loss`.
  void runStep(uint64_t step, double loss, int32_t firstLabel = 0) {
    const Entry &entry = trainingEntry(network->description(), "train_step");
    std::fill_n(network->input(entry), 4, 0.0f);
    std::fill_n(network->labels(entry), 2, 0);
    network->run(entry, monitor->optionsFor(step, entry));
    monitor->endStep(step, Tally{2, 1, 0, 2 * loss}, {firstLabel, 1});
  }

  handwritten::Table table;
  std::unique_ptr<Network> network;
  std::unique_ptr<Monitor> monitor;
  std::vector<std::string> warnings;
};

TEST_F(MonitorTest, NamesDeadLayersOnce) {
  setParameters(0);
  runStep(0, 1);
  runStep(1, 1);
  EXPECT_THAT(warnings, ElementsAre("layer 'relu' is dead: its values are zero for every image of "
                                    "a batch"));
}

TEST_F(MonitorTest, NamesTheLayerWhereTheLossIsFlat) {
  setParameters(1);
  for (uint64_t step = 0; step < 3 * Monitor::windowSteps; ++step)
    runStep(step, std::log(2.0));
  EXPECT_THAT(warnings, ElementsAre("the loss (0.693) stays at the entropy of the labels seen "
                                    "(0.693): nothing is learned from the images; the values of "
                                    "layer 'relu' hardly differ between them"));
}

TEST_F(MonitorTest, IsSilentWhereTheLossFalls) {
  setParameters(1);
  for (uint64_t step = 0; step < 3 * Monitor::windowSteps; ++step)
    runStep(step, 0.6);
  for (uint64_t step = 0; step < 3 * Monitor::windowSteps; ++step)
    runStep(step, 0.01, /*firstLabel=*/1); // one class: the entropy is 0
  EXPECT_THAT(warnings, ElementsAre());
}

TEST_F(MonitorTest, StopsWhereTheLossIsNotFinite) {
  runStep(0, 1);
  EXPECT_EQ(errorOf([&] { runStep(7, INFINITY); }), "step 8: the loss is not finite (inf)");
  setParameters(NAN);
  runStep(8, 100); // much more than at first: from now on each step is looked at
  EXPECT_EQ(errorOf([&] { runStep(9, NAN); }), "step 10: the loss is not finite (nan); the first "
                                               "layer whose values are not is 'relu'");
}

TEST_F(MonitorTest, NamesParametersThatAreNotFinite) {
  setParameters(1);
  network->parameterData(1)[2] = INFINITY;
  EXPECT_EQ(errorOf([&] { monitor->measureParameters(5); }),
            "step 5: parameter 'fc.bias' is not finite");
  EXPECT_EQ(errorOf([&] {
              monitor->endStep(7, Tally{2, 1, 0, NAN}, {0, 1});
            }),
            "step 8: the loss is not finite (nan); the first parameter that is not is 'fc.bias'");
}

TEST_F(MonitorTest, MeasuresParametersAndUpdates) {
  setParameters(-2);
  std::fill_n(network->momentumData(0), handwritten::inputs * handwritten::outputs, 0.5f);
  std::vector<ParameterMetrics> metrics = monitor->measureParameters(1);
  ASSERT_EQ(metrics.size(), 2u);
  EXPECT_EQ(metrics[0].parameter, "fc.weight");
  EXPECT_EQ(metrics[0].meanWeight, 2);
  EXPECT_EQ(metrics[0].meanUpdate, 0.5);
  EXPECT_EQ(metrics[0].ratio(), 0.25);
  EXPECT_EQ(metrics[1].meanUpdate, 0);
}

TEST(ConfusionTest, WritesNamesWithCommas) {
  Confusion confusion(2);
  confusion.add(std::vector<float>{0.5, 0.5}.data(), 1); // the first of equal ones
  confusion.add(std::vector<float>{0, 1}.data(), 1);
  EXPECT_EQ(confusion.toCsv({"cat, \"wild\"", "dog"}),
            "label,\"cat, \"\"wild\"\"\",dog\n\"cat, \"\"wild\"\"\",0,0\ndog,1,1\n");
}

} // namespace
