//===- TwoDevicesTest.cpp - a network on two CPU devices ------------------===//

#include "RuntimeTesting.h"
#include "TrainAndInfer.h"
#include "TwoDeviceNetwork.h"
#include "runtime/Network.h"
#include <atomic>
#include <functional>
#include <random>
#include <thread>

using namespace alexrt;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// What each kernel does first, on the thread that runs its queue.
std::function<void(AlexrtKernel kernel)> before;

/// Whether the kernel makes a device's share of y, or something of it.
bool isOf(uint32_t device, AlexrtKernel kernel) {
  using namespace twodevices;
  return device == 0 ? kernel == transpose<2> || kernel == linear<2> || kernel == gradient<0, 2>
                     : kernel == transpose<1> || kernel == linear<1> || kernel == gradient<2, 1>;
}

struct Launcher {
  template <AlexrtKernel kernel, int64_t work, size_t count>
  static void run(void *const *args, int64_t begin, int64_t end) {
    if (before)
      before(kernel);
    kernel(args, begin, end);
  }
};

struct CpuTable : twodevices::Table {
  CpuTable() { table.kernels = twodevices::kernels<Launcher>; }
};

std::vector<float> reference(int steps) {
  handwritten::Table one;
  return trainAndInfer(one.network, steps);
}

size_t countThreads() {
  std::filesystem::directory_iterator threads("/proc/self/task");
  return static_cast<size_t>(std::distance(begin(threads), end(threads)));
}

class TwoDevicesTest : public FolderTest {
protected:
  void TearDown() override {
    before = nullptr;
    FolderTest::TearDown();
  }

  CpuTable table;
};

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

TEST_F(TwoDevicesTest, GivesTheBitsOfOneDevice) {
  EXPECT_EQ(trainAndInfer(table.network(), 20), reference(20));
  EXPECT_EQ(trainAndInfer(table.network(), 3, /*guardPages=*/true), reference(3));
}

TEST_F(TwoDevicesTest, GivesTheSameWhoeverIsLate) {
  before = [](AlexrtKernel) {
    thread_local std::minstd_rand random(std::hash<std::thread::id>()(std::this_thread::get_id()));
    if (random() % 2)
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 200));
  };
  std::vector<float> expected = reference(10);
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(trainAndInfer(table.network(), 10), expected);
}

TEST_F(TwoDevicesTest, RunsManyThousandTimes) {
  EXPECT_EQ(trainAndInfer(table.network(), 3000), reference(3000));
}

TEST_F(TwoDevicesTest, RunsInOrderWhereSomebodyLooks) {
  Network network(table.network(), NetworkOptions{1, false, {"infer"}});
  network.setWeights({weight.data(), bias.data()});
  const Entry &entry = *network.findEntry("infer", 2);
  std::fill_n(network.input(entry), 4, 1.0f);
  std::vector<size_t> ended;
  RunOptions options;
  options.afterRecord = [&](size_t record) { ended.push_back(record); };
  network.run(entry, options);
  EXPECT_THAT(ended, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(network.output(entry)[2], 11.0f);
}

TEST_F(TwoDevicesTest, RunsTheDevicesAtTheSameTime) {
  std::atomic<int> waiting{0};
  before = [&](AlexrtKernel kernel) { // each waits for the other, for a while
    if (kernel != twodevices::linear<2> && kernel != twodevices::linear<1>)
      return;
    ++waiting;
    for (int i = 0; i < 20000 && waiting < 2; ++i)
      std::this_thread::sleep_for(1ms);
  };
  Network network(table.network(), NetworkOptions{1, false, {"infer"}});
  network.setWeights({weight.data(), bias.data()});
  const Entry &entry = *network.findEntry("infer", 2);
  std::vector<RecordTime> times(table.infer.records.size());
  RunOptions options;
  options.recordTimes = times.data();
  network.run(entry, options);
  EXPECT_LT(times[1].begin, times[0].end);
  EXPECT_LT(times[0].begin, times[1].end);
  EXPECT_GE(times[7].begin, times[5].end); // joins after the copy
}

TEST_F(TwoDevicesTest, JoinsThePiecesOfAValue) {
  Network network(table.network(), NetworkOptions{1, false, {"infer"}});
  network.setWeights({weight.data(), bias.data()});
  const Entry &entry = *network.findEntry("infer", 2);
  const std::vector<float> x = {1, 0, 0, 1};
  std::copy(x.begin(), x.end(), network.input(entry));
  network.run(entry);
  auto read = [&](const char *layer) { return network.readValue(entry.valueOf(layer)); };
  EXPECT_THAT(read("fc"), ElementsAre(1.5f, -7, 5, 2.5f, -6, 6));
  EXPECT_THAT(network.readValue(entry.valueOf("fc"), 1, 1), ElementsAre(2.5f, -6, 6));
  EXPECT_THAT(read("third"), ElementsAre(5, 6));
  const ValueInfo &images = entry.valueOf("images"); // of which the last is the first once more
  EXPECT_THAT(network.readValue(images), ElementsAre(1, 0, 0, 1, 1, 0));
  EXPECT_THAT(network.readValue(images, 1, 2), ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(network.readValue(images, 2, 1), ElementsAre(1, 0));
}

TEST_F(TwoDevicesTest, DescribesItsDevices) {
  Network network(table.network());
  const Description &description = network.description();
  const Entry &entry = description.entries.front();
  EXPECT_EQ(description.devices, 2u);
  EXPECT_EQ(description.plan, "paper");
  EXPECT_THAT(entry.scratch, ElementsAre(256, 256));
  EXPECT_EQ(entry.records[1].device, 1u);
  EXPECT_EQ(entry.records[4].bytes, 8u);
}

//===----------------------------------------------------------------------===//
// Events
//===----------------------------------------------------------------------===//

/// Whether the results differ where the first or the second device is late.
bool isWrongWhenLate(CpuTable &table, std::chrono::milliseconds delay) {
  const AlexrtNetwork &network = table.network();
  std::vector<float> expected = reference(2);
  for (uint32_t device : {0, 1}) {
    before = [=](AlexrtKernel kernel) {
      if (isOf(device, kernel))
        std::this_thread::sleep_for(delay);
    };
    if (trainAndInfer(network, 2) != expected)
      return true;
  }
  return false;
}

TEST_F(TwoDevicesTest, NeedsEveryWait) {
  EXPECT_FALSE(isWrongWhenLate(table, 20ms));
  for (twodevices::Program CpuTable::*part : {&CpuTable::infer, &CpuTable::step})
    for (size_t i = 0; i < (table.*part).records.size(); ++i) {
      if ((table.*part).records[i].action != ALEXRT_WAIT)
        continue;
      CpuTable broken;
      (broken.*part).remove(i);
      bool isWrong = isWrongWhenLate(broken, 20ms) || isWrongWhenLate(broken, 2s); // a busy machine
      EXPECT_TRUE(isWrong) << "without record " << i;
    }
}

TEST_F(TwoDevicesTest, RefusesToWaitForEver) {
  table.infer.remove(2);
  EXPECT_EQ(errorOf([&] { Network network(table.network()); }),
            "program infer_2: record 2 waits for an event that no record before it signals");
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST_F(TwoDevicesTest, NamesTheDeviceThatFailsAndGoesOn) {
  Network network(table.network(), NetworkOptions{1, false, {"infer", "train_step"}});
  trainAndInfer(network, 1);
  before = [](AlexrtKernel kernel) {
    if (kernel == twodevices::linear<1>)
      throw Error("broken");
  };
  std::vector<float> x = {1, 2, -1, 0.5f}, y(6);
  EXPECT_EQ(errorOf([&] { network.infer(x.data(), 2, y.data()); }),
            "device 1: program infer_2: record 1: broken");
  network.saveWeights(path("w"));
  before = nullptr;
  EXPECT_EQ(trainAndInfer(network, 4), reference(4));
}

TEST_F(TwoDevicesTest, StopsWhereverADeviceFails) {
  Network network(table.network(), NetworkOptions{1, false, {"train_step"}});
  network.setWeights({weight.data(), bias.data()});
  network.makeTrainable();
  const Entry &entry = *network.findEntry("train_step", 2);
  for (int failing = 0; failing < 12; ++failing) { // each launch
    std::atomic<int> launches{0};
    before = [&](AlexrtKernel) {
      if (launches++ == failing)
        throw Error("broken");
    };
    EXPECT_THAT(errorOf([&] { network.run(entry); }), HasSubstr(": broken"));
  }
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

TEST_F(TwoDevicesTest, HasThreadsForSeveralDevicesOnly) {
  size_t own = countThreads();
  {
    handwritten::Table one;
    Network network(one.network, NetworkOptions{1});
    EXPECT_EQ(countThreads(), own);
    EXPECT_EQ(network.device(), "1 thread");
  }
  {
    Network network(table.network(), NetworkOptions{2});
    EXPECT_EQ(countThreads(), own + 3 + 2); // of queues, and one more of each device
    EXPECT_EQ(network.device(), "2 devices of 2 threads");
    EXPECT_EQ(network.threads(), 2);
  }
  EXPECT_EQ(countThreads(), own);
}

TEST_F(TwoDevicesTest, SharesTheCpus) {
  Network network(table.network());
  EXPECT_EQ(network.threads(), std::max(1, availableCpus() / 2));
}

} // namespace
