//===- PixelStatistics.cpp - sums, covariance, eigenvectors ---------------===//

#include "runtime/data/PixelStatistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace alexrt;

using Matrix = std::array<std::array<double, 3>, 3>;

/// Where the parts of PixelSums::sums begin.
enum SumPlace : size_t { pictureCount = 0, firstProduct = 1, firstPixel = 7 };

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

PixelSums::PixelSums(Size size, int64_t channels)
    : size(size), channels(channels), sums(firstPixel + size.height * size.width * channels) {}

void PixelSums::add(const uint8_t *canvas) {
  ++sums[pictureCount];
  std::array<uint64_t, 6> products = {}; // rr, rg, rb, gg, gb, bb
  uint64_t *pixel = &sums[firstPixel];
  size_t green = channels == 3 ? 1 : 0, blue = channels == 3 ? 2 : 0;
  for (int64_t i = 0; i < size.height * size.width; ++i, canvas += channels, pixel += channels) {
    const uint64_t colours[3] = {canvas[0], canvas[green], canvas[blue]};
    for (int64_t channel = 0; channel < channels; ++channel)
      pixel[channel] += canvas[channel];
    size_t product = 0;
    for (size_t a = 0; a < 3; ++a)
      for (size_t b = a; b < 3; ++b)
        products[product++] += colours[a] * colours[b];
  }
  for (size_t i = 0; i < products.size(); ++i)
    sums[firstProduct + i] += products[i];
}

void PixelSums::add(const PixelSums &other) {
  assert(sums.size() == other.sums.size() && "sums of pictures of two sizes");
  addWords(other.sums);
}

bool PixelSums::addWords(const std::vector<uint64_t> &words) {
  if (words.size() != sums.size())
    return false;
  std::transform(words.begin(), words.end(), sums.begin(), sums.begin(), std::plus<uint64_t>());
  return true;
}

//===----------------------------------------------------------------------===//
// Principal components
//===----------------------------------------------------------------------===//

/// Turns `matrix`, symmetric, in the plane of axes p and q so that its element
/// (p, q) becomes 0, and `vectors`, whose rows are the axes so far, with it.
static void rotate(Matrix &matrix, Matrix &vectors, size_t p, size_t q) {
  if (matrix[p][q] == 0)
    return;
  double theta = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
  double t = (theta < 0 ? -1 : 1) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
  double cosine = 1 / std::sqrt(t * t + 1), sine = t * cosine;
  auto mix = [&](double &a, double &b) {
    double before = a;
    a = cosine * before - sine * b;
    b = sine * before + cosine * b;
  };
  for (size_t k = 0; k < 3; ++k)
    mix(matrix[k][p], matrix[k][q]);
  for (size_t k = 0; k < 3; ++k)
    mix(matrix[p][k], matrix[q][k]);
  for (size_t k = 0; k < 3; ++k)
    mix(vectors[p][k], vectors[q][k]);
  matrix[p][q] = matrix[q][p] = 0;
}

/// Points the vector so that its largest part is positive: one answer of two.
static void fixSign(std::array<double, 3> &vector) {
  auto largest = std::max_element(vector.begin(), vector.end(),
                                  [](double a, double b) { return std::fabs(a) < std::fabs(b); });
  if (*largest < 0)
    for (double &part : vector)
      part = -part;
}

/// Jacobi's method: 3x3 is done after a handful of sweeps.
static ColourComponents decompose(Matrix covariance) {
  Matrix vectors = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (int sweep = 0; sweep < 20; ++sweep)
    for (size_t p = 0; p < 2; ++p)
      for (size_t q = p + 1; q < 3; ++q)
        rotate(covariance, vectors, p, q);
  std::array<size_t, 3> order = {0, 1, 2};
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return covariance[a][a] > covariance[b][b]; });
  ColourComponents colours;
  for (size_t i = 0; i < 3; ++i) {
    colours.variances[i] = std::max(0.0, covariance[order[i]][order[i]]);
    colours.vectors[i] = vectors[order[i]];
    fixSign(colours.vectors[i]);
  }
  return colours;
}

/// Of all pixels, from the mean of each colour and of each product of two.
static Matrix covarianceOf(const std::array<double, 3> &means,
                           const std::array<double, 6> &products) {
  Matrix covariance;
  size_t product = 0;
  for (size_t a = 0; a < 3; ++a)
    for (size_t b = a; b < 3; ++b, ++product)
      covariance[a][b] = covariance[b][a] = products[product] - means[a] * means[b];
  return covariance;
}

PixelStatistics PixelSums::statistics() const {
  assert(sums[pictureCount] > 0 && "no picture was added");
  auto pictures = double(sums[pictureCount]);
  int64_t area = size.height * size.width;
  PixelStatistics result{size, channels, {}, {}};
  std::array<double, 3> means = {};
  for (int64_t channel = 0; channel < channels; ++channel) {
    uint64_t total = 0;
    for (int64_t i = 0; i < area; ++i) {
      uint64_t sum = sums[firstPixel + i * channels + channel];
      result.mean.push_back(float(double(sum) / pictures));
      total += sum;
    }
    means[channel] = double(total) / (pictures * double(area));
  }
  if (channels == 1)
    means.fill(means[0]);
  std::array<double, 6> products;
  for (size_t i = 0; i < products.size(); ++i)
    products[i] = double(sums[firstProduct + i]) / (pictures * double(area));
  result.colours = decompose(covarianceOf(means, products));
  return result;
}
