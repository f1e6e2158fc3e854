//===- ProgramTest.cpp - executes a program's records ---------------------===//

#include "runtime/Program.h"
#include "HandwrittenNetwork.h"
#include "RuntimeTesting.h"
#include <cmath>
#include <csignal>

using namespace alexrt;
using handwritten::argument;
using handwritten::launch;
using testing::Each;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsNan;

namespace {

/// A program of one or two records over a scratch segment of 16 floats: two
/// launches over the halves, argument 0 read and argument 1 written.
class ProgramTest : public testing::Test {
protected:
  static constexpr int64_t count = 8;

  Program makeProgram(std::vector<uint64_t> parameterBytes = {}) {
    program = {"test", records.data(), records.size(), arguments.data(), eventCount, segments};
    Program result(network, program, parameterBytes);
    result.bind([&](const AlexrtArg &argument) {
      return reinterpret_cast<char *>(scratch.data()) + argument.offset;
    });
    return result;
  }
  std::string errorOfProgram() {
    return errorOf([&] { makeProgram(); });
  }
  void runGuarded(AlexrtKernel kernel) {
    this->kernel = kernel;
    ThreadPool threads(2);
    CpuDevices devices(network, {&threads}, LaunchMode::guarded);
    makeProgram().run(devices);
  }
  std::vector<float> result() const { return {scratch.begin() + count, scratch.end()}; }

  static void addOne(void *const *args, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      static_cast<float *>(args[1])[i] = static_cast<float *>(args[0])[i] + 1;
  }

  AlexrtKernel kernel = addOne;
  std::vector<float> scratch = std::vector<float>(2 * count, 1.0f);
  std::vector<AlexrtArg> arguments = {argument(ALEXRT_SCRATCH, 0, 0, 32),
                                      argument(ALEXRT_SCRATCH, 1, 32, 32)};
  std::vector<AlexrtRecord> records = {launch(0, 0, 2, count)};
  uint64_t eventCount = 0;
  uint64_t segments[2][ALEXRT_SEGMENTS] = {{0, 0, 64}, {0, 0, 64}};
  AlexrtProgram program = {};
  AlexrtNetwork network = {ALEXRT_ABI_VERSION, 1, 1, &kernel, nullptr, 0, "{}", nullptr, nullptr};
};

TEST_F(ProgramTest, LaunchesKernels) {
  ThreadPool threads(2);
  CpuDevices devices(network, {&threads});
  makeProgram().run(devices);
  EXPECT_THAT(result(), Each(2.0f));
}

TEST_F(ProgramTest, Copies) {
  records = {{ALEXRT_COPY, 0, 0, 0, 2, 0, 0}};
  std::fill_n(scratch.begin(), count, 7.0f);
  ThreadPool threads(1);
  CpuDevices devices(network, {&threads});
  makeProgram().run(devices);
  EXPECT_THAT(result(), Each(7.0f));
}

TEST_F(ProgramTest, TellsOfEachRecordAndItsTime) {
  records.push_back({ALEXRT_COPY, 0, 0, 0, 2, 0, 0});
  std::vector<size_t> ended;
  std::vector<RecordTime> times(2);
  RunOptions options;
  options.afterRecord = [&](size_t record) {
    ended.push_back(record);
    EXPECT_EQ(scratch[count], record == 0 ? 2.0f : 1.0f); // the copy comes second
  };
  options.recordTimes = times.data();
  ThreadPool threads(1);
  CpuDevices devices(network, {&threads});
  makeProgram().run(devices, options);
  EXPECT_THAT(ended, ElementsAre(0, 1));
  EXPECT_GT(times[0].seconds(), 0);
  EXPECT_GE(times[1].begin, times[0].end);
  EXPECT_GE(times[1].end, times[1].begin);
}

TEST_F(ProgramTest, TellsWhatThreadsDidForALaunch) {
  records.push_back({ALEXRT_COPY, 0, 0, 0, 2, 0, 0}); // no launch
  int reports = 0;
  RunOptions options;
  options.afterWork = [&](size_t record, size_t thread, auto begin, auto end) {
    EXPECT_EQ(record, 0u);
    EXPECT_EQ(thread, 0u);
    EXPECT_LE(begin, end);
    ++reports;
  };
  ThreadPool threads(1);
  CpuDevices devices(network, {&threads});
  makeProgram().run(devices, options);
  EXPECT_EQ(reports, 1);
}

//===----------------------------------------------------------------------===//
// Broken tables
//===----------------------------------------------------------------------===//

TEST_F(ProgramTest, RefusesAnArgumentBeyondItsSegment) {
  arguments[1].offset = 36;
  EXPECT_EQ(errorOfProgram(), "program test: record 0: argument 1 lies outside its segment");
  arguments[1].offset = ~uint64_t(0);
  EXPECT_EQ(errorOfProgram(), "program test: record 0: argument 1 lies outside its segment");
}

TEST_F(ProgramTest, RefusesWhatBelongsToNoParameter) {
  std::string error = "program test: record 0: argument 0 lies outside its segment";
  for (AlexrtSegment segment : {ALEXRT_PARAM, ALEXRT_MOMENTUM, ALEXRT_GRADIENT}) {
    arguments[0] = argument(segment, 0, 1, 32);
    EXPECT_EQ(errorOf([&] { makeProgram({32}); }), error);
    arguments[0] = argument(segment, 0, 0, 36);
    EXPECT_EQ(errorOf([&] { makeProgram({32}); }), error);
    arguments[0] = argument(segment, 0, 0, 32);
    EXPECT_EQ(errorOf([&] { makeProgram({32}); }), "no error");
    arguments[0].start = 4;
    EXPECT_EQ(errorOf([&] { makeProgram({32}); }), error);
    EXPECT_EQ(errorOf([&] { makeProgram({36}); }), "no error");
  }
  arguments[0] = argument(ALEXRT_SEGMENTS, 0, 0, 32);
  EXPECT_EQ(errorOf([&] { makeProgram({32}); }), error);
}

TEST_F(ProgramTest, KnowsItsSegments) {
  arguments[0] = argument(ALEXRT_MOMENTUM, 0, 0, 32);
  Program program = makeProgram({32});
  EXPECT_TRUE(program.uses(ALEXRT_MOMENTUM));
  EXPECT_FALSE(program.writes(ALEXRT_MOMENTUM));
  EXPECT_TRUE(program.writes(ALEXRT_SCRATCH));
  EXPECT_FALSE(program.uses(ALEXRT_PARAM));
}

TEST_F(ProgramTest, RefusesUnknownKernelsAndActions) {
  records[0].kernel = 1;
  EXPECT_EQ(errorOfProgram(), "program test: record 0 is broken");
  records[0].action = 7;
  EXPECT_EQ(errorOfProgram(), "program test: record 0 is broken");
}

TEST_F(ProgramTest, RefusesACopyBetweenSizes) {
  records[0].action = ALEXRT_COPY;
  arguments[1].bytes = 28;
  EXPECT_EQ(errorOfProgram(), "program test: record 0 is broken");
}

//===----------------------------------------------------------------------===//
// Broken tables of two devices
//===----------------------------------------------------------------------===//

class ProgramOfTwoDevices : public ProgramTest {
protected:
  ProgramOfTwoDevices() {
    network.deviceCount = 2;
    records = {launch(0, 0, 2, count),
               ofEvent(ALEXRT_SIGNAL, 0, 0),
               ofEvent(ALEXRT_WAIT, 3, 0),
               {ALEXRT_COPY, 3, 0, 2, 2, 0, 0}};
    arguments.push_back(arguments[1]);
    arguments.push_back(arguments[1]);
    arguments[3].device = 1;
    eventCount = 1;
  }
  static AlexrtRecord ofEvent(AlexrtAction action, uint32_t queue, uint32_t event) {
    return {static_cast<uint32_t>(action), queue, event, 0, 0, 0, 0};
  }
};

TEST_F(ProgramOfTwoDevices, IsWhole) { EXPECT_EQ(errorOfProgram(), "no error"); }

TEST_F(ProgramOfTwoDevices, RefusesDevicesAndQueuesThatAreNotThere) {
  arguments[2].device = 2;
  EXPECT_EQ(errorOfProgram(), "program test: record 3: argument 0 lies outside its segment");
  records[3].queue = 4;
  EXPECT_EQ(errorOfProgram(), "program test: record 3 is broken");
}

TEST_F(ProgramOfTwoDevices, RefusesLaunchesElsewhereThanTheirArguments) {
  records[0].queue = 1;
  EXPECT_EQ(errorOfProgram(), "program test: record 0 is broken");
  records[0].queue = 2; // which only moves
  EXPECT_EQ(errorOfProgram(), "program test: record 0 is broken");
}

TEST_F(ProgramOfTwoDevices, RefusesCopiesOnQueuesOfOtherDevices) {
  records[3].queue = 2;
  EXPECT_EQ(errorOfProgram(), "program test: record 3 is broken");
}

TEST_F(ProgramOfTwoDevices, RefusesWaitsThatCouldLockUp) {
  std::swap(records[1], records[2]);
  EXPECT_EQ(errorOfProgram(),
            "program test: record 1 waits for an event that no record before it signals");
}

TEST_F(ProgramOfTwoDevices, RefusesASecondSignal) {
  records.push_back(records[1]);
  EXPECT_EQ(errorOfProgram(),
            "program test: record 4 signals an event that a record before it has signalled");
}

TEST_F(ProgramOfTwoDevices, RefusesEventsThatAreNotThere) {
  eventCount = 0;
  EXPECT_EQ(errorOfProgram(), "program test: record 1 is broken");
}

//===----------------------------------------------------------------------===//
// Guard pages
//===----------------------------------------------------------------------===//

TEST_F(ProgramTest, GuardedLaunchGivesTheSameResults) {
  runGuarded(addOne);
  EXPECT_THAT(result(), Each(2.0f));
}

TEST_F(ProgramTest, GuardedLaunchMayWriteOverItsOperand) {
  arguments[1].offset = 0;
  runGuarded(addOne);
  EXPECT_THAT(scratch, ElementsAreArray({2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST_F(ProgramTest, GuardedLaunchUpdatesInPlace) {
  arguments[1].offset = 0;
  runGuarded([](void *const *args, int64_t begin, int64_t end) {
    // of two pointers to one buffer a kernel may use either
    for (int64_t i = begin; i < end; ++i)
      static_cast<float *>(args[1])[i] += static_cast<float *>(args[0])[i];
  });
  EXPECT_THAT(scratch, ElementsAreArray({2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST_F(ProgramTest, GuardedLaunchShowsWhatAKernelLeavesOut) {
  runGuarded([](void *const *args, int64_t begin, int64_t end) {
    addOne(args, std::max<int64_t>(begin, 1), end);
  });
  EXPECT_THAT(result()[0], IsNan());
  EXPECT_EQ(result()[1], 2.0f);
}

class GuardedDeathTest : public ProgramTest {
protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }

  /// Whether the kernel, run between guard pages, dies of a memory fault.
  static bool isFault(int status) {
    // AddressSanitizer turns the signal into an exit status of 1.
    return testing::KilledBySignal(SIGSEGV)(status) || testing::ExitedWithCode(1)(status);
  }
};

TEST_F(GuardedDeathTest, ReadsBehindTheEnd) {
  EXPECT_EXIT(runGuarded([](void *const *args, int64_t, int64_t) {
                static_cast<float *>(args[1])[0] = static_cast<float *>(args[0])[count];
              }),
              isFault, "");
}

TEST_F(GuardedDeathTest, WritesBehindTheEnd) {
  EXPECT_EXIT(runGuarded([](void *const *args, int64_t, int64_t) {
                static_cast<float *>(args[1])[count] = 0;
              }),
              isFault, "");
}

TEST_F(GuardedDeathTest, WritesBeforeTheBeginning) {
  EXPECT_EXIT(runGuarded([](void *const *args, int64_t, int64_t) {
                static_cast<float *>(args[1])[-1] = 0;
              }),
              isFault, "");
}

TEST_F(GuardedDeathTest, WritesAnOperand) {
  EXPECT_EXIT(
      runGuarded([](void *const *args, int64_t, int64_t) { static_cast<float *>(args[0])[0] = 0; }),
      isFault, "");
}

} // namespace
