//===- FilterPictureTest.cpp - filters as numpy draws them ----------------===//

#include "runtime/command/FilterPicture.h"
#include "runtime/data/PngWriter.h"
#include "test/unit/RuntimeTesting.h"

#include <cmath>

using namespace alexrt;

namespace {

/// Those of Inputs/make-images.py.
std::vector<float> makeWeights(const Shape &shape) {
  std::vector<float> weights;
  for (int64_t k = 0; k < shape[0]; ++k)
    for (int64_t c = 0; c < shape[1]; ++c)
      for (int64_t r = 0; r < shape[2]; ++r)
        for (int64_t s = 0; s < shape[3]; ++s)
          weights.push_back(float((k * 37 + c * 17 + r * 5 + s * 3) % (23 + k) - 11) / 8);
  return weights;
}

Image drawing(const Shape &shape, const FilterStyle &style, int64_t towers = 1) {
  std::vector<float> weights = makeWeights(shape);
  return draw({shape, weights.data(), towers}, style);
}

void expectEqual(const Image &image, const Image &expected) {
  EXPECT_EQ(image.height, expected.height);
  EXPECT_EQ(image.width, expected.width);
  EXPECT_EQ(image.pixels, expected.pixels);
}

void expectGolden(const Image &image, const std::string &name) {
  expectEqual(image, readImage(ALEXC_TEST_INPUTS "/" + name));
}

TEST(FilterPictureTest, ColourTilesHaveEachItsOwnRange) {
  expectGolden(drawing({6, 3, 3, 2}, {false, 3, 2}), "filters-colour.png");
}

TEST(FilterPictureTest, OneRangeForAllTiles) {
  expectGolden(drawing({6, 3, 3, 2}, {true, 16, 1}), "filters-jointly.png");
}

TEST(FilterPictureTest, DeeperFiltersAreRowsOfTheirChannels) {
  expectGolden(drawing({2, 4, 3, 2}, {false, 16, 1}), "filters-deep.png");
}

TEST(FilterPictureTest, EachTowerBeginsARow) {
  // three filters a tower in rows of two: the second row of each is half empty
  Image image = drawing({6, 3, 3, 2}, {false, 2, 1}, 2);
  EXPECT_EQ(image.height, 4 * (3 + 1) + 1);
  EXPECT_EQ(image.width, 2 * (2 + 1) + 1);
  expectGolden(drawing({6, 3, 3, 2}, {false, 3, 2}, 2), "filters-colour.png");
}

TEST(FilterPictureTest, BlueComesLastInAPicture) {
  float weights[] = {0, 0.5, 1};
  Filters filters{{1, 3, 1, 1}, weights};
  FilterStyle style{false, 1, 1};
  auto middle = [](const Image &image) {
    return std::vector<uint8_t>(image.pixels.begin() + 12, image.pixels.begin() + 15);
  };
  EXPECT_EQ(middle(draw(filters, style)), (std::vector<uint8_t>{0, 128, 255}));
  filters.isBgr = true;
  EXPECT_EQ(middle(draw(filters, style)), (std::vector<uint8_t>{255, 128, 0}));
}

TEST(FilterPictureTest, AFlatFilterIsGrey) {
  float weight = 7;
  EXPECT_EQ(draw({{1, 1, 1, 1}, &weight}, {false, 1, 1}).pixels[12], 128);
}

TEST(FilterPictureTest, NumbersMustBeFinite) {
  float weights[] = {0, NAN};
  EXPECT_EQ(errorOf([&] {
              draw({{2, 1, 1, 1}, weights}, {});
            }),
            "weight 1 of the filters is not finite");
}

struct PngWriterTest : FolderTest {};

TEST_F(PngWriterTest, WritesWhatReadImageReads) {
  Image image = readImage(ALEXC_TEST_INPUTS "/colour.png");
  writePng(path("copy.png"), image);
  expectEqual(readImage(path("copy.png")), image);
}

TEST_F(PngWriterTest, NamesTheFileThatCannotBeWritten) {
  Image image = allocateImage(1, 1);
  EXPECT_THAT(errorOf([&] { writePng(path("none/x.png"), image); }, folder),
              testing::HasSubstr("x.png: No such file or directory"));
  image.height = 0;
  EXPECT_THAT(errorOf([&] { writePng(path("x.png"), image); }, folder),
              testing::HasSubstr("x.png: cannot encode a PNG: "));
  EXPECT_FALSE(std::filesystem::exists(path("x.png")));
}

} // namespace
