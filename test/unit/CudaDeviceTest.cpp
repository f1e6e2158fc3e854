//===- CudaDeviceTest.cpp - the CUDA device, on the emulator --------------===//

#include "DeviceTable.h"
#include "FakeRanks.h"
#include "RuntimeTesting.h"
#include "TrainAndInfer.h"
#include "TwoDeviceNetwork.h"
#include "alexc_cuda.cuh"
#include "runtime/Accelerator.h"
#include "runtime/ranks/DeviceExchange.h"
#include <optional>

using namespace alexrt;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

extern "C" {
extern const AlexrtDeviceApi alexrt_cuda_device;
}

namespace {

const AlexrtDeviceApi &api = alexrt_cuda_device;

/// One block of one thread for each item.
struct Launcher {
  template <AlexrtKernel kernel, size_t count>
  static void doItem(std::array<void *, count> args) {
    kernel(args.data(), blockIdx.x, blockIdx.x + 1);
  }
  template <AlexrtKernel kernel, int64_t work, size_t count>
  static int run(void *const *args, void *queue) {
    std::array<void *, count> copies;
    std::copy_n(args, count, copies.begin());
    return alexc::launch(doItem<kernel, count>, dim3(work), dim3(1), 0,
                         static_cast<cudaStream_t>(queue), copies);
  }
};

//===----------------------------------------------------------------------===//
// Networks
//===----------------------------------------------------------------------===//

/// Losses of steps on batches that were sent while the step before was at work.
std::vector<float> trainAhead(const AlexrtNetwork &table) {
  Network network(table, NetworkOptions{1, false, {"infer", "train_step"}});
  network.setWeights({weight.data(), bias.data()});
  network.makeTrainable();
  const Entry &entry = *network.findEntry("train_step", 2);
  auto prepare = [&](int step) {
    for (int i = 0; i < 4; ++i)
      network.input(entry)[i] = float((step * 5 + i * 3) % 7 - 3);
    for (int i = 0; i < 2; ++i)
      network.labels(entry)[i] = (step + i) % 3;
    network.sendAhead(entry);
  };
  std::vector<float> losses;
  prepare(0);
  for (int step = 0; step < 12; ++step) {
    network.step().learningRate /= 2;
    network.run(entry);
    bool isBeside = network.sendsAhead() && step % 2 == 0; // on the CPU the step has ended
    if (isBeside)
      prepare(step + 1);
    losses.insert(losses.end(), network.loss(entry), network.loss(entry) + 2);
    std::vector<float> x = {1, 2}, y(3); // as validation does between two epochs
    if (step % 3 == 2)
      network.infer(x.data(), 1, y.data());
    if (!isBeside)
      prepare(step + 1);
  }
  return losses;
}

TEST(CudaDeviceTest, SendsBatchesBesideSteps) {
  handwritten::Table cpu;
  handwritten::DeviceTable<Launcher> cuda(api);
  EXPECT_EQ(trainAhead(cuda.network), trainAhead(cpu.network));
}

TEST(CudaDeviceTest, TrainsAndInfersAsTheCpuDoes) {
  handwritten::Table cpu;
  handwritten::DeviceTable<Launcher> cuda(api);
  EXPECT_EQ(trainAndInfer(cuda.network, 4), trainAndInfer(cpu.network, 4));
  EXPECT_EQ(trainAndInfer(cuda.network, 4, /*guardPages=*/true), trainAndInfer(cpu.network, 4));
}

TEST(CudaDeviceTest, CountsDevicesFromTheFirstOne) {
  handwritten::DeviceTable<Launcher> cuda(api);
  NetworkOptions options;
  for (uint32_t first : {0, 1, 2, 3}) {
    options.firstDevice = first;
    EXPECT_THAT(Network(cuda.network, options).device(),
                HasSubstr("CUDA device " + std::to_string(first % 2)));
  }
}

TEST(CudaDeviceTest, SaysWhatCannotBeAllocated) {
  handwritten::DeviceTable<Launcher> cuda(api);
  Accelerator device(cuda.network, 0, {});
  EXPECT_THAT(device.name(), HasSubstr("(emulated CUDA device 0)"));
  std::string error = errorOf([&] { device.allocate(uint64_t(1) << 60); });
  EXPECT_THAT(error, HasSubstr("cannot allocate 1152921504606846976 bytes: out of memory "
                               "(cudaMalloc, error 2)"));
}

//===----------------------------------------------------------------------===//
// Two devices
//===----------------------------------------------------------------------===//

struct TwoDevices : twodevices::Table {
  TwoDevices() {
    table.deviceKernels = twodevices::kernels<Launcher>;
    table.device = &api;
  }
};

TEST(CudaDeviceTest, GivesTheBitsOfOneDeviceOnTwo) {
  handwritten::Table cpu;
  TwoDevices cuda;
  std::vector<float> expected = trainAndInfer(cpu.network, 4);
  for (int i = 0; i < 10; ++i)
    ASSERT_EQ(trainAndInfer(cuda.network(), 4), expected);
  EXPECT_EQ(trainAndInfer(cuda.network(), 4, /*guardPages=*/true), expected);
}

TEST(CudaDeviceTest, SendsBatchesBesideStepsOfTwo) {
  handwritten::Table cpu;
  TwoDevices cuda;
  EXPECT_EQ(trainAhead(cuda.network()), trainAhead(cpu.network));
}

TEST(CudaDeviceTest, NeedsEveryWait) {
  if (!getenv("ALEXC_EMULATOR_STREAMS"))
    GTEST_SKIP() << "streams do all in the order in which it is asked for";
  handwritten::Table cpu;
  std::vector<float> expected = trainAndInfer(cpu.network, 4);
  auto isEverWrong = [&](TwoDevices &table) { // in one of many orders
    bool isWrong = false;
    for (int i = 0; i < 50 && !isWrong; ++i)
      isWrong = trainAndInfer(table.network(), 4) != expected;
    return isWrong;
  };
  for (twodevices::Program TwoDevices::*part : {&TwoDevices::infer, &TwoDevices::step})
    for (size_t i = 0; i < (TwoDevices().*part).records.size(); ++i) {
      TwoDevices broken;
      if ((broken.*part).remove(i).action == ALEXRT_WAIT) {
        EXPECT_TRUE(isEverWrong(broken)) << "without record " << i;
      }
    }
}

TEST(CudaDeviceTest, NamesItsDevicesAndReadsPieces) {
  TwoDevices cuda;
  Network network(cuda.network(), NetworkOptions{1});
  EXPECT_THAT(network.device(), HasSubstr("2 devices "));
  network.setWeights({weight.data(), bias.data()});
  const Entry &entry = *network.findEntry("infer", 2);
  const std::vector<float> x = {1, 0, 0, 1};
  std::copy(x.begin(), x.end(), network.input(entry));
  std::vector<RecordTime> times(cuda.infer.records.size());
  RunOptions options;
  options.recordTimes = times.data();
  network.run(entry, options);
  EXPECT_THAT(network.readValue(entry.valueOf("fc")), ElementsAre(1.5f, -7, 5, 2.5f, -6, 6));
  EXPECT_THAT(network.readValue(entry.valueOf("fc"), 1, 1), ElementsAre(2.5f, -6, 6));
  constexpr std::chrono::milliseconds skew(100);  // of two devices' clocks, on a busy machine
  EXPECT_GE(times[4].begin + skew, times[1].end); // the copy after what it copies
  EXPECT_GE(times[7].begin, times[4].end);        // on the same device
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

int joined = 0, given = 0;

void doubleOne(float *data) { data[blockIdx.x] *= 2; }

/// The other rank's gradients are three times as large.
const AlexrtDeviceSums sums = {
    "TRIPLETS",
    [](int) { return "something is wrong"; },
    [](void *key) {
      *static_cast<char *>(key) = 7;
      return 0;
    },
    [](const void *key, int rank, int count, void **) {
      ++joined;
      return *static_cast<const char *>(key) == 7 && rank == 0 && count == 2 ? 0 : 1;
    },
    [](void *, void *queue, void *data, uint64_t count) {
      return int(alexc::launch(doubleOne, dim3(unsigned(count)), dim3(1), 0,
                               static_cast<cudaStream_t>(queue), static_cast<float *>(data)));
    },
    [](void *) { return --joined, 0; },
    [](void *) { return --joined, ++given, 0; },
};

class RankZero : public FakeRanks {
public:
  void addUp(float *, size_t, float) override { FAIL() << "by the host"; }
  const AlexrtDeviceSums *deviceSums() const override { return &sums; }
};

/// Parameters after steps whose gradients are doubled, by the host or by another queue.
std::vector<float> trainDoubled(const AlexrtNetwork &table) {
  Network network(table, NetworkOptions{1, false, {"gradients", "apply"}});
  network.setWeights({weight.data(), bias.data()});
  network.makeTrainable();
  const Entry &entry = *network.findEntry("gradients", 2);
  RankZero ranks;
  std::optional<DeviceExchange> exchange;
  if (network.accelerators())
    exchange.emplace(network, entry, ranks);
  for (int step = 0; step < 6; ++step) {
    for (int i = 0; i < 4; ++i)
      network.input(entry)[i] = float((step * 5 + i * 3) % 7 - 3) / 8;
    std::fill_n(network.labels(entry), 2, step % 3);
    network.run(entry, exchange ? exchange->begin({}) : RunOptions());
    if (exchange)
      exchange->finish();
    for (size_t i = 0; i < 9 && !exchange; ++i)
      network.gradientData(i / 6)[i % 6] *= 2;
    network.run(*network.findEntry("apply", 0));
  }
  std::vector<float> result(network.parameter(0), network.parameter(0) + 6);
  result.insert(result.end(), network.parameter(1), network.parameter(1) + 3);
  return result;
}

TEST(CudaDeviceTest, AddsUpGradientsBesideTheRun) {
  handwritten::Table cpu;
  handwritten::DeviceTable<Launcher> cuda(api);
  EXPECT_EQ(trainDoubled(cuda.network), trainDoubled(cpu.network));
  EXPECT_EQ(joined, 0);
  EXPECT_EQ(given, 0);
}

TEST(CudaDeviceTest, GivesUpARunThatFailed) {
  handwritten::DeviceTable<Launcher> cuda(api);
  Network network(cuda.network, NetworkOptions{1, false, {"gradients", "apply"}});
  RankZero ranks;
  given = 0;
  DeviceExchange(network, *network.findEntry("gradients", 2), ranks).begin({});
  EXPECT_EQ(joined, 0);
  EXPECT_EQ(given, 1);
}

//===----------------------------------------------------------------------===//
// What networks of one device do not use
//===----------------------------------------------------------------------===//

/// A queue of a device, and memory there.
struct Peer {
  explicit Peer(int device) : device(device) {
    EXPECT_EQ(api.use(device), 0);
    EXPECT_EQ(api.createQueue(&queue), 0);
    EXPECT_EQ(api.createEvent(&event), 0);
    EXPECT_EQ(api.allocate(64, &memory), 0);
  }
  ~Peer() {
    EXPECT_EQ(api.use(device), 0);
    EXPECT_EQ(api.release(memory), 0);
    EXPECT_EQ(api.destroyEvent(event), 0);
    EXPECT_EQ(api.destroyQueue(queue), 0);
  }

  int device;
  void *queue = nullptr, *event = nullptr, *memory = nullptr;
};

TEST(CudaDeviceTest, CopiesBetweenDevices) {
  Peer first(0), second(1);
  std::vector<uint8_t> bytes(64, 1);
  EXPECT_EQ(api.use(0), 0);
  EXPECT_EQ(api.fill(first.queue, first.memory, 7, 64), 0);
  EXPECT_EQ(api.recordEvent(first.queue, first.event), 0);
  EXPECT_EQ(api.use(1), 0);
  EXPECT_EQ(api.waitEvent(second.queue, first.event), 0);
  EXPECT_EQ(api.copyPeer(second.queue, second.memory, 1, first.memory, 0, 64), 0);
  EXPECT_EQ(api.download(second.queue, bytes.data(), second.memory, 64), 0);
  EXPECT_EQ(api.synchronize(second.queue), 0);
  EXPECT_THAT(bytes, Each(7));
}

TEST(CudaDeviceTest, EnablesPeersOnceAndForAll) {
  EXPECT_EQ(api.use(0), 0);
  for (int i = 0; i < 2; ++i) {
    int enabled = 0;
    EXPECT_EQ(api.enablePeer(1, &enabled), 0);
    EXPECT_EQ(enabled, 1);
  }
}

} // namespace
