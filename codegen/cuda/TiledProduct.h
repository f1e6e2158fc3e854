//===- TiledProduct.h - a product of matrices in tiles ----------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_TILEDPRODUCT_H
#define ALEXC_CODEGEN_CUDA_TILEDPRODUCT_H

#include "codegen/cuda/GpuBuilder.h"
#include <functional>

namespace alexc {

/// A block computes `rows` x `columns` sums, a thread those of `threadRows` x
/// `threadColumns`: in groups of four neighbours, or, on tensor cores, its share of
/// what its warp computes, 8 * threadRows x 4 * threadColumns.
struct ProductTile {
  int64_t rows, columns, threadRows, threadColumns;

  int64_t threads() const { return rows / threadRows * (columns / threadColumns); }
};

/// The terms of a sum, by three numbers each, as the channel, row and column of a
/// filter's element. They are taken box by box, in row-major order: what is costly
/// to find out of a term is found once for a box, or once for a place in all boxes.
struct ProductTerms {
  std::array<int64_t, 3> extents, box;
  Precision precision;

  /// The cheapest boxes of at most 16 words, each extent at most that of `largest`.
  static ProductTerms cut(Precision precision, std::array<int64_t, 3> extents,
                          std::array<int64_t, 3> largest);

  int64_t depth() const { return box[0] * box[1] * box[2]; }
  /// Words of a line that a stage makes room for: tensor cores take eight at a time.
  int64_t words() const;
  std::array<int64_t, 3> boxes() const;
  int64_t stages() const;
};

/// Terms that a word of a shared tile holds: neighbours, rounded, in two halves.
inline int64_t termsOfWord(Precision precision) { return precision == Precision::bf16 ? 2 : 1; }

/// sum[row][column] of each group = sum over the terms of left[row][term] *
/// right[term][column]. What the matrices are is up to the generator: it loads an
/// element and takes a sum.
struct TiledProduct {
  int64_t groups, rows, columns;
  ProductTerms terms;

  /// An element of an operand; it may lie outside the matrix where it does not exist.
  struct Element {
    Index group;
    llvm::ArrayRef<Index> line; ///< as located
    llvm::ArrayRef<Index> term;
  };
  /// An operand, by its line, a row or column of the result, and its term.
  struct Operand {
    llvm::StringRef name; ///< of its tile
    bool isAlongDepth;    ///< neighbours in memory are terms, not lines
    int64_t width;        ///< neighbours that a load may bring at once: 1 or 4
    /// What is to be known of a line, whatever the term.
    std::function<llvm::SmallVector<Index>(Index line)> locate;
    /// Numbers side by side in the matrices, or zeros unless `exists`; null if all do.
    std::function<mlir::Value(const Element &element, int64_t width, mlir::Value exists)> load;
  };
  Operand left = {}, right = {};
  std::function<mlir::LogicalResult(Index group, Index row, Index column, mlir::Value sum)> finish =
      {};

  /// Seconds that the best tile is predicted to take.
  double seconds(const GpuTarget &target) const;
  ProductTile chooseTile(const GpuTarget &target) const;
  /// Emits the kernel and sets its grid: (row tiles * column tiles, 1, groups).
  mlir::LogicalResult emit(GpuBuilder &gb, const GpuTarget &target) const;
};

/// The sizes of the product that a convolution, a linear layer or a gradient of
/// one is; nothing for any other op.
std::optional<TiledProduct> productOf(mlir::Operation *op, Precision precision);

/// Ends a kernel at an element of its root's result, a sum of products.
mlir::LogicalResult finishSum(GpuBuilder &gb, GpuKernel &kernel, llvm::ArrayRef<Index> at,
                              mlir::Value sum);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_TILEDPRODUCT_H
