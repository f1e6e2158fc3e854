//===- TiledProduct.h - a product of matrices in tiles ----------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_TILEDPRODUCT_H
#define ALEXC_CODEGEN_CUDA_TILEDPRODUCT_H

#include "codegen/cuda/GpuBuilder.h"
#include <functional>

namespace alexc {

/// How a product is cut: a block computes `rows` x `columns` sums and takes `depth`
/// of their terms at a time through shared memory; a thread has the sums of
/// `threadRows` x `threadColumns`, in groups of four neighbours.
struct ProductTile {
  int64_t rows, columns, depth, threadRows, threadColumns;

  int64_t threads() const { return rows / threadRows * (columns / threadColumns); }
  /// Two stages of both operands; four floats more keep a row's neighbours out of
  /// the same bank.
  int64_t sharedBytes() const { return 2 * depth * (rows + 4 + columns + 4) * 4; }
};

/// sum[row][column] of each group = sum over k of left[row][k] * right[k][column],
/// k ascending. What the matrices are is up to the generator: it loads an element
/// and takes a sum. All positions it gets lie inside the matrices.
struct TiledProduct {
  int64_t groups, rows, columns, depth;

  /// An operand, by its row (or column) of the result and its term.
  struct Operand {
    llvm::StringRef name; ///< of its tile
    bool isAlongDepth;    ///< neighbours in memory are terms, not rows or columns
    std::function<mlir::Value(Index group, Index line, Index term)> load;
  };
  Operand left, right;
  std::function<mlir::LogicalResult(Index group, Index row, Index column, mlir::Value sum)> finish;

  /// Seconds that the best tile is predicted to take.
  double seconds(const GpuTarget &target) const;
  ProductTile chooseTile(const GpuTarget &target) const;
  /// Emits the kernel and sets its grid: (row tiles * column tiles, 1, groups).
  mlir::LogicalResult emit(GpuBuilder &gb, const GpuTarget &target) const;
};

/// The sizes of the product that a convolution, a linear layer or a gradient of
/// one is; nothing for any other op.
std::optional<TiledProduct> productOf(mlir::Operation *op);

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_TILEDPRODUCT_H
