//===- NetworkTest.cpp - one network, ready to run ------------------------===//

#include "runtime/Network.h"
#include "HandwrittenNetwork.h"
#include "RuntimeTesting.h"
#include "runtime/CpuFeatures.h"
#include "runtime/Safetensors.h"
#include <cmath>

using namespace alexrt;
using handwritten::Table;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const std::vector<float> weight = {1, 2, 3, 4, 5, 6}, bias = {0.5f, -10, 0};

std::vector<float> reference(const std::vector<float> &x) {
  std::vector<float> y;
  for (size_t n = 0; n < x.size() / 2; ++n)
    for (size_t k = 0; k < 3; ++k)
      y.push_back(
          std::max(0.0f, bias[k] + weight[2 * k] * x[2 * n] + weight[2 * k + 1] * x[2 * n + 1]));
  return y;
}

class NetworkTest : public FolderTest {
protected:
  std::string writeWeights() const {
    writeSafetensors(path("w"), {{"fc.weight", {3, 2}, weight.data()},
                                 {"unused", {1}, bias.data()},
                                 {"fc.bias", {3}, bias.data()}});
    return path("w");
  }
  std::string errorOfCreation() {
    return errorOf([&] { Network network(table.network); });
  }

  Table table;
};

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

TEST_F(NetworkTest, DescribesItself) {
  Network network(table.network, {2});
  const Description &description = network.description();
  EXPECT_EQ(description.name, "handwritten");
  EXPECT_THAT(description.input, ElementsAre(2, 1, 1));
  EXPECT_EQ(description.params[0].init.kind, Initialization::Kind::normal);
  EXPECT_EQ(description.params[1].init.amount, 0.5);
  EXPECT_EQ(description.params[0].rateFactor, 1);
  EXPECT_EQ(description.params[1].rateFactor, 2);
  EXPECT_EQ(description.params[1].decayFactor, 0);
  EXPECT_EQ(description.preprocess.resizeShorter, 0);
  EXPECT_EQ(description.preprocess.measureMean, "image");
  EXPECT_EQ(description.entries[1].records[0].macs, 24);
  EXPECT_EQ(network.threads(), 2);
  EXPECT_EQ(network.memory().parameters, 36u);
  EXPECT_EQ(network.memory().weights, 64u);
  EXPECT_EQ(network.memory().scratch, 64u);
  EXPECT_EQ(network.memory().io, 128u);
}

TEST_F(NetworkTest, DescribesTraining) {
  const Description description = Description::parse(table.network.description);
  ASSERT_TRUE(description.training);
  EXPECT_EQ(description.training->batch, 2);
  EXPECT_EQ(description.training->momentum, 0.5);
  EXPECT_EQ(description.training->schedule.kind, Schedule::Kind::step);
  EXPECT_THAT(description.training->schedule.at, ElementsAre(2, 3));
  const Augmentation &augmentation = description.training->augmentation;
  EXPECT_TRUE(augmentation.randomCrop);
  EXPECT_EQ(augmentation.share, 8);
  ASSERT_TRUE(augmentation.colour);
  EXPECT_FALSE(augmentation.colour->usesEigenvalues);
  EXPECT_EQ(augmentation.colour->pixelRange, 255);
  EXPECT_THAT(description.entries[0].loss.shape, IsEmpty());
  EXPECT_THAT(description.entries[2].labels.shape, ElementsAre(2));
}

TEST_F(NetworkTest, RefusesAnotherAbi) {
  table.network.abiVersion = 99;
  EXPECT_EQ(errorOfCreation(), "expected a network of ABI version 4, got 99");
}

TEST_F(NetworkTest, RefusesNoDevices) {
  table.network.deviceCount = 0;
  EXPECT_EQ(errorOfCreation(), "expected a network of one device or more, got 0");
}

TEST_F(NetworkTest, NamesWhatTheCpuLacks) {
  if (missingCpuFeatures({"xop", "tbm"}).size() < 2)
    GTEST_SKIP() << "this CPU has all that the test would miss";
  table.replace("\"sse3\"", "\"sse3\", \"xop\", \"tbm\"");
  EXPECT_EQ(errorOfCreation(), "this CPU lacks xop, tbm, which the network was compiled for");
}

TEST(CpuFeaturesTest, KnowsWhatEveryX86Has) {
  EXPECT_THAT(missingCpuFeatures({"sse3", "fast-unaligned-mem"}), IsEmpty());
}

TEST_F(NetworkTest, RefusesABrokenDescription) {
  table.replace("\"classes\": 3,", "");
  EXPECT_THAT(errorOfCreation(), HasSubstr("the network's description cannot be read: "));
  EXPECT_THAT(errorOfCreation(), HasSubstr("key 'classes' not found"));
}

TEST_F(NetworkTest, RefusesAnUnknownInitialization) {
  table.replace("\"kind\": \"normal\"", "\"kind\": \"lucky\"");
  EXPECT_EQ(errorOfCreation(), "the network's description cannot be read: unknown kind 'lucky'");
}

TEST_F(NetworkTest, RefusesAnEntryWithoutProgram) {
  table.replace("\"program\": \"infer_4\"", "\"program\": \"infer_5\"");
  EXPECT_EQ(errorOfCreation(), "the network has no program 'infer_5'");
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

TEST_F(NetworkTest, UsesTheFilesTensors) {
  Network network(table.network);
  EXPECT_FALSE(network.hasWeights());
  EXPECT_EQ(network.parameter(0), nullptr);
  network.loadWeights(writeWeights());
  EXPECT_TRUE(network.hasWeights());
  EXPECT_THAT(std::vector<float>(network.parameter(0), network.parameter(0) + 6),
              ElementsAreArray(weight));
}

TEST_F(NetworkTest, UsesAFileWithoutAlignment) {
  writeWeights();
  std::string bytes = read("w");
  bytes[0] -= 1; // one space less behind the header
  size_t headerEnd = bytes.find("}} ") + 2;
  bytes.erase(headerEnd, 1);
  Network network(table.network);
  network.loadWeights(write("odd", bytes));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(network.parameter(1)) % sizeof(float), 0u);
  EXPECT_THAT(std::vector<float>(network.parameter(1), network.parameter(1) + 3),
              ElementsAreArray(bias));
}

TEST_F(NetworkTest, KeepsItsParametersWhenAFileDoesNotFit) {
  Network network(table.network);
  network.loadWeights(writeWeights());
  writeSafetensors(path("wrong"), {{"fc.weight", {2, 3}, weight.data()}});
  EXPECT_EQ(errorOf([&] { network.loadWeights(path("wrong")); }, folder),
            "wrong: tensor 'fc.weight': expected shape [3, 2], got [2, 3]");
  EXPECT_EQ(network.parameter(0)[5], 6.0f);
}

TEST_F(NetworkTest, InitialisesAndSaves) {
  Network network(table.network), other(table.network);
  EXPECT_EQ(errorOf([&] { network.saveWeights(path("saved")); }), "there are no weights to save");
  network.initWeights(5);
  EXPECT_EQ(network.parameter(1)[2], 0.5f);
  EXPECT_NE(network.parameter(0)[0], network.parameter(0)[1]);
  network.saveWeights(path("saved"));
  other.loadWeights(path("saved"));
  EXPECT_EQ(other.parameter(0)[0], network.parameter(0)[0]);
}

TEST_F(NetworkTest, TakesParametersFromMemory) {
  Network network(table.network);
  network.setWeights({weight.data(), bias.data()});
  EXPECT_NE(network.parameter(0), weight.data());
  EXPECT_EQ(network.parameter(0)[5], 6.0f);
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

TEST_F(NetworkTest, RunsAnEntry) {
  Network network(table.network);
  network.loadWeights(writeWeights());
  const Entry *entry = network.findEntry("infer", 1);
  ASSERT_NE(entry, nullptr);
  network.input(*entry)[0] = 2;
  network.input(*entry)[1] = 3;
  network.run(*entry);
  EXPECT_THAT(std::vector<float>(network.output(*entry), network.output(*entry) + 3),
              ElementsAreArray(reference({2, 3})));
  EXPECT_EQ(network.findEntry("infer", 2), nullptr);
  EXPECT_EQ(network.findEntry("evaluate", 1), nullptr);
  EXPECT_NE(network.findEntry("evaluate", 2), nullptr);
}

TEST_F(NetworkTest, RefusesToRunWithoutWeights) {
  Network network(table.network);
  EXPECT_EQ(errorOf([&] { network.run(*network.findEntry("infer", 1)); }),
            "there are no weights yet: load or initialise them first");
}

TEST_F(NetworkTest, InfersAnyCount) {
  Network network(table.network);
  network.loadWeights(writeWeights());
  for (size_t count : {0, 1, 3, 4, 9}) {
    std::vector<float> x, y(3 * count);
    for (size_t i = 0; i < 2 * count; ++i)
      x.push_back(static_cast<float>(i));
    network.infer(x.data(), count, y.data());
    EXPECT_THAT(y, ElementsAreArray(reference(x))) << count << " images";
  }
}

TEST_F(NetworkTest, FillsUpABatchThatIsTooLarge) {
  table.replace("\"kind\": \"infer\", \"batch\": 1", "\"kind\": \"other\", \"batch\": 1");
  Network network(table.network);
  network.loadWeights(writeWeights());
  std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, y(15);
  network.infer(x.data(), 5, y.data());
  EXPECT_THAT(y, ElementsAreArray(reference(x)));
  const float *rest = network.output(*network.findEntry("infer", 4)) + 3;
  EXPECT_THAT(std::vector<float>(rest, rest + 3), ElementsAreArray(reference({0, 0})));
}

TEST_F(NetworkTest, SaysThatThereIsNothingToInfer) {
  table.replace("\"kind\": \"infer\"", "\"kind\": \"other\"");
  table.replace("\"kind\": \"infer\"", "\"kind\": \"other\"");
  Network network(table.network);
  float x[2] = {}, y[3];
  EXPECT_EQ(errorOf([&] { network.infer(x, 1, y); }), "the network has no entry for inference");
}

TEST_F(NetworkTest, ReadsValuesDuringARun) {
  Network network(table.network);
  network.loadWeights(writeWeights());
  const Entry &entry = *network.findEntry("infer", 1);
  const ValueInfo &value = entry.valueOf("drop"); // which was removed: the value of fc
  network.input(entry)[0] = network.input(entry)[1] = 1;
  std::vector<float> found;
  RunOptions options;
  options.afterRecord = [&](size_t record) {
    if (record == value.record)
      found = network.readValue(value);
  };
  network.run(entry, options);
  EXPECT_THAT(found, ElementsAre(3.5f, -3, 11));
}

TEST_F(NetworkTest, SaysWhyAValueDoesNotExist) {
  Network network(table.network);
  const Entry &entry = *network.findEntry("infer", 1);
  std::string swallowed = "layer 'conv' has no value in memory: kernel 'conv+pool' computes it; "
                          "compile with --keep conv to have it";
  EXPECT_EQ(errorOf([&] { entry.valueOf("conv"); }), swallowed);
  EXPECT_EQ(errorOf([&] { entry.valueOf("flat"); }), swallowed);
  EXPECT_EQ(errorOf([&] { entry.valueOf("fc9"); }), "unknown layer 'fc9'");
}

TEST_F(NetworkTest, RunsBetweenGuardPages) {
  NetworkOptions options;
  options.guardPages = true;
  Network network(table.network, options);
  network.loadWeights(writeWeights());
  std::vector<float> x = {1, 2, 3, 4}, y(6);
  network.infer(x.data(), 2, y.data());
  EXPECT_THAT(y, ElementsAreArray(reference(x)));
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

class TrainingTest : public NetworkTest {
protected:
  static constexpr AlexrtStep step = {0.25f, 0.5f, 0.125f, 0, 0, 0, 0, 0};

  std::unique_ptr<Network> makeNetwork(std::vector<std::string> kinds, bool guardPages = false) {
    auto network =
        std::make_unique<Network>(table.network, NetworkOptions{2, guardPages, std::move(kinds)});
    network->loadWeights(writeWeights());
    network->makeTrainable();
    return network;
  }
  static void run(Network &network, const std::string &kind) {
    const Entry &entry = *network.findEntry(kind, kind == "apply" ? 0 : 2);
    if (kind != "apply") {
      std::copy(x.begin(), x.end(), network.input(entry));
      std::copy(labels.begin(), labels.end(), network.labels(entry));
    }
    network.run(entry);
  }

  /// What a step makes of `weight` and `bias`.
  struct Expected {
    std::vector<float> weight, bias, weightMomentum, biasMomentum;
  };
  static Expected expectedStep() {
    std::vector<float> y;
    for (size_t n = 0; n < 2; ++n)
      for (size_t k = 0; k < 3; ++k)
        y.push_back(bias[k] + weight[2 * k] * x[2 * n] + weight[2 * k + 1] * x[2 * n + 1]);
    y[labels[0]] -= 1;
    y[3 + labels[1]] -= 1;
    Expected result;
    for (size_t k = 0; k < 3; ++k) {
      result.biasMomentum.push_back(-0.25f * ((y[k] + y[3 + k]) / 2 + 0.125f * bias[k]));
      result.bias.push_back(bias[k] + result.biasMomentum[k]);
      for (size_t c = 0; c < 2; ++c) {
        float gradient = (y[k] * x[c] + y[3 + k] * x[2 + c]) / 2;
        result.weightMomentum.push_back(-0.25f * (gradient + 0.125f * weight[2 * k + c]));
        result.weight.push_back(weight[2 * k + c] + result.weightMomentum[2 * k + c]);
      }
    }
    return result;
  }
  static void expectStepDone(Network &network) {
    Expected expected = expectedStep();
    auto values = [](const float *data, size_t count) {
      return std::vector<float>(data, data + count);
    };
    EXPECT_EQ(values(network.parameterData(0), 6), expected.weight);
    EXPECT_EQ(values(network.parameterData(1), 3), expected.bias);
    EXPECT_EQ(values(network.momentum(0), 6), expected.weightMomentum);
    EXPECT_EQ(values(network.momentum(1), 3), expected.biasMomentum);
  }

  static inline const std::vector<float> x = {1, 2, -1, 0.5f}; // all sums are exact
  static inline const std::vector<int32_t> labels = {2, 0};
};

TEST_F(TrainingTest, MakesParametersWritable) {
  Network network(table.network, NetworkOptions{1, false, {"train_step"}});
  EXPECT_EQ(errorOf([&] { network.makeTrainable(); }),
            "there are no weights yet: load or initialise them first");
  network.loadWeights(writeWeights());
  EXPECT_EQ(network.parameterData(0), nullptr);
  EXPECT_EQ(network.momentum(0), nullptr);
  EXPECT_EQ(network.memory().momenta, 0u);
  network.makeTrainable();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(network.parameterData(1)) % 64, 0u);
  EXPECT_EQ(network.parameterData(1)[0], 0.5f);
  EXPECT_EQ(network.momentum(1)[2], 0.0f);
  EXPECT_EQ(network.gradient(0), nullptr);
  EXPECT_EQ(network.memory().momenta, 128u);
  EXPECT_EQ(network.memory().gradients, 0u);
  network.momentumData(1)[2] = 7;
  network.makeTrainable(); // a second time changes nothing
  EXPECT_EQ(network.momentum(1)[2], 7.0f);
  network.initWeights(1);
  EXPECT_FALSE(network.isTrainable());
}

TEST_F(TrainingTest, HandsOutTheFilesOtherTensors) {
  Network network(table.network);
  EXPECT_EQ(network.weightsFile(), nullptr);
  network.loadWeights(writeWeights());
  std::shared_ptr<const Safetensors> file = network.weightsFile();
  network.makeTrainable();
  EXPECT_EQ(network.weightsFile(), nullptr);
  EXPECT_EQ(static_cast<const float *>(file->find("unused", {1}))[0], 0.5f);
}

TEST_F(TrainingTest, StartsWithTheSpecsNumbers) {
  Network network(table.network);
  EXPECT_EQ(memcmp(&network.step(), &step, sizeof step), 0);
}

TEST_F(TrainingTest, TakesAStep) {
  auto network = makeNetwork({"train_step"});
  run(*network, "train_step");
  expectStepDone(*network);
  const float *loss = network->loss(*network->findEntry("train_step", 2));
  EXPECT_EQ(loss[0], (5.5f * 5.5f + 1 + 16 * 16) / 2);
}

TEST_F(TrainingTest, TakesAStepInTwoHalves) {
  auto network = makeNetwork({"gradients", "apply"});
  EXPECT_EQ(network->memory().gradients, 128u);
  run(*network, "gradients");
  EXPECT_EQ(network->parameterData(0)[0], 1.0f);
  EXPECT_NE(network->gradient(0)[0], 0.0f);
  run(*network, "apply");
  expectStepDone(*network);
}

TEST_F(TrainingTest, TakesAStepBetweenGuardPages) {
  auto network = makeNetwork({"train_step"}, true);
  run(*network, "train_step");
  expectStepDone(*network);
}

TEST_F(TrainingTest, PacksTheNewParameters) {
  auto network = makeNetwork({"infer", "evaluate", "train_step"});
  std::vector<float> y(3);
  auto infer = [&] {
    network->infer(x.data(), 1, y.data());
    return y[2];
  };
  EXPECT_EQ(infer(), 17.0f); // 5 * 1 + 6 * 2 + 0
  run(*network, "train_step");
  Expected expected = expectedStep();
  EXPECT_EQ(infer(),
            std::max(0.0f, expected.weight[4] + 2 * expected.weight[5] + expected.bias[2]));
  network->parameterData(0)[4] = 20;
  network->parameterData(0)[5] = 1;
  network->parametersChanged();
  run(*network, "evaluate");
  EXPECT_EQ(network->output(*network->findEntry("evaluate", 2))[2], 22 + expected.bias[2]);
}

TEST_F(TrainingTest, AllocatesForTheEntriesItRuns) {
  Network network(table.network, NetworkOptions{1, false, {"train_step"}});
  EXPECT_EQ(network.memory().weights, 0u);
  EXPECT_EQ(network.memory().scratch, 192u);
  network.loadWeights(writeWeights());
  EXPECT_EQ(errorOf([&] { network.run(*network.findEntry("infer", 1)); }),
            "there is no memory to run entry 'infer_1'");
}

TEST_F(TrainingTest, LeavesAMappedFileAlone) {
  Network network(table.network, NetworkOptions{1, false, {"train_step"}});
  network.loadWeights(writeWeights());
  EXPECT_EQ(errorOf([&] { run(network, "train_step"); }),
            "entry 'train_step_2' needs parameters that may be written: make the network trainable "
            "first");
}

TEST_F(TrainingTest, RefusesALabelThatIsNoClass) {
  auto network = makeNetwork({"evaluate"});
  const Entry &entry = *network->findEntry("evaluate", 2);
  network->labels(entry)[1] = 3;
  EXPECT_EQ(errorOf([&] { network->run(entry); }),
            "image 1 of the batch: expected a label from 0 to 2, got 3");
  network->labels(entry)[1] = -1;
  EXPECT_EQ(errorOf([&] { network->run(entry); }),
            "image 1 of the batch: expected a label from 0 to 2, got -1");
}

//===----------------------------------------------------------------------===//
// C API
//===----------------------------------------------------------------------===//

TEST_F(NetworkTest, RunsThroughTheCApiInTwoThreads) {
  std::string file = writeWeights();
  auto inferOften = [&] {
    AlexrtInstance *instance = alexrt_create(&table.network, 2, nullptr, 0);
    ASSERT_NE(instance, nullptr);
    EXPECT_EQ(alexrt_input_size(instance), 2u);
    EXPECT_EQ(alexrt_output_size(instance), 3u);
    ASSERT_EQ(alexrt_load_weights(instance, file.c_str()), 0) << alexrt_error(instance);
    std::vector<float> x = {1, 2, 3, 4, 5, 6}, y(9);
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(alexrt_infer(instance, x.data(), 3, y.data()), 0);
      ASSERT_EQ(y, reference(x));
    }
    alexrt_free(instance);
  };
  std::thread other(inferOften);
  inferOften();
  other.join();
}

TEST_F(TrainingTest, TrainsThroughTheCApi) {
  AlexrtInstance *instance = alexrt_create_for_training(&table.network, 1, nullptr, 0);
  ASSERT_NE(instance, nullptr);
  EXPECT_EQ(alexrt_training_batch(instance), 2u);
  ASSERT_EQ(alexrt_load_weights(instance, writeWeights().c_str()), 0);
  float loss = 0, lossAfter = 0;
  alexrt_step(instance)->learningRate /= 16;
  ASSERT_EQ(alexrt_train_step(instance, x.data(), labels.data(), &loss), 0);
  ASSERT_EQ(alexrt_train_step(instance, x.data(), labels.data(), &lossAfter), 0);
  EXPECT_LT(lossAfter, loss);
  EXPECT_EQ(alexrt_step(instance)->step, 2u);
  EXPECT_EQ(alexrt_save_weights(instance, path("trained").c_str()), 0);
  EXPECT_NE(alexrt_train_step(instance, x.data(), std::array{0, 3}.data(), nullptr), 0);
  EXPECT_STREQ(alexrt_error(instance), "image 1 of the batch: expected a label from 0 to 2, got 3");
  alexrt_free(instance);
}

TEST_F(TrainingTest, RefusesToTrainThroughTheCApi) {
  AlexrtInstance *instance = alexrt_create(&table.network, 1, nullptr, 0);
  EXPECT_EQ(alexrt_training_batch(instance), 0u);
  EXPECT_NE(alexrt_train_step(instance, x.data(), labels.data(), nullptr), 0);
  EXPECT_STREQ(alexrt_error(instance), "the instance was not created for training");
  alexrt_free(instance);
  char error[80];
  table.replace("\"kind\": \"train_step\"", "\"kind\": \"other\"");
  EXPECT_EQ(alexrt_create_for_training(&table.network, 1, error, sizeof error), nullptr);
  EXPECT_STREQ(error, "the network was compiled without training");
}

TEST_F(NetworkTest, ReturnsErrorsThroughTheCApi) {
  char error[20] = "";
  table.network.abiVersion = 1;
  EXPECT_EQ(alexrt_create(&table.network, 1, error, sizeof error), nullptr);
  EXPECT_STREQ(error, "expected a network "); // cut to the room there is
  EXPECT_EQ(alexrt_create(&table.network, 1, nullptr, 0), nullptr);
  table.network.abiVersion = ALEXRT_ABI_VERSION;
  AlexrtInstance *instance = alexrt_create(&table.network, 1, error, sizeof error);
  EXPECT_STREQ(alexrt_error(instance), "");
  float x[2] = {}, y[3];
  EXPECT_NE(alexrt_infer(instance, x, 1, y), 0);
  EXPECT_THAT(alexrt_error(instance), HasSubstr("there are no weights yet"));
  EXPECT_NE(alexrt_load_weights(instance, "/no/such/file"), 0);
  EXPECT_STREQ(alexrt_error(instance), "/no/such/file: No such file or directory");
  EXPECT_EQ(alexrt_init_weights(instance, 1), 0);
  EXPECT_EQ(alexrt_infer(instance, x, 1, y), 0);
  alexrt_free(instance);
  alexrt_free(nullptr);
}

} // namespace
