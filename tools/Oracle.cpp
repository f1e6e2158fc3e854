//===- Oracle.cpp - what alexc verify compares with ----------------------------===//

#include "tools/Oracle.h"
#include <fmt/ranges.h>
#include <random>

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Images and parameters
//===----------------------------------------------------------------------===//

int64_t alexc::batchOf(func::FuncOp entry) {
  auto batch = entry->getAttrOfType<IntegerAttr>("alex.batch");
  return batch ? batch.getInt() : 1;
}

StringRef alexc::stateOf(func::FuncOp entry, unsigned argument) {
  auto state = entry.getArgAttrOfType<StringAttr>(argument, "alex.state");
  return state ? state.getValue() : StringRef();
}

/// The argument of the entry that `value` of an op is, through reorders and the
/// arguments of fused bodies; null where it is computed.
static BlockArgument argumentBehind(Value value) {
  while (true) {
    if (auto reorder = value.getDefiningOp<ReorderOp>()) {
      value = reorder.getInput();
      continue;
    }
    auto argument = dyn_cast<BlockArgument>(value);
    auto fused = argument ? dyn_cast<FusedOp>(argument.getOwner()->getParentOp()) : FusedOp();
    if (!fused)
      return argument;
    value = fused.getInputs()[argument.getArgNumber()];
  }
}

static void divide(TensorValue &value, double by) {
  for (double &element : value.data)
    element /= by;
}

static double deviationOf(const TensorValue &value) {
  double sum = 0, squares = 0;
  for (double element : value.data)
    sum += element, squares += element * element;
  double mean = sum / value.data.size();
  return std::sqrt(std::max(squares / value.data.size() - mean * mean, 0.0));
}

/// Gives the layer that computed `value` unit variance, by its parameters.
static void normalise(func::FuncOp entry, Operation *op, TensorValue &value, Trial &trial) {
  double deviation = deviationOf(value);
  if (!isa<Conv2dOp, LinearOp>(op) || deviation == 0)
    return;
  for (Value operand : op->getOperands().drop_front())
    if (BlockArgument argument = argumentBehind(operand))
      divide(trial.parameters[stateOf(entry, argument.getArgNumber()).str()], deviation);
  divide(value, deviation);
}

static TensorValue drawNormal(Type type, double deviation, std::mt19937_64 &random) {
  TensorValue value(cast<RankedTensorType>(type).getShape());
  std::normal_distribution<double> normal(0, deviation);
  for (double &element : value.data)
    element = static_cast<float>(normal(random));
  return value;
}

static SmallVector<const TensorValue *> argumentsOf(func::FuncOp entry, const Trial &trial) {
  return llvm::map_to_vector(llvm::seq(entry.getNumArguments()), [&](unsigned argument) {
    StringRef state = stateOf(entry, argument);
    return state.empty() ? &trial.inputs.at(batchOf(entry)) : &trial.parameters.at(state.str());
  });
}

LogicalResult alexc::drawTrial(func::FuncOp entry, uint64_t seed, Trial &trial) {
  std::mt19937_64 random(seed);
  bool hasNewParameters = false;
  for (auto [number, type] : llvm::enumerate(entry.getArgumentTypes())) {
    StringRef state = stateOf(entry, number);
    if (state.empty()) {
      if (!trial.inputs.count(batchOf(entry)))
        trial.inputs[batchOf(entry)] = drawNormal(type, 1, random);
    } else if (!trial.parameters.count(state.str())) {
      trial.parameters[state.str()] = drawNormal(type, 1, random);
      hasNewParameters = true;
    }
  }
  if (!hasNewParameters)
    return success();
  auto observer = [&](OpResult result, TensorValue &value) {
    normalise(entry, result.getOwner(), value, trial);
  };
  if (failed(interpret(entry, argumentsOf(entry, trial), observer)))
    return failure();
  for (auto &[name, parameter] : trial.parameters)
    for (double &element : parameter.data)
      element = static_cast<float>(element);
  return success();
}

FailureOr<std::vector<LayerValue>> alexc::evaluate(func::FuncOp entry, const Trial &trial) {
  std::vector<LayerValue> values;
  auto observer = [&](OpResult result, TensorValue &value) {
    auto layer = dyn_cast<LayerOpInterface>(result.getOwner());
    if (layer && !layer.getLayerName().empty() && result.getResultNumber() == 0)
      values.push_back({layer.getLayerName().str(), layer->getLoc(), value});
  };
  if (failed(interpret(entry, argumentsOf(entry, trial), observer)))
    return failure();
  return values;
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

Difference alexc::compare(const TensorValue &expected, const TensorValue &got, double tolerance) {
  double largest = 0;
  for (double element : expected.data)
    largest = std::max(largest, std::abs(element));
  Difference result;
  for (size_t i = 0; i < expected.data.size(); ++i) {
    if (expected.data[i] == got.data[i])
      continue;
    double error = std::abs(expected.data[i] - got.data[i]) / (largest > 0 ? largest : 1);
    if (std::isnan(error))
      error = 1;
    if (error > tolerance && !result.first)
      result.first = i;
    if (error > result.error)
      result.error = error, result.worst = i;
  }
  return result;
}

std::string alexc::positionOf(const TensorValue &value, size_t number) {
  SmallVector<size_t> position(value.shape.size());
  for (size_t dim = position.size(); dim-- > 0; number /= value.shape[dim])
    position[dim] = number % value.shape[dim];
  return fmt::format("[{}]", fmt::join(position, ", "));
}
