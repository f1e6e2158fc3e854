//===- ProductCost.cpp - how a product is best cut ----------------------------===//
//
// A model of a GPU's multiprocessors, rough but with what decides: how many of a
// thread's instructions multiply, how many warps a multiprocessor holds, and how
// evenly the blocks fill all of them.

#include "codegen/cuda/TiledProduct.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace alexc;

/// Large tiles need few loads for each product, small ones fill a GPU sooner.
static constexpr ProductTile tiles[] = {
    {128, 128, 8, 8}, {96, 96, 12, 4}, {128, 64, 8, 8}, {64, 128, 8, 8}, {128, 32, 8, 4},
    {32, 128, 4, 8},  {64, 64, 8, 4},  {64, 32, 8, 4},  {32, 64, 4, 8},  {32, 32, 4, 4},
};

//===----------------------------------------------------------------------===//
// Boxes of terms
//===----------------------------------------------------------------------===//

static constexpr int64_t deepestStage = 16; ///< in words

std::array<int64_t, 3> ProductTerms::boxes() const {
  std::array<int64_t, 3> counts;
  for (int dim : {0, 1, 2})
    counts[dim] = llvm::divideCeilSigned(extents[dim], box[dim]);
  return counts;
}

int64_t ProductTerms::stages() const {
  std::array<int64_t, 3> counts = boxes();
  return counts[0] * counts[1] * counts[2];
}

int64_t ProductTerms::words() const {
  int64_t words = llvm::divideCeilSigned(depth(), termsOfWord(precision));
  return precision == Precision::fp32 ? words : llvm::alignTo(words, 8);
}

/// Instructions for each multiplication that is wanted, relative to the
/// multiplication: a box that reaches over the edge multiplies zeros, a shallow
/// stage has the barrier and the addresses for few terms, of which tensor cores make
/// short work, a deep one many numbers on their way in registers.
static double costOf(const ProductTerms &terms) {
  double wanted = 1;
  for (int64_t extent : terms.extents)
    wanted *= extent;
  double depth = terms.words(), stage = terms.precision == Precision::fp32 ? 0.83 : 6;
  return terms.stages() * depth * termsOfWord(terms.precision) / wanted *
         (1 + stage / depth + 0.01 * depth);
}

ProductTerms ProductTerms::cut(Precision precision, std::array<int64_t, 3> extents,
                               std::array<int64_t, 3> largest) {
  for (int dim : {0, 1, 2})
    largest[dim] = std::min(largest[dim], extents[dim]);
  ProductTerms best{extents, {1, 1, 1}, precision};
  ProductTerms terms = best;
  auto &[a, b, c] = terms.box;
  for (a = 1; a <= largest[0]; ++a)
    for (b = 1; b <= largest[1]; ++b)
      for (c = 1; c <= largest[2]; ++c)
        if (terms.words() <= deepestStage && costOf(terms) < costOf(best))
          best = terms;
  return best;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

static constexpr double issuesPerCycle = 128;     ///< instructions of threads, of a multiprocessor
static constexpr double instructionsOfLoad = 6;   ///< from memory to the shared tile
static constexpr double instructionsOfStage = 70; ///< the barrier, the loop and its addresses

namespace {
/// A product cut into tiles.
struct TileCost {
  const TiledProduct &product;
  const ProductTile &tile;
  const GpuTarget &target;

  bool isOnTensorCores = product.terms.precision != Precision::fp32;
  int64_t words = product.terms.words(), terms = words * termsOfWord(product.terms.precision);
  int64_t threads = tile.threads();
  /// Numbers that a thread brings to a stage.
  double loads = static_cast<double>((tile.rows + tile.columns) * terms) / threads;

  double multiplications() const { return tile.threadRows * tile.threadColumns * terms; }
  /// Instructions of a thread in a stage that multiply, and that read the shared tiles:
  /// four numbers at once, or a word of a fragment, of which a warp multiplies 16 x 8 x 8.
  double multiplying() const {
    return isOnTensorCores ? tile.threadRows * tile.threadColumns * words / 32.0
                           : multiplications();
  }
  double readingTiles() const {
    int64_t lines = tile.threadRows * 2 + tile.threadColumns;
    return isOnTensorCores ? lines * words / 8.0
                           : (tile.threadRows + tile.threadColumns) * words / 4.0;
  }
  double instructions() const {
    return multiplying() + readingTiles() + loads * instructionsOfLoad + instructionsOfStage;
  }
  double cyclesOfBlock() const {
    return product.terms.stages() * threads *
           std::max({multiplications() / target.rateOf(product.terms.precision),
                     readingTiles() / (issuesPerCycle / 4), instructions() / issuesPerCycle});
  }

  int64_t registersOfThread() const {
    int64_t lines = tile.threadRows + tile.threadColumns;
    return tile.threadRows * tile.threadColumns + lines + static_cast<int64_t>(loads) + 40;
  }
  /// Whether ptxas may put some into local memory: each number on its way needs an
  /// address of its own too, where a window is gathered. With 168 by this count it did,
  /// with 144 never, of all models' kernels.
  bool spills() const { return registersOfThread() > 160; }
  int64_t sharedBytes() const { return 2 * words * (tile.rows + tile.columns + 8) * 4; }
  /// Blocks that a multiprocessor holds at once.
  int64_t residentBlocks() const {
    constexpr int64_t reserved = 1024; // shared memory that CUDA takes from each block
    int64_t blocks =
        std::min({target.threads / threads, target.registers / (registersOfThread() * threads),
                  target.sharedBytes / (sharedBytes() + reserved)});
    return std::max<int64_t>(1, blocks);
  }

  /// As long as the multiprocessor that has the most blocks; eight warps keep its
  /// units busy.
  double seconds() const {
    if (spills())
      return std::numeric_limits<double>::infinity();
    int64_t blocks = llvm::divideCeilSigned(product.rows, tile.rows) *
                     llvm::divideCeilSigned(product.columns, tile.columns) * product.groups;
    int64_t blocksOfOne = llvm::divideCeilSigned(blocks, target.multiprocessors);
    int64_t resident = std::min(residentBlocks(), blocksOfOne);
    double warps = static_cast<double>(resident * threads) / GpuBuilder::warp;
    return blocksOfOne * cyclesOfBlock() / std::min(1.0, warps / 8) / target.clockRate;
  }
};
} // namespace

ProductTile TiledProduct::chooseTile(const GpuTarget &target) const {
  return *llvm::min_element(tiles, [&](const ProductTile &a, const ProductTile &b) {
    return TileCost{*this, a, target}.seconds() < TileCost{*this, b, target}.seconds();
  });
}

double TiledProduct::seconds(const GpuTarget &target) const {
  return TileCost{*this, chooseTile(target), target}.seconds();
}
