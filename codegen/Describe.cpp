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
  void addCopy(CopyOp copy);
  void addValue(ValueOp value);
  void addPiece(ValueOp value);
  json removedLayers(ArrayAttr networkLayers);

  ProgramOp program;
  json records = json::array(), values = json::array(), swallowed = json::object();
  llvm::StringSet<> known; ///< layers that some launch computes or some value is
  size_t lastLaunch = 0;   ///< number of its record: what makes the next value
};
} // namespace

void EntryDescription::addLaunch(LaunchOp launch) {
  auto module = program->getParentOfType<ModuleOp>();
  FunctionOpInterface kernel = findKernel(module, launch.getKernelAttr().getAttr());
  auto name = kernel->getAttrOfType<StringAttr>(kernelAttrName);
  std::string layer = launch.getLayer().str();
  lastLaunch = records.size();
  records.push_back({{"layer", layer},
                     {"kernel", name.str()},
                     {"macs", launch.getMacs()},
                     {"device", launch.getQueue()}});
  for (auto member : launch.getLayers().getAsRange<StringAttr>()) {
    swallowed[member.str()] = layer; // unless a value follows
    known.insert(member);
  }
}

void EntryDescription::addCopy(CopyOp copy) {
  records.push_back({{"layer", copy.getLayer().str()},
                     {"kernel", "copy"},
                     {"macs", 0},
                     {"bytes", copy.getBytes()},
                     {"device", copy.getTarget().getDevice()}});
}

/// Where a value is, or a part of one.
static json placeOf(ValueOp value) {
  return {{"device", value.getAt().getDevice()},
          {"segment", stringifySegment(value.getAt().getSegment()).str()},
          {"offset", value.getAt().getOffset()},
          {"shape", shapeOf(value.getType())},
          {"layout", layoutJson(layoutOf(value.getType()))}};
}

/// A part of a value: the first one begins its list.
void EntryDescription::addPiece(ValueOp value) {
  ArrayRef<int64_t> part = *value.getPart();
  json piece = placeOf(value);
  piece["begin"] = part[1];
  if (part[1] == 0)
    values.push_back({{"layer", value.getLayer().str()},
                      {"dim", part[0]},
                      {"shape", shapeOf(value.getType())},
                      {"pieces", json::array()}});
  for (json &whole : values)
    if (whole["layer"] == value.getLayer().str() && whole.contains("pieces")) {
      whole["shape"][part[0]] = part[1] + piece["shape"][part[0]].get<int64_t>();
      whole["record"] = lastLaunch;
      whole["pieces"].push_back(piece);
    }
}

void EntryDescription::addValue(ValueOp value) {
  swallowed.erase(value.getLayer().str());
  known.insert(value.getLayer());
  if (value.getPart())
    return addPiece(value);
  json whole = placeOf(value);
  whole["layer"] = value.getLayer().str();
  whole["record"] = lastLaunch;
  values.push_back(whole);
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
        .Case([&](CopyOp copy) { addCopy(copy); })
        .Case<SignalOp, WaitOp>([&](auto event) {
          records.push_back({{"layer", ""},
                             {"kernel", isa<SignalOp>(*event) ? "signal" : "wait"},
                             {"macs", 0},
                             {"device", event.getQueue() % program.getDevices()}});
        });
  json entry = {{"program", program.getName().str()},
                {"kind", program.getEntry().str()},
                {"batch", program.getBatch().value_or(0)},
                {"records", records},
                {"values", values},
                {"swallowed", swallowed},
                {"removed", program.getBatch() ? removedLayers(networkLayers) : json::object()},
                {"scratch", program.getDevices() == 1 ? json(program.getScratch().front())
                                                      : json(program.getScratch().vec())}};
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
  description.erase("devices"); // what the spec asks for
  auto text = [&](StringRef name) {
    auto attribute = module->getAttrOfType<StringAttr>(name);
    return attribute ? attribute.str() : std::string();
  };
  if (auto devices = module->getAttrOfType<IntegerAttr>("alex.devices")) {
    description["devices"] = devices.getInt();
    description["plan"] = text("alex.plan");
  }
  if (auto precision = module->getAttrOfType<StringAttr>("alex.precision"))
    description["precision"] = precision.str();
  if (std::string precision = text("alex.link_precision"); !precision.empty())
    description["link_precision"] = precision;
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
