//===- WarpValues.h - what a warp's threads compute as indices --*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_WARPVALUES_H
#define ALEXC_CODEGEN_CUDA_WARPVALUES_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <array>
#include <random>

namespace alexc {

/// A number for each thread of a warp.
using Lanes = std::array<int64_t, 32>;

/// The integers of one warp of a kernel, in one block and in one iteration of each
/// loop around them. All three are chosen evenly by the number of a sample: the same
/// number, the same choice.
///
/// A value is known where it follows from constants, from where the thread is, and from
/// loops whose bounds are known; what comes from memory or from another thread is not.
class WarpValues {
public:
  WarpValues(mlir::gpu::GPUFuncOp kernel, unsigned sample);

  std::optional<Lanes> find(mlir::Value value);

  /// How a warp comes by an op.
  struct Visit {
    bool isKnown = true;         ///< the bounds of the loops around it are
    std::array<bool, 32> active; ///< the threads that do; a condition that is not known holds
    double times = 1;            ///< in all the iterations of the loops
  };
  Visit visit(mlir::Operation *op);

private:
  /// One iteration of a loop.
  struct Iteration {
    Lanes variable;
    std::array<bool, 32> runs; ///< whether the thread has that iteration
    int64_t count;             ///< of the thread that has most
  };

  std::optional<Lanes> compute(mlir::Operation *op);
  std::optional<Lanes> computeBinary(mlir::Operation *op);
  const std::optional<Iteration> &iterationOf(mlir::scf::ForOp loop);
  void leave(mlir::Operation *inner, mlir::Operation *outer, Visit &visit);
  int64_t draw(int64_t count) { return static_cast<int64_t>(random() % count); }

  mlir::gpu::GPUFuncOp kernel;
  std::minstd_rand random;
  std::array<int64_t, 3> block;
  int64_t warp;
  llvm::DenseMap<mlir::Value, std::optional<Lanes>> values;
  llvm::DenseMap<mlir::Operation *, std::optional<Iteration>> iterations;
};

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_WARPVALUES_H
