//===- EntryBuilder.cpp - build an entry function from a spec --------------===//

#include "compiler/spec/EntryBuilder.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace alexc;

/// "256x6x6": a shape without its batch, as users write it.
static std::string sizes(ArrayRef<int64_t> shape) {
  return llvm::join(
      llvm::map_range(shape.drop_front(), [](int64_t size) { return std::to_string(size); }), "x");
}

Location alexc::locationOf(MLIRContext &context, const SourcePosition &where) {
  return FileLineColLoc::get(&context, *where.source, where.line, where.column);
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

FailureOr<func::FuncOp> EntryBuilder::build() {
  loc = locationOf(*builder.getContext(), spec.input.where);
  const InputSpec &image = spec.input;
  int64_t shape[] = {batch, image.channels, image.height, image.width};
  if (failed(checkSize(shape, "the input")))
    return failure();
  function =
      func::FuncOp::create(builder, locationOf(*builder.getContext(), spec.where),
                           kind + "_" + std::to_string(batch), builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  addInputs(RankedTensorType::get(shape, builder.getF32Type()));
  for (const LayerSpec &next : spec.layers)
    if (failed(buildLayer(next)))
      return function.erase(), failure();
  if (failed(checkScores()))
    return function.erase(), failure();
  finish();
  return function;
}

BlockArgument EntryBuilder::addArgument(Type type, ArrayRef<NamedAttribute> attributes,
                                        Location where) {
  unsigned number = function.getNumArguments();
  (void)function.insertArgument(number, type, builder.getDictionaryAttr(attributes), where);
  return function.getArgument(number);
}

/// The arguments that are no parameters.
void EntryBuilder::addInputs(Type images) {
  auto named = [&](StringRef name) { return NameLoc::get(builder.getStringAttr(name), loc); };
  UnitAttr unit = builder.getUnitAttr();
  values["input"] = addArgument(images, NamedAttribute("alex.input", unit), named("input"));
  if (hasLabels())
    labels = addArgument(RankedTensorType::get(batch, builder.getI32Type()),
                         NamedAttribute("alex.labels", unit), named("labels"));
  if (isTrained())
    step = addArgument(StepType::get(builder.getContext()), {}, named("step"));
}

LogicalResult EntryBuilder::buildLayer(const LayerSpec &next) {
  layer = &next;
  layerName = builder.getStringAttr(next.name);
  loc = NameLoc::get(layerName, locationOf(*builder.getContext(), next.where));
  operands.clear();
  for (const InputName &name : next.inputs)
    operands.push_back(values.lookup(name.name));
  allReports.emplace_back();
  if (failed(checkInputCount()))
    return failure();
  auto result = std::visit([&](const auto &settings) { return build(settings); }, next.settings);
  if (failed(result))
    return failure();
  values[next.name] = *result;
  ArrayRef<int64_t> resultShape = cast<RankedTensorType>(result->getType()).getShape();
  LayerReport &report = allReports.back();
  report.shape.assign(resultShape.begin() + 1, resultShape.end());
  report.macs = result->getDefiningOp<LayerOpInterface>().getMacs() / batch;
  return success();
}

/// Returns the last layer's value, or loss and probabilities.
void EntryBuilder::finish() {
  if (!hasLabels())
    outputs = {values.lookup(layer->name)};
  func::ReturnOp::create(builder, loc, outputs);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), ValueRange(outputs).getTypes()));
  function->setAttr("alex.entry", builder.getStringAttr(kind));
  function->setAttr("alex.batch", builder.getI64IntegerAttr(batch));
  if (!hasLabels())
    return;
  function.setResultAttr(0, "alex.output", builder.getStringAttr("loss"));
  function.setResultAttr(1, "alex.output", builder.getStringAttr("prob"));
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// What a spec says of weights or of biases: the layer, or else training.
template <typename Value>
static Value settingOf(bool isBias, const PerParameter<Value> &layer,
                       const PerParameter<Value> &training, Value fallback) {
  std::optional<Value> own = isBias ? layer.bias : layer.weight;
  std::optional<Value> general = isBias ? training.bias : training.weight;
  return own ? *own : general.value_or(fallback);
}

Parameter EntryBuilder::describeParameter(Shape shape, bool isBias) const {
  const TrainingSpec &training = spec.training;
  const OptimizerSpec &optimizer = training.optimizer;
  Initializer usual = {isBias ? Initializer::Kind::constant : Initializer::Kind::he, 0};
  return {layer->name + (isBias ? ".bias" : ".weight"), llvm::SmallVector<int64_t>(shape),
          settingOf(isBias, layer->initializers, training.initializers, usual),
          settingOf(isBias, layer->rateFactors, optimizer.rateFactors, 1.0),
          settingOf(isBias, layer->decayFactors, optimizer.decayFactors, 1.0)};
}

FailureOr<Value> EntryBuilder::addParameter(Shape shape, bool isBias) {
  if (failed(checkSize(shape, isBias ? "bias" : "weight")))
    return failure();
  const Parameter &parameter = allParameters.emplace_back(describeParameter(shape, isBias));
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  allReports.back().params += type.getNumElements();
  StringAttr name = builder.getStringAttr(parameter.name);
  SmallVector<NamedAttribute> attributes = {{"alex.state", name}};
  if (isTrained()) {
    attributes.emplace_back("alex.rate_factor", builder.getF64FloatAttr(parameter.rateFactor));
    attributes.emplace_back("alex.decay_factor", builder.getF64FloatAttr(parameter.decayFactor));
  }
  return Value(addArgument(type, attributes, NameLoc::get(name, loc)));
}

FailureOr<Value> EntryBuilder::addBias(bool exists, int64_t size) {
  return exists ? addParameter(size, true) : Value();
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

LogicalResult EntryBuilder::checkSize(Shape shape, StringRef what) {
  constexpr int64_t mostElements = int64_t(1) << 38; // 2^40 bytes
  int64_t elements = 1;
  for (int64_t size : shape)
    if (llvm::MulOverflow(elements, size, elements) || elements > mostElements)
      return fail() << what << " has " << shape.front() << "x" << sizes(shape)
                    << " elements, which is more than 2^40 bytes";
  return success();
}

LogicalResult EntryBuilder::checkWork(Value output, Value weight) {
  auto outputs = cast<RankedTensorType>(output.getType());
  auto weights = cast<RankedTensorType>(weight.getType());
  if (!macsOf(weights.getShape(), outputs.getShape()))
    return fail() << layer->op << " takes more than 2^63 multiply-adds";
  return success();
}

LogicalResult EntryBuilder::checkInputCount() {
  if (std::holds_alternative<ConcatSpec>(layer->settings))
    return success();
  size_t wanted = std::holds_alternative<AddSpec>(layer->settings) ? 2 : 1;
  if (operands.size() != wanted)
    return fail() << layer->op << " takes " << wanted << (wanted == 1 ? " input" : " inputs")
                  << ", got " << operands.size();
  return success();
}

/// The last layer's value is to be one row of scores for each image.
LogicalResult EntryBuilder::checkScores() {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(values.lookup(layer->name).getType()).getShape();
  if (shape.size() != 2)
    return fail() << "the last layer must give one row of scores for an image, got " << sizes(shape)
                  << "; insert a flatten layer before it";
  outputColumns = shape[1];
  return success();
}

LogicalResult EntryBuilder::checkImages() {
  if (shape().size() != 4)
    return fail() << layer->op << " takes images, got rows of " << shape()[1] << " values from '"
                  << layer->inputs.front().name << "'";
  return success();
}

LogicalResult EntryBuilder::checkRows() {
  if (shape().size() != 2)
    return fail() << layer->op << " takes rows of values, got images of " << sizes(shape())
                  << " from '" << layer->inputs.front().name
                  << "'; insert a flatten layer before it";
  return success();
}

LogicalResult EntryBuilder::checkGroups(int64_t groups) {
  if (shape()[1] % groups)
    return fail() << "input channels (" << shape()[1] << ") are not divisible by groups (" << groups
                  << ")";
  return success();
}

LogicalResult EntryBuilder::checkWindow(Shape window, Shape padding) {
  int64_t height = shape()[2] + padding[0] + padding[2];
  int64_t width = shape()[3] + padding[1] + padding[3];
  if (window[0] > height || window[1] > width)
    return fail() << "a window of " << window[0] << "x" << window[1]
                  << " does not fit into the padded image of " << height << "x" << width;
  return success();
}

//===----------------------------------------------------------------------===//
// Layers, in network order
//===----------------------------------------------------------------------===//

template <typename Op, typename... Arguments>
FailureOr<Value> EntryBuilder::create(Arguments &&...arguments) {
  Op op = Op::create(builder, loc, std::forward<Arguments>(arguments)..., layerName);
  Value output = op.getOutput();
  if (failed(checkSize(cast<RankedTensorType>(output.getType()).getShape(), "the output")))
    return failure();
  return output;
}

FailureOr<Value> EntryBuilder::build(const Conv2dSpec &conv) {
  if (failed(checkImages()) || failed(checkGroups(conv.groups)) ||
      failed(checkWindow(conv.kernel, conv.padding)))
    return failure();
  if (conv.filters % conv.groups)
    return fail() << "filters (" << conv.filters << ") are not divisible by groups (" << conv.groups
                  << ")";
  FailureOr<Value> weight =
      addWeight({conv.filters, shape()[1] / conv.groups, conv.kernel[0], conv.kernel[1]});
  FailureOr<Value> bias = addBias(conv.bias, conv.filters);
  if (failed(weight) || failed(bias))
    return failure();
  FailureOr<Value> output = create<Conv2dOp>(
      input(), *weight, *bias, builder.getDenseI64ArrayAttr(conv.stride),
      builder.getDenseI64ArrayAttr(conv.padding), builder.getI64IntegerAttr(conv.groups));
  if (failed(output) || failed(checkWork(*output, *weight)))
    return failure();
  return output;
}

FailureOr<Value> EntryBuilder::build(const ReluSpec &) { return create<ReluOp>(input()); }

FailureOr<Value> EntryBuilder::build(const TanhSpec &) { return create<TanhOp>(input()); }

FailureOr<Value> EntryBuilder::build(const SigmoidSpec &) { return create<SigmoidOp>(input()); }

FailureOr<Value> EntryBuilder::build(const LrnSpec &lrn) {
  if (failed(checkImages()) || failed(checkGroups(lrn.groups)))
    return failure();
  if (lrn.form == LrnForm::within && lrn.groups != 1)
    return fail() << "an lrn within one channel has no groups, got " << lrn.groups;
  return create<LrnOp>(input(), LrnFormAttr::get(builder.getContext(), lrn.form),
                       builder.getI64IntegerAttr(lrn.size), builder.getF64FloatAttr(lrn.k),
                       builder.getF64FloatAttr(lrn.alpha), builder.getF64FloatAttr(lrn.beta),
                       AlphaFormAttr::get(builder.getContext(), lrn.alphaForm),
                       builder.getI64IntegerAttr(lrn.groups));
}

FailureOr<Value> EntryBuilder::build(const PoolSpec &pool) {
  if (failed(checkImages()) || failed(checkWindow(pool.size, pool.padding)))
    return failure();
  for (unsigned side : {0, 1, 2, 3})
    if (pool.padding[side] >= pool.size[side % 2])
      return fail() << "padding (" << pool.padding[side] << ") must be smaller than the window ("
                    << pool.size[side % 2] << ")";
  auto size = builder.getDenseI64ArrayAttr(pool.size);
  auto stride = builder.getDenseI64ArrayAttr(pool.stride);
  auto padding = builder.getDenseI64ArrayAttr(pool.padding);
  UnitAttr ceil = pool.roundsUp ? builder.getUnitAttr() : UnitAttr();
  if (pool.isMax)
    return create<MaxPoolOp>(input(), size, stride, padding, ceil);
  return create<AvgPoolOp>(input(), size, stride, padding, ceil);
}

FailureOr<Value> EntryBuilder::build(const FlattenSpec &) {
  if (failed(checkImages()))
    return failure();
  return create<FlattenOp>(input());
}

FailureOr<Value> EntryBuilder::build(const LinearSpec &linear) {
  if (failed(checkRows()))
    return failure();
  FailureOr<Value> weight = addWeight({linear.units, shape()[1]});
  FailureOr<Value> bias = addBias(linear.bias, linear.units);
  if (failed(weight) || failed(bias))
    return failure();
  FailureOr<Value> output = create<LinearOp>(input(), *weight, *bias);
  if (failed(output) || failed(checkWork(*output, *weight)))
    return failure();
  return output;
}

FailureOr<Value> EntryBuilder::build(const DropoutSpec &dropout) {
  return create<DropoutOp>(input(), step, builder.getF64FloatAttr(dropout.rate),
                           DropoutFormAttr::get(builder.getContext(), dropout.form),
                           step ? layerName : StringAttr(), builder.getDenseI64ArrayAttr({0, 0}));
}

FailureOr<Value> EntryBuilder::build(const SoftmaxSpec &) {
  if (failed(checkRows()))
    return failure();
  if (layer != &spec.layers.back())
    return fail() << "softmax must be the last layer";
  if (!hasLabels())
    return create<SoftmaxOp>(input());
  auto loss = SoftmaxCrossEntropyOp::create(builder, loc, input(), labels, layerName);
  outputs = {loss.getLoss(), loss.getProb()};
  return loss.getProb();
}

FailureOr<Value> EntryBuilder::build(const ConcatSpec &) {
  for (unsigned number = 1; number < operands.size(); ++number) {
    Shape first = shape(), other = shape(number);
    if (first.size() != other.size() || first.drop_front(2) != other.drop_front(2))
      return fail() << "concat takes inputs that differ in channels only, got " << sizes(first)
                    << " from '" << layer->inputs.front().name << "' and " << sizes(other)
                    << " from '" << layer->inputs[number].name << "'";
  }
  return create<ConcatOp>(ValueRange(operands), builder.getI64IntegerAttr(1));
}

FailureOr<Value> EntryBuilder::build(const SliceSpec &slice) {
  int64_t end = slice.begin + slice.size;
  if (end > shape()[1])
    return fail() << "slice takes channels " << slice.begin << " to " << end - 1
                  << ", but its input has " << shape()[1];
  return create<SliceOp>(input(), builder.getI64IntegerAttr(slice.begin),
                         builder.getI64IntegerAttr(slice.size), builder.getI64IntegerAttr(1));
}

FailureOr<Value> EntryBuilder::build(const AddSpec &) {
  if (shape(0) != shape(1))
    return fail() << "add takes inputs of one shape, got " << sizes(shape(0)) << " from '"
                  << layer->inputs[0].name << "' and " << sizes(shape(1)) << " from '"
                  << layer->inputs[1].name << "'";
  return create<AddOp>(input(), operands[1]);
}
