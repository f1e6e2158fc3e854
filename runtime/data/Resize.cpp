//===- Resize.cpp - separable triangle filter in fixed point --------------===//
//
// To agree with Pillow in each bit this does three things as Pillow does: rows
// are filtered before columns, the pixels between the two are rounded to 8
// bits, and the filter's weights have 22 bits behind the point.

#include "runtime/data/Resize.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace alexrt {
namespace {

constexpr int fractionBits = 22;
constexpr int32_t oneHalf = int32_t(1) << (fractionBits - 1);

/// What an output pixel reads: input pixels from `first` on, one per weight.
struct Taps {
  int64_t first = 0;
  std::vector<int32_t> weights; ///< sum 1 in fixed point
};

double triangle(double x) { return std::max(0.0, 1.0 - std::fabs(x)); }

/// The taps of output pixel `position` of `outputSize` along one axis. When
/// scaling down, the filter widens until it covers all input pixels.
Taps computeTaps(int64_t inputSize, int64_t outputSize, int64_t position) {
  double scale = double(inputSize) / double(outputSize);
  double support = std::max(scale, 1.0);
  double centre = (double(position) + 0.5) * scale;
  Taps taps;
  taps.first = std::max<int64_t>(0, int64_t(centre - support + 0.5));
  int64_t end = std::min<int64_t>(inputSize, int64_t(centre + support + 0.5));
  std::vector<double> weights;
  double sum = 0;
  for (int64_t x = taps.first; x < end; ++x) {
    weights.push_back(triangle((double(x) - centre + 0.5) * (1.0 / support)));
    sum += weights.back();
  }
  for (double weight : weights)
    taps.weights.push_back(int32_t(weight / sum * (1 << fractionBits) + 0.5));
  return taps;
}

std::vector<Taps> computeAllTaps(int64_t inputSize, int64_t outputSize, int64_t begin,
                                 int64_t count) {
  std::vector<Taps> taps;
  for (int64_t position = begin; position < begin + count; ++position)
    taps.push_back(computeTaps(inputSize, outputSize, position));
  return taps;
}

uint8_t toPixel(int32_t sum) {
  return uint8_t(std::clamp((sum + oneHalf) >> fractionBits, 0, 255));
}

/// One row of (outputs.size(), 3) from one row of (W, 3).
void filterRow(const uint8_t *input, const std::vector<Taps> &outputs, uint8_t *output) {
  for (const Taps &taps : outputs) {
    int32_t sums[3] = {0, 0, 0};
    const uint8_t *pixel = input + taps.first * 3;
    for (int32_t weight : taps.weights)
      for (int32_t &sum : sums)
        sum += weight * *pixel++;
    for (int32_t sum : sums)
      *output++ = toPixel(sum);
  }
}

/// One row of `count` values from the rows that `taps` weighs. `firstRow` is
/// the image row that `rows` begins with.
void filterColumns(const std::vector<uint8_t> &rows, int64_t firstRow, const Taps &taps,
                   std::vector<int32_t> &sums, uint8_t *output) {
  size_t count = sums.size();
  std::fill(sums.begin(), sums.end(), 0);
  const uint8_t *row = rows.data() + (taps.first - firstRow) * count;
  for (int32_t weight : taps.weights) {
    for (size_t i = 0; i < count; ++i)
      sums[i] += weight * row[i];
    row += count;
  }
  std::transform(sums.begin(), sums.end(), output, toPixel);
}

} // namespace

Window centreWindow(Size outer, Size inner) {
  assert(inner.height <= outer.height && inner.width <= outer.width && "window is too large");
  return {(outer.height - inner.height) / 2, (outer.width - inner.width) / 2, inner};
}

Size sizeWithShorterSide(Size size, int64_t shorter) {
  return {std::max(shorter, shorter * size.height / size.width),
          std::max(shorter, shorter * size.width / size.height)};
}

Image resizeImage(const Image &image, Size full, const Window &window) {
  std::vector<Taps> across =
      computeAllTaps(image.width, full.width, window.left, window.size.width);
  std::vector<Taps> down =
      computeAllTaps(image.height, full.height, window.top, window.size.height);

  size_t rowSize = size_t(window.size.width) * 3;
  int64_t firstRow = down.front().first;
  int64_t endRow = down.back().first + int64_t(down.back().weights.size());
  std::vector<uint8_t> rows((endRow - firstRow) * rowSize);
  for (int64_t y = firstRow; y < endRow; ++y)
    filterRow(&image.pixels[y * image.width * 3], across, &rows[(y - firstRow) * rowSize]);

  Image result{window.size.height, window.size.width, {}};
  result.pixels.resize(size_t(window.size.height) * rowSize);
  std::vector<int32_t> sums(rowSize);
  for (int64_t y = 0; y < window.size.height; ++y)
    filterColumns(rows, firstRow, down[y], sums, &result.pixels[y * rowSize]);
  return result;
}

} // namespace alexrt
