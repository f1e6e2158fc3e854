//===- LayoutsTest.cpp - values of the arena in logical order -------------===//

#include "runtime/Layouts.h"
#include "gmock/gmock.h"
#include <numeric>

using namespace alexrt;
using testing::ElementsAre;
using testing::ElementsAreArray;

namespace {

/// 0, 1, 2 and so on: every element is its own physical position.
std::vector<float> positions(const Shape &shape, const ValueLayout &layout) {
  std::vector<float> values(physicalElementCount(shape, layout));
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

std::vector<float> logicalPositions(const Shape &shape, const ValueLayout &layout) {
  return toLogicalOrder(positions(shape, layout).data(), shape, layout, 0, shape[0]);
}

TEST(LayoutsTest, PlainKeepsItsOrder) {
  ValueLayout plain;
  EXPECT_THAT(logicalPositions({1, 2, 2, 2}, plain), ElementsAreArray({0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_THAT(logicalPositions({2, 3}, plain), ElementsAreArray({0, 1, 2, 3, 4, 5}));
}

TEST(LayoutsTest, ChannelBlocks) {
  ValueLayout blocked;
  blocked.channelBlock = 2;
  // physical (1, 2, 1, 3, 2)
  EXPECT_THAT(logicalPositions({1, 4, 1, 3}, blocked),
              ElementsAreArray({0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11}));
}

TEST(LayoutsTest, Halo) {
  ValueLayout padded;
  padded.halo = {1, 2, 0, 1}; // top, left, bottom, right
  // physical (1, 2, 2, 4): the value is one element in each plane
  EXPECT_EQ(physicalElementCount({1, 2, 1, 1}, padded), 16);
  EXPECT_THAT(logicalPositions({1, 2, 1, 1}, padded), ElementsAre(6, 14));
}

TEST(LayoutsTest, HaloAndBlocksOfSeveralImages) {
  ValueLayout layout;
  layout.channelBlock = 2;
  layout.halo = {0, 1, 1, 0};
  // physical (2, 1, 2, 2, 2)
  EXPECT_THAT(logicalPositions({2, 2, 1, 1}, layout), ElementsAre(2, 3, 10, 11));
}

TEST(LayoutsTest, FeaturesFirstWithAnIncompleteBlock) {
  ValueLayout batched;
  batched.batchBlock = 2;
  // physical (2, 2, 2), of which the last image does not exist
  EXPECT_EQ(physicalElementCount({3, 2}, batched), 8);
  EXPECT_THAT(logicalPositions({3, 2}, batched), ElementsAre(0, 2, 1, 3, 4, 6));
}

} // namespace
