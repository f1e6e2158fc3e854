//===- Generators.h - the kernels of a CPU ----------------------*- C++ -*-===//
//
// One function per kernel name of the catalog. Each emits the kernel of
// `kernel.op` at the builder's insertion point, for the work items
// [kernel.begin, kernel.end), and returns how many items there are. A failure
// has been reported at the op.

#ifndef ALEXC_CODEGEN_CPU_GENERATORS_H
#define ALEXC_CODEGEN_CPU_GENERATORS_H

#include "codegen/loops/Elementwise.h"

namespace alexc {

/// The layout in which `linear_panel` reads and writes matrices of so many images.
Layout batchLayout(int64_t images, const CpuTarget &target);

/// Checks that the buffers of a kernel lie as its generator expects: those of the
/// root's operands as `ofRoot` says, all others as `others`, halos aside. What
/// does not is an error at the op.
mlir::LogicalResult checkLayouts(const Kernel &kernel,
                                 llvm::ArrayRef<std::pair<mlir::Value, Layout>> ofRoot,
                                 const Layout &others);

/// `count` things in the fewest tiles of at most `largest`, of two sizes that
/// differ by one: 27 by at most 14 are one of 14 and one of 13.
struct EvenTiles {
  EvenTiles(int64_t count, int64_t largest);

  int64_t tiles;  ///< how many in all
  int64_t size;   ///< of the smaller tiles, which come last
  int64_t larger; ///< how many have one more; these come first

  int64_t largest() const { return larger ? size + 1 : size; }
  /// Where tile number `tile` begins.
  Index first(KernelBuilder &kb, Index tile) const {
    return tile * size + kb.minimum(tile, larger);
  }
  /// Runs `body` for tiles [begin, end): each one's number, where it begins and its
  /// size.
  void forEach(KernelBuilder &kb, Index begin, Index end,
               llvm::function_ref<void(Index tile, Index first, int64_t size)> body) const;
};

/// The columns of a matrix in tiles of two vectors each, and what is left.
struct ColumnTiles {
  static constexpr int64_t vectors = 2;

  ColumnTiles(int64_t columns, int64_t lanes);

  int64_t width, count;                                   ///< of the tiles
  llvm::SmallVector<std::pair<int64_t, int64_t>, 2> rest; ///< (first column, columns)
};

/// Floats of a cache line.
inline constexpr int64_t floatsOfLine = 16;

/// How many broadcast values a register tile takes, each times `vectors`.
int64_t largestTile(const CpuTarget &target, int64_t vectors);

/// `conv_direct`: channels in blocks (or few channels in the logical order)
/// times packed filters, a tile of pixels x filters in registers.
mlir::FailureOr<int64_t> emitConvDirect(KernelBuilder &kb, CpuKernel &kernel);
/// `conv_plain`: any convolution, in the logical order.
mlir::FailureOr<int64_t> emitConvPlain(KernelBuilder &kb, CpuKernel &kernel);
/// `conv_data_grad`: `conv_direct` on the output's gradient, for stride 1.
mlir::FailureOr<int64_t> emitConvDataGrad(KernelBuilder &kb, CpuKernel &kernel);
/// `conv_filter_grad`: the image as for `conv_direct`, the output's gradient in
/// blocks, a tile of window elements x filters in registers.
mlir::FailureOr<int64_t> emitConvFilterGrad(KernelBuilder &kb, CpuKernel &kernel);
/// `conv_grad_plain`: either gradient of any convolution, in the logical order.
mlir::FailureOr<int64_t> emitConvGradPlain(KernelBuilder &kb, CpuKernel &kernel);
/// `linear_stream`: few images, the rows of the weights streamed once.
mlir::FailureOr<int64_t> emitLinearStream(KernelBuilder &kb, CpuKernel &kernel);
/// `linear_panel`: many images (layout cnB), a tile of units x images in registers.
mlir::FailureOr<int64_t> emitLinearPanel(KernelBuilder &kb, CpuKernel &kernel);
/// `linear_data_grad`: any number of images, the weights streamed once in place.
mlir::FailureOr<int64_t> emitLinearDataGrad(KernelBuilder &kb, CpuKernel &kernel);
/// `linear_filter_grad`: up to so many images, a tile of units x columns in
/// registers, which an update follows in place.
inline constexpr int64_t mostImagesOfFilterGrad = 2048;
mlir::FailureOr<int64_t> emitLinearFilterGrad(KernelBuilder &kb, CpuKernel &kernel);

} // namespace alexc

#endif // ALEXC_CODEGEN_CPU_GENERATORS_H
