//===- KernelCatalog.h - which kernels exist, and what they cost -*- C++ -*-===//
//
// What alex-select asks. The code generator implements it and registers it as
// an interface of the alex dialect, so that the compiler knows no target.

#ifndef ALEXC_COMPILER_KERNELCATALOG_H
#define ALEXC_COMPILER_KERNELCATALOG_H

#include "dialect/Dialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectInterface.h"

namespace alexc {

/// One way to compute an op.
struct KernelChoice {
  std::string name;                   ///< "conv_direct"; becomes the op's `alex.kernel`
  llvm::SmallVector<Layout> operands; ///< the layout wanted of each operand
  llvm::SmallVector<Layout> results;  ///< without halo: each reader asks for its own
  double seconds = 0;                 ///< predicted, on one core
};

/// The machine that a module says it is compiled for.
struct Machine {
  bool isGpu = false; ///< `alex.target` is "cuda"
  std::string name;   ///< of the CPU, as for --mcpu, or the GPU's architecture or product
  std::string precision = "fp32"; ///< `alex.precision`: of a GPU's products

  static Machine of(mlir::ModuleOp module);
  /// For messages: "cpu 'native'".
  std::string text() const { return (isGpu ? "gpu '" : "cpu '") + name + "'"; }
};

/// The kernels of a target. Operands ask for at least the halo in their layout;
/// every kernel can write any halo around its results.
class KernelCatalog : public mlir::DialectInterface::Base<KernelCatalog> {
public:
  using Base::Base;
  virtual ~KernelCatalog() = default;

  /// All ways to compute `op` (a layer or a fused op) on `machine`; empty if there
  /// is none, or if there is no such machine.
  virtual llvm::SmallVector<KernelChoice> choices(mlir::Operation *op,
                                                  const Machine &machine) const = 0;
  /// In how many parts, a divisor of the images, `machine` had better sum the gradient
  /// of a filter. The same for the pieces that a plan cuts by filters.
  virtual int64_t parts(Conv2dFilterGradOp op, const Machine &machine) const { return 1; }
  /// Predicted seconds of moving `bytes` through the memory of `machine`; infinite if
  /// there is no such machine.
  virtual double copySeconds(int64_t bytes, const Machine &machine) const = 0;
  /// Predicted seconds of bringing `bytes` to another device of the kind; infinite if
  /// there is no such machine.
  virtual double transferSeconds(int64_t bytes, const Machine &machine) const = 0;
};

} // namespace alexc

#endif // ALEXC_COMPILER_KERNELCATALOG_H
