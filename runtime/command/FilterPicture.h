//===- FilterPicture.h - a convolution's filters as a picture ---*- C++ -*-===//

#ifndef ALEXC_RUNTIME_FILTERPICTURE_H
#define ALEXC_RUNTIME_FILTERPICTURE_H

#include "runtime/Description.h"
#include "runtime/data/Image.h"

namespace alexrt {

/// Filters of one layer.
struct Filters {
  Shape shape;          ///< (K, C, R, S); C are the channels that a filter sees
  const float *weights; ///< (K, C, R, S)
  int64_t towers = 1;   ///< groups that what follows does not mix; divides K
  bool isBgr = false;   ///< three channels are blue, green, red
};

struct FilterStyle {
  bool jointly = false; ///< one range of values for all filters, not one for each
  int64_t columns = 16; ///< filters in a row, where each is one tile
  int64_t zoom = 4;     ///< pixels for each weight, in both directions
};

/// Draws filters that see one or three channels as tiles, in colour or grey,
/// tower under tower, each on rows of its own. Other filters take a row each,
/// of grey tiles for their channels. The smallest value of a range is black,
/// the largest white. Throws Error where a weight is not finite, or the picture
/// would be too large.
Image draw(const Filters &filters, const FilterStyle &style);

} // namespace alexrt

#endif // ALEXC_RUNTIME_FILTERPICTURE_H
