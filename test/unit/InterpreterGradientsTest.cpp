//===- InterpreterGradientsTest.cpp - ops of training, worked out by hand ----===//

#include "runtime/Random.h"
#include "test/unit/InterpreterTest.h"

using namespace mlir;
using namespace alexc;

TEST_F(InterpreterTest, FillIsOneNumber) {
  expectNear(run(parse(R"(func.func @f() -> tensor<2x2xf32> {
    %y = alex.fill 0.25 : tensor<2x2xf32>
    return %y : tensor<2x2xf32>
  })"),
                 {}),
             {0.25, 0.25, 0.25, 0.25});
}

TEST_F(InterpreterTest, SoftmaxCrossEntropyStandsLargeScores) {
  double e = std::exp(1);
  auto results = evaluateAll("alex.softmax_cross_entropy %0, %1 : (tensor<2x2xf32>, tensor<2xi32>) "
                             "-> (tensor<2xf32>, tensor<2x2xf32>)",
                             {{0, 0, 9e4, 9e4 + 1}, {1, 0}});
  ASSERT_EQ(results.size(), 2u);
  expectNear(results[0], {std::log(2), 1 + std::log(1 + 1 / e)});
  expectNear(results[1], {0.5, 0.5, 1 / (1 + e), e / (1 + e)});
}

TEST_F(InterpreterTest, SoftmaxCrossEntropyGradientIsProbabilityLessLabel) {
  expectNear(evaluate("alex.softmax_cross_entropy_grad %0, %1, %2 : (tensor<2xf32>, "
                      "tensor<2x2xf32>, tensor<2xi32>) -> tensor<2x2xf32>",
                      {{2, 10}, {0.25, 0.75, 0.5, 0.5}, {0, 1}}),
             {-1.5, 1.5, 5, -5});
}

TEST_F(InterpreterTest, SoftmaxGradientSumsToZero) {
  expectNear(evaluate("alex.softmax_grad %0, %1 : (tensor<1x2xf32>, tensor<1x2xf32>) -> "
                      "tensor<1x2xf32>",
                      {{1, 2}, {0.25, 0.75}}),
             {-0.1875, 0.1875});
}

TEST_F(InterpreterTest, Conv2dDataGradientSpreadsTheFilter) {
  expectNear(evaluate("alex.conv2d_data_grad %0, %1 : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) "
                      "-> tensor<1x1x3x3xf32>",
                      {counting(4), {1, 10, 100, 1000}}),
             {1, 12, 20, 103, 1234, 2040, 300, 3400, 4000});
  // pixels -1 and 0, then 1 and 2
  expectNear(evaluate("alex.conv2d_data_grad %0, %1 stride [1, 2] pad [0, 1, 0, 0] : "
                      "(tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x1x1x3xf32>",
                      {{1, 2}, {1, 10}}),
             {10, 2, 20});
}

TEST_F(InterpreterTest, Conv2dDataGradientStaysInItsGroup) {
  expectNear(evaluate("alex.conv2d_data_grad %0, %1 groups 2 : (tensor<1x4x1x1xf32>, "
                      "tensor<4x2x1x1xf32>) -> tensor<1x4x1x1xf32>",
                      {counting(4), {1, 0, 0, 1, 1, 0, 1, 1}}),
             {1, 2, 3 + 4, 4});
}

TEST_F(InterpreterTest, Conv2dFilterGradientCorrelates) {
  expectNear(evaluate("alex.conv2d_filter_grad %0, %1 : (tensor<1x1x3x3xf32>, tensor<1x1x2x2xf32>) "
                      "-> tensor<1x1x2x2xf32>",
                      {counting(9), {1, 10, 100, 1000}}),
             {5421, 6532, 8754, 9865});
  expectNear(evaluate("alex.conv2d_filter_grad %0, %1 stride [1, 2] pad [0, 1, 0, 0] : "
                      "(tensor<1x1x1x3xf32>, tensor<1x1x1x2xf32>) -> tensor<1x1x1x2xf32>",
                      {counting(3), {1, 10}}),
             {2 * 10, 1 + 3 * 10});
}

TEST_F(InterpreterTest, Conv2dFilterGradientSumsImagesPerGroup) {
  expectNear(evaluate("alex.conv2d_filter_grad %0, %1 groups 2 : (tensor<2x4x1x1xf32>, "
                      "tensor<2x2x1x1xf32>) -> tensor<2x2x1x1xf32>",
                      {counting(8), counting(4)}),
             {1 + 3 * 5, 2 + 3 * 6, 2 * 3 + 4 * 7, 2 * 4 + 4 * 8});
}

TEST_F(InterpreterTest, Conv2dFilterGradientOfPartsHasSharesToAdd) {
  expectNear(evaluate("alex.conv2d_filter_grad %0, %1 groups 2 parts 2 : (tensor<2x4x1x1xf32>, "
                      "tensor<2x2x1x1xf32>) -> tensor<4x2x1x1xf32>",
                      {counting(8), counting(4)}),
             {1, 2, 2 * 3, 2 * 4, 3 * 5, 3 * 6, 4 * 7, 4 * 8});
  expectNear(evaluate("alex.sum_parts %0 parts 3 : (tensor<6x2x1x1xf32>) -> tensor<2x2x1x1xf32>",
                      {counting(12)}),
             {1 + 5 + 9, 2 + 6 + 10, 3 + 7 + 11, 4 + 8 + 12});
}

TEST_F(InterpreterTest, LinearGradientsMultiply) {
  expectNear(evaluate("alex.linear_data_grad %0, %1 : (tensor<2x2xf32>, tensor<2x3xf32>) -> "
                      "tensor<2x3xf32>",
                      {counting(4), counting(6)}),
             {9, 12, 15, 19, 26, 33});
  expectNear(evaluate("alex.linear_filter_grad %0, %1 : (tensor<2x3xf32>, tensor<2x2xf32>) -> "
                      "tensor<2x3xf32>",
                      {counting(6), counting(4)}),
             {13, 17, 21, 18, 24, 30});
}

TEST_F(InterpreterTest, BiasGradientSumsImagesAndPixels) {
  expectNear(evaluate("alex.bias_grad %0 : (tensor<2x2x1x2xf32>) -> tensor<2xf32>", {counting(8)}),
             {1 + 2 + 5 + 6, 3 + 4 + 7 + 8});
  expectNear(evaluate("alex.bias_grad %0 : (tensor<2x2xf32>) -> tensor<2xf32>", {counting(4)}),
             {4, 6});
}

TEST_F(InterpreterTest, GradientsOfActivationsComeFromTheirResults) {
  std::string type = " %0, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>";
  expectNear(evaluate("alex.relu_grad" + type, {{3, 3}, {0, 0.5}}), {0, 3});
  expectNear(evaluate("alex.tanh_grad" + type, {{2, 2}, {0.5, -1}}), {1.5, 0});
  expectNear(evaluate("alex.sigmoid_grad" + type, {{2, 2}, {0.25, 1}}), {0.375, 0});
}

TEST_F(InterpreterTest, LrnGradientIsTheFormulas) {
  // y = x / (1 + x^2): the derivative at 2 is (1 - 4) / 25
  expectNear(evaluate("alex.lrn_grad %0, %1 across size 1 k 1.0 alpha 1.0 beta 1.0 : "
                      "(tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>",
                      {{1}, {2}}),
             {-3. / 25});
}

TEST_F(InterpreterTest, LrnGradientOfEvenSizeLooksFurtherAhead) {
  // denominators 2 and 6: the window of the second channel holds both
  expectNear(evaluate("alex.lrn_grad %0, %1 across size 2 k 1.0 alpha 1.0 beta 1.0 : "
                      "(tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>",
                      {{1, 10}, {1, 2}}),
             {1. / 2 - 2 * 1 * (1. / 4 + 20. / 36), 10. / 6 - 2 * 2 * 20. / 36});
}

TEST_F(InterpreterTest, MaxPoolTellsTheFirstMaximum) {
  auto results = evaluateAll("alex.max_pool %0 window [2, 2] : (tensor<1x1x3x3xf32>) -> "
                             "(tensor<1x1x2x2xf32>, tensor<1x1x2x2xi8>)",
                             {{1, 5, 5, 2, 0, 9, 7, 9, 3}});
  ASSERT_EQ(results.size(), 2u);
  expectNear(results[0], {5, 9, 9, 9});
  expectNear(results[1], {1, 3, 3, 1});
}

TEST_F(InterpreterTest, MaxPoolCountsPaddingIntoTheWindow) {
  auto results = evaluateAll("alex.max_pool %0 window [2, 3] pad [1, 2, 0, 0] : "
                             "(tensor<1x1x1x1xf32>) -> (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi8>)",
                             {{-7}});
  ASSERT_EQ(results.size(), 2u);
  expectNear(results[1], {5});
}

TEST_F(InterpreterTest, MaxPoolGradientGoesWhereTheMaximaWere) {
  expectNear(evaluate("alex.max_pool_grad %0, %1 window [2, 2] : (tensor<1x1x2x2xf32>, "
                      "tensor<1x1x2x2xi8>) -> tensor<1x1x3x3xf32>",
                      {counting(4), {1, 3, 3, 1}}),
             {0, 1, 0, 0, 0, 2 + 4, 0, 3, 0});
}

TEST_F(InterpreterTest, AvgPoolGradientDividesByThePixelsOfTheImage) {
  expectNear(evaluate("alex.avg_pool_grad %0 window [1, 2] stride [1, 2] : (tensor<1x1x1x2xf32>) "
                      "-> tensor<1x1x1x3xf32>",
                      {{2, 3}}),
             {1, 1, 3});
}

TEST_F(InterpreterTest, UnflattenKeepsTheOrder) {
  expectNear(
      evaluate("alex.unflatten %0 : (tensor<2x4xf32>) -> tensor<2x2x1x2xf32>", {counting(8)}),
      counting(8));
}

TEST_F(InterpreterTest, SliceGradientPutsZerosAround) {
  expectNear(evaluate("alex.slice_grad %0 from 1 : (tensor<2x1xf32>) -> tensor<2x3xf32>", {{1, 2}}),
             {0, 1, 0, 0, 2, 0});
}

TEST_F(InterpreterTest, SgdUpdateIsThePapers) {
  auto results = evaluateAll("alex.sgd_update %0, %1, %2, %3 {rate_factor = 2.0, decay_factor = "
                             "3.0} : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, !alex.step) -> "
                             "(tensor<1xf32>, tensor<1xf32>)",
                             {{10}, {1}, {4}, {0.1, 0.5, 0.01, 0, 0, 0, 0, 0}});
  ASSERT_EQ(results.size(), 2u);
  double velocity = 0.5 * 1 - 3 * 0.01 * 0.2 * 10 - 0.2 * 4;
  expectNear(results[0], {10 + velocity});
  expectNear(results[1], {velocity});
}

namespace {
/// What a dropout of rate 0.25 in training makes of 2 images of 6 ones, by the
/// runtime's random numbers.
Data droppedOnes(uint64_t seed, uint32_t step, uint32_t firstImage) {
  Data ones;
  for (uint32_t n = 0; n < 2; ++n)
    for (uint32_t i = 0; i < 6; ++i) {
      alexrt::PhiloxBlock<1> words{
          {{i / 4}, {firstImage + n}, {step}, {alexrt::streamOf("drop6", "dropout")}}};
      alexrt::philox(words, seed);
      ones.push_back(words[i % 4][0] < 0x40000000 ? 0 : 1);
    }
  return ones;
}
} // namespace

TEST_F(InterpreterTest, DropoutInTrainingDrawsFromTheCounter) {
  std::string type = "stream \"drop6\" : (tensor<2x6xf32>, !alex.step) -> tensor<2x6xf32>";
  Data ones(12, 1), kept = droppedOnes(0x0000000500000007, 3, 1000);
  Data step{0, 0, 0, 7, 5, 3, 1000, 0}, lastImage{0, 0, 0, 7, 5, 3, 0xFFFFFFFF, 0};
  expectNear(evaluate("alex.dropout %0, %1 rate 0.25 form paper " + type, {ones, step}), kept);
  for (double &value : kept)
    value /= 0.75;
  expectNear(evaluate("alex.dropout %0, %1 rate 0.25 form inverted " + type, {ones, step}), kept);
  expectNear(evaluate("alex.dropout %0, %1 rate 0.25 form paper " + type, {ones, lastImage}),
             droppedOnes(0x0000000500000007, 3, 0xFFFFFFFF));
}

TEST_F(InterpreterTest, DropoutOfAPartDrawsWhatTheWholeDoes) {
  Data step{0, 0, 0, 7, 5, 3, 1000, 0}, whole = droppedOnes(0x0000000500000007, 3, 1000);
  std::string type = ": (tensor<1x4xf32>, !alex.step) -> tensor<1x4xf32>";
  Data part(whole.begin() + 8, whole.end()); // of the second image, behind two elements
  expectNear(
      evaluate("alex.dropout %0, %1 rate 0.25 form paper stream \"drop6\" origin [1, 2] " + type,
               {Data(4, 1), step}),
      part);
}

TEST_F(InterpreterTest, FusedOpsHaveSeveralResults) {
  auto results = runAll(parse(R"(func.func @f(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
    %0, %1 = alex.fused(%x) : (tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
    ^bb0(%u: tensor<2xf32>):
      %2 = alex.scale %u by 2.0 : (tensor<2xf32>) -> tensor<2xf32>
      %3 = alex.relu %2 : (tensor<2xf32>) -> tensor<2xf32>
      alex.yield %3, %2 : tensor<2xf32>, tensor<2xf32>
    }
    return %1, %0 : tensor<2xf32>, tensor<2xf32>
  })"),
                        {{-1, 1}});
  ASSERT_EQ(results.size(), 2u);
  expectNear(results[0], {-2, 2});
  expectNear(results[1], {0, 2});
}

TEST_F(InterpreterTest, OneValueMayBeReturnedTwiceAndAnArgumentToo) {
  auto results = runAll(parse(R"(func.func @f(%x: tensor<1xf32>)
      -> (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) {
    %y = alex.scale %x by 2.0 : (tensor<1xf32>) -> tensor<1xf32>
    return %y, %x, %y : tensor<1xf32>, tensor<1xf32>, tensor<1xf32>
  })"),
                        {{3}});
  EXPECT_EQ(results, (std::vector<Data>{{6}, {3}, {6}}));
}
