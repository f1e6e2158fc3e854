//===- GradientKernelsTest.cpp - the shared loops of training -----------------===//
//
// Each case is compiled by the whole code generator for the plainest CPU and for
// this one, and compared with the oracle.

#include "runtime/Random.h"
#include "test/unit/KernelTest.h"
#include <cmath>

using namespace alexc;

namespace {
class EachGradient : public KernelTest, public testing::WithParamInterface<Case> {};
class GradientKernel : public KernelTest {};
} // namespace

TEST_P(EachGradient, AgreesWithTheOracle) {
  compare(GetParam(), "x86-64");
  compare(GetParam(), "native");
}

/// An op `name` on operands of one type.
static Case binary(std::string name, std::string op, std::string shape, std::string layout) {
  return {name,
          "loops",
          "alex." + op + " %a, %b : (!a, !b) -> !y",
          {{shape, layout}, {shape, layout}},
          {{shape, layout}}};
}

INSTANTIATE_TEST_SUITE_P(
    Activations, EachGradient,
    testing::Values(binary("relu", "relu_grad", "3x7", "nchw"),
                    binary("relu_in_blocks", "relu_grad", "2x16x3x5", "nchw8c halo [1, 0, 2, 1]"),
                    binary("tanh", "tanh_grad", "2x3x5x8", "nchw"),
                    binary("sigmoid_by_images", "sigmoid_grad", "5x6", "cn4"),
                    Case{"fused",
                         "loops",
                         "alex.fused(%a, %b) : (!a, !b) -> !y {\n^bb0(%c: !a, %d: !b):\n"
                         "  %0 = alex.scale %c by 2.0 : (!a) -> !a\n"
                         "  %1 = alex.relu_grad %0, %d : (!a, !b) -> !y\n"
                         "  alex.yield %1 : !y }",
                         {{"2x3x4x5"}, {"2x3x4x5"}},
                         {{"2x3x4x5"}}}),
    nameOf);

static Case dropout(std::string name, std::string form, std::string shape, std::string from,
                    std::string to, std::string origin = "") {
  return {name,
          "loops",
          "alex.dropout %a, %b rate 0.4 form " + form + " stream \"drop6\"" + origin +
              " : (!a, !b) -> !y",
          {{shape, from}, {"step"}},
          {{shape, to}}};
}

INSTANTIATE_TEST_SUITE_P(
    Dropout, EachGradient,
    testing::Values(dropout("paper", "paper", "3x70", "nchw", "nchw"),
                    dropout("part", "paper", "3x70", "nchw", "nchw", " origin [2, 70]"),
                    dropout("part_by_images", "inverted", "5x70", "cn4", "cn4", " origin [5, 3]"),
                    dropout("inverted", "inverted", "3x64", "nchw", "nchw"),
                    dropout("by_images", "paper", "5x70", "cn4", "cn4"),
                    dropout("of_pixels", "paper", "2x16x3x5", "nchw", "nchw"),
                    dropout("of_blocks", "paper", "2x16x3x5", "nchw8c", "nchw8c halo [1, 1, 0, 0]"),
                    dropout("into_blocks", "paper", "2x16x3x4", "nchw", "nchw4c")),
    nameOf);

/// Gradients of a convolution of 7x9 images with stride [2, 3].
static Case convolution(std::string name, std::string op, std::vector<std::string> operands,
                        std::string result) {
  return {name,
          "loops",
          "alex." + op + " %a, %b stride [2, 3] pad [1, 2, 0, 1] groups 2 : (!a, !b) -> !y",
          {{operands[0]}, {operands[1]}},
          {{result}},
          4e-6};
}

INSTANTIATE_TEST_SUITE_P(
    Convolution, EachGradient,
    testing::Values(convolution("data", "conv2d_data_grad", {"2x6x3x4", "6x2x3x3"}, "2x4x7x9"),
                    convolution("filter", "conv2d_filter_grad", {"2x4x7x9", "2x6x3x4"}, "6x2x3x3"),
                    Case{"filter_in_parts",
                         "loops",
                         "alex.conv2d_filter_grad %a, %b pad [1, 1, 0, 0] groups 2 parts 3 : "
                         "(!a, !b) -> !y",
                         {{"6x4x3x5"}, {"6x6x2x4"}},
                         {{"18x2x3x3"}},
                         4e-6},
                    Case{"sum_of_parts",
                         "loops",
                         "alex.sum_parts %a parts 3 : (!a) -> !y",
                         {{"18x2x3x3"}},
                         {{"6x2x3x3"}}}),
    nameOf);

static Case update(std::string name, std::string shape, std::string attributes) {
  return {name,
          "loops",
          "alex.sgd_update %a, %b, %c, %d " + attributes + " : (!a, !b, !c, !d) -> (!y, !z)",
          {{shape}, {shape}, {shape}, {"step"}},
          {{shape}, {shape}}};
}

INSTANTIATE_TEST_SUITE_P(
    Update, EachGradient,
    testing::Values(update("of_bias", "13", "{rate_factor = 2.0, decay_factor = 0.0}"),
                    update("of_filters", "8x3x5x5", ""), update("of_weights", "40x41", ""),
                    Case{"after_bias_grad",
                         "loops",
                         "alex.fused(%a, %b, %c, %d) : (!a, !b, !c, !d) -> (!y, !z) {\n"
                         "^bb0(%e: !a, %f: !b, %g: !c, %h: !d):\n"
                         "  %0 = alex.bias_grad %e : (!a) -> !b\n"
                         "  %1:2 = alex.sgd_update %f, %g, %0, %h {decay_factor = 0.0}\n"
                         "    : (!b, !c, !b, !d) -> (!y, !z)\n"
                         "  alex.yield %1#0, %1#1 : !y, !z }",
                         {{"2x16x3x5", "nchw8c"}, {"16"}, {"16"}, {"step"}},
                         {{"16"}, {"16"}}}),
    nameOf);

static Case bias(std::string name, std::string shape, std::string layout, std::string channels) {
  return {name, "loops", "alex.bias_grad %a : (!a) -> !y", {{shape, layout}}, {{channels}}};
}

INSTANTIATE_TEST_SUITE_P(
    BiasGrad, EachGradient,
    testing::Values(bias("of_blocks", "3x24x3x7", "nchw8c", "24"),
                    bias("of_halo", "3x16x5x7", "nchw4c halo [1, 2, 0, 1]", "16"),
                    bias("of_planes", "2x3x7x9", "nchw", "3"),
                    bias("of_pixels", "2x3x1x1", "nchw", "3"),
                    bias("of_rows", "5x24", "nchw", "24"), bias("of_odd_rows", "5x7", "nchw", "7"),
                    bias("of_images", "13x7", "cn8", "7"),
                    bias("of_whole_blocks", "16x7", "cn8", "7")),
    nameOf);

static Case maxPool(std::string name, std::string attributes, std::string x, std::string y,
                    std::string layout) {
  return {name,
          "loops",
          "alex.max_pool %a " + attributes + " : (!a) -> (!y, !z)",
          {{x, layout}},
          {{y, layout}, {y + "xi8", layout}}};
}

static Case maxPoolGrad(std::string name, std::string attributes, std::string y, std::string x,
                        std::string layout) {
  return {name,
          "loops",
          "alex.max_pool_grad %a, %b " + attributes + " : (!a, !b) -> !y",
          {{y, layout}, {y + "xi8", layout}},
          {{x, layout}}};
}

static Case avgPoolGrad(std::string name, std::string attributes, std::string y, std::string x,
                        std::string layout) {
  return {name,
          "loops",
          "alex.avg_pool_grad %a " + attributes + " : (!a) -> !y",
          {{y, layout}},
          {{x, layout}}};
}

INSTANTIATE_TEST_SUITE_P(MaxPool, EachGradient,
                         testing::Values(maxPool("overlapping", "window [3, 3] stride [2, 2]",
                                                 "2x16x7x9", "2x16x3x4", "nchw8c"),
                                         maxPool("padded",
                                                 "window [3, 2] stride [2, 1] pad [1, 1, 2, 1]",
                                                 "1x3x6x5", "1x3x4x6", "nchw"),
                                         maxPool("ceil", "window [3, 3] stride [2, 2] ceil",
                                                 "1x8x6x8", "1x8x3x4", "nchw8c halo [1, 1, 1, 1]"),
                                         maxPool("large", "window [6, 6] pad [3, 3, 3, 3]",
                                                 "1x4x7x7", "1x4x8x8", "nchw4c")),
                         nameOf);

INSTANTIATE_TEST_SUITE_P(
    PoolGrad, EachGradient,
    testing::Values(
        maxPoolGrad("max_overlapping", "window [3, 3] stride [2, 2]", "2x16x3x4", "2x16x7x9",
                    "nchw8c"),
        maxPoolGrad("max_with_rest", "window [3, 3] stride [2, 2]", "2x16x3x4", "2x16x8x10",
                    "nchw8c halo [1, 1, 1, 1]"),
        maxPoolGrad("max_padded", "window [3, 2] stride [2, 1] pad [1, 1, 2, 1]", "1x3x4x6",
                    "1x3x6x5", "nchw"),
        maxPoolGrad("max_ceil", "window [3, 3] stride [2, 2]", "1x8x3x4", "1x8x6x8", "nchw8c"),
        maxPoolGrad("max_apart", "window [2, 2] stride [3, 3]", "1x8x3x3", "1x8x8x8", "nchw4c"),
        maxPoolGrad("max_large", "window [6, 6] pad [3, 3, 3, 3]", "1x4x8x8", "1x4x7x7", "nchw4c"),
        avgPoolGrad("avg_overlapping", "window [3, 3] stride [2, 2]", "2x16x3x4", "2x16x7x9",
                    "nchw8c"),
        avgPoolGrad("avg_padded", "window [3, 2] stride [2, 1] pad [1, 1, 2, 1]", "1x3x4x6",
                    "1x3x6x5", "nchw"),
        avgPoolGrad("avg_ceil", "window [3, 3] stride [2, 2]", "1x8x3x4", "1x8x6x8", "nchw8c"),
        avgPoolGrad("avg_global", "window [7, 6]", "2x8x1x1", "2x8x7x6", "nchw8c")),
    nameOf);

static Case lrnGrad(std::string name, std::string attributes, std::string shape,
                    std::string layout) {
  Case test = binary(name, "", shape, layout);
  test.expression = "alex.lrn_grad %a, %b " + attributes + " : (!a, !b) -> !y";
  test.tolerance = 2e-6;
  return test;
}

INSTANTIATE_TEST_SUITE_P(
    LrnGrad, EachGradient,
    testing::Values(
        lrnGrad("across", "across size 5 k 2.0 alpha 0.5 beta 0.75", "2x24x3x3", "nchw8c"),
        lrnGrad("across_groups", "across size 5 k 2.0 alpha 0.5 beta 0.75 groups 2", "1x32x3x3",
                "nchw8c"),
        lrnGrad("across_even", "across size 4 k 2.0 alpha 0.5 beta 0.6", "1x16x3x3", "nchw8c"),
        lrnGrad("across_narrow_groups",
                "across size 5 k 1.0 alpha 0.5 beta 0.75 alpha_is mean groups 4", "1x24x2x3",
                "nchw8c"),
        lrnGrad("across_wide", "across size 11 k 1.0 alpha 0.5 beta 0.75", "1x16x2x3", "nchw4c"),
        lrnGrad("across_columns", "across size 5 k 2.0 alpha 0.5 beta 0.75 groups 2", "1x6x3x8",
                "nchw"),
        lrnGrad("across_plain", "across size 4 k 2.0 alpha 0.5 beta 0.75", "2x7x3x3", "nchw"),
        lrnGrad("within", "within size 3 k 1.0 alpha 0.5 beta 0.75 alpha_is mean", "1x8x5x6",
                "nchw8c"),
        lrnGrad("within_even", "within size 4 k 1.0 alpha 0.5 beta 0.75", "1x3x5x6", "nchw")),
    nameOf);

static Case crossEntropy(std::string rows, std::string columns) {
  std::string shape = rows + "x" + columns;
  return {"cross_entropy_" + shape,
          "loops",
          "alex.softmax_cross_entropy %a, %b : (!a, !b) -> (!y, !z)",
          {{shape}, {rows + "xi32"}},
          {{rows}, {shape}}};
}

static Case crossEntropyGrad(std::string rows, std::string columns, std::string layout) {
  std::string shape = rows + "x" + columns;
  return {"cross_entropy_grad_" + shape + "_" + layout,
          "loops",
          "alex.softmax_cross_entropy_grad %a, %b, %c : (!a, !b, !c) -> !y",
          {{rows}, {shape, layout}, {rows + "xi32"}},
          {{shape, layout}}};
}

INSTANTIATE_TEST_SUITE_P(
    Loss, EachGradient,
    testing::Values(crossEntropy("3", "1000"), crossEntropy("1", "7"), crossEntropy("5", "10"),
                    crossEntropyGrad("3", "24", "nchw"), crossEntropyGrad("5", "7", "nchw"),
                    crossEntropyGrad("5", "7", "cn4"),
                    binary("softmax", "softmax_grad", "3x24", "nchw"),
                    binary("softmax_of_odd", "softmax_grad", "3x7", "nchw"),
                    Case{"fill", "loops", "alex.fill 0.125 : !y", {}, {{"13"}}},
                    Case{"fill_image",
                         "loops",
                         "alex.fill 0.125 : !y",
                         {},
                         {{"2x8x3x3", "nchw8c halo [1, 1, 1, 1]"}}},
                    Case{"cross_entropy_grad_of_fill",
                         "loops",
                         "alex.fused(%a, %b) : (!a, !b) -> !y {\n^bb0(%c: !a, %d: !b):\n"
                         "  %0 = alex.fill 0.25 : tensor<4xf32>\n"
                         "  %1 = alex.softmax_cross_entropy_grad %0, %c, %d\n"
                         "    : (tensor<4xf32>, !a, !b) -> !y\n"
                         "  alex.yield %1 : !y }",
                         {{"4x7"}, {"4xi32"}},
                         {{"4x7"}}}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(Products, EachGradient,
                         testing::Values(Case{"linear_data",
                                              "loops",
                                              "alex.linear_data_grad %a, %b : (!a, !b) -> !y",
                                              {{"3x7"}, {"7x10"}},
                                              {{"3x10"}}},
                                         Case{"linear_filter",
                                              "loops",
                                              "alex.linear_filter_grad %a, %b : (!a, !b) -> !y",
                                              {{"3x10"}, {"3x7"}},
                                              {{"7x10"}}}),
                         nameOf);

INSTANTIATE_TEST_SUITE_P(Moves, EachGradient,
                         testing::Values(Case{"unflatten",
                                              "loops",
                                              "alex.unflatten %a : (!a) -> !y",
                                              {{"2x120"}},
                                              {{"2x8x3x5", "nchw8c halo [1, 1, 1, 1]"}}},
                                         Case{"unflatten_by_images",
                                              "loops",
                                              "alex.unflatten %a : (!a) -> !y",
                                              {{"5x60", "cn4"}},
                                              {{"5x3x4x5"}}},
                                         Case{"slice_blocks",
                                              "loops",
                                              "alex.slice_grad %a from 8 : (!a) -> !y",
                                              {{"2x16x3x3", "nchw8c"}},
                                              {{"2x32x3x3", "nchw8c"}}},
                                         Case{"slice_inside_blocks",
                                              "loops",
                                              "alex.slice_grad %a from 4 : (!a) -> !y",
                                              {{"2x16x3x3", "nchw8c"}},
                                              {{"2x32x3x3", "nchw8c"}}},
                                         Case{"slice_images",
                                              "loops",
                                              "alex.slice_grad %a dim 0 from 1 : (!a) -> !y",
                                              {{"2x8x3x3", "nchw8c"}},
                                              {{"5x8x3x3", "nchw8c"}}},
                                         Case{"slice_columns",
                                              "loops",
                                              "alex.slice_grad %a from 1 : (!a) -> !y",
                                              {{"2x3x3x8"}},
                                              {{"2x5x3x8"}}},
                                         Case{"slice_rows",
                                              "loops",
                                              "alex.slice_grad %a from 3 : (!a) -> !y",
                                              {{"2x16"}},
                                              {{"2x32"}}}),
                         nameOf);

//===----------------------------------------------------------------------===//
// What the oracle does not say
//===----------------------------------------------------------------------===//

/// What the kernel of `test` makes of a step and of ones, wherever they lie.
static std::vector<double> keptOnes(KernelRunner &runner, llvm::ArrayRef<int64_t> shape) {
  TensorValue ones(shape);
  llvm::fill(ones.data, 1.0);
  runner.setOperands({ones, TensorValue({8}, {0, 0, 0, 4000000007, 77, 5, 300, 0})});
  runner.run(0, runner.workItems());
  return runner.result(0).data;
}

/// Whether the runtime's numbers say that element `index` of a sample is kept.
static bool isKept(uint64_t seed, uint32_t sample, uint32_t step, uint32_t index, double rate) {
  alexrt::PhiloxBlock<1> words = {
      {{index / 4}, {sample}, {step}, {alexrt::streamOf("drop6", "dropout")}}};
  alexrt::philox(words, seed);
  return words[index % 4][0] >= std::ldexp(rate, 32);
}

TEST_F(GradientKernel, DropoutDrawsTheRuntimesNumbersInAnyLayout) {
  uint64_t seed = (uint64_t(77) << 32) | 4000000007;
  std::vector<double> wanted;
  for (uint32_t n = 0; n < 3; ++n)
    for (uint32_t index = 0; index < 16 * 3 * 5; ++index)
      wanted.push_back(isKept(seed, 300 + n, 5, index, 0.4));
  for (std::string layout : {"nchw", "nchw4c", "nchw8c", "nchw16c halo [1, 2, 3, 4]"}) {
    SCOPED_TRACE(layout);
    auto module = parse(dropout("", "paper", "3x16x3x5", layout, layout));
    auto runner = KernelRunner::compile(*module, "native");
    ASSERT_TRUE(runner);
    EXPECT_EQ(keptOnes(*runner, {3, 16, 3, 5}), wanted);
  }
}

TEST_F(GradientKernel, LabelThatIsNoColumnGivesNoLoss) {
  auto module = parse(crossEntropy("3", "7"));
  auto runner = KernelRunner::compile(*module, "native");
  ASSERT_TRUE(runner);
  runner->setOperands({TensorValue({3, 7}), TensorValue({3}, {7, -1, 6})});
  runner->run(0, runner->workItems());
  std::vector<double> loss = runner->result(0).data;
  EXPECT_TRUE(std::isnan(loss[0]));
  EXPECT_TRUE(std::isnan(loss[1]));
  EXPECT_NEAR(loss[2], std::log(7), 1e-6);
}
