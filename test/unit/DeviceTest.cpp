//===- DeviceTest.cpp - a network on a device with memory of its own ------===//

#include "FakeDevice.h"
#include "RuntimeTesting.h"
#include "TwoDeviceNetwork.h"
#include "runtime/Accelerator.h"
#include "runtime/Network.h"

using namespace alexrt;
using testing::Each;
using testing::ElementsAre;
using testing::ElementsAreArray;

namespace {

const std::vector<float> weight = {1, 2, 3, 4, 5, 6}, bias = {0.5f, -10, 0};

std::vector<float> values(const float *data, size_t count) { return {data, data + count}; }

class DeviceTest : public FolderTest {
protected:
  void SetUp() override {
    FolderTest::SetUp();
    fake::state = {};
  }
  void TearDown() override {
    network.reset();
    EXPECT_EQ(fake::state.live, 0);
    FolderTest::TearDown();
  }

  Network &make(const AlexrtNetwork &table, std::vector<std::string> kinds, bool guardPages = false,
                bool captureGraphs = true) {
    NetworkOptions options{2, guardPages, std::move(kinds), captureGraphs};
    network = std::make_unique<Network>(table, options);
    network->setWeights({weight.data(), bias.data()});
    return *network;
  }
  Network &make(std::vector<std::string> kinds = {"infer"}) {
    return make(table.network, std::move(kinds));
  }
  /// The same for training.
  Network &makeTrainable(std::vector<std::string> kinds) {
    make(std::move(kinds)).makeTrainable();
    return *network;
  }
  std::vector<float> infer(float first, float second) {
    std::vector<float> x = {first, second}, y(3);
    network->infer(x.data(), 1, y.data());
    return y;
  }
  static std::vector<float> reference(float first, float second) {
    std::vector<float> y;
    for (size_t k = 0; k < 3; ++k)
      y.push_back(std::max(0.0f, bias[k] + weight[2 * k] * first + weight[2 * k + 1] * second));
    return y;
  }
  static const Entry &prepare(Network &network, const std::string &kind) {
    const Entry &entry = *network.findEntry(kind, 2);
    std::copy(x.begin(), x.end(), network.input(entry));
    std::copy(labels.begin(), labels.end(), network.labels(entry));
    return entry;
  }
  /// Parameters and momenta after steps of training, and their losses.
  static std::vector<std::vector<float>> train(Network &network, int steps) {
    std::vector<std::vector<float>> result;
    for (int i = 0; i < steps; ++i) {
      const Entry &entry = prepare(network, "train_step");
      network.step().learningRate /= 2;
      network.run(entry);
      result.push_back(values(network.loss(entry), 2));
    }
    result.push_back(values(network.parameter(0), 6));
    result.push_back(values(network.parameter(1), 3));
    result.push_back(values(network.momentum(0), 6));
    result.push_back(values(network.momentum(1), 3));
    return result;
  }
  std::vector<std::vector<float>> trainOnCpu(int steps) {
    handwritten::Table cpu;
    Network network(cpu.network, NetworkOptions{1, false, {"train_step"}});
    network.setWeights({weight.data(), bias.data()});
    network.makeTrainable();
    return train(network, steps);
  }
  /// What a failing `function` makes of the action.
  template <typename Action>
  std::string errorWhenFailing(const std::string &function, int code, Action action) {
    fake::state.failures[function] = code;
    std::string error = errorOf(action);
    fake::state.failures.clear();
    return error;
  }

  fake::Table table;
  std::unique_ptr<Network> network;
  static inline const std::vector<float> x = {1, 2, -1, 0.5f}; // all sums are exact
  static inline const std::vector<int32_t> labels = {2, 0};
};

//===----------------------------------------------------------------------===//
// Inference
//===----------------------------------------------------------------------===//

TEST_F(DeviceTest, Infers) {
  make();
  EXPECT_EQ(network->device(), "Fake 1 (FAKE device 0)");
  EXPECT_THAT(infer(2, 3), ElementsAreArray(reference(2, 3)));
  EXPECT_THAT(infer(-4, 5), ElementsAreArray(reference(-4, 5)));
  EXPECT_EQ(fake::state.calls["allocate"], 1);
}

TEST_F(DeviceTest, MovesOnlyWhatIsNew) {
  make();
  infer(2, 3);
  EXPECT_EQ(fake::state.uploaded, 9 * 4 + 2 * 4u); // parameters and input
  EXPECT_EQ(fake::state.downloaded, 3 * 4u);
  infer(4, 5);
  EXPECT_EQ(fake::state.uploaded, 9 * 4 + 4 * 4u);
  const Entry &entry = *network->findEntry("infer", 1);
  network->run(entry);
  EXPECT_EQ(fake::state.uploaded, 9 * 4 + 4 * 4u);
  EXPECT_EQ(fake::state.downloaded, 6 * 4u);
  EXPECT_EQ(network->output(entry)[2], network->output(entry)[2]);
  EXPECT_EQ(fake::state.downloaded, 9 * 4u);
  EXPECT_EQ(network->parameter(0)[5], 6.0f);
  EXPECT_EQ(fake::state.downloaded, 9 * 4u);
}

TEST_F(DeviceTest, TakesTheInputBeforeTheNextIsWritten) {
  make();
  const Entry &entry = *network->findEntry("infer", 1);
  auto run = [&](float value) {
    std::fill_n(network->input(entry), 2, value);
    network->run(entry);
  };
  run(3);
  std::fill_n(network->input(entry), 2, 100.0f);
  EXPECT_THAT(values(network->output(entry), 3), ElementsAreArray(reference(3, 3)));
}

TEST_F(DeviceTest, UsesAMappedFile) {
  make();
  network->saveWeights(path("w"));
  network->initWeights(1);
  EXPECT_NE(infer(2, 3), reference(2, 3));
  network->loadWeights(path("w"));
  EXPECT_THAT(infer(2, 3), ElementsAreArray(reference(2, 3)));
}

TEST_F(DeviceTest, ReadsValuesDuringARun) {
  make();
  const Entry &entry = *network->findEntry("infer", 1);
  network->input(entry)[0] = network->input(entry)[1] = 1;
  std::vector<std::vector<float>> found;
  std::vector<RecordTime> times(2);
  RunOptions options;
  options.afterRecord = [&](size_t record) {
    found.push_back(network->readValue(entry.values[record]));
  };
  options.recordTimes = times.data();
  network->run(entry, options);
  EXPECT_THAT(found, ElementsAre(ElementsAre(3.5f, -3, 11), ElementsAre(3.5f, 0, 11)));
  for (const RecordTime &time : times)
    EXPECT_NEAR(time.seconds(), 0.5, 1e-6);
  EXPECT_GT(times[1].begin, times[0].end);
}

TEST_F(DeviceTest, RunsOnGuardedBuffers) {
  make(table.network, {"infer"}, /*guardPages=*/true);
  EXPECT_THAT(infer(2, 3), ElementsAreArray(reference(2, 3)));
  EXPECT_THAT(infer(3, 4), ElementsAreArray(reference(3, 4)));
  EXPECT_EQ(fake::state.calls["allocate"], 1 + 2 + 2 * 4 + 2 * 2); // load, linear, relu
  EXPECT_EQ(fake::state.calls["launchGraph"], 0);
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

TEST_F(DeviceTest, TrainsAsTheCpuDoes) {
  Network &network = makeTrainable({"train_step"});
  EXPECT_EQ(train(network, 4), trainOnCpu(4));
}

TEST_F(DeviceTest, TrainsOnGuardedBuffers) {
  make(table.network, {"train_step"}, /*guardPages=*/true).makeTrainable();
  EXPECT_EQ(train(*network, 2), trainOnCpu(2));
}

TEST_F(DeviceTest, LeavesParametersOnTheDevice) {
  Network &network = makeTrainable({"train_step"});
  train(network, 1);
  fake::state.uploaded = fake::state.downloaded = 0;
  network.run(prepare(network, "train_step"));
  EXPECT_EQ(fake::state.uploaded, 4 * 4 + 2 * 4u); // images and labels: the step is the same
  ++network.step().step;
  network.run(prepare(network, "train_step"));
  EXPECT_EQ(fake::state.uploaded, 2 * (4 * 4 + 2 * 4) + 32u);
  EXPECT_EQ(fake::state.downloaded, 0u);
  network.parameter(1);
  network.parameter(1);
  EXPECT_EQ(fake::state.downloaded, 3 * 4u);
}

TEST_F(DeviceTest, TakesWhatTheHostWrites) {
  Network &network = makeTrainable({"infer", "train_step"});
  const Entry &entry = prepare(network, "train_step");
  network.step().learningRate = 0;
  std::fill_n(network.momentumData(1), 3, 4.0f); // half of which is left
  network.run(entry);
  EXPECT_THAT(values(network.parameter(1), 3), ElementsAre(2.5f, -8, 2));
  EXPECT_THAT(values(network.momentum(1), 3), Each(2.0f));
  network.parameterData(1)[2] = 100; // of the new values, not of the old ones
  network.parametersChanged();
  EXPECT_THAT(infer(1, 1), ElementsAre(5.5f, 0, 111));
}

TEST_F(DeviceTest, TakesWhatTheHostWritesAgain) {
  Network &network = makeTrainable({"infer"});
  float *parameter = network.parameterData(1);
  infer(1, 1);
  parameter[2] = 100;
  network.parametersChanged();
  EXPECT_EQ(infer(1, 1)[2], 111.0f);
}

TEST_F(DeviceTest, AppliesGradientsOfTheHost) {
  Network &network = makeTrainable({"gradients", "apply"});
  EXPECT_EQ(network.gradient(0)[0], 0.0f);
  network.run(prepare(network, "gradients"));
  std::vector<float> gradient = values(network.gradient(1), 3);
  network.step().momentum = network.step().weightDecay = 0;
  network.step().learningRate = 1;
  for (size_t k = 0; k < 3; ++k)
    network.gradientData(1)[k] = 2 * gradient[k];
  network.run(*network.findEntry("apply", 0));
  for (size_t k = 0; k < 3; ++k)
    EXPECT_EQ(network.parameter(1)[k], bias[k] - 2 * gradient[k]);
}

TEST_F(DeviceTest, SendsABatchAhead) {
  Network &network = makeTrainable({"infer", "train_step"});
  EXPECT_TRUE(network.sendsAhead());
  const Entry &entry = prepare(network, "train_step");
  network.sendAhead(entry);
  infer(100, 100); // its input lies where the batch will
  fake::state.uploaded = 0;
  network.step().learningRate /= 2;
  network.run(entry);
  EXPECT_EQ(fake::state.uploaded, 32u); // the step
  EXPECT_EQ(values(network.loss(entry), 2), trainOnCpu(1).front());
  network.sendAhead(entry); // nothing is new
  EXPECT_EQ(fake::state.uploaded, 32u);
}

TEST_F(DeviceTest, TakesTheLastOfWhatWasSentAhead) {
  Network &network = makeTrainable({"train_step"});
  const Entry &entry = *network.findEntry("train_step", 2);
  std::fill_n(network.input(entry), 4, 100.0f);
  network.sendAhead(entry);
  network.sendAhead(prepare(network, "train_step"));
  std::fill_n(network.input(entry), 4, 50.0f);
  network.sendAhead(entry);
  std::copy(x.begin(), x.end(), network.input(entry)); // newer than what is ahead
  network.step().learningRate /= 2;
  network.run(entry);
  EXPECT_EQ(values(network.loss(entry), 2), trainOnCpu(1).front());
}

TEST_F(DeviceTest, SendsNoLabelAheadThatIsNoClass) {
  Network &network = makeTrainable({"train_step"});
  const Entry &entry = prepare(network, "train_step");
  network.labels(entry)[1] = 3;
  EXPECT_EQ(errorOf([&] { network.sendAhead(entry); }),
            "image 1 of the batch: expected a label from 0 to 2, got 3");
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

TEST_F(DeviceTest, LaunchesAGraphFromTheSecondRunOn) {
  make();
  infer(1, 1);
  EXPECT_EQ(fake::state.calls["beginCapture"], 0);
  infer(2, 2);
  int kernels = fake::state.calls["kernel"];
  for (float value : {3.0f, 4.0f})
    EXPECT_THAT(infer(value, value), ElementsAreArray(reference(value, value)));
  EXPECT_EQ(fake::state.calls["kernel"], kernels);
  EXPECT_EQ(fake::state.calls["beginCapture"], 1);
  EXPECT_EQ(fake::state.calls["launchGraph"], 3);
}

TEST_F(DeviceTest, CapturesNothingWhereToldSo) {
  make(table.network, {"infer"}, false, /*captureGraphs=*/false);
  for (float value : {1.0f, 2.0f, 3.0f})
    EXPECT_THAT(infer(value, value), ElementsAreArray(reference(value, value)));
  EXPECT_EQ(fake::state.calls["launchGraph"], 0);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST_F(DeviceTest, SaysThatThereIsNoDevice) {
  auto create = [&] { make(); };
  EXPECT_EQ(errorWhenFailing("countDevices", 35, create),
            "no FAKE device can be used: something is wrong (fake::countDevices, error 35)");
  EXPECT_EQ(describeDevice(fake::api, 0), "Fake 1 (FAKE device 0), 2.0 GB");
  fake::state.devices = 0;
  EXPECT_EQ(errorOf(create), "no FAKE device was found");
  EXPECT_EQ(describeDevice(fake::api, 0), "no FAKE device was found");
  fake::state.devices = 2;
  EXPECT_EQ(describeDevice(fake::api, 2), "no FAKE device 2: there are 2");
}

TEST_F(DeviceTest, SaysWhatCannotBeAllocated) {
  EXPECT_EQ(errorWhenFailing("allocate", 2, [&] { make(); }),
            "FAKE device 0: cannot allocate 1280 bytes: out of memory (fake::allocate, error 2)");
  EXPECT_EQ(fake::state.live, 0);
}

TEST_F(DeviceTest, NamesTheRecordThatFails) {
  make();
  infer(1, 1);
  auto run = [&] { infer(2, 2); };
  std::string error = "program infer_1: record 0: FAKE device 0: cannot launch a kernel: something "
                      "is wrong (error 9)";
  EXPECT_EQ(errorWhenFailing("kernel", 9, run), error); // in a capture
  EXPECT_THAT(infer(3, 3), ElementsAreArray(reference(3, 3)));
  EXPECT_EQ(
      errorWhenFailing("launchGraph", 9, run),
      "FAKE device 0: cannot launch a graph: something is wrong (fake::launchGraph, error 9)");
  EXPECT_EQ(errorWhenFailing("synchronize", 700, run),
            "FAKE device 0: cannot end what it runs: something is wrong (fake::synchronize, error "
            "700)");
}

//===----------------------------------------------------------------------===//
// Two devices, which one plays
//===----------------------------------------------------------------------===//

class DeviceOfTwo : public DeviceTest {
protected:
  void SetUp() override {
    DeviceTest::SetUp();
    two.table.deviceKernels = twodevices::kernels<fake::Launcher>;
    two.table.device = &fake::api;
    make(two.network(), {"infer", "train_step"});
  }

  twodevices::Table two;
};

TEST_F(DeviceOfTwo, HaveSharesOfTheirOwn) {
  EXPECT_EQ(network->device(), "2 devices on Fake 1 (FAKE device 0)");
  EXPECT_THAT(infer(2, 3), ElementsAreArray(reference(2, 3)));
  // parameters once, the input and the step twice
  EXPECT_EQ(fake::state.uploaded, 9 * 4 + 2 * (4 * 4 + 32u));
  EXPECT_EQ(fake::state.calls["copyPeer"], 1);
  network->makeTrainable();
  EXPECT_EQ(train(*network, 4), trainOnCpu(4));
  fake::state.downloaded = 0;
  network->run(prepare(*network, "train_step"));
  network->parameter(0);
  EXPECT_EQ(fake::state.downloaded, 6 * 4u); // from both, each its rows
}

TEST_F(DeviceOfTwo, DoWithoutGraphsWhereTheyCannotBe) {
  auto inferAll = [&] {
    for (float value : {1.0f, 2.0f, 3.0f})
      EXPECT_THAT(infer(value, value), ElementsAreArray(reference(value, value)));
  };
  EXPECT_EQ(errorWhenFailing("endCapture", 9, inferAll), "no error");
  EXPECT_EQ(fake::state.calls["beginCapture"], 1);
  EXPECT_EQ(fake::state.calls["launchGraph"], 0);
}

TEST_F(DeviceOfTwo, AreNamedInErrors) {
  auto run = [&] { infer(2, 2); };
  EXPECT_EQ(errorWhenFailing("copyPeer", 9, run),
            "device 0: program infer_2: record 4: FAKE device 0: cannot copy from device 0: "
            "something is wrong (fake::copyPeer, error 9)");
  EXPECT_EQ(errorWhenFailing("synchronize", 700, [&] { network->synchronize(); }),
            "device 0: FAKE device 0: cannot end what it runs: something is wrong "
            "(fake::synchronize, error 700)");
  EXPECT_THAT(infer(3, 3), ElementsAreArray(reference(3, 3)));
}

} // namespace
