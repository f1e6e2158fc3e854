//===- MetricsTest.cpp - a run's numbers ----------------------------------===//

#include "RuntimeTesting.h"
#include "runtime/training/Progress.h"
#include <cmath>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

using namespace alexrt;
using nlohmann::json;

namespace {

using MetricsLogTest = FolderTest;

TEST_F(MetricsLogTest, WritesOneObjectALine) {
  MetricsLog log(folder, 0, 0);
  log.append(StepMetrics{7, 1, 2.5, 0.75, 0.01, 1000});
  log.append(EpochMetrics{8, 1, Tally{4, 2, 1, 6}, Tally{2, 1, 0, 5}, 0.01, 3});
  log.append(8, {{"fc.weight", 0.5, 0.25}});
  log.append(StepMetrics{9, 2, NAN, 1, 0.01, 1000});
  log.flush();
  std::istringstream text(read("metrics.jsonl"));
  std::vector<json> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(json::parse(line));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0]["kind"], "step");
  EXPECT_EQ(lines[0]["loss"], 2.5);
  EXPECT_EQ(lines[1]["training"]["loss"], 1.5);
  EXPECT_EQ(lines[1]["validation"]["top1_error"], 0.5);
  EXPECT_EQ(lines[2]["parameter"], "fc.weight");
  EXPECT_EQ(lines[2]["ratio"], 0.5);
  EXPECT_EQ(lines[3]["loss"], nullptr);
}

TEST_F(MetricsLogTest, CutsOffWhatComesAfterTheCheckpoint) {
  std::string upToTwo = "{\"kind\":\"step\",\"step\":1}\n{\"kind\":\"step\",\"step\":2}\n";
  write("metrics.jsonl", upToTwo + "{\"kind\":\"epoch\",\"step\":2,\"epoch\":1}\n{\"kind\":\"st");
  MetricsLog log(folder, 2, 0);
  EXPECT_EQ(read("metrics.jsonl"), upToTwo);
  log.append(StepMetrics{3, 1, 1, 1, 1, 1});
  log.flush();
  EXPECT_EQ(read("metrics.jsonl").rfind(upToTwo + "{\"kind\":\"step\",\"step\":3,", 0), 0u);
}

TEST_F(MetricsLogTest, KeepsLinesOfOtherKinds) {
  std::string line = "{\"kind\":5,\"step\":1}\n";
  write("metrics.jsonl", line);
  MetricsLog log(folder, 2, 0);
  EXPECT_EQ(read("metrics.jsonl"), line);
}

TEST(TallyTest, CountsRanks) {
  // the label's score is best, shared with an earlier class, sixth, not a number
  constexpr size_t classes = 7;
  std::vector<float> prob = {0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0,   0,
                             6, 5, 4, 3, 2, 1, 0, 1, 1, 1, 1, 1, NAN, 1};
  std::vector<float> loss = {1, 2, 3, 4};
  std::vector<int32_t> labels = {1, 1, 5, 5};
  Tally tally;
  tally.add(4, classes, loss.data(), prob.data(), labels.data());
  EXPECT_EQ(tally.images, 4);
  EXPECT_EQ(tally.top1Errors, 3);
  EXPECT_EQ(tally.top5Errors, 2);
  EXPECT_EQ(tally.loss(), 2.5);
  EXPECT_EQ(tally.top1Error(), 0.75);
  EXPECT_EQ(Tally().loss(), 0);
}

TEST(ProgressTest, SaysHowFarARunIs) {
  ProgressReport report{3, 12, 1234, 5628, Tally{100, 12, 0, 43.21}, 5432.1, 754};
  EXPECT_EQ(toString(report), "epoch 3/12  step 1234/5628  loss 0.4321  error 12.00 %  "
                              "5432 images/s  ETA 0:12:34");
}

TEST(ProgressTest, SetsTrainingBesideValidation) {
  EpochMetrics metrics{469, 3, Tally{4, 1, 0, 2}, std::nullopt, 0.01, 12.34};
  EXPECT_EQ(toString(metrics), "epoch 3: training loss 0.5000 error 25.00 %, lr 0.01, 12.3 s");
  metrics.validation = Tally{4, 2, 0, 4};
  EXPECT_EQ(toString(metrics), "epoch 3: training loss 0.5000 error 25.00 %, "
                               "validation loss 1.0000 error 50.00 %, lr 0.01, 12.3 s");
}

TEST(ProgressTest, WritesLongTimes) { EXPECT_EQ(clockText(3 * 3600 + 59.7), "3:01:00"); }

} // namespace
