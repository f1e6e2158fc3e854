//===- Describe.cpp - what a compiled network says of itself ------------------===//

#include "codegen/Describe.h"
#include "dialect/Alexrt.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace alexc;
using nlohmann::json;

/// An attribute of alex.network as the JSON value that it stands for.
static json toJson(Attribute attribute) {
  return llvm::TypeSwitch<Attribute, json>(attribute)
      .Case([](DictionaryAttr dictionary) {
        json object = json::object();
        for (NamedAttribute entry : dictionary)
          object[entry.getName().str()] = toJson(entry.getValue());
        return object;
      })
      .Case([](ArrayAttr array) {
        json list = json::array();
        for (Attribute element : array)
          list.push_back(toJson(element));
        return list;
      })
      .Case([](DenseI64ArrayAttr array) { return json(array.asArrayRef().vec()); })
      .Case([](BoolAttr flag) { return json(flag.getValue()); })
      .Case([](IntegerAttr number) { return json(number.getInt()); })
      .Case([](FloatAttr number) { return json(number.getValueAsDouble()); })
      .Case([](StringAttr text) { return json(text.str()); })
      .Default([](Attribute) { return json(); });
}

static json shapeOf(Type type) { return cast<RankedTensorType>(type).getShape().vec(); }

static json layoutJson(const Layout &layout) {
  bool isBatch = layout.kind == Layout::Kind::batch;
  return {{"channel_block", layout.channelBlock},
          {"batch_block", isBatch ? layout.outerBlock : 0},
          {"halo", layout.halo}};
}

namespace {
/// Describes one program that a user can run.
class EntryDescription {
public:
  explicit EntryDescription(ProgramOp program) : program(program) {}

  json describe(ArrayAttr networkLayers);

private:
  void addLaunch(LaunchOp launch);
  void addValue(ValueOp value);
  json removedLayers(ArrayAttr networkLayers);

  ProgramOp program;
  json records = json::array(), values = json::array(), swallowed = json::object();
  llvm::StringSet<> known; ///< layers that some launch computes or some value is
};
} // namespace

void EntryDescription::addLaunch(LaunchOp launch) {
  auto module = program->getParentOfType<ModuleOp>();
  FunctionOpInterface kernel = findKernel(module, launch.getKernelAttr().getAttr());
  auto name = kernel->getAttrOfType<StringAttr>(kernelAttrName);
  std::string layer = launch.getLayer().str();
  records.push_back({{"layer", layer}, {"kernel", name.str()}, {"macs", launch.getMacs()}});
  for (auto member : launch.getLayers().getAsRange<StringAttr>()) {
    swallowed[member.str()] = layer; // unless a value follows
    known.insert(member);
  }
}

void EntryDescription::addValue(ValueOp value) {
  swallowed.erase(value.getLayer().str());
  known.insert(value.getLayer());
  values.push_back({{"layer", value.getLayer().str()},
                    {"record", records.empty() ? 0 : records.size() - 1},
                    {"segment", stringifySegment(value.getAt().getSegment()).str()},
                    {"offset", value.getAt().getOffset()},
                    {"shape", shapeOf(value.getType())},
                    {"layout", layoutJson(layoutOf(value.getType()))}});
}

/// The layers that passes removed because their value is their operand's.
json EntryDescription::removedLayers(ArrayAttr networkLayers) {
  json removed = json::object();
  for (auto layer : networkLayers.getAsRange<DictionaryAttr>()) {
    auto name = layer.getAs<StringAttr>("name");
    auto inputs = layer.getAs<ArrayAttr>("inputs");
    if (name && !known.contains(name) && inputs && !inputs.empty())
      removed[name.str()] = cast<StringAttr>(inputs[0]).str();
  }
  return removed;
}

json EntryDescription::describe(ArrayAttr networkLayers) {
  for (Operation &op : program.getBody().front())
    llvm::TypeSwitch<Operation *>(&op)
        .Case([&](LaunchOp launch) { addLaunch(launch); })
        .Case([&](ValueOp value) { addValue(value); })
        .Default([&](Operation *) { // a copy
          records.push_back({{"layer", ""}, {"kernel", "copy"}, {"macs", 0}});
        });
  json entry = {{"program", program.getName().str()},
                {"kind", program.getEntry().str()},
                {"batch", program.getBatch().value_or(0)},
                {"records", records},
                {"values", values},
                {"swallowed", swallowed},
                {"removed", program.getBatch() ? removedLayers(networkLayers) : json::object()},
                {"scratch", program.getScratch()}};
  for (const ProgramOp::Port &port : program.getPorts())
    if (port.at)
      entry[port.name] = {{"offset", port.at.getOffset()}, {"shape", shapeOf(port.type)}};
  return entry;
}

json alexc::networkToJson(ModuleOp module) {
  auto network = module->getAttrOfType<DictionaryAttr>("alex.network");
  return network ? toJson(network) : json();
}

std::string alexc::describe(ModuleOp module, const CpuTarget &target) {
  auto network = module->getAttrOfType<DictionaryAttr>("alex.network");
  json description = networkToJson(module);
  description["compiler"] = "alexc " ALEXC_VERSION;
  description["cpu"] = target.cpu;
  description["features"] = target.required;
  auto layers = network ? network.getAs<ArrayAttr>("layers") : nullptr;
  if (!layers)
    layers = ArrayAttr::get(module.getContext(), {});
  json &entries = description["entries"] = json::array();
  for (auto program : module.getOps<ProgramOp>())
    if (program.getEntry() != "load")
      entries.push_back(EntryDescription(program).describe(layers));
  // names come from the user and may be no UTF-8
  return description.dump(-1, ' ', false, json::error_handler_t::replace);
}
