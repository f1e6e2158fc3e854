//===- Spec.cpp - read the spec of a network -------------------------------===//

#include "compiler/spec/Spec.h"

#include "compiler/Diagnostics.h"
#include "compiler/partition/Plan.h"
#include "compiler/spec/ObjectReader.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace alexc;
using llvm::StringRef;
using Kind = JsonValue::Kind;

static InputSpec readInput(const JsonValue &value, SpecErrors &errors) {
  ObjectReader reader(value, "input: ", errors);
  InputSpec input;
  input.where = value.where;
  input.channels = reader.positive("channels");
  input.height = reader.positive("height");
  input.width = reader.positive("width");
  constexpr int64_t mostChannels = 65536; // each has a mean
  if (input.channels > mostChannels)
    reader.refuse("channels", *value.find("channels"), "at most " + llvm::Twine(mostChannels));
  reader.finish();
  return input;
}

//===----------------------------------------------------------------------===//
// Preprocessing
//===----------------------------------------------------------------------===//

/// {"shorter": N} or {"exact": [H, W]}, at least as large as the input.
static void readResize(const JsonValue &value, const InputSpec &input,
                       PreprocessingSpec &preprocessing, SpecErrors &errors) {
  ObjectReader reader(value, "preprocessing: resize: ", errors);
  if (value.find("exact") || !value.find("shorter")) {
    preprocessing.exactSize = reader.pair("exact", /*least=*/1);
    auto [height, width] = *preprocessing.exactSize;
    if (!errors.any() && value.find("exact") && (height < input.height || width < input.width))
      reader.fail("exact: expected at least the input's size " + llvm::Twine(input.height) + "x" +
                  llvm::Twine(input.width) + ", got " + llvm::Twine(height) + "x" +
                  llvm::Twine(width));
  } else {
    preprocessing.shorterSide = reader.positive("shorter");
    int64_t least = std::max(input.height, input.width);
    if (!errors.any() && *preprocessing.shorterSide < least)
      reader.refuse("shorter", *value.find("shorter"),
                    "at least the input's size (" + llvm::Twine(least) + ")");
  }
  reader.finish();
}

/// One number for each channel of the input; `fallback` for all if not given.
static std::vector<double> readPerChannel(ObjectReader &reader, StringRef key, double fallback,
                                          const InputSpec &input, StringRef wanted,
                                          llvm::function_ref<bool(double)> accepts) {
  std::vector<double> values = reader.numbers(key, wanted, accepts);
  const JsonValue *written = reader.object().find(key);
  if (!written)
    return std::vector<double>(input.channels, fallback);
  if (int64_t(values.size()) != input.channels)
    reader.sink().report(written->where, reader.prefix() + key +
                                             ": expected a number for each of the " +
                                             llvm::Twine(input.channels) + " input channels, got " +
                                             llvm::Twine(values.size()));
  return values;
}

/// The order of the channels; rgb or grey if not given.
static std::string readChannels(ObjectReader &reader, const InputSpec &input) {
  std::string channels =
      reader.choice<std::string>("channels", {{"rgb", "rgb"}, {"bgr", "bgr"}, {"grey", "grey"}},
                                 std::string(input.channels == 1 ? "grey" : "rgb"));
  const JsonValue *written = reader.object().find("channels");
  if (written && !reader.sink().any() && input.channels != (channels == "grey" ? 1 : 3))
    reader.refuse("channels", *written,
                  "an order of the input's " + llvm::Twine(input.channels) + " channels");
  return channels;
}

static PreprocessingSpec readPreprocessing(const JsonValue *value, const InputSpec &input,
                                           SpecErrors &errors) {
  JsonValue nothing;
  nothing.kind = Kind::object;
  ObjectReader reader(value ? *value : nothing, "preprocessing: ", errors);
  PreprocessingSpec result;
  if (const JsonValue *resize = reader.optional("resize"))
    readResize(*resize, input, result, errors);
  else
    result.exactSize = {input.height, input.width};
  result.channels = readChannels(reader, input);
  result.scale = reader.positiveNumber("scale", 1);
  result.mean = readPerChannel(reader, "mean", 0, input, "a number", [](double) { return true; });
  result.deviation = readPerChannel(reader, "std", 1, input, "a positive number",
                                    [](double value) { return value > 0; });
  result.measuredMean = reader.choice<std::string>(
      "measure_mean", {{"image", "image"}, {"channel", "channel"}}, std::string());
  reader.finish();
  return result;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// Reports an input of `layer` that names none of the layers before it.
static void reportInput(const InputName &input, const LayerSpec &layer, const JsonValue &layers,
                        llvm::ArrayRef<StringRef> earlier, SpecErrors &errors) {
  std::string prefix = "layer '" + layer.name + "': inputs: ";
  if (input.name == layer.name)
    return errors.report(input.where, prefix + "the layer cannot read itself");
  for (const JsonValue &other : layers.elements) {
    const JsonValue *name = other.find("name");
    if (name && name->is(Kind::string) && name->text == input.name)
      return errors.report(input.where, prefix + "layer '" + input.name + "' comes later, at " +
                                            other.where.str());
  }
  std::string got = makeString(input.name, input.where).describe();
  errors.report(input.where, prefix + "no layer " + got + suggest(input.name, earlier));
}

static std::vector<LayerSpec> readLayers(const JsonValue &value, SpecErrors &errors) {
  std::vector<LayerSpec> layers;
  if (!value.is(Kind::list) || value.elements.empty())
    errors.report(value.where, "layers: expected a list of layers, got " + value.describe());
  llvm::StringMap<SourcePosition> positions;
  positions["input"] = value.where;
  llvm::SmallVector<StringRef> earlier = {"input"};
  layers.reserve(value.elements.size()); // `earlier` points into it
  for (const JsonValue &element : value.elements) {
    LayerSpec layer = readLayer(element, earlier.back(), errors);
    for (const InputName &input : layer.inputs)
      if (!positions.contains(input.name))
        reportInput(input, layer, value, earlier, errors);
    auto [known, isNew] = positions.try_emplace(layer.name, layer.where);
    if (!isNew)
      errors.report(layer.where, "layer '" + layer.name + "': the name is taken by the layer at " +
                                     known->second.str());
    layers.push_back(std::move(layer));
    earlier.push_back(layers.back().name);
    if (errors.any())
      break;
  }
  return layers;
}

/// A layer that nobody reads is a mistake, but for the last.
static void checkUse(const Spec &spec, SpecErrors &errors) {
  llvm::StringSet<> read;
  for (const LayerSpec &layer : spec.layers)
    for (const InputName &input : layer.inputs)
      read.insert(input.name);
  for (const LayerSpec &layer : llvm::ArrayRef(spec.layers).drop_back())
    if (!read.contains(layer.name))
      errors.report(layer.where, "layer '" + layer.name + "': no layer reads it");
}

static void readLoss(ObjectReader &reader, const JsonValue &loss, Spec &spec) {
  spec.hasLoss = reader.choice<bool>("loss", {{"softmax_cross_entropy", true}});
  if (reader.sink().any())
    return;
  const LayerSpec &last = spec.layers.back();
  if (!std::holds_alternative<SoftmaxSpec>(last.settings))
    reader.sink().report(loss.where, "loss: softmax_cross_entropy needs a softmax as the last "
                                     "layer, got '" +
                                         last.name + "' (" + last.op + ")");
}

/// A file of a plan is looked for beside the spec that names it; on the command
/// line (--set) in the current folder.
static std::string planFrom(const JsonValue &value) {
  namespace path = llvm::sys::path;
  StringRef source = value.where.source ? StringRef(*value.where.source) : StringRef();
  if (!StringRef(value.text).ends_with(".json") || path::is_absolute(value.text) ||
      source.starts_with("--set "))
    return value.text;
  llvm::SmallString<128> file(path::parent_path(source));
  path::append(file, value.text);
  return file.str().str();
}

static DevicesSpec readDevices(const JsonValue &value, SpecErrors &errors) {
  ObjectReader reader(value, "devices: ", errors);
  DevicesSpec devices;
  devices.count = reader.positiveUpTo("count", mostDevices);
  devices.plan = reader.text("plan", "none");
  if (const JsonValue *plan = value.find("plan")) {
    devices.plan = planFrom(*plan);
    if (llvm::Error error = checkPlanName(devices.plan))
      errors.report(plan->where, "devices: plan: " + llvm::toString(std::move(error)));
  }
  reader.finish();
  return devices;
}

/// The network's name becomes that of a file and of C functions.
static std::string readNetworkName(ObjectReader &reader) {
  constexpr size_t longest = 100;
  std::string name = reader.text("name");
  const JsonValue *value = reader.object().find("name");
  bool isFileName = llvm::all_of(
      name, [](char c) { return llvm::isAlnum(c) || c == '-' || c == '_' || c == '.'; });
  if (!value || !value->is(Kind::string))
    return name;
  if (name.empty() || name.size() > longest || !isFileName || !llvm::isAlnum(name.front()))
    reader.refuse("name", *value,
                  "up to " + llvm::Twine(longest) +
                      " letters, digits, '-', '_' or '.', the first a letter or digit");
  return name;
}

llvm::FailureOr<Spec> alexc::readSpec(const JsonValue &root, SpecErrors &errors) {
  ObjectReader reader(root, "", errors);
  Spec spec;
  spec.where = root.where;
  reader.optional("$schema");
  reader.text("description", "");
  spec.name = readNetworkName(reader);
  const JsonValue *input = reader.required("input");
  const JsonValue *layers = reader.required("layers");
  const JsonValue *preprocessing = reader.optional("preprocessing");
  const JsonValue *loss = reader.optional("loss");
  const JsonValue *training = reader.optional("training");
  const JsonValue *devices = reader.optional("devices");
  reader.finish();
  if (errors.any())
    return llvm::failure();
  spec.input = readInput(*input, errors);
  if (errors.any()) // what follows reads sizes of the input
    return llvm::failure();
  spec.layers = readLayers(*layers, errors);
  spec.preprocessing = readPreprocessing(preprocessing, spec.input, errors);
  if (loss)
    readLoss(reader, *loss, spec);
  spec.hasTraining = training != nullptr;
  if (training)
    spec.training = readTraining(*training, errors);
  if (devices)
    spec.devices = readDevices(*devices, errors);
  if (!errors.any())
    checkUse(spec, errors);
  if (errors.any())
    return llvm::failure();
  return spec;
}
