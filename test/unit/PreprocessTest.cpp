//===- PreprocessTest.cpp - crops, channels, means ------------------------===//

#include "runtime/data/Preprocess.h"
#include "runtime/Error.h"
#include "runtime/Safetensors.h"

#include <gtest/gtest.h>

using namespace alexrt;

namespace {

/// A picture whose red is 10 * row + column, green 100 more, blue 200 more.
Image numbered(int64_t height, int64_t width) {
  Image image{height, width, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t channel = 0; channel < 3; ++channel)
        image.pixels.push_back(uint8_t(10 * y + x + 100 * channel));
  return image;
}

/// Takes a picture of `size` x `size` as it is and crops it.
Description describe(int64_t size, int64_t crop) {
  Description description;
  description.input = {3, crop, crop};
  description.preprocess.resizeExact = {size, size};
  description.preprocess.crop = {crop, crop};
  return description;
}

std::vector<float> run(const Description &description, const Image &image, Crops crops) {
  std::vector<float> inputs;
  Preprocessor(description).append(image, crops, inputs);
  return inputs;
}

std::string errorOf(const Description &description) {
  try {
    Preprocessor preprocessor(description);
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}

std::vector<float> channelOf(const std::vector<float> &input, int64_t area, int64_t channel) {
  return {input.begin() + channel * area, input.begin() + (channel + 1) * area};
}

TEST(Preprocess, CropsTheCentre) {
  std::vector<float> input = run(describe(4, 2), numbered(4, 4), Crops::centre);
  ASSERT_EQ(input.size(), 12u);
  EXPECT_EQ(channelOf(input, 4, 0), std::vector<float>({11, 12, 21, 22}));
  EXPECT_EQ(channelOf(input, 4, 2), std::vector<float>({211, 212, 221, 222}));
}

TEST(Preprocess, TakesFourCornersCentreAndMirrors) {
  std::vector<float> inputs = run(describe(4, 2), numbered(4, 4), Crops::ten);
  ASSERT_EQ(inputs.size(), 120u);
  std::vector<float> firstPixels;
  for (size_t crop = 0; crop < 10; ++crop)
    firstPixels.push_back(inputs[crop * 12]);
  EXPECT_EQ(firstPixels, std::vector<float>({0, 2, 20, 22, 11, 1, 3, 21, 23, 12}));
}

TEST(Preprocess, ScalesSubtractsAndDivides) {
  Description description = describe(1, 1);
  description.preprocess.scale = 0.5;
  description.preprocess.mean = {10, 20, 30};
  description.preprocess.std = {1, 2, 4};
  Image image{1, 1, {100, 110, 120}};
  EXPECT_EQ(run(description, image, Crops::centre), std::vector<float>({40, 17.5, 7.5}));
}

TEST(Preprocess, OrdersChannelsBeforeTheMean) {
  Description description = describe(1, 1);
  description.preprocess.channels = "bgr";
  description.preprocess.mean = {1, 2, 3};
  Image image{1, 1, {10, 20, 30}};
  EXPECT_EQ(run(description, image, Crops::centre), std::vector<float>({29, 18, 7}));
}

TEST(Preprocess, WeighsColoursInGrey) {
  Description description = describe(1, 1);
  description.input = {1, 1, 1};
  description.preprocess.channels = "grey";
  EXPECT_EQ(run(description, {1, 1, {255, 0, 0}}, Crops::centre), std::vector<float>({76}));
  EXPECT_EQ(run(description, {1, 1, {0, 255, 0}}, Crops::centre), std::vector<float>({150}));
  EXPECT_EQ(run(description, {1, 1, {9, 9, 9}}, Crops::centre), std::vector<float>({9}));
}

TEST(Preprocess, ScalesTheShorterSide) {
  Description description = describe(4, 4);
  description.preprocess.resizeShorter = 4;
  // Already 4 high: the middle square, whose border is odd.
  std::vector<float> input = run(description, numbered(4, 7), Crops::centre);
  EXPECT_EQ(input[0], 1);
  EXPECT_EQ(input[3], 4);
  EXPECT_EQ(run(description, numbered(7, 4), Crops::centre)[0], 10);
}

TEST(Preprocess, SurvivesExtremeShapes) {
  Description description = describe(256, 224);
  description.preprocess.resizeShorter = 256;
  Image line{1, 60000, std::vector<uint8_t>(60000 * 3, 5)};
  EXPECT_EQ(run(description, line, Crops::centre), std::vector<float>(3 * 224 * 224, 5));
}

TEST(Preprocess, TakesTheMeanOfTheWeightsFile) {
  std::vector<float> mean(27);
  for (size_t i = 0; i < mean.size(); ++i)
    mean[i] = float(i);
  std::string path = testing::TempDir() + "mean.safetensors";
  Preprocessor preprocessor(describe(3, 1));
  std::vector<float> inputs;

  writeSafetensors(path, {{"preprocess.mean", {3, 3, 3}, mean.data()}});
  preprocessor.useMeanOf(Safetensors(path));
  preprocessor.append(numbered(3, 3), Crops::centre, inputs);
  EXPECT_EQ(inputs, std::vector<float>({11 - 4, 111 - 13, 211 - 22}));

  writeSafetensors(path, {{"preprocess.mean", {3}, mean.data()}});
  preprocessor.useMeanOf(Safetensors(path));
  inputs.clear();
  preprocessor.append(numbered(3, 3), Crops::centre, inputs);
  EXPECT_EQ(inputs, std::vector<float>({11, 111 - 1, 211 - 2}));

  writeSafetensors(path, {{"preprocess.mean", {27}, mean.data()}});
  EXPECT_THROW(preprocessor.useMeanOf(Safetensors(path)), Error);
}

TEST(Preprocess, RefusesWhatCannotBecomeAnInput) {
  EXPECT_EQ(errorOf(describe(2, 3)), "a crop of 3x3 does not fit an image scaled to 2x2");
  Description description = describe(3, 3);
  description.input = {4, 3, 3};
  EXPECT_EQ(errorOf(description),
            "preprocessing makes images of [3, 3, 3], but the network takes [4, 3, 3]");
}

} // namespace
