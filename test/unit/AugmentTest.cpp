//===- AugmentTest.cpp - crops, colours and means as NumPy has them -------===//

#include "runtime/data/Augment.h"
#include "DataTesting.h"

using namespace alexrt;

namespace {

#include "Inputs/augment.inc"

constexpr int64_t canvasSize = 12, cropSize = 8;
constexpr uint64_t seed = 0x123456783;
constexpr uint32_t step = 7;

/// As in make-augment.py.
Image picture(int64_t number, int64_t size) {
  Image image{size, size, {}};
  for (int64_t h = 0; h < size; ++h)
    for (int64_t w = 0; w < size; ++w)
      for (int64_t c = 0; c < 3; ++c)
        image.pixels.push_back(
            uint8_t((7 * h + 13 * w + 29 * c + h * w * (c + 1) + 51 * number * (c + 2)) % 256));
  return image;
}

Description describe(int64_t canvas, int64_t crop) {
  Description description;
  description.input = {3, crop, crop};
  description.preprocess.resizeExact = {canvas, canvas};
  description.preprocess.crop = {crop, crop};
  return description;
}

PixelStatistics measureBoth() {
  PixelSums sums({canvasSize, canvasSize}, 3);
  sums.add(picture(0, canvasSize).pixels.data());
  sums.add(picture(1, canvasSize).pixels.data());
  return sums.statistics();
}

Augmentation everything(bool usesEigenvalues) {
  Augmentation settings;
  settings.randomCrop = settings.mirror = true;
  settings.share = 2;
  settings.colour = ColourShift{0.1, usesEigenvalues, usesEigenvalues ? 1.0 : 255.0};
  return settings;
}

TEST(PixelStatistics, FindsPrincipalComponents) {
  ColourComponents colours = measureBoth().colours;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(colours.variances[i], goldenVariances[i], 1e-4);
    for (size_t channel = 0; channel < 3; ++channel)
      EXPECT_NEAR(colours.vectors[i][channel], goldenVectors[3 * i + channel], 1e-7);
  }
}

TEST(PixelStatistics, SurvivesPicturesOfOneColour) {
  PixelSums sums({2, 2}, 3);
  sums.add(plainImage(2, 2, 9).pixels.data());
  PixelStatistics statistics = sums.statistics();
  EXPECT_EQ(statistics.mean, std::vector<float>(12, 9));
  EXPECT_EQ(statistics.colours.variances, (std::array<double, 3>{0, 0, 0}));
}

TEST(PixelStatistics, GoThroughATensor) {
  ColourComponents colours = measureBoth().colours;
  Array array = toArray(colours);
  EXPECT_EQ(array.shape, Shape({4, 3}));
  EXPECT_EQ(toArray(toColours(array)).data, array.data);
  array.shape = {3, 4};
  EXPECT_EQ(errorOf([&] { toColours(array); }), "preprocess.pca: expected [4, 3], got [3, 4]");
}

TEST(Augment, DrawsCropsAndMirrors) {
  Preprocessor preprocessor(describe(canvasSize, cropSize));
  Augmenter augmenter(everything(false), preprocessor, seed, measureBoth().colours);
  for (uint32_t sample = 0; sample < 6; ++sample) {
    View view = augmenter.draw(sample, step);
    EXPECT_EQ(view.top, goldenViews[3 * sample]) << sample;
    EXPECT_EQ(view.left, goldenViews[3 * sample + 1]) << sample;
    EXPECT_EQ(view.mirrored, goldenViews[3 * sample + 2]) << sample;
  }
}

void expectShifts(bool usesEigenvalues, const std::vector<double> &golden) {
  Preprocessor preprocessor(describe(canvasSize, cropSize));
  Augmenter augmenter(everything(usesEigenvalues), preprocessor, seed, measureBoth().colours);
  for (uint32_t sample = 0; sample < 6; ++sample)
    for (size_t channel = 0; channel < 3; ++channel)
      EXPECT_NEAR(augmenter.draw(sample, step).colour[channel], golden[3 * sample + channel], 1e-4);
}

TEST(Augment, ShiftsColoursByDeviations) { expectShifts(false, goldenShiftsByDeviation); }

TEST(Augment, ShiftsColoursByEigenvaluesOfPixelsUpToOne) {
  expectShifts(true, goldenShiftsByEigenvalue);
}

TEST(Augment, KeepsTheCentreWithoutAugmentation) {
  Augmenter augmenter({}, Preprocessor(describe(7, 4)), seed);
  View view = augmenter.draw(5, step);
  EXPECT_EQ(view.top, 1);
  EXPECT_EQ(view.left, 1);
  EXPECT_FALSE(view.mirrored);
  EXPECT_EQ(view.colour, (std::array<float, 3>{}));
}

TEST(Augment, ReachesEachPlace) {
  Augmentation settings;
  settings.randomCrop = settings.mirror = true;
  Augmenter augmenter(settings, Preprocessor(describe(4, 2)), 1);
  std::set<std::tuple<int64_t, int64_t, bool>> seen;
  for (uint32_t sample = 0; sample < 500; ++sample) {
    View view = augmenter.draw(sample, 0);
    seen.insert({view.top, view.left, view.mirrored});
  }
  EXPECT_EQ(seen.size(), 3u * 3u * 2u);
  EXPECT_EQ(std::get<0>(*seen.rbegin()), 2);
}

TEST(Augment, NeedsComponentsForColour) {
  EXPECT_EQ(errorOf([] { Augmenter(everything(false), Preprocessor(describe(7, 4)), seed); }),
            "colour augmentation needs the principal components of the set's colours");
}

TEST(Augment, ComputesInputsAsNumPyDoes) {
  Description description = describe(canvasSize, cropSize);
  description.preprocess.channels = "bgr";
  description.preprocess.scale = 0.5;
  description.preprocess.std = {2, 3, 4};
  Preprocessor preprocessor(description);
  PixelStatistics statistics = measureBoth();
  preprocessor.useMean(preprocessor.meanOf(statistics, /*perPixel=*/true));
  Augmenter augmenter(everything(false), preprocessor, seed, statistics.colours);
  std::vector<float> input(preprocessor.inputElements());
  preprocessor.cut(preprocessor.makeCanvas(picture(1, canvasSize)).data(), augmenter.draw(3, step),
                   input.data());
  for (size_t i = 0; i < input.size(); ++i)
    EXPECT_NEAR(input[i], goldenInput[i], 1e-4) << i;
}

TEST(Augment, CutsTenCropsAsNumPyDoes) {
  std::vector<float> inputs;
  Preprocessor(describe(5, 3)).append(picture(0, 5), Crops::ten, inputs);
  EXPECT_EQ(std::vector<double>(inputs.begin(), inputs.end()), goldenTenCrops);
}

TEST(Augment, MeasuresTheMeanColour) {
  Description description = describe(canvasSize, cropSize);
  description.preprocess.channels = "bgr";
  Preprocessor preprocessor(description);
  PixelStatistics statistics = measureBoth();
  Array perPixel = preprocessor.meanOf(statistics, true);
  Array colour = preprocessor.meanOf(statistics, false);
  EXPECT_EQ(perPixel.shape, Shape({3, canvasSize, canvasSize}));
  EXPECT_EQ(perPixel.data[0], statistics.mean[2 * canvasSize * canvasSize]);
  EXPECT_EQ(colour.shape, Shape({3}));
  double sum = 0;
  for (const Image &image : {picture(0, canvasSize), picture(1, canvasSize)})
    for (size_t i = 2; i < image.pixels.size(); i += 3)
      sum += image.pixels[i];
  EXPECT_NEAR(colour.data[0], sum / (2 * canvasSize * canvasSize), 1e-4);
}

TEST(Augment, AddsColourToGreyByItsBrightness) {
  Description description = describe(1, 1);
  description.input = {1, 1, 1};
  description.preprocess.channels = "grey";
  Preprocessor preprocessor(description);
  uint8_t pixel = 100;
  View view;
  view.colour = {10, 20, 30};
  float input;
  preprocessor.cut(&pixel, view, &input);
  EXPECT_NEAR(input, 100 + 0.299 * 10 + 0.587 * 20 + 0.114 * 30, 1e-4);
}

} // namespace
