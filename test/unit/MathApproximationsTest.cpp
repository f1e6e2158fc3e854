//===- MathApproximationsTest.cpp - functions of kernels, number by number ----===//

#include "test/unit/KernelTest.h"
#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace alexc;

namespace {
class MathApproximationsTest : public KernelTest {
protected:
  /// Fails where a result of `expression`, a function of `xs` alone, is off by
  /// more than 5e-7 of itself.
  void expectAccurate(const std::string &expression, std::vector<double> xs) {
    std::string size = std::to_string(xs.size());
    int64_t shape[] = {static_cast<int64_t>(xs.size()), 1, 1, 1};
    Placed type = {size + "x1x1x1"};
    Case test = {"", "loops", expression, {type}, {type}};
    for (StringRef cpu : {"x86-64", "native"}) {
      ASSERT_NO_FATAL_FAILURE(compile(test, cpu, TensorValue(shape, xs)));
      runner->run(0, runner->workItems());
      TensorValue got = runner->result(0);
      for (auto [x, y, z] : llvm::zip_equal(xs, got.data, wanted.front().data))
        ASSERT_NEAR(y, z, 5e-7 * std::abs(z) + FLT_MIN) << expression << " of " << x;
    }
  }
};

/// `count` floats from `from` to `to`, evenly spread.
std::vector<double> spread(double from, double to, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(static_cast<float>(from + (to - from) * i / (count - 1)));
  return values;
}
} // namespace

TEST_F(MathApproximationsTest, SigmoidIsAccurate) {
  expectAccurate("alex.sigmoid %a : (!a) -> !y", spread(-150, 150, 4000));
  expectAccurate("alex.sigmoid %a : (!a) -> !y", spread(-1, 1, 4000));
  expectAccurate("alex.sigmoid %a : (!a) -> !y", {0, -INFINITY, INFINITY, 3e38, -3e38, 1e-40});
}

TEST_F(MathApproximationsTest, TanhIsAccurate) {
  expectAccurate("alex.tanh %a : (!a) -> !y", spread(-100, 100, 4000));
  expectAccurate("alex.tanh %a : (!a) -> !y", spread(-1, 1, 4000));
  expectAccurate("alex.tanh %a : (!a) -> !y", {0, -INFINITY, INFINITY, 3e38, -3e38, 1e-40});
}

TEST_F(MathApproximationsTest, PowersAreAccurate) {
  for (const char *beta : {"0.25", "0.5", "0.75", "1.0", "1.25", "2.5", "0.6", "0.123", "1.7"})
    for (double largest : {1.0, 1e4})
      expectAccurate(
          ("alex.lrn %a across size 1 k 1.0 alpha 1.0 beta " + std::string(beta) + " : (!a) -> !y")
              .c_str(),
          spread(0, largest, 2000));
}

TEST_F(MathApproximationsTest, WhatIsNotANumberStaysSo) {
  for (const char *op : {"alex.tanh %a", "alex.sigmoid %a", "alex.relu %a",
                         "alex.lrn %a across size 1 k 1.0 alpha 1.0 beta 0.6",
                         "alex.lrn %a across size 1 k 1.0 alpha 1.0 beta 0.75"}) {
    Case test = {"", "loops", std::string(op) + " : (!a) -> !y", {{"1x8x1x1"}}, {{"1x8x1x1"}}};
    ASSERT_NO_FATAL_FAILURE(
        compile(test, "native", TensorValue({1, 8, 1, 1}, std::vector<double>(8, NAN))));
    runner->run(0, runner->workItems());
    EXPECT_TRUE(std::isnan(runner->result(0).data.front())) << op;
  }
}
