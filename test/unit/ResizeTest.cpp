//===- ResizeTest.cpp - scaled pictures as Pillow has them ----------------===//

#include "runtime/data/Resize.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace alexrt;

namespace {

const std::string inputs = ALEXC_TEST_INPUTS "/";

Image resizeWhole(const Image &image, Size size) { return resizeImage(image, size, {0, 0, size}); }

class ResizeAgainstPillow : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(ResizeAgainstPillow, MakesTheSamePixels) {
  auto [height, width] = GetParam();
  Image golden = readImage(fmt::format("{}colour-{}x{}.png", inputs, height, width));
  Image resized = resizeWhole(readImage(inputs + "colour.png"), {height, width});
  EXPECT_EQ(resized.pixels, golden.pixels);
}

INSTANTIATE_TEST_SUITE_P(Resize, ResizeAgainstPillow,
                         testing::Values(std::pair(9, 14), std::pair(23, 20), std::pair(31, 37),
                                         std::pair(40, 61), std::pair(1, 1)));

TEST(Resize, KeepsPixelsOfTheSameSize) {
  Image image = readImage(inputs + "colour.png");
  EXPECT_EQ(resizeWhole(image, {23, 37}).pixels, image.pixels);
}

TEST(Resize, ComputesAWindowAsTheWhole) {
  Image image = readImage(inputs + "colour.png");
  Image whole = resizeWhole(image, {12, 19});
  Image window = resizeImage(image, {12, 19}, {3, 5, {6, 7}});
  for (int64_t y = 0; y < 6; ++y)
    for (int64_t x = 0; x < 7 * 3; ++x)
      EXPECT_EQ(window.pixels[y * 7 * 3 + x], whole.pixels[((y + 3) * 19 + 5) * 3 + x]);
}

TEST(Resize, CentresWithTheLargerBorderAtBottomAndRight) {
  Window window = centreWindow({10, 9}, {5, 4});
  EXPECT_EQ(window.top, 2);
  EXPECT_EQ(window.left, 2);
}

} // namespace
