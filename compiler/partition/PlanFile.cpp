//===- PlanFile.cpp - plans as JSON --------------------------------------------===//

#include "compiler/Diagnostics.h"
#include "compiler/Remarks.h"
#include "compiler/partition/Plan.h"
#include "compiler/spec/ObjectReader.h"
#include "compiler/spec/Spec.h"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace alexc;

using Split = LayerPlan::Split;

/// `text` as a JSON string; what is no UTF-8 is replaced.
static std::string quoted(const std::string &text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

/// One line for each layer, so that an edit is a line of a diff.
std::string alexc::writePlan(const Plan &plan) {
  static constexpr const char *splits[] = {"whole", "filters", "batch"};
  std::string text = fmt::format("{{\n  \"plan\": {},\n  \"devices\": {},\n  \"layers\": [",
                                 quoted(plan.name), plan.devices);
  const char *separator = "\n";
  for (const auto &[layer, own] : plan.layers) {
    text += fmt::format("{}    {{ \"layer\": {}, \"split\": \"{}\"", separator, quoted(layer),
                        splits[size_t(own.split)]);
    if (own.split == Split::whole)
      text += fmt::format(", \"device\": {}", own.device);
    if (own.shares > 1)
      text += fmt::format(", \"shares\": {}", own.shares);
    text += " }";
    separator = ",\n";
  }
  return text + "\n  ]\n}\n";
}

namespace {
/// Reads one plan file.
class PlanReader {
public:
  PlanReader(ArrayRef<Operation *> layers, SpecErrors &errors) : layers(layers), errors(errors) {}

  Plan read(const JsonValue &root);

private:
  void readLayer(const JsonValue &value);
  Operation *findLayer(const JsonValue &where, StringRef name);

  ArrayRef<Operation *> layers;
  SpecErrors &errors;
  Plan plan;
};
} // namespace

Operation *PlanReader::findLayer(const JsonValue &where, StringRef name) {
  SmallVector<std::string> names = llvm::map_to_vector(layers, layerName);
  auto found = llvm::find(names, name);
  if (found != names.end())
    return layers[found - names.begin()];
  SmallVector<StringRef> known(names.begin(), names.end());
  errors.report(where.where, "no layer '" + name + "' has filters" + suggest(name, known));
  return nullptr;
}

void PlanReader::readLayer(const JsonValue &value) {
  ObjectReader reader(value, "", errors);
  std::string name = reader.text("layer");
  LayerPlan own;
  own.split = reader.choice<Split>(
      "split", {{"whole", Split::whole}, {"filters", Split::filters}, {"batch", Split::batch}});
  own.device = own.split == Split::whole ? reader.integer("device", 0, 0) : 0;
  own.shares = own.split == Split::whole ? reader.positiveUpTo("shares", mostDevices, 1) : 1;
  reader.finish();
  Operation *layer = errors.any() ? nullptr : findLayer(value, name);
  if (!layer)
    return;
  if (std::string reason = refuseSplit(layer, own, plan.devices); !reason.empty())
    errors.report(value.where, "layer '" + name + "': " + reason);
  if (!plan.layers.insert({name, own}).second)
    errors.report(value.where, "layer '" + name + "' has a plan already");
}

Plan PlanReader::read(const JsonValue &root) {
  ObjectReader reader(root, "", errors);
  plan.name = reader.text("plan", "file");
  if (const JsonValue *name = root.find("plan"); name && plan.name.empty())
    reader.refuse("plan", *name, "a name");
  plan.devices = reader.positiveUpTo("devices", mostDevices);
  const JsonValue *list = reader.required("layers");
  reader.finish();
  if (list && !list->is(JsonValue::Kind::list))
    reader.refuse("layers", *list, "a list");
  if (errors.any())
    return plan;
  for (const JsonValue &value : list->elements)
    readLayer(value);
  return plan;
}

FailureOr<Plan> alexc::readPlan(ModuleOp module, StringRef path) {
  SpecErrors errors;
  FailureOr<JsonValue> root = readJsonFile(path, errors);
  SmallVector<Operation *> layers = plannedLayers(module);
  Plan plan;
  if (succeeded(root))
    plan = PlanReader(layers, errors).read(*root);
  if (!errors.any())
    return plan;
  const SpecErrors::Error &error = errors.get();
  StringRef source = error.where.source ? StringRef(*error.where.source) : path;
  return emitError(
             FileLineColLoc::get(module.getContext(), source, error.where.line, error.where.column))
         << error.message;
}
