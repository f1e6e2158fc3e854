//===- NeighboursTest.cpp - which rows of numbers are alike ---------------===//

#include "runtime/command/Neighbours.h"
#include "gmock/gmock.h"

#include <cmath>

using namespace alexrt;
using testing::ElementsAre;

namespace {

/// Points on a line, each `width` times its number.
Rows line(const std::vector<float> &points, size_t width) {
  Rows rows{width, {}};
  for (float point : points)
    rows.data.insert(rows.data.end(), width, point);
  return rows;
}

std::vector<size_t> numbers(const std::vector<Neighbour> &neighbours) {
  std::vector<size_t> result;
  for (const Neighbour &neighbour : neighbours)
    result.push_back(neighbour.row);
  return result;
}

TEST(NeighboursTest, NearestComesFirst) {
  for (size_t width : {1, 15, 16, 37}) {
    Rows rows = line({5, 1, 9, 2}, width), query = line({0}, width);
    std::vector<Neighbour> nearest = nearestRows(rows, query.row(0), 3);
    EXPECT_THAT(numbers(nearest), ElementsAre(1, 3, 0));
    EXPECT_NEAR(nearest[2].distance, 5 * std::sqrt(double(width)), 1e-5);
  }
}

TEST(NeighboursTest, EquallyNearRowsComeInOrder) {
  Rows rows = line({1, -1, 1}, 2), query = line({0}, 2);
  EXPECT_THAT(numbers(nearestRows(rows, query.row(0), 9)), ElementsAre(0, 1, 2));
}

TEST(NeighboursTest, LeavesOneOut) {
  Rows rows = line({0, 1, 2}, 2);
  EXPECT_THAT(numbers(nearestRows(rows, rows.row(0), 2, 0)), ElementsAre(1, 2));
}

TEST(NeighboursTest, WhatIsNoNumberIsFar) {
  Rows rows = line({NAN, 3}, 2), query = line({0}, 2);
  EXPECT_THAT(numbers(nearestRows(rows, query.row(0), 2)), ElementsAre(1, 0));
}

TEST(NeighboursTest, CountsRowsWhoseNearestIsAlike) {
  std::vector<float> points;
  std::vector<int32_t> labels;
  for (int i = 0; i < 50; ++i) { // pairs, every fifth of two labels
    points.insert(points.end(), {float(10 * i), float(10 * i + 1)});
    labels.insert(labels.end(), {i % 3, i % 5 == 0 ? 7 : i % 3});
  }
  for (int threads : {1, 3})
    EXPECT_EQ(countAlike(line(points, 3), labels, threads), 80u);
}

} // namespace
