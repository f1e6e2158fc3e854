//===- SpecLayers.cpp - read one layer of a spec ---------------------------===//

#include "compiler/Diagnostics.h"
#include "compiler/spec/ObjectReader.h"
#include "compiler/spec/Spec.h"
#include "llvm/ADT/StringExtras.h"

using namespace alexc;
using llvm::StringRef;
using Kind = JsonValue::Kind;

//===----------------------------------------------------------------------===//
// Settings of each op, in network order
//===----------------------------------------------------------------------===//

/// One number, [vertical, horizontal], or some of the sides by name.
static std::array<int64_t, 4> readPadding(ObjectReader &reader) {
  const JsonValue *value = reader.optional("padding");
  if (!value)
    return {0, 0, 0, 0};
  if (!value->is(Kind::object)) {
    auto [vertical, horizontal] = reader.pair("padding", /*least=*/0);
    return {vertical, horizontal, vertical, horizontal};
  }
  ObjectReader sides(*value, reader.prefix() + "padding: ", reader.sink());
  std::array<int64_t, 4> padding;
  for (unsigned side : {0, 1, 2, 3}) {
    static const StringRef names[] = {"top", "left", "bottom", "right"};
    padding[side] = sides.integer(names[side], /*least=*/0, /*fallback=*/0);
  }
  sides.finish();
  return padding;
}

static LayerSettings readConv2d(ObjectReader &reader) {
  Conv2dSpec conv;
  conv.filters = reader.positive("filters");
  conv.kernel = reader.pair("kernel", /*least=*/1);
  conv.stride = reader.pair("stride", /*least=*/1, {{1, 1}});
  conv.padding = readPadding(reader);
  conv.groups = reader.positive("groups", 1);
  conv.bias = reader.boolean("bias", true);
  return conv;
}

static LayerSettings readLrn(ObjectReader &reader) {
  LrnSpec lrn;
  lrn.form =
      reader.choice<LrnForm>("form", {{"across", LrnForm::across}, {"within", LrnForm::within}});
  lrn.size = reader.positive("size");
  lrn.k = reader.positiveNumber("k");
  lrn.alpha = reader.atLeastZero("alpha");
  lrn.beta = reader.atLeastZero("beta");
  lrn.alphaForm =
      reader.choice<AlphaForm>("alpha_is", {{"sum", AlphaForm::sum}, {"mean", AlphaForm::mean}});
  lrn.groups = reader.positive("groups", 1);
  return lrn;
}

static LayerSettings readPool(ObjectReader &reader, bool isMax) {
  PoolSpec pool;
  pool.isMax = isMax;
  pool.size = reader.pair("size", /*least=*/1);
  pool.stride = reader.pair("stride", /*least=*/1);
  pool.padding = readPadding(reader);
  pool.roundsUp = reader.choice<bool>("rounding", {{"floor", false}, {"ceil", true}}, false);
  return pool;
}

static LayerSettings readLinear(ObjectReader &reader) {
  LinearSpec linear;
  linear.units = reader.positive("units");
  linear.bias = reader.boolean("bias", true);
  return linear;
}

static LayerSettings readDropout(ObjectReader &reader) {
  DropoutSpec dropout;
  dropout.rate = reader.number("rate", "a number from 0 up to, not including, 1",
                               [](double rate) { return rate >= 0 && rate < 1; });
  dropout.form = reader.choice<DropoutForm>(
      "form", {{"paper", DropoutForm::paper}, {"inverted", DropoutForm::inverted}});
  return dropout;
}

static LayerSettings readSlice(ObjectReader &reader) {
  SliceSpec slice;
  slice.begin = reader.integer("begin", /*least=*/0);
  slice.size = reader.positive("size");
  return slice;
}

template <typename Settings>
static LayerSettings readNothing(ObjectReader &) {
  return Settings();
}

/// Reads what only layers with parameters have.
static void readParameters(ObjectReader &reader, LayerSpec &layer) {
  layer.initializers = readInitializers(reader, "init");
  layer.rateFactors = readFactors(reader, "lr_factor");
  layer.decayFactors = readFactors(reader, "decay_factor");
}

//===----------------------------------------------------------------------===//
// Initializers and factors
//===----------------------------------------------------------------------===//

static std::optional<Initializer> readInitializer(ObjectReader &parent, StringRef key) {
  const JsonValue *value = parent.optional(key);
  if (!value)
    return std::nullopt;
  using InitKind = Initializer::Kind;
  ObjectReader reader(*value, (parent.prefix() + key + ": ").str(), parent.sink());
  Initializer initializer;
  initializer.kind = reader.choice<InitKind>("kind", {{"normal", InitKind::normal},
                                                      {"constant", InitKind::constant},
                                                      {"he", InitKind::he},
                                                      {"xavier", InitKind::xavier}});
  if (initializer.kind == InitKind::normal)
    initializer.value = reader.atLeastZero("std");
  if (initializer.kind == InitKind::constant)
    initializer.value = reader.number("value", "a number", [](double) { return true; });
  reader.finish();
  return initializer;
}

PerParameter<Initializer> alexc::readInitializers(ObjectReader &parent, StringRef key) {
  const JsonValue *value = parent.optional(key);
  if (!value)
    return {};
  ObjectReader reader(*value, (parent.prefix() + key + ": ").str(), parent.sink());
  PerParameter<Initializer> result;
  result.weight = readInitializer(reader, "weight");
  result.bias = readInitializer(reader, "bias");
  reader.finish();
  return result;
}

PerParameter<double> alexc::readFactors(ObjectReader &parent, StringRef key) {
  const JsonValue *value = parent.optional(key);
  if (!value)
    return {};
  if (value->isNumber()) {
    double both = parent.atLeastZero(key);
    return {both, both};
  }
  ObjectReader reader(*value, (parent.prefix() + key + ": ").str(), parent.sink());
  PerParameter<double> result;
  for (auto [name, factor] : {std::pair("weight", &result.weight), {"bias", &result.bias}})
    if (value->find(name))
      *factor = reader.atLeastZero(name);
    else
      reader.optional(name);
  reader.finish();
  return result;
}

//===----------------------------------------------------------------------===//
// The layer
//===----------------------------------------------------------------------===//

namespace {
/// How to read the settings of an op.
struct LayerKind {
  StringRef op;
  LayerSettings (*read)(ObjectReader &);
  bool hasParameters = false;
};
} // namespace

static llvm::ArrayRef<LayerKind> layerKinds() {
  static const LayerKind kinds[] = {
      {"conv2d", readConv2d, true},
      {"relu", readNothing<ReluSpec>},
      {"tanh", readNothing<TanhSpec>},
      {"sigmoid", readNothing<SigmoidSpec>},
      {"lrn", readLrn},
      {"max_pool", [](ObjectReader &reader) { return readPool(reader, /*isMax=*/true); }},
      {"avg_pool", [](ObjectReader &reader) { return readPool(reader, /*isMax=*/false); }},
      {"flatten", readNothing<FlattenSpec>},
      {"linear", readLinear, true},
      {"dropout", readDropout},
      {"softmax", readNothing<SoftmaxSpec>},
      {"concat", readNothing<ConcatSpec>},
      {"slice", readSlice},
      {"add", readNothing<AddSpec>},
  };
  return kinds;
}

/// Names become strings in IR, keys of files and words on a command line, where
/// --set and --dump end them at '='; "input" is taken.
static std::string readName(const JsonValue &value, SpecErrors &errors) {
  constexpr size_t longest = 200;
  const JsonValue *name = value.find("name");
  if (!name)
    return errors.report(value.where, "layer: missing key 'name'"), "";
  if (!name->is(Kind::string))
    errors.report(name->where, "layer: name: expected a string, got " + name->describe());
  else if (name->text.empty())
    errors.report(name->where, "layer: name: expected at least one character, got none");
  else if (name->text.size() > longest)
    errors.report(name->where, "layer: name: expected at most " + llvm::Twine(longest) +
                                   " bytes, got " + llvm::Twine(name->text.size()));
  else if (llvm::any_of(name->text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    errors.report(name->where,
                  "layer: name: expected no control characters, got " + name->describe());
  else if (StringRef(name->text).contains('='))
    errors.report(name->where, "layer: name: expected no '=', got " + name->describe());
  else if (StringRef text = name->text; text.ends_with(".weight") || text.ends_with(".bias"))
    errors.report(name->where, "layer: name: names that end in .weight and .bias are those of "
                               "parameters, got " +
                                   name->describe());
  else if (name->text == "input")
    errors.report(name->where, "layer: name: 'input' is the name of the network's input");
  return name->text;
}

static std::vector<InputName> readInputs(ObjectReader &reader, StringRef previous) {
  const JsonValue *value = reader.optional("inputs");
  if (!value)
    return {{previous.str(), reader.object().where}};
  std::vector<InputName> inputs;
  if (!value->is(Kind::list) || value->elements.empty())
    reader.refuse("inputs", *value, "a list of layer names");
  for (const JsonValue &element : value->elements) {
    if (!element.is(Kind::string))
      reader.refuse("inputs", element, "a layer name");
    inputs.push_back({element.text, element.where});
  }
  return inputs;
}

/// The kind that member "op" names, or null after an error.
static const LayerKind *readKind(ObjectReader &reader) {
  const JsonValue *op = reader.required("op");
  if (!op)
    return nullptr;
  llvm::SmallVector<StringRef> ops;
  for (const LayerKind &kind : layerKinds()) {
    if (op->is(Kind::string) && op->text == kind.op)
      return &kind;
    ops.push_back(kind.op);
  }
  if (!op->is(Kind::string))
    reader.refuse("op", *op, "the name of an op");
  else
    reader.sink().report(op->where,
                         reader.prefix() + "op: no op " + op->describe() + suggest(op->text, ops));
  return nullptr;
}

LayerSpec alexc::readLayer(const JsonValue &value, StringRef previous, SpecErrors &errors) {
  LayerSpec layer;
  layer.where = value.where;
  if (!value.is(Kind::object)) {
    errors.report(value.where, "layers: expected an object, got " + value.describe());
    return layer;
  }
  layer.name = readName(value, errors);
  if (errors.any())
    return layer;
  ObjectReader reader(value, "layer '" + layer.name + "': ", errors);
  reader.optional("name");
  layer.inputs = readInputs(reader, previous);
  const LayerKind *kind = readKind(reader);
  if (kind) {
    layer.op = kind->op.str();
    layer.settings = kind->read(reader);
    if (kind->hasParameters)
      readParameters(reader, layer);
    reader.finish();
  } else if (!value.find("op")) {
    reader.fail("missing key 'op'");
  }
  return layer;
}
