//===- Convolution.h - what a convolution and its gradients share -*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CONVOLUTION_H
#define ALEXC_CODEGEN_CONVOLUTION_H

#include "codegen/KernelBuilder.h"

namespace alexc {

/// The convolution that an op computes, or of which it computes a gradient: its
/// values are the op's operands and result in their roles.
struct Convolution {
  mlir::Value image;  ///< (N, C, H, W), or its gradient
  mlir::Value filter; ///< (K, C/groups, R, S), or its gradient
  mlir::Value output; ///< (N, K, P, Q), or its gradient
  llvm::ArrayRef<int64_t> stride, pad;
  int64_t groups;

  explicit Convolution(Conv2dOp op);
  explicit Convolution(Conv2dDataGradOp op);
  explicit Convolution(Conv2dFilterGradOp op);

  /// The zeros around the image that the windows reach: its padding, but for
  /// rows and columns that no window reaches.
  std::array<int64_t, 4> imageHalo() const;
  /// The zeros around the output's gradient that the windows of an image's
  /// gradient reach, in a convolution of stride 1.
  std::array<int64_t, 4> outputHalo() const;
};

/// Size of a dimension of a value of a kernel's body, which may have no place.
int64_t dimOf(mlir::Value value, int dim);

/// Checks that an operand of a kernel's root has at least the halo `needed`.
mlir::LogicalResult checkHalo(const Kernel &kernel, mlir::Value operand,
                              std::array<int64_t, 4> needed);

} // namespace alexc

#endif // ALEXC_CODEGEN_CONVOLUTION_H
