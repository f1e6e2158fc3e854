//===- HyperParametersTest.cpp - what a person may change during a run ----===//

#include "runtime/training/HyperParameters.h"
#include "RuntimeTesting.h"

using namespace alexrt;
using Kind = Schedule::Kind;

namespace {

class HyperParametersTest : public FolderTest {
protected:
  HyperParameters parse(const std::string &text) const {
    return readHyperParameters({}, write("h.json", text));
  }
  std::string errorOfText(const std::string &text) const {
    return errorOf([&] { parse(text); }, folder);
  }
};

std::string errorOfSet(const std::string &assignment) {
  HyperParameters parameters;
  return errorOf([&] { setHyperParameter(parameters, assignment); });
}

TEST_F(HyperParametersTest, ReadsWhatItWrote) {
  HyperParameters parameters;
  parameters.lr = 0.1;
  parameters.momentum = 0.9;
  parameters.weightDecay = 5e-4;
  for (Kind kind : {Kind::constant, Kind::step, Kind::plateau}) {
    parameters.schedule = {kind, 90, 5, {}, 2, 4};
    if (kind == Kind::step)
      parameters.schedule.at = {30, 60};
    EXPECT_EQ(toJson(parse(toJson(parameters))), toJson(parameters));
  }
}

TEST_F(HyperParametersTest, KeepsWhatIsNotGiven) {
  HyperParameters parameters = parse("{\"optimizer\": {\"lr\": 0.5}}");
  EXPECT_EQ(parameters.lr, 0.5);
  EXPECT_EQ(parameters.schedule.divideBy, 10);
}

TEST_F(HyperParametersTest, NamesLineAndKeyOfBadEdits) {
  EXPECT_EQ(errorOfText("{\n  \"optimizer\": {\n    \"lr\": -1 } }"),
            "h.json:3: optimizer.lr: expected a positive number, got -1");
  EXPECT_EQ(errorOfText("{ \"optimizer\": {\n \"momentum\": 1 } }"),
            "h.json:2: optimizer.momentum: expected a number from 0 to below 1, got 1");
  EXPECT_EQ(errorOfText("{ \"optimizer\": { \"weight_decay\": \"no\" } }"),
            "h.json:1: optimizer.weight_decay: expected a number of 0 or more, got \"no\"");
  EXPECT_EQ(errorOfText("{ \"schedule\": {\n\n \"epochs\": 1.5 } }"),
            "h.json:3: schedule.epochs: expected a positive integer, got 1.5");
  EXPECT_EQ(errorOfText("{ \"schedule\": { \"divide_by\": 1 } }"),
            "h.json:1: schedule.divide_by: expected a number above 1, got 1");
  EXPECT_EQ(errorOfText("{ \"schedule\": { \"at\": [1, 0] } }"),
            "h.json:1: schedule.at: expected a list of positive integers, got [1,0]");
  EXPECT_EQ(errorOfText("{ \"schedule\": { \"kind\": \"cosine\" } }"),
            "h.json:1: schedule.kind: expected constant, step or plateau, got \"cosine\"");
}

TEST_F(HyperParametersTest, NamesLineOfUnknownAndDoubleKeys) {
  EXPECT_EQ(errorOfText("{ \"optimizer\": {\n \"lrr\": 1 } }"),
            "h.json:2: unknown key 'optimizer.lrr'; did you mean 'optimizer.lr'?");
  EXPECT_EQ(errorOfText("{ \"optimizer\": {\n \"lr\": 1,\n \"lr\": 2 } }"),
            "h.json:3: 'optimizer.lr' appears twice");
}

TEST_F(HyperParametersTest, NamesLineOfBrokenJson) {
  EXPECT_EQ(errorOfText("{ \"optimizer\":\n { \"lr\": 0.01, } }"), "h.json:2: not valid JSON");
  EXPECT_EQ(errorOfText("{ \"optimizer\":\n { \"lr\": 1e999 } }"), "h.json:2: not valid JSON");
  EXPECT_EQ(errorOfText(""), "h.json:1: not valid JSON");
  EXPECT_EQ(errorOfText("[]"), "h.json:1: expected an object, got array");
  EXPECT_EQ(errorOfText("{\n\"optimizer\": 1 }"),
            "h.json:2: 'optimizer': expected an object, got number");
}

TEST(SetTest, TakesNumbersWordsAndLists) {
  HyperParameters parameters;
  for (const char *assignment : {"optimizer.lr=0.005", "schedule.kind=step", "schedule.at=8,11"})
    setHyperParameter(parameters, assignment);
  EXPECT_EQ(parameters.lr, 0.005);
  EXPECT_EQ(parameters.schedule.kind, Kind::step);
  EXPECT_THAT(parameters.schedule.at, testing::ElementsAre(8, 11));
}

TEST(SetTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(errorOfSet("optimizer.lr"), "--set: expected KEY=VALUE, got 'optimizer.lr'");
  EXPECT_EQ(errorOfSet("optimizer.moment=1"),
            "--set: unknown key 'optimizer.moment'; did you mean 'optimizer.momentum'?");
  EXPECT_EQ(errorOfSet("optimizer.lr=fast"),
            "--set: optimizer.lr: expected a positive number, got \"fast\"");
}

TEST(ScheduleTest, ConstantNeverDivides) {
  Schedule settings;
  settings.epochs = 5;
  EXPECT_EQ(learningRate(0.5, settings, {}, 4), 0.5);
  EXPECT_FALSE(isFinished(settings, {}, 4));
  EXPECT_TRUE(isFinished(settings, {}, 5));
}

TEST(ScheduleTest, StepDividesAfterItsEpochs) {
  Schedule settings{Kind::step, 12, 10, {8, 11}};
  EXPECT_EQ(learningRate(1, settings, {}, 7), 1);
  EXPECT_EQ(learningRate(1, settings, {}, 8), 0.1);
  EXPECT_EQ(learningRate(1, settings, {}, 11), 0.1 / 10);
}

/// The learning rates after each of the epochs that end with these errors.
std::vector<double> ratesOf(const Schedule &settings, const std::vector<double> &errors,
                            ScheduleState &state) {
  std::vector<double> rates;
  for (double error : errors) {
    endEpoch(settings, state, error);
    rates.push_back(learningRate(8, settings, state, 1));
  }
  return rates;
}

TEST(ScheduleTest, PlateauDividesWhenNothingImproves) {
  Schedule settings{Kind::plateau, 90, 2, {}, /*times=*/2, /*patience=*/2};
  ScheduleState state;
  EXPECT_THAT(ratesOf(settings, {0.5, 0.6, 0.4, 0.4, 0.5, 0.45}, state),
              testing::ElementsAre(8, 8, 8, 8, 4, 4));
  EXPECT_THAT(ratesOf(settings, {0.4, 0.4, 0.3, 0.3}, state), testing::ElementsAre(2, 2, 2, 2));
  EXPECT_FALSE(isFinished(settings, state, 10));
  EXPECT_THAT(ratesOf(settings, {0.3}, state), testing::ElementsAre(2));
  EXPECT_TRUE(isFinished(settings, state, 11));
}

} // namespace
