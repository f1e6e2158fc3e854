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
  EXPECT_EQ(description.preprocess.resizeShorter, 0);
  EXPECT_EQ(description.entries[1].records[0].macs, 24);
  EXPECT_EQ(network.threads(), 2);
  EXPECT_EQ(network.memory().parameters, 36u);
  EXPECT_EQ(network.memory().weights, 64u);
  EXPECT_EQ(network.memory().scratch, 64u);
  EXPECT_EQ(network.memory().io, 128u);
}

TEST_F(NetworkTest, RefusesAnotherAbi) {
  table.network.abiVersion = 99;
  EXPECT_EQ(errorOfCreation(), "expected a network of ABI version 1, got 99");
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

TEST_F(NetworkTest, ReturnsErrorsThroughTheCApi) {
  char error[20] = "";
  table.network.abiVersion = 2;
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
