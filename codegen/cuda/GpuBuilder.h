//===- GpuBuilder.h - write a GPU kernel that reads like one ----*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_GPUBUILDER_H
#define ALEXC_CODEGEN_CUDA_GPUBUILDER_H

#include "codegen/KernelBuilder.h"
#include "codegen/cuda/GpuTarget.h"
#include "codegen/cuda/KernelAttributes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace alexc {

/// What a KernelBuilder adds for a thread among others: where it is, what it
/// shares, and names for the variables of the printed text.
class GpuBuilder : public KernelBuilder {
public:
  static constexpr int64_t warp = 32;

  GpuBuilder(mlir::OpBuilder &builder, mlir::Location loc, mlir::gpu::GPUFuncOp function)
      : KernelBuilder(builder, loc, FusedAdd::mathOp), function(function) {}

  /// Blocks of the grid and threads of a block: constants of the kernel.
  void setLaunch(std::array<int64_t, 3> blocks, int64_t threads);

  using Dimension = mlir::gpu::Dimension;
  Index blockIndex(Dimension dimension = Dimension::x);
  Index threadIndex();
  /// All threads of the block wait for each other; all must get here.
  void barrier();

  /// Memory that the threads of a block share.
  mlir::Value sharedTile(llvm::StringRef name, llvm::ArrayRef<int64_t> shape);
  /// Numbers of a thread, in registers once all loops over them are unrolled.
  mlir::Value registerTile(llvm::StringRef name, llvm::ArrayRef<int64_t> shape);

  /// Runs `body` for each row of `rows`, with a warp's threads together, and sets the
  /// launch to that.
  void forEachRow(int64_t rows, llvm::function_ref<void(Index row, Index lane)> body);
  /// Combines the numbers of a warp's threads by halves; each thread gets the
  /// result. The whole warp must get here.
  using Combine = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;
  mlir::Value combineWarp(mlir::Value value, Combine combine);
  mlir::Value sumOfWarp(mlir::Value value);
  mlir::Value maximumOfWarp(mlir::Value value);

  /// A loop over [0, end) that is to be unrolled.
  void unrolled(int64_t end, Body body);
  /// What `load` gives where `condition` holds, else zeros; no condition holds always.
  mlir::Value loadIf(mlir::Value condition, llvm::function_ref<mlir::Value()> load,
                     int64_t lanes = 1);
  /// Whether both hold; a null condition always does.
  mlir::Value both(mlir::Value first, mlir::Value second);

  /// The same value, as a variable of that name.
  mlir::Value named(mlir::Value value, llvm::StringRef name);
  Index named(Index index, llvm::StringRef name);

private:
  mlir::Location locationOf(llvm::StringRef name);

  mlir::gpu::GPUFuncOp function;
};

/// A kernel of a GPU, whose grid computes all of it.
struct GpuKernel : Kernel {
  const GpuTarget &target;
};

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_GPUBUILDER_H
