//===- ConvertTest.cpp - numbers of 16 bits, all of them ----------------------===//
//
// Against LLVM's own arithmetic: every number of f16 and bf16, and what lies between
// two neighbours.

#include "test/unit/KernelTest.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>

using namespace mlir;
using namespace alexc;

static double numberOf(const llvm::fltSemantics &format, unsigned bits) {
  return llvm::APFloat(format, llvm::APInt(16, bits)).convertToDouble();
}

/// What `x`, an f32, is in `format`: the largest number where it is beyond it.
static double roundedTo(const llvm::fltSemantics &format, double x) {
  llvm::APFloat number(x);
  bool isRounded = false;
  number.convert(format, llvm::APFloat::rmNearestTiesToEven, &isRounded);
  if (number.isInfinity() && std::isfinite(x))
    number = llvm::APFloat::getLargest(format, number.isNegative());
  return number.convertToDouble();
}

/// Each number, the middle between it and the next, and the f32 on both sides of that.
static TensorValue numbersToRound(const llvm::fltSemantics &format) {
  TensorValue values({1, 4 * 65536});
  for (unsigned bits = 0; bits < 65536; ++bits) {
    double number = numberOf(format, bits), next = numberOf(format, std::min(bits + 1, 65535u));
    float middle = static_cast<float>((number + next) / 2);
    double *at = &values.data[size_t(4) * bits];
    at[0] = number;
    at[1] = middle;
    at[2] = std::nextafterf(middle, INFINITY);
    at[3] = std::nextafterf(middle, -INFINITY);
  }
  return values;
}

namespace {
struct Format {
  const char *name;
  const llvm::fltSemantics &semantics;
};

class ConvertTest : public KernelTest, public testing::WithParamInterface<Format> {
protected:
  /// Runs `test` on `operand` and compares with `wanted`, bit by bit but for the
  /// payload of what is no number.
  void expectExactly(const Case &test, StringRef cpu, const TensorValue &operand,
                     llvm::function_ref<double(double)> wanted) {
    ASSERT_NO_FATAL_FAILURE(compile(test, cpu, operand));
    runner->run(0, runner->workItems());
    TensorValue got = runner->result(0);
    for (auto [x, y, ofOracle] : llvm::zip_equal(operand.data, got.data, this->wanted[0].data)) {
      double right = wanted(x);
      ASSERT_TRUE(std::isnan(right) ? std::isnan(y) : y == right) << x << " became " << y;
      ASSERT_EQ(std::signbit(right), std::signbit(y)) << x;
      ASSERT_TRUE(std::isnan(right) ? std::isnan(ofOracle) : ofOracle == right)
          << x << " is " << ofOracle << " to the oracle";
    }
  }
};
} // namespace

TEST_P(ConvertTest, RoundsToTheNearest) {
  const llvm::fltSemantics &format = GetParam().semantics;
  std::string half = std::string("1x262144x") + GetParam().name;
  Case test{"narrow", "loops", "alex.convert %a : !a to !y", {{"1x262144"}}, {{half}}};
  for (const char *cpu : {"x86-64", "native"})
    expectExactly(test, cpu, numbersToRound(format),
                  [&](double x) { return roundedTo(format, x); });
}

TEST_P(ConvertTest, WidensEveryNumber) {
  const llvm::fltSemantics &format = GetParam().semantics;
  std::string half = std::string("1x65536x") + GetParam().name;
  Case test{"widen", "loops", "alex.convert %a : !a to !y", {{half}}, {{"1x65536"}}};
  TensorValue values({1, 65536});
  for (unsigned bits = 0; bits < 65536; ++bits)
    values.data[bits] = numberOf(format, bits);
  for (const char *cpu : {"x86-64", "native"})
    expectExactly(test, cpu, values, [](double x) { return x; });
}

INSTANTIATE_TEST_SUITE_P(, ConvertTest,
                         testing::Values(Format{"f16", llvm::APFloat::IEEEhalf()},
                                         Format{"bf16", llvm::APFloat::BFloat()}),
                         [](const auto &info) { return std::string(info.param.name); });
