//===- Oracle.cpp - what alexc verify compares with ----------------------------===//

#include "tools/Oracle.h"
#include "llvm/ADT/MapVector.h"
#include <fmt/ranges.h>

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Arguments
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

double alexc::deviationOf(const TensorValue &value) {
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

TensorValue alexc::drawNormal(ArrayRef<int64_t> shape, double deviation, std::mt19937_64 &random) {
  TensorValue value(shape);
  std::normal_distribution<double> normal(0, deviation);
  for (double &element : value.data)
    element = static_cast<float>(normal(random));
  return value;
}

static TensorValue drawLabels(int64_t count, int64_t classes, std::mt19937_64 &random) {
  TensorValue labels({count});
  for (double &label : labels.data)
    label = random() % classes;
  return labels;
}

/// The name of the parameter that `role` of an argument of `entry` says; empty
/// where it has no such role.
static StringRef parameterOf(func::FuncOp entry, unsigned argument, StringRef role) {
  auto name = entry.getArgAttrOfType<StringAttr>(argument, role);
  return name ? name.getValue() : StringRef();
}

/// What an argument of `entry` is in the trial; of no shape where it has none yet.
static TensorValue &valueIn(Trial &trial, func::FuncOp entry, unsigned argument) {
  if (isa<StepType>(entry.getArgumentTypes()[argument]))
    return trial.step;
  if (entry.getArgAttr(argument, "alex.labels"))
    return trial.labels[batchOf(entry)];
  if (StringRef name = parameterOf(entry, argument, "alex.momentum"); !name.empty())
    return trial.momenta[name.str()];
  if (StringRef name = parameterOf(entry, argument, "alex.gradient"); !name.empty())
    return trial.gradients[name.str()];
  if (StringRef name = stateOf(entry, argument); !name.empty())
    return trial.parameters[name.str()];
  return trial.inputs[batchOf(entry)];
}

static SmallVector<const TensorValue *> argumentsOf(func::FuncOp entry, Trial &trial) {
  return llvm::map_to_vector(
      llvm::seq(entry.getNumArguments()),
      [&](unsigned argument) -> const TensorValue * { return &valueIn(trial, entry, argument); });
}

/// Classes that `entry` tells apart: columns of its probabilities.
static int64_t classesOf(func::FuncOp entry) {
  for (Type type : entry.getResultTypes())
    if (auto rows = dyn_cast<RankedTensorType>(type); rows && rows.getRank() == 2)
      return rows.getDimSize(1);
  return 1;
}

static TensorValue drawArgument(func::FuncOp entry, unsigned argument, std::mt19937_64 &random) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(entry.getArgumentTypes()[argument]).getShape();
  if (entry.getArgAttr(argument, "alex.labels"))
    return drawLabels(shape[0], classesOf(entry), random);
  if (entry.getArgAttr(argument, "alex.momentum") || entry.getArgAttr(argument, "alex.gradient"))
    return TensorValue(shape);
  return drawNormal(shape, 1, random);
}

LogicalResult alexc::drawTrial(func::FuncOp entry, uint64_t seed, Trial &trial) {
  std::mt19937_64 random(seed);
  bool hasNewParameters = false;
  for (unsigned argument = 0; argument < entry.getNumArguments(); ++argument) {
    TensorValue &value = valueIn(trial, entry, argument);
    if (!value.shape.empty())
      continue;
    value = drawArgument(entry, argument, random);
    hasNewParameters |= !stateOf(entry, argument).empty();
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

//===----------------------------------------------------------------------===//
// Parts on several devices
//===----------------------------------------------------------------------===//

/// A copy of `entry` that takes each parameter as a whole and cuts the rows of a
/// device where they are first read.
static OwningOpRef<func::FuncOp> withWholeParameters(func::FuncOp entry, Trial &trial) {
  OwningOpRef<func::FuncOp> copy = entry.clone();
  for (BlockArgument argument : copy->getArguments()) {
    unsigned number = argument.getArgNumber();
    auto rows = copy->getArgAttrOfType<DenseI64ArrayAttr>(number, "alex.rows");
    if (!rows)
      continue;
    auto type = cast<RankedTensorType>(argument.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[0] = valueIn(trial, *copy, number).shape[0];
    argument.setType(placed(RankedTensorType::get(shape, type.getElementType()), 0));
    if (argument.use_empty())
      continue;
    OpBuilder builder(*llvm::min_element(
        argument.getUsers(), [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); }));
    auto slice = SliceOp::create(
        builder, argument.getLoc(), type, argument, builder.getI64IntegerAttr(rows[0]),
        builder.getI64IntegerAttr(rows[1]), builder.getI64IntegerAttr(0), StringAttr());
    argument.replaceAllUsesExcept(slice, slice);
  }
  copy->setFunctionType(FunctionType::get(copy->getContext(), copy->front().getArgumentTypes(),
                                          copy->getResultTypes()));
  return copy;
}

namespace {
/// The parts of one value, each from index `first` of dimension `dim` on.
struct Parts {
  struct Part {
    int64_t first;
    TensorValue value;
  };
  int64_t dim = 0;
  std::vector<Part> list;

  /// Adds the part that `where` says; what all devices have once.
  void add(int64_t dim, int64_t first, TensorValue value);
  /// The whole value, once.
  TensorValue join();
};
} // namespace

void Parts::add(int64_t dim, int64_t first, TensorValue value) {
  this->dim = dim;
  auto place = llvm::find_if(list, [&](const Part &part) { return part.first >= first; });
  if (place == list.end() || place->first != first)
    list.insert(place, Part{first, std::move(value)});
}

TensorValue Parts::join() {
  if (list.size() == 1)
    return std::move(list.front().value);
  SmallVector<int64_t> shape(list.front().value.shape);
  shape[dim] = 0;
  for (const Part &part : list)
    shape[dim] += part.value.shape[dim];
  TensorValue whole(shape);
  int64_t rows = ShapedType::getNumElements(ArrayRef(shape).take_front(dim));
  double *end = whole.data.data();
  for (int64_t row = 0; row < rows; ++row)
    for (const Part &part : list) {
      int64_t size = part.value.data.size() / rows;
      end = std::copy_n(part.value.data.data() + row * size, size, end);
    }
  return whole;
}

/// Which part of its layer's value `op` computes; null where it is all.
static DenseI64ArrayAttr partOf(Operation *op) {
  auto fused = dyn_cast<FusedOp>(op->getParentOp());
  return (fused ? fused.getOperation() : op)->getAttrOfType<DenseI64ArrayAttr>("alex.part");
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

FailureOr<std::vector<LayerValue>> alexc::evaluate(func::FuncOp entry, Trial &trial) {
  llvm::MapVector<StringRef, std::pair<Location, Parts>> layers;
  auto observer = [&](OpResult result, TensorValue &value) {
    auto layer = dyn_cast<LayerOpInterface>(result.getOwner());
    if (!layer || layer.getLayerName().empty() || result.getResultNumber() != 0)
      return;
    auto part = partOf(layer);
    auto &known = layers.insert({layer.getLayerName(), {layer->getLoc(), Parts()}}).first->second;
    known.second.add(part ? part[0] : 0, part ? part[1] : 0, value);
  };
  OwningOpRef<func::FuncOp> whole = withWholeParameters(entry, trial);
  if (failed(interpret(*whole, argumentsOf(*whole, trial), observer)))
    return failure();
  std::vector<LayerValue> values;
  for (auto &[layer, found] : layers)
    values.push_back({layer.str(), found.first, found.second.join()});
  return values;
}

/// What a result of an entry of training is called.
static std::string nameOfOutput(func::FuncOp entry, unsigned result) {
  for (auto [role, suffix] : {std::pair<StringRef, StringRef>{"alex.output", ""},
                              {"alex.state", ""},
                              {"alex.momentum", ":momentum"},
                              {"alex.gradient", ":gradient"}})
    if (auto name = entry.getResultAttrOfType<StringAttr>(result, role))
      return (name.getValue() + suffix).str();
  return std::to_string(result);
}

FailureOr<std::vector<OutputValue>> alexc::evaluateOutputs(func::FuncOp entry, Trial &trial) {
  OwningOpRef<func::FuncOp> whole = withWholeParameters(entry, trial);
  auto results = interpret(*whole, argumentsOf(*whole, trial));
  if (failed(results))
    return failure();
  llvm::MapVector<std::string, Parts, std::map<std::string, unsigned>> parts;
  for (auto [number, value] : llvm::enumerate(*results)) {
    auto rows = entry.getResultAttrOfType<DenseI64ArrayAttr>(number, "alex.rows");
    parts[nameOfOutput(entry, number)].add(0, rows ? rows[0] : 0, std::move(value));
  }
  std::vector<OutputValue> outputs;
  for (auto &[name, found] : parts)
    outputs.push_back({name, found.join()});
  return outputs;
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

double alexc::distance(const TensorValue &expected, const TensorValue &got) {
  double differences = 0, squares = 0;
  for (size_t i = 0; i < expected.data.size(); ++i) {
    differences += (expected.data[i] - got.data[i]) * (expected.data[i] - got.data[i]);
    squares += expected.data[i] * expected.data[i];
  }
  return std::sqrt(squares > 0 ? differences / squares : differences);
}

std::string alexc::positionOf(const TensorValue &value, size_t number) {
  SmallVector<size_t> position(value.shape.size());
  for (size_t dim = position.size(); dim-- > 0; number /= value.shape[dim])
    position[dim] = number % value.shape[dim];
  return fmt::format("[{}]", fmt::join(position, ", "));
}
