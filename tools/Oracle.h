//===- Oracle.h - what alexc verify compares with ---------------*- C++ -*-===//

#ifndef ALEXC_TOOLS_ORACLE_H
#define ALEXC_TOOLS_ORACLE_H

#include "compiler/Interpreter.h"
#include <map>
#include <string>
#include <vector>

namespace alexc {

/// What a network is run on: the images of each batch size, and the parameters
/// by name. All numbers are exact in fp32.
struct Trial {
  std::map<int64_t, TensorValue> inputs; ///< (N, C, H, W) by N
  std::map<std::string, TensorValue> parameters;
};

/// The value of a layer, and where the layer stands in the spec.
struct LayerValue {
  std::string layer;
  mlir::Location loc;
  TensorValue value;
};

/// Draws what the trial has none of yet, images for the batch of `entry` and
/// parameters: normally distributed, the parameters scaled layer by layer so
/// that each convolution and matrix product has results of unit variance. With
/// the paper's own initialisation the softmax over 1000 classes would be nearly
/// uniform and hide a wrong layer.
mlir::LogicalResult drawTrial(mlir::func::FuncOp entry, uint64_t seed, Trial &trial);

/// The value of every named layer of `entry` in fp64, in order.
mlir::FailureOr<std::vector<LayerValue>> evaluate(mlir::func::FuncOp entry, const Trial &trial);

/// Images of one execution of an entry.
int64_t batchOf(mlir::func::FuncOp entry);
/// The parameter that an argument of `entry` is; empty for the images.
llvm::StringRef stateOf(mlir::func::FuncOp entry, unsigned argument);

/// How far two values of one shape are apart.
struct Difference {
  double error = 0; ///< largest |difference| over the largest |expected|; NaN counts as 1
  size_t worst = 0; ///< the element of the largest difference
  std::optional<size_t> first; ///< the first element beyond the tolerance
};
Difference compare(const TensorValue &expected, const TensorValue &got, double tolerance);

/// The position of element `number` of `value`: "[0, 3, 1, 2]".
std::string positionOf(const TensorValue &value, size_t number);

} // namespace alexc

#endif // ALEXC_TOOLS_ORACLE_H
