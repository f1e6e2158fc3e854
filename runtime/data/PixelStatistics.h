//===- PixelStatistics.h - mean image and colours of a set ------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PIXELSTATISTICS_H
#define ALEXC_RUNTIME_PIXELSTATISTICS_H

#include "runtime/data/Resize.h"

#include <array>

namespace alexrt {

/// The principal components of red, green and blue over all pixels of a set,
/// the strongest first.
struct ColourComponents {
  std::array<double, 3> variances = {};              ///< of pixels from 0 to 255
  std::array<std::array<double, 3>, 3> vectors = {}; ///< [component][red, green, blue]
};

/// What a training set's pictures have in common, in pixel values from 0 to 255
/// and in the order red, green, blue (or grey alone).
struct PixelStatistics {
  Size size;               ///< of the pictures that were measured
  int64_t channels = 3;    ///< 1 or 3
  std::vector<float> mean; ///< (C, H, W)
  ColourComponents colours;
};

/// Adds up pictures of one size. The sums are whole numbers: neither the order
/// of the pictures nor the number of threads changes a bit of the result.
class PixelSums {
public:
  PixelSums(Size size, int64_t channels);

  /// Adds a picture (H, W, C).
  void add(const uint8_t *canvas);
  void add(const PixelSums &other);
  /// Pictures so far.
  uint64_t count() const { return sums[0]; }
  /// Of at least one picture.
  PixelStatistics statistics() const;

  /// The sums themselves, to be kept in a file.
  const std::vector<uint64_t> &words() const { return sums; }
  /// `words` of sums of the same size; false where their number is another.
  bool addWords(const std::vector<uint64_t> &words);

private:
  Size size;
  int64_t channels;
  std::vector<uint64_t> sums; ///< the number of pictures; six products of colours; (H, W, C)
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_PIXELSTATISTICS_H
