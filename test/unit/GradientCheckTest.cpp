//===- GradientCheckTest.cpp - gradients against differences --------------===//

#include "runtime/command/GradientCheck.h"
#include "gmock/gmock.h"

#include <cmath>
#include <numeric>

using namespace alexrt;

namespace {

/// Losses of some values, with gradients written by hand.
class GradientCheckTest : public testing::Test {
protected:
  using Function = double (*)(double);

  /// The loss is 1 plus the mean of `function` over the values.
  GradientReport check(Function function, Function derivative) {
    for (size_t i = 0; i < values.size(); ++i)
      gradient.push_back(float(derivative(values[i]) / double(values.size())));
    std::vector<float> before = values;
    auto loss = [&, function] {
      double sum = 0;
      for (float value : values)
        sum += function(value);
      return double(float(1 + sum / double(values.size()))); // as fp32 has it
    };
    GradientReport report =
        GradientCheck(loss, options).check("x", values.data(), gradient.data(), values.size());
    EXPECT_EQ(values, before);
    return report;
  }

  void SetUp() override {
    for (int i = 0; i < 40; ++i)
      values.push_back(float(std::sin(i * 1.7)));
  }

  std::vector<float> values, gradient;
  GradientCheckOptions options;
};

TEST_F(GradientCheckTest, RightGradientsPass) {
  GradientReport report =
      check([](double x) { return std::exp(x); }, [](double x) { return std::exp(x); });
  EXPECT_TRUE(report.passes());
  EXPECT_EQ(report.itself.verdict, Slope::Verdict::agrees);
  EXPECT_EQ(report.signs.verdict, Slope::Verdict::agrees);
  EXPECT_EQ(report.agreeing, options.samples);
  EXPECT_LT(report.worstElement, options.tolerance);
  double squares = 0;
  for (float value : values)
    squares += std::exp(2.0 * value) / (40 * 40);
  EXPECT_NEAR(report.norm, std::sqrt(squares), 1e-5);
}

TEST_F(GradientCheckTest, WrongFactorsFail) {
  GradientReport report =
      check([](double x) { return std::exp(x); }, [](double x) { return 1.05 * std::exp(x); });
  EXPECT_FALSE(report.passes());
  EXPECT_EQ(report.itself.verdict, Slope::Verdict::differs);
  EXPECT_NEAR(report.itself.error, 0.05 / 1.05, 0.02);
  EXPECT_EQ(report.differing, options.samples);
}

TEST_F(GradientCheckTest, WrongSignsFail) {
  GradientReport report =
      check([](double x) { return x * x; }, [](double x) { return 2 * std::abs(x); });
  EXPECT_EQ(report.signs.verdict, Slope::Verdict::differs);
  EXPECT_FALSE(report.passes());
}

TEST_F(GradientCheckTest, KinksAreNoErrors) {
  // every value lies on the kink, where the derivative is said to be 0 or 1
  values.assign(4, 0.0f);
  options.samples = 3;
  GradientReport report =
      check([](double x) { return std::max(x, 0.0); }, [](double) { return 1.0; });
  EXPECT_EQ(report.kinked, 3);
  EXPECT_EQ(report.differing, 0);
}

/// 0 near 0, where its derivative is 0 too, and the farther away the nearer to t.
double behindKinks(double t) {
  constexpr double near = 1e-9;
  return t > near ? t - near : t < -near ? t + near : 0;
}

TEST_F(GradientCheckTest, OtherSignsSeeBehindKinks) {
  // on half of the lines the values' sum changes, and so what lies behind the kinks
  values = {0.5f, -0.5f};
  gradient = {0.3f, 0.2f};
  options.samples = 0;
  auto loss = [&] {
    return 1 + 0.3 * values[0] + 0.2 * values[1] + behindKinks(double(values[0]) + values[1]);
  };
  int agreeing = 0, differing = 0;
  for (options.seed = 1; options.seed <= 16; ++options.seed) {
    GradientReport report =
        GradientCheck(loss, options).check("x", values.data(), gradient.data(), values.size());
    agreeing += report.signs.verdict == Slope::Verdict::agrees;
    differing += report.signs.verdict == Slope::Verdict::differs;
  }
  EXPECT_EQ(agreeing + differing, 16);
  EXPECT_GE(agreeing, 13); // one line alone: about 8
}

TEST_F(GradientCheckTest, SmallSlopesAreUnclear) {
  GradientReport report = check([](double x) { return 1e-9 * x; }, [](double) { return 1e-9; });
  EXPECT_EQ(report.itself.verdict, Slope::Verdict::unclear);
  EXPECT_EQ(report.unclear, options.samples);
  EXPECT_TRUE(report.passes());
}

TEST_F(GradientCheckTest, AForgottenGradientFails) {
  GradientReport report = check([](double x) { return std::exp(x); }, [](double) { return 0.0; });
  EXPECT_EQ(report.norm, 0);
  EXPECT_FALSE(report.passes());
}

TEST_F(GradientCheckTest, NoNumberFails) {
  GradientReport report = check([](double x) { return x; }, [](double) { return double(NAN); });
  EXPECT_FALSE(report.passes());
}

} // namespace
