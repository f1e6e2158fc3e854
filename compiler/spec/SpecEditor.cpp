//===- SpecEditor.cpp - edits of the tree of a spec ------------------------===//
//
// Works on JSON, not on the typed spec, so that an edited value is checked as
// strictly as a written one. Whatever is malformed is left for readSpec.

#include "compiler/spec/SpecEditor.h"

#include "compiler/Diagnostics.h"
#include "compiler/spec/ObjectReader.h"

using namespace alexc;
using llvm::SmallVector;
using llvm::StringRef;
using Kind = JsonValue::Kind;

/// What stands at the top of a spec beside its layers.
static constexpr StringRef topLevelSettings[] = {"name", "description", "input",  "preprocessing",
                                                 "loss", "training",    "devices"};
/// Settings of `training` that may be named without it.
static constexpr StringRef trainingSettings[] = {"batch", "optimizer", "schedule", "initialisation",
                                                 "augmentation"};

static StringRef nameOf(const JsonValue &layer) {
  const JsonValue *name = layer.find("name");
  return name && name->is(Kind::string) ? StringRef(name->text) : StringRef();
}

static JsonValue makeList(std::vector<JsonValue> elements, SourcePosition where) {
  JsonValue list;
  list.kind = Kind::list;
  list.elements = std::move(elements);
  list.where = std::move(where);
  return list;
}

static JsonValue makeObject(SourcePosition where) {
  JsonValue object;
  object.kind = Kind::object;
  object.where = std::move(where);
  return object;
}

/// The inputs of a layer that reads `name` alone.
static JsonValue inputsFrom(StringRef name, const SourcePosition &where) {
  return makeList({makeString(name, where)}, where);
}

/// Gives the layers their "inputs" where they have none: the first `inputs`,
/// the others the layer before.
static void connect(std::vector<JsonValue> &layers, const JsonValue &inputs) {
  const JsonValue *previous = nullptr;
  for (JsonValue &layer : layers) {
    if (layer.is(Kind::object) && !layer.find("inputs"))
      layer.set("inputs", previous ? inputsFrom(nameOf(*previous), layer.where) : inputs);
    previous = &layer;
  }
}

SpecEditor::SpecEditor(JsonValue &root, SpecErrors &errors) : root(root), errors(errors) {
  connectAll();
}

void SpecEditor::connectAll() {
  if (!layers().empty())
    connect(layers(), inputsFrom("input", layers().front().where));
}

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

std::vector<JsonValue> &SpecEditor::layers() {
  JsonValue *list = root.find("layers");
  // no list of layers: readSpec says so, and every edit that no layer is there
  return list ? list->elements : root.elements;
}

SmallVector<StringRef> SpecEditor::layerNames() {
  SmallVector<StringRef> names;
  for (const JsonValue &layer : layers())
    names.push_back(nameOf(layer));
  return names;
}

JsonValue *SpecEditor::findLayer(StringRef name) {
  for (JsonValue &layer : layers())
    if (!name.empty() && nameOf(layer) == name)
      return &layer;
  return nullptr;
}

JsonValue *SpecEditor::requireLayer(StringRef name, const SourcePosition &where) {
  JsonValue *layer = findLayer(name);
  if (!layer)
    errors.report(where,
                  "no layer " + makeString(name, where).describe() + suggest(name, layerNames()));
  return layer;
}

JsonValue *SpecEditor::resolve(StringRef &path, const SourcePosition &where) {
  // Names of layers may hold dots themselves: the longest one counts.
  JsonValue *owner = nullptr;
  StringRef longest;
  for (JsonValue &layer : layers()) {
    StringRef name = nameOf(layer);
    bool begins = path.starts_with(name) && path.drop_front(name.size()).starts_with(".");
    if (begins && name.size() >= longest.size()) {
      owner = &layer;
      longest = name;
    }
  }
  if (owner) {
    path = path.drop_front(longest.size() + 1);
    return owner;
  }
  StringRef first = path.split('.').first;
  if (llvm::is_contained(topLevelSettings, first))
    return &root;
  if (llvm::is_contained(trainingSettings, first) && root.find("training"))
    return root.find("training");
  SmallVector<StringRef> known = layerNames();
  known.append(std::begin(topLevelSettings), std::end(topLevelSettings));
  errors.report(where, "no layer or setting " + makeString(first, where).describe() +
                           suggest(first, known));
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Settings
//===----------------------------------------------------------------------===//

void SpecEditor::set(StringRef path, const JsonValue &value) {
  if (findLayer(path))
    return errors.report(value.where, "'" + path +
                                          "' is a layer; name one of its settings, as in '" + path +
                                          ".inputs'");
  StringRef rest = path;
  JsonValue *owner = resolve(rest, value.where);
  while (owner && rest.contains('.')) {
    auto [key, next] = rest.split('.');
    if (!owner->find(key))
      owner->set(key, makeObject(value.where));
    owner = owner->find(key);
    rest = next;
    if (!owner->is(Kind::object))
      return errors.report(value.where, "'" + path.drop_back(rest.size() + 1) + "' is " +
                                            owner->describe() + ", which has no '" + rest + "'");
  }
  if (owner)
    owner->set(rest, value);
}

void SpecEditor::remove(StringRef path, const SourcePosition &where) {
  if (findLayer(path) || !path.contains('.'))
    return removeLayer(path, where);
  StringRef rest = path;
  JsonValue *owner = resolve(rest, where);
  while (owner && rest.contains('.')) {
    auto [key, next] = rest.split('.');
    owner = owner->find(key);
    rest = next;
  }
  if (errors.any())
    return;
  if (!owner || !owner->find(rest))
    return errors.report(where, "no setting " + makeString(path, where).describe());
  llvm::erase_if(owner->members, [&](const JsonMember &member) { return member.key == rest; });
  connectAll(); // it may have been a layer's inputs
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// Makes who reads `from` read `to`, a name, instead.
void SpecEditor::rewire(StringRef from, const JsonValue &to) {
  for (JsonValue &layer : layers())
    if (JsonValue *inputs = layer.find("inputs"))
      for (JsonValue &input : inputs->elements)
        if (input.is(Kind::string) && input.text == from)
          input.text = to.text;
}

SpecEditor::Layers SpecEditor::chain(const JsonValue &layers, const JsonValue &inputs) {
  Layers list = layers.is(Kind::list) ? layers.elements : Layers{layers};
  connect(list, inputs);
  return list;
}

void SpecEditor::removeLayer(StringRef name, const SourcePosition &where) {
  JsonValue *layer = requireLayer(name, where);
  if (!layer)
    return;
  const JsonValue *inputs = layer->find("inputs");
  if (inputs->elements.size() != 1)
    return errors.report(where, "layer '" + name + "' has " + llvm::Twine(inputs->elements.size()) +
                                    " inputs, so it cannot be left out: its readers would not "
                                    "know which of them to read");
  JsonValue input = inputs->elements.front();
  layers().erase(layers().begin() + (layer - layers().data()));
  rewire(name, input);
}

void SpecEditor::replace(StringRef name, const JsonValue &newLayers, const SourcePosition &where) {
  JsonValue *layer = requireLayer(name, where);
  if (!layer)
    return;
  Layers list = chain(newLayers, *layer->find("inputs"));
  if (list.empty())
    return errors.report(where, "expected at least one layer, got none");
  rewire(name, makeString(nameOf(list.back()), where));
  auto place = layers().erase(layers().begin() + (layer - layers().data()));
  layers().insert(place, list.begin(), list.end());
}

void SpecEditor::insertAfter(StringRef name, const JsonValue &newLayers,
                             const SourcePosition &where) {
  JsonValue *layer = name == "input" ? nullptr : requireLayer(name, where);
  if (!layer && name != "input")
    return;
  Layers list = chain(newLayers, inputsFrom(name, newLayers.where));
  if (list.empty())
    return errors.report(where, "expected at least one layer, got none");
  rewire(name, makeString(nameOf(list.back()), where));
  size_t place = layer ? layer - layers().data() + 1 : 0;
  layers().insert(layers().begin() + place, list.begin(), list.end());
}

void SpecEditor::insertBefore(StringRef name, const JsonValue &newLayers,
                              const SourcePosition &where) {
  JsonValue *layer = requireLayer(name, where);
  if (!layer)
    return;
  JsonValue *inputs = layer->find("inputs");
  if (inputs->elements.size() != 1)
    return errors.report(where, "layer '" + name + "' has " + llvm::Twine(inputs->elements.size()) +
                                    " inputs: insert behind one of them instead");
  Layers list = chain(newLayers, *inputs);
  if (list.empty())
    return errors.report(where, "expected at least one layer, got none");
  inputs->elements.front().text = nameOf(list.back()).str();
  layers().insert(layers().begin() + (layer - layers().data()), list.begin(), list.end());
}
