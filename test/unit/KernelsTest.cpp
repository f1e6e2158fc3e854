//===- KernelsTest.cpp - every kernel against the oracle ----------------------===//
//
// Each case is one op on placed values, compiled by the whole code generator for
// the plainest CPU and for this one, and run twice: all work items at once, and
// one by one in descending order, which must give the same bits.

#include "codegen/ObjectCode.h"
#include "dialect/Alexrt.h"
#include "mlir/Parser/Parser.h"
#include "test/unit/KernelRunner.h"
#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace alexc;

namespace {
/// The type of an operand or result.
struct Placed {
  std::string shape;           ///< "2x16x5x7"
  std::string layout = "nchw"; ///< as in #alex.on
};

struct Case {
  const char *name;
  const char *kernel;
  const char *expression; ///< of operands %a, %b, ... of types !a, !b, ..., to !y and !z
  std::vector<Placed> operands, results;
  double tolerance = 1e-6; ///< of the largest value of the result
};

std::string alias(char name, const Placed &type) {
  return std::string("!") + name + " = tensor<" + type.shape + "xf32, #alex.on<0, " + type.layout +
         ">>\n";
}

/// The kernel function of `test`.
std::string textOf(const Case &test) {
  std::string aliases, arguments, results, values;
  for (size_t i = 0; i < test.operands.size(); ++i) {
    char name = static_cast<char>('a' + i);
    aliases += alias(name, test.operands[i]);
    arguments += std::string(i ? ", %" : "%") + name + ": !" + name;
  }
  bool isSingle = test.results.size() == 1;
  for (size_t i = 0; i < test.results.size(); ++i) {
    char name = static_cast<char>('y' + i);
    aliases += alias(name, test.results[i]);
    results += std::string(i ? ", !" : "!") + name;
    values += (i ? ", %r#" : "%r#") + std::to_string(i);
  }
  return aliases + "func.func private @kernel(" + arguments + ") -> (" + results +
         ") attributes {alexrt.kernel = \"" + test.kernel + "\"} {\n%r" +
         (isSingle ? "" : ":" + std::to_string(test.results.size())) + " = " + test.expression +
         "\nreturn " + (isSingle ? "%r" : values) + " : " + results + "\n}\n";
}

SmallVector<int64_t> shapeOf(const Placed &type) {
  SmallVector<StringRef> sizes;
  StringRef(type.shape).split(sizes, 'x');
  return llvm::map_to_vector(sizes, [](StringRef size) { return std::stol(size.str()); });
}

/// Numbers in [-1, 1), the same in every run.
TensorValue randomValue(ArrayRef<int64_t> shape, unsigned seed) {
  TensorValue value(shape);
  std::minstd_rand generator(seed + 1);
  for (double &x : value.data) // as a float, which the kernel gets
    x = static_cast<float>(static_cast<double>(generator() % 20000) / 10000 - 1);
  return value;
}

/// Fails at the first element that is too far from `wanted`.
void expectNear(const TensorValue &got, const TensorValue &wanted, double tolerance) {
  double largest = 0;
  for (double x : wanted.data)
    largest = std::max(largest, std::abs(x));
  for (size_t i = 0; i < wanted.data.size(); ++i)
    ASSERT_LE(std::abs(got.data[i] - wanted.data[i]), tolerance * largest)
        << "at element " << i << ": got " << got.data[i] << ", wanted " << wanted.data[i];
}

class KernelTest : public testing::Test {
protected:
  KernelTest() : context(registry(), MLIRContext::Threading::DISABLED) {
    context.loadDialect<AlexDialect, AlexrtDialect, func::FuncDialect>();
  }

  static DialectRegistry registry() {
    DialectRegistry registry;
    registerTranslations(registry);
    return registry;
  }

  OwningOpRef<ModuleOp> parse(const Case &test) {
    return parseSourceString<ModuleOp>(textOf(test), &context);
  }

  /// `test` compiled for `cpu`, on `operands`, with the oracle's results.
  void compile(const Case &test, StringRef cpu, ArrayRef<TensorValue> operands) {
    OwningOpRef<ModuleOp> module = parse(test);
    ASSERT_TRUE(module) << textOf(test);
    auto results = interpret(*module->getOps<func::FuncOp>().begin(), operands);
    ASSERT_TRUE(succeeded(results));
    wanted = *results;
    runner = KernelRunner::compile(*module, cpu);
    ASSERT_TRUE(runner);
    runner->setOperands(operands);
  }

  void compare(const Case &test, StringRef cpu) {
    SCOPED_TRACE("for " + cpu.str());
    SmallVector<TensorValue> operands;
    for (const Placed &operand : test.operands)
      operands.push_back(randomValue(shapeOf(operand), operands.size()));
    ASSERT_NO_FATAL_FAILURE(compile(test, cpu, operands));
    runner->run(0, runner->workItems());
    std::vector<std::vector<float>> once;
    for (unsigned i = 0; i < wanted.size(); ++i) {
      expectNear(runner->result(i), wanted[i], test.tolerance);
      once.emplace_back(runner->resultMemory(i));
    }
    runner->setOperands(operands);
    for (int64_t item = runner->workItems(); item-- > 0;)
      runner->run(item, item + 1);
    for (unsigned i = 0; i < wanted.size(); ++i)
      EXPECT_EQ(
          0, memcmp(once[i].data(), runner->resultMemory(i).data(), once[i].size() * sizeof(float)))
          << "the split of the work list changes result " << i;
  }

  /// Fails where a result of `expression`, a function of `xs` alone, is off by
  /// more than 5e-7 of itself.
  void expectAccurate(const char *expression, std::vector<double> xs) {
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

  std::unique_ptr<KernelRunner> runner;
  SmallVector<TensorValue> wanted;
  MLIRContext context;
};

class EachKernel : public KernelTest, public testing::WithParamInterface<Case> {};

TEST_P(EachKernel, AgreesWithTheOracle) {
  compare(GetParam(), "x86-64");
  compare(GetParam(), "native");
}

/// `count` floats from `from` to `to`, evenly spread.
std::vector<double> spread(double from, double to, int count) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(static_cast<float>(from + (to - from) * i / (count - 1)));
  return values;
}

TEST_F(KernelTest, SigmoidIsAccurate) {
  expectAccurate("alex.sigmoid %a : (!a) -> !y", spread(-150, 150, 4000));
  expectAccurate("alex.sigmoid %a : (!a) -> !y", spread(-1, 1, 4000));
  expectAccurate("alex.sigmoid %a : (!a) -> !y", {0, -INFINITY, INFINITY, 3e38, -3e38, 1e-40});
}

TEST_F(KernelTest, TanhIsAccurate) {
  expectAccurate("alex.tanh %a : (!a) -> !y", spread(-100, 100, 4000));
  expectAccurate("alex.tanh %a : (!a) -> !y", spread(-1, 1, 4000));
  expectAccurate("alex.tanh %a : (!a) -> !y", {0, -INFINITY, INFINITY, 3e38, -3e38, 1e-40});
}

TEST_F(KernelTest, PowersAreAccurate) {
  for (const char *beta : {"0.25", "0.5", "0.75", "1.0", "1.25", "2.5", "0.6", "0.123", "1.7"})
    for (double largest : {1.0, 1e4})
      expectAccurate(
          ("alex.lrn %a across size 1 k 1.0 alpha 1.0 beta " + std::string(beta) + " : (!a) -> !y")
              .c_str(),
          spread(0, largest, 2000));
}

TEST_F(KernelTest, WhatIsNotANumberStaysSo) {
  for (const char *op : {"alex.tanh", "alex.sigmoid", "alex.relu"}) {
    Case test = {"", "loops", "", {{"1x8"}}, {{"1x8"}}};
    std::string expression = std::string(op) + " %a : (!a) -> !y";
    test.expression = expression.c_str();
    ASSERT_NO_FATAL_FAILURE(
        compile(test, "native", TensorValue({1, 8}, std::vector<double>(8, NAN))));
    runner->run(0, runner->workItems());
    EXPECT_TRUE(std::isnan(runner->result(0).data.front())) << op;
  }
}

std::string nameOf(const testing::TestParamInfo<Case> &info) { return info.param.name; }
} // namespace

INSTANTIATE_TEST_SUITE_P(
    Elementwise, EachKernel,
    testing::Values(
        Case{"relu", "loops", "alex.relu %a : (!a) -> !y", {{"2x3x5x7"}}, {{"2x3x5x7"}}},
        Case{"relu_of_vector", "loops", "alex.relu %a : (!a) -> !y", {{"13"}}, {{"13"}}},
        Case{"relu_longer_than_an_item",
             "loops",
             "alex.relu %a : (!a) -> !y",
             {{"1x3x25x35"}},
             {{"1x3x25x35"}}},
        Case{"relu_into_halo",
             "loops",
             "alex.relu %a : (!a) -> !y",
             {{"2x16x3x5", "nchw8c"}},
             {{"2x16x3x5", "nchw8c halo [1, 2, 3, 0]"}}},
        Case{"tanh", "loops", "alex.tanh %a : (!a) -> !y", {{"3x40"}}, {{"3x40"}}},
        Case{"sigmoid_in_blocks",
             "loops",
             "alex.sigmoid %a : (!a) -> !y",
             {{"1x16x3x3", "nchw16c halo [1, 1, 1, 1]"}},
             {{"1x16x3x3", "nchw16c"}}},
        Case{"scale_by_images",
             "loops",
             "alex.scale %a by -0.3 : (!a) -> !y",
             {{"5x6", "cn4"}},
             {{"5x6", "cn4"}}},
        Case{"dropout_of_paper",
             "loops",
             "alex.dropout %a rate 0.4 form paper : (!a) -> !y",
             {{"2x9"}},
             {{"2x9"}}},
        Case{"dropout_inverted",
             "loops",
             "alex.dropout %a rate 0.4 form inverted : (!a) -> !y",
             {{"2x9"}},
             {{"2x9"}}},
        Case{"add_in_three_layouts",
             "loops",
             "alex.add %a, %b : (!a, !b) -> !y",
             {{"2x16x3x4", "nchw8c"}, {"2x16x3x4"}},
             {{"2x16x3x4", "nchw4c"}}},
        Case{"fused_with_two_results",
             "loops",
             "alex.fused(%a, %b) : (!a, !b) -> (!y, !z) {\n"
             "^bb0(%c: !a, %d: !b):\n"
             "  %0 = alex.add %c, %d : (!a, !b) -> !a\n"
             "  %1 = alex.relu %0 : (!a) -> !a\n"
             "  %2 = alex.add %1, %0 : (!a, !a) -> !a\n"
             "  alex.yield %2, %1 : !a, !a }",
             {{"3x7"}, {"3x7"}},
             {{"3x7"}, {"3x7"}}}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Pools, EachKernel,
    testing::Values(
        Case{"max_overlapping",
             "loops",
             "alex.max_pool %a window [3, 3] stride [2, 2] : (!a) -> !y",
             {{"2x16x7x9", "nchw8c"}},
             {{"2x16x3x4", "nchw8c halo [1, 1, 1, 1]"}}},
        Case{"max_plain_padded",
             "loops",
             "alex.max_pool %a window [3, 2] stride [2, 1] pad [1, 0, 2, 1] : (!a) -> !y",
             {{"2x3x6x5"}},
             {{"2x3x4x5"}}},
        Case{"max_ceil",
             "loops",
             "alex.max_pool %a window [3, 3] stride [2, 2] ceil : (!a) -> !y",
             {{"1x8x6x8", "nchw4c halo [1, 0, 0, 2]"}},
             {{"1x8x3x4", "nchw4c"}}},
        Case{"max_of_large_window",
             "loops",
             "alex.max_pool %a window [6, 5] stride [3, 3] pad [2, 2, 1, 2] : (!a) -> !y",
             {{"1x8x9x9", "nchw8c"}},
             {{"1x8x3x3", "nchw8c"}}},
        Case{"max_with_gaps",
             "loops",
             "alex.max_pool %a window [1, 2] stride [3, 4] : (!a) -> !y",
             {{"1x4x8x11"}},
             {{"1x4x3x3"}}},
        Case{"average",
             "loops",
             "alex.avg_pool %a window [2, 3] stride [2, 2] : (!a) -> !y",
             {{"2x8x6x7", "nchw8c"}},
             {{"2x8x3x3", "nchw8c"}}},
        Case{"average_counts_pixels_inside",
             "loops",
             "alex.avg_pool %a window [3, 3] stride [2, 2] pad [1, 2, 0, 1] ceil : (!a) -> !y",
             {{"2x3x8x6"}},
             {{"2x3x4x4"}}},
        Case{"average_in_blocks_with_ceil",
             "loops",
             "alex.avg_pool %a window [3, 3] stride [2, 2] ceil : (!a) -> !y",
             {{"1x16x8x8", "nchw16c"}},
             {{"1x16x4x4", "nchw16c"}}},
        Case{"average_of_whole_plane",
             "loops",
             "alex.avg_pool %a window [6, 6] : (!a) -> !y",
             {{"2x8x6x6", "nchw8c"}},
             {{"2x8x1x1"}}},
        Case{"max_then_relu",
             "loops",
             "alex.fused(%a) : (!a) -> !y {\n^bb0(%b: !a):\n"
             "  %0 = alex.max_pool %b window [2, 2] stride [2, 2] : (!a) -> !y\n"
             "  %1 = alex.relu %0 : (!y) -> !y\n"
             "  alex.yield %1 : !y }",
             {{"1x3x6x6"}},
             {{"1x3x3x3"}}}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Lrn, EachKernel,
    testing::Values(
        Case{"across_in_blocks",
             "loops",
             "alex.lrn %a across size 5 k 2.0 alpha 1.0 beta 0.75 : (!a) -> !y",
             {{"2x24x3x3", "nchw8c"}},
             {{"2x24x3x3", "nchw8c"}}},
        Case{"across_towers",
             "loops",
             "alex.lrn %a across size 5 k 1.0 alpha 2.0 beta 0.75 groups 2 : (!a) -> !y",
             {{"1x32x3x2", "nchw8c"}},
             {{"1x32x3x2", "nchw8c halo [2, 2, 2, 2]"}}},
        Case{"across_towers_that_end_in_a_block",
             "loops",
             "alex.lrn %a across size 5 k 1.0 alpha 2.0 beta 0.75 groups 2 : (!a) -> !y",
             {{"1x24x3x2", "nchw8c"}},
             {{"1x24x3x2", "nchw8c"}}},
        Case{"across_small_towers",
             "loops",
             "alex.lrn %a across size 7 k 1.0 alpha 2.0 beta 0.75 groups 8 : (!a) -> !y",
             {{"1x16x3x2", "nchw8c"}},
             {{"1x16x3x2", "nchw8c"}}},
        Case{"across_more_than_two_blocks",
             "loops",
             "alex.lrn %a across size 11 k 1.0 alpha 2.0 beta 0.5 : (!a) -> !y",
             {{"1x16x2x2", "nchw4c"}},
             {{"1x16x2x2", "nchw4c"}}},
        Case{"across_an_even_number",
             "loops",
             "alex.lrn %a across size 4 k 1.0 alpha 2.0 beta 1.0 : (!a) -> !y",
             {{"1x16x2x2", "nchw8c"}},
             {{"1x16x2x2", "nchw8c"}}},
        Case{"across_more_than_there_are",
             "loops",
             "alex.lrn %a across size 99 k 1.0 alpha 2.0 beta 0.25 : (!a) -> !y",
             {{"1x8x2x2", "nchw4c"}},
             {{"1x8x2x2", "nchw4c"}}},
        Case{"across_plain",
             "loops",
             "alex.lrn %a across size 3 k 1.0 alpha 2.0 beta 0.75 alpha_is mean groups 3 "
             ": (!a) -> !y",
             {{"2x9x3x5"}},
             {{"2x9x3x5"}}},
        Case{"across_plain_in_columns",
             "loops",
             "alex.lrn %a across size 4 k 1.0 alpha 2.0 beta 0.6 : (!a) -> !y",
             {{"2x9x3x8"}},
             {{"2x9x3x8", "nchw halo [0, 1, 0, 0]"}}},
        Case{"within_plain",
             "loops",
             "alex.lrn %a within size 3 k 1.0 alpha 2.0 beta 0.75 alpha_is mean : (!a) -> !y",
             {{"1x3x5x4"}},
             {{"1x3x5x4"}}},
        Case{"within_blocks",
             "loops",
             "alex.lrn %a within size 4 k 1.0 alpha 2.0 beta 1.7 : (!a) -> !y",
             {{"1x8x5x6", "nchw8c"}},
             {{"1x8x5x6", "nchw8c"}}},
        Case{"without_power",
             "loops",
             "alex.lrn %a across size 3 k 1.0 alpha 2.0 beta 0.0 : (!a) -> !y",
             {{"1x8x2x2", "nchw8c"}},
             {{"1x8x2x2", "nchw8c"}}}),
    nameOf);

#define LRN_POOL(LRN, POOL)                                                                        \
  "alex.fused(%a) : (!a) -> !y {\n^bb0(%b: !a):\n"                                                 \
  "  %0 = alex.lrn %b across " LRN " : (!a) -> !a\n"                                               \
  "  %1 = alex.max_pool %0 " POOL " : (!a) -> !y\n"                                                \
  "  alex.yield %1 : !y }"

INSTANTIATE_TEST_SUITE_P(
    LrnPool, EachKernel,
    testing::Values(
        Case{"of_alexnet",
             "lrn_pool",
             LRN_POOL("size 5 k 2.0 alpha 0.5 beta 0.75 groups 2", "window [3, 3] stride [2, 2]"),
             {{"2x32x13x15", "nchw8c"}},
             {{"2x32x6x7", "nchw8c halo [2, 2, 2, 2]"}}},
        Case{"wide_blocks",
             "lrn_pool",
             LRN_POOL("size 5 k 2.0 alpha 0.5 beta 0.75", "window [3, 3] stride [2, 2]"),
             {{"1x32x7x7", "nchw16c"}},
             {{"1x32x3x3", "nchw16c"}}},
        Case{"towers_that_end_in_a_block",
             "lrn_pool",
             LRN_POOL("size 5 k 1.0 alpha 2.0 beta 0.75 groups 2", "window [2, 2] stride [2, 2]"),
             {{"1x24x6x6", "nchw8c"}},
             {{"1x24x3x3", "nchw8c"}}},
        Case{"padded",
             "lrn_pool",
             LRN_POOL("size 3 k 1.0 alpha 2.0 beta 0.5",
                      "window [3, 4] stride [2, 1] pad [1, 2, 2, 1]"),
             {{"1x8x8x5", "nchw4c halo [1, 1, 1, 1]"}},
             {{"1x8x5x5", "nchw4c"}}},
        Case{"ceil",
             "lrn_pool",
             LRN_POOL("size 3 k 1.0 alpha 2.0 beta 0.5", "window [3, 3] stride [2, 2] ceil"),
             {{"1x8x8x6", "nchw8c"}},
             {{"1x8x4x3", "nchw8c"}}},
        Case{"gaps",
             "lrn_pool",
             LRN_POOL("size 3 k 1.0 alpha 2.0 beta 0.5", "window [2, 1] stride [5, 3]"),
             {{"1x8x13x7", "nchw8c"}},
             {{"1x8x3x3", "nchw8c"}}},
        Case{"bands",
             "lrn_pool",
             LRN_POOL("size 5 k 2.0 alpha 0.5 beta 0.75", "window [3, 3] stride [2, 2]"),
             {{"1x8x55x5", "nchw8c"}},
             {{"1x8x27x2", "nchw8c halo [1, 1, 1, 1]"}}},
        Case{"epilogue",
             "lrn_pool",
             "alex.fused(%a, %b) : (!a, !b) -> !y {\n^bb0(%c: !a, %d: !b):\n"
             "  %0 = alex.lrn %c across size 5 k 1.0 alpha 1.0 beta 0.75 : (!a) -> !a\n"
             "  %1 = alex.max_pool %0 window [3, 3] stride [2, 2] : (!a) -> !y\n"
             "  %2 = alex.add %1, %d : (!y, !b) -> !y\n"
             "  %3 = alex.relu %2 : (!y) -> !y\n"
             "  alex.yield %3 : !y }",
             {{"1x16x7x7", "nchw8c"}, {"1x16x3x3", "nchw8c halo [1, 1, 1, 1]"}},
             {{"1x16x3x3", "nchw8c"}}},
        Case{"by_loops",
             "loops",
             LRN_POOL("size 5 k 2.0 alpha 0.5 beta 0.75", "window [3, 3] stride [2, 2]"),
             {{"1x6x7x7"}},
             {{"1x6x3x3"}}}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Products, EachKernel,
    testing::Values(
        Case{"conv",
             "loops",
             "alex.conv2d %a, %b, %c stride [2, 1] pad [1, 0, 2, 1] groups 2 : (!a, !b, !c) -> !y",
             {{"2x4x7x5"}, {"6x2x3x2"}, {"6"}},
             {{"2x6x4x5"}}},
        Case{"conv_in_blocks",
             "loops",
             "alex.conv2d %a, %b pad [1, 1, 1, 1] : (!a, !b) -> !y",
             {{"1x8x4x4", "nchw8c"}, {"8x8x3x3", "kcrs4c8k"}},
             {{"1x8x4x4", "nchw4c halo [1, 1, 1, 1]"}}},
        Case{"conv_then_relu",
             "loops",
             "alex.fused(%a, %b) : (!a, !b) -> !y {\n^bb0(%c: !a, %d: !b):\n"
             "  %0 = alex.conv2d %c, %d : (!a, !b) -> !y\n"
             "  %1 = alex.relu %0 : (!y) -> !y\n"
             "  alex.yield %1 : !y }",
             {{"1x3x6x6"}, {"4x3x6x5"}},
             {{"1x4x1x2"}}},
        Case{"linear",
             "loops",
             "alex.linear %a, %b, %c : (!a, !b, !c) -> !y",
             {{"3x21"}, {"70x21"}, {"70"}},
             {{"3x70"}}},
        Case{"linear_by_images",
             "loops",
             "alex.linear %a, %b : (!a, !b) -> !y",
             {{"5x12", "cn4"}, {"7x12"}},
             {{"5x7", "cn8"}}}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Moves, EachKernel,
    testing::Values(
        Case{"flatten", "loops", "alex.flatten %a : (!a) -> !y", {{"2x5x3x4"}}, {{"2x60"}}},
        Case{"flatten_by_images",
             "loops",
             "alex.flatten %a : (!a) -> !y",
             {{"5x8x3x5", "nchw8c"}},
             {{"5x120", "cn4"}}},
        Case{"flatten_without_halo",
             "loops",
             "alex.flatten %a : (!a) -> !y",
             {{"2x3x3x4", "nchw halo [1, 2, 0, 1]"}},
             {{"2x36"}}},
        Case{"concat_blocks",
             "loops",
             "alex.concat %a, %b, %c : (!a, !b, !c) -> !y",
             {{"2x8x3x3", "nchw8c"},
              {"2x16x3x3", "nchw8c halo [1, 1, 1, 1]"},
              {"2x8x3x3", "nchw8c"}},
             {{"2x32x3x3", "nchw8c"}}},
        Case{"concat_uneven",
             "loops",
             "alex.concat %a, %b : (!a, !b) -> !y",
             {{"2x3x3x3"}, {"2x5x3x3"}},
             {{"2x8x3x3", "nchw8c"}}},
        Case{"concat_columns",
             "loops",
             "alex.concat %a, %b : (!a, !b) -> !y",
             {{"2x3x3x8"}, {"2x5x3x8"}},
             {{"2x8x3x8"}}},
        Case{"concat_rows",
             "loops",
             "alex.concat %a, %b : (!a, !b) -> !y",
             {{"2x70"}, {"2x90"}},
             {{"2x160"}}},
        Case{"slice_blocks",
             "loops",
             "alex.slice %a from 8 size 16 : (!a) -> !y",
             {{"2x32x3x3", "nchw8c"}},
             {{"2x16x3x3", "nchw8c"}}},
        Case{"slice_inside_blocks",
             "loops",
             "alex.slice %a from 4 size 16 : (!a) -> !y",
             {{"2x32x3x3", "nchw8c"}},
             {{"2x16x3x3", "nchw8c"}}},
        Case{"slice_rows",
             "loops",
             "alex.slice %a from 3 size 16 : (!a) -> !y",
             {{"2x32"}},
             {{"2x16"}}},
        Case{"reorder_into_halo",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"2x3x5x8"}},
             {{"2x3x5x8", "nchw halo [0, 0, 3, 3]"}}},
        Case{"reorder_into_blocks",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"2x16x3x5"}},
             {{"2x16x3x5", "nchw8c halo [1, 1, 1, 1]"}}},
        Case{"reorder_out_of_blocks",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"2x16x3x5", "nchw16c halo [1, 1, 1, 1]"}},
             {{"2x16x3x5"}}},
        Case{"reorder_between_blocks",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"2x16x3x5", "nchw16c"}},
             {{"2x16x3x5", "nchw4c"}}},
        Case{"reorder_to_images",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"5x70"}},
             {{"5x70", "cn4"}}},
        Case{"reorder_from_images",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"5x70", "cn4"}},
             {{"5x70"}}},
        Case{"reorder_filters",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"16x8x3x2"}},
             {{"16x8x3x2", "kcrs4c8k"}}},
        Case{"reorder_filters_of_few_channels",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"16x3x5x5"}},
             {{"16x3x5x5", "kcrs16k"}}},
        Case{"reorder_filters_back",
             "loops",
             "alex.reorder %a : !a to !y",
             {{"16x8x3x2", "kcrs4c8k"}},
             {{"16x8x3x2"}}}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Softmax, EachKernel,
    testing::Values(
        Case{"of_thousand", "loops", "alex.softmax %a : (!a) -> !y", {{"3x1000"}}, {{"3x1000"}}},
        Case{"of_odd", "loops", "alex.softmax %a : (!a) -> !y", {{"2x7"}}, {{"2x7"}}},
        Case{"of_one", "loops", "alex.softmax %a : (!a) -> !y", {{"2x1"}}, {{"2x1"}}},
        Case{"by_images", "loops", "alex.softmax %a : (!a) -> !y", {{"5x70", "cn4"}}, {{"5x70"}}},
        Case{"after_scale",
             "loops",
             "alex.fused(%a) : (!a) -> !y {\n^bb0(%b: !a):\n"
             "  %0 = alex.scale %b by 30.0 : (!a) -> !a\n"
             "  %1 = alex.softmax %0 : (!a) -> !a\n"
             "  alex.yield %1 : !a }",
             {{"2x24"}},
             {{"2x24"}}}),
    nameOf);
