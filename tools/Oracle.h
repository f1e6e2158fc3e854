//===- Oracle.h - what alexc verify compares with ---------------*- C++ -*-===//

#ifndef ALEXC_TOOLS_ORACLE_H
#define ALEXC_TOOLS_ORACLE_H

#include "compiler/Interpreter.h"
#include <map>
#include <random>
#include <string>
#include <vector>

namespace alexc {

/// What a network is run on: the images of each batch size and their labels, the
/// parameters and what belongs to them by name, and the numbers of a step. All
/// numbers are exact in fp32, but for the gradients, which are computed.
struct Trial {
  std::map<int64_t, TensorValue> inputs; ///< (N, C, H, W) by N
  std::map<int64_t, TensorValue> labels; ///< (N) by N
  std::map<std::string, TensorValue> parameters, momenta, gradients;
  TensorValue step = TensorValue({8});
};

/// The value of a layer, and where the layer stands in the spec.
struct LayerValue {
  std::string layer;
  mlir::Location loc;
  TensorValue value;
};

/// Draws what the trial has none of yet of the arguments of `entry`: labels, and
/// images and parameters that are normally distributed, the parameters scaled layer by layer so
/// that each convolution and matrix product has results of unit variance. With
/// the paper's own initialisation the softmax over 1000 classes would be nearly
/// uniform and hide a wrong layer. Momenta and gradients are zero.
mlir::LogicalResult drawTrial(mlir::func::FuncOp entry, uint64_t seed, Trial &trial);

/// The value of every named layer of `entry` in fp64, in order. The trial must
/// have all arguments.
mlir::FailureOr<std::vector<LayerValue>> evaluate(mlir::func::FuncOp entry, Trial &trial);

/// A result of an entry of training: "loss", "prob", "conv1.weight" for a new
/// parameter, "conv1.weight:momentum" or "conv1.weight:gradient", as the binary's
/// command `gradients` names them.
struct OutputValue {
  std::string name;
  TensorValue value;
};

/// The results of `entry` in fp64, in order. The trial must have all arguments.
mlir::FailureOr<std::vector<OutputValue>> evaluateOutputs(mlir::func::FuncOp entry, Trial &trial);

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

/// The norm of the difference of two values of one shape over the norm of
/// `expected`.
double distance(const TensorValue &expected, const TensorValue &got);

/// Normally distributed numbers, exact in fp32.
TensorValue drawNormal(llvm::ArrayRef<int64_t> shape, double deviation, std::mt19937_64 &random);
/// The standard deviation of the elements.
double deviationOf(const TensorValue &value);

/// The position of element `number` of `value`: "[0, 3, 1, 2]".
std::string positionOf(const TensorValue &value, size_t number);

} // namespace alexc

#endif // ALEXC_TOOLS_ORACLE_H
