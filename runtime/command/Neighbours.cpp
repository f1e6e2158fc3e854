//===- Neighbours.cpp - which rows of numbers are alike -------------------===//

#include "runtime/command/Neighbours.h"
#include "runtime/ThreadPool.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

using namespace alexrt;

/// In lanes that the compiler makes vectors of; their order is always one.
static float squaredDistance(const float *a, const float *b, size_t count) {
  constexpr size_t laneCount = 16;
  std::array<float, laneCount> lanes = {};
  size_t i = 0;
  for (; i + laneCount <= count; i += laneCount)
    for (size_t lane = 0; lane < laneCount; ++lane) {
      float difference = a[i + lane] - b[i + lane];
      lanes[lane] += difference * difference;
    }
  for (; i < count; ++i)
    lanes[i % laneCount] += (a[i] - b[i]) * (a[i] - b[i]);
  return std::accumulate(lanes.begin(), lanes.end(), 0.0f);
}

/// Rows whose distance is no number come last.
static double orderOf(float distance) { return std::isnan(distance) ? INFINITY : distance; }

std::vector<Neighbour> alexrt::nearestRows(const Rows &rows, const float *query, size_t count,
                                           std::optional<size_t> except) {
  std::vector<Neighbour> all;
  for (size_t row = 0; row < rows.count(); ++row)
    if (row != except)
      all.push_back({row, orderOf(squaredDistance(query, rows.row(row), rows.width))});
  count = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + int64_t(count), all.end(),
                    [](const Neighbour &a, const Neighbour &b) {
                      return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
                    });
  all.resize(count);
  for (Neighbour &neighbour : all)
    neighbour.distance = std::sqrt(neighbour.distance);
  return all;
}

/// The nearest other row of each row in [begin, end). All rows pass by once
/// for the whole group, which stays in the cache.
static std::vector<size_t> nearestOfGroup(const Rows &rows, size_t begin, size_t end) {
  std::vector<double> best(end - begin, INFINITY);
  std::vector<size_t> nearest(end - begin, begin == 0 ? rows.count() - 1 : 0);
  for (size_t other = 0; other < rows.count(); ++other)
    for (size_t row = begin; row < end; ++row) {
      double distance = orderOf(squaredDistance(rows.row(row), rows.row(other), rows.width));
      if (other != row && distance < best[row - begin]) {
        best[row - begin] = distance;
        nearest[row - begin] = other;
      }
    }
  return nearest;
}

size_t alexrt::countAlike(const Rows &rows, const std::vector<int32_t> &labels, int threads) {
  constexpr int64_t groupSize = 16;
  auto count = int64_t(rows.count());
  std::atomic<size_t> alike{0};
  ThreadPool(threads).parallelFor(
      (count + groupSize - 1) / groupSize, [&](int64_t first, int64_t last) {
        for (int64_t group = first; group < last; ++group) {
          auto begin = size_t(group * groupSize);
          size_t end = std::min(begin + groupSize, rows.count());
          std::vector<size_t> nearest = nearestOfGroup(rows, begin, end);
          for (size_t row = begin; row < end; ++row)
            alike += labels[row] == labels[nearest[row - begin]];
        }
      });
  return alike;
}
