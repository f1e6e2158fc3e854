//===- TraceTest.cpp - two devices on one time line -----------------------===//

#include "runtime/command/Trace.h"
#include "RuntimeTesting.h"
#include "TwoDeviceNetwork.h"
#include <nlohmann/json.hpp>

using namespace alexrt;
using nlohmann::json;
using testing::ElementsAre;

namespace {

struct Launcher {
  template <AlexrtKernel kernel, int64_t work, size_t count>
  static void run(void *const *args, int64_t begin, int64_t end) {
    kernel(args, begin, end);
  }
};

class TraceTest : public FolderTest {
protected:
  /// The events of two runs of inference on two devices of one thread.
  json traceInference() {
    table.table.kernels = twodevices::kernels<Launcher>;
    Network network(table.network(), NetworkOptions{1});
    network.initWeights(1);
    const Entry &entry = *network.findEntry("infer", 2);
    Trace trace(table.programs[1], 2, 1);
    for (int i = 0; i < 2; ++i)
      trace.run(network, entry);
    std::vector<RecordWork> works;
    for (const RecordInfo &record : entry.records)
      works.push_back({record.layer, record.kernel, record.macs, record.bytes});
    writeTrace(path("trace.json"), "net infer_2", works, trace);
    return json::parse(read("trace.json")).at("traceEvents");
  }

  twodevices::Table table;
};

/// "device and line: what" of the events of a kind.
std::vector<std::string> list(const json &events, const std::string &kind) {
  std::vector<std::string> result;
  for (const json &event : events)
    if (event.at("ph") == "M" ? event.at("name") == kind : event.at("ph") == kind)
      result.push_back(event.at("pid").dump() + " " + event.at("tid").dump() + ": " +
                       (kind == "X" ? event : event.at("args")).at("name").get<std::string>());
  return result;
}

TEST_F(TraceTest, HasAGroupOfLinesForEachDevice) {
  json events = traceInference();
  EXPECT_THAT(list(events, "process_name"),
              ElementsAre("1 0: net infer_2, device 0", "2 0: net infer_2, device 1"));
  EXPECT_THAT(list(events, "thread_name"),
              ElementsAre("1 0: launches", "1 1: thread 0", "1 2: transfers", "2 0: launches",
                          "2 1: thread 0", "2 2: transfers"));
}

TEST_F(TraceTest, ShowsLaunchesWaitsAndTransfers) {
  std::vector<std::string> once = {"1 0: fc", "1 1: fc",   "2 0: fc",   "2 1: fc",  "1 2: wait",
                                   "1 2: fc", "1 0: wait", "1 0: relu", "1 1: relu"};
  std::vector<std::string> twice = once;
  twice.insert(twice.end(), once.begin(), once.end());
  EXPECT_THAT(list(traceInference(), "X"), testing::UnorderedElementsAreArray(twice));
}

TEST_F(TraceTest, HasOneTimeLine) {
  double copied = 0, end = 0;
  for (const json &event : traceInference()) {
    if (event.at("ph") != "X")
      continue;
    double begin = event.at("ts");
    if (event.at("cat") == "copy") {
      EXPECT_GE(begin, end); // the second run's follows the first run
      copied = begin + event.at("dur").get<double>();
    }
    if (event.at("cat") == "loops" && event.at("tid") == 0) {
      EXPECT_GE(begin, copied);
      end = begin + event.at("dur").get<double>();
    }
  }
  EXPECT_GT(end, 0);
}

} // namespace
