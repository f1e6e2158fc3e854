//===- Neighbours.h - which rows of numbers are alike -----------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_NEIGHBOURS_H
#define ALEXC_RUNTIME_NEIGHBOURS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace alexrt {

/// Rows of the same length.
struct Rows {
  size_t width = 0;
  std::vector<float> data;

  size_t count() const { return width ? data.size() / width : 0; }
  const float *row(size_t number) const { return data.data() + number * width; }
};

struct Neighbour {
  size_t row;
  double distance; ///< Euclidean
};

/// The `count` rows nearest to `query`, the nearest first and equally near ones
/// in order; row `except` is left out.
std::vector<Neighbour> nearestRows(const Rows &rows, const float *query, size_t count,
                                   std::optional<size_t> except = std::nullopt);

/// How many rows have their own label's nearest to them among the other rows.
/// Needs at least two rows. The answer does not depend on `threads` (0: all CPUs).
size_t countAlike(const Rows &rows, const std::vector<int32_t> &labels, int threads);

} // namespace alexrt

#endif // ALEXC_RUNTIME_NEIGHBOURS_H
