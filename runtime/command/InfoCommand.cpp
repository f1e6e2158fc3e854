//===- InfoCommand.cpp - what is inside the binary ------------------------===//
//
// Reads the description only: it also answers on a CPU that lacks what the
// kernels need.

#include "runtime/Accelerator.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Format.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace alexrt;
using Json = nlohmann::ordered_json;

namespace {
/// Which kernel computes a layer.
struct Place {
  std::string kernel; ///< empty: no kernel does
  std::string layers; ///< all that the kernel computes: "conv1+relu1"
  std::string alias;  ///< the layer that has this one's value
};
} // namespace

static Place placeOf(const RecordInfo &record) { return {record.kernel, record.layer, ""}; }

static Place findPlace(const Entry &entry, const std::string &layer) {
  for (const ValueInfo &value : entry.values)
    if (value.layer == layer && value.record < entry.records.size())
      return placeOf(entry.records[value.record]);
  if (auto removed = entry.removed.find(layer); removed != entry.removed.end())
    return {"", "", removed->second};
  if (auto swallowed = entry.swallowed.find(layer); swallowed != entry.swallowed.end())
    for (const RecordInfo &record : entry.records)
      if (record.layer == swallowed->second)
        return placeOf(record);
  return {};
}

static std::string toText(const Place &place, const std::string &layer) {
  if (!place.alias.empty())
    return "value of " + place.alias;
  if (place.kernel.empty() || place.layers == layer)
    return place.kernel;
  return place.kernel + " of " + place.layers;
}

static int64_t parameterCount(const Description &description) {
  int64_t count = 0;
  for (const Parameter &parameter : description.params)
    count += elementCount(parameter.shape);
  return count;
}

static int64_t macCount(const Description &description) {
  int64_t count = 0;
  for (const LayerInfo &layer : description.layers)
    count += layer.macs;
  return count;
}

static bool isInference(const Entry &entry) { return entry.kind == "infer"; }

/// Whether the program `name` is run for entries of this kind.
static bool isFor(const Description &description, const std::string &kind,
                  const std::string &name) {
  if (name == "load")
    return kind == "infer";
  return std::any_of(
      description.entries.begin(), description.entries.end(),
      [&](const Entry &entry) { return entry.kind == kind && entry.program == name; });
}

/// Bytes of each segment that entries of this kind need on a device.
static std::array<uint64_t, ALEXRT_SEGMENTS>
memoryOfDevice(const Binary &binary, const std::string &kind, uint32_t device) {
  std::array<uint64_t, ALEXRT_SEGMENTS> bytes = {};
  for (size_t i = 0; i < binary.table.programCount; ++i) {
    const AlexrtProgram &program = binary.table.programs[i];
    if (isFor(binary.description, kind, program.name))
      for (size_t segment = 0; segment < bytes.size(); ++segment)
        bytes[segment] = std::max(bytes[segment], program.segmentBytes[device][segment]);
  }
  return bytes;
}

/// The same on all devices together, which have their inputs and outputs in common.
static std::array<uint64_t, ALEXRT_SEGMENTS> memoryFor(const Binary &binary,
                                                       const std::string &kind) {
  std::array<uint64_t, ALEXRT_SEGMENTS> sum = {};
  for (uint32_t device = 0; device < binary.table.deviceCount; ++device) {
    auto bytes = memoryOfDevice(binary, kind, device);
    for (AlexrtSegment segment : {ALEXRT_WEIGHTS, ALEXRT_SCRATCH})
      sum[segment] += bytes[segment];
    sum[ALEXRT_IO] = std::max(sum[ALEXRT_IO], bytes[ALEXRT_IO]);
  }
  return sum;
}

//===----------------------------------------------------------------------===//
// For people
//===----------------------------------------------------------------------===//

static std::string countText(int64_t count) { return count ? withThousands(count) : ""; }
static std::string shapeText(const Shape &shape) {
  return fmt::format("{}", fmt::join(shape, "x"));
}

/// A layer's kernel in each entry for inference.
static std::vector<std::string> kernelCells(const Description &description,
                                            const std::string &layer) {
  std::vector<std::string> cells;
  for (const Entry &entry : description.entries)
    if (isInference(entry))
      cells.push_back(toText(findPlace(entry, layer), layer));
  return cells;
}

static bool allEntriesAgree(const Description &description) {
  return std::all_of(description.layers.begin(), description.layers.end(), [&](auto &layer) {
    std::vector<std::string> cells = kernelCells(description, layer.name);
    return std::all_of(cells.begin(), cells.end(), [&](auto &cell) { return cell == cells[0]; });
  });
}

static Table layerTable(const Description &description) {
  Table table;
  table.addColumn("layer");
  table.addColumn("op");
  table.addColumn("output");
  table.addColumn("parameters", Align::right);
  table.addColumn("MACs", Align::right);
  bool agree = allEntriesAgree(description) && !description.entries.empty();
  if (agree)
    table.addColumn("kernel");
  for (const Entry &entry : description.entries)
    if (!agree && isInference(entry))
      table.addColumn(fmt::format("kernel at batch {}", entry.batch));
  for (const LayerInfo &layer : description.layers) {
    std::vector<std::string> cells = {layer.name, layer.op, shapeText(layer.shape),
                                      countText(layer.params),
                                      layer.macs ? macsText(layer.macs) : ""};
    std::vector<std::string> kernels = kernelCells(description, layer.name);
    cells.insert(cells.end(), kernels.begin(), agree ? kernels.begin() + 1 : kernels.end());
    table.addRow(std::move(cells));
  }
  return table;
}

static std::string batchesText(const Description &description) {
  std::vector<std::string> entries;
  for (const Entry &entry : description.entries)
    entries.push_back(entry.batch ? fmt::format("{} of batch {}", entry.kind, entry.batch)
                                  : entry.kind);
  return fmt::format("{}", fmt::join(entries, ", "));
}

/// Each device's own, where there are several.
static void printDevices(const Binary &binary, const std::string &kind) {
  for (uint32_t device = 0; device < binary.table.deviceCount; ++device) {
    if (binary.table.deviceCount == 1)
      return;
    auto bytes = memoryOfDevice(binary, kind, device);
    fmt::print("device {} {}, scratch {}\n", device,
               kind == "infer" ? "packed weights " + bytesText(bytes[ALEXRT_WEIGHTS])
                               : "in training",
               bytesText(bytes[ALEXRT_SCRATCH]));
  }
}

static void printMemory(const Binary &binary) {
  uint64_t parameters = uint64_t(parameterCount(binary.description)) * sizeof(float);
  auto bytes = memoryFor(binary, "infer");
  fmt::print("memory   parameters {}, packed weights {}, scratch {}, input and output {}\n",
             bytesText(parameters), bytesText(bytes[ALEXRT_WEIGHTS]),
             bytesText(bytes[ALEXRT_SCRATCH]), bytesText(bytes[ALEXRT_IO]));
  printDevices(binary, "infer");
  bytes = memoryFor(binary, "train_step");
  if (bytes[ALEXRT_IO] == 0)
    return; // compiled without training
  fmt::print("training parameters and momenta {}, scratch {}, input and output {}\n",
             bytesText(2 * parameters), bytesText(bytes[ALEXRT_SCRATCH]),
             bytesText(bytes[ALEXRT_IO]));
  printDevices(binary, "train_step");
}

/// What the binary was compiled for: "CPU", "CUDA".
static std::string targetOf(const Binary &binary) {
  return binary.table.device ? binary.table.device->name : "CPU";
}

static void printInfo(const Binary &binary) {
  const Description &description = binary.description;
  int64_t parameters = parameterCount(description);
  uint32_t devices = binary.table.deviceCount;
  bool isPlain = description.precision == "fp32";
  bool isRounded = devices > 1 && !description.linkPrecision.empty();
  fmt::print("target {}{}, {} device{}, plan {}{}\n", targetOf(binary),
             isPlain ? "" : " in " + printable(description.precision), devices,
             devices == 1 ? "" : "s", printable(description.plan),
             isRounded ? ", " + printable(description.linkPrecision) + " between them" : "");
  fmt::print("{}: {} -> {} classes, compiled by {} from {}\n\n", printable(description.name),
             shapeText(description.input), description.classes, description.compiler,
             printable(description.source));
  fmt::print("{}\n", layerTable(description).toString());
  fmt::print("{} parameters, {} MACs an image\n", withThousands(parameters),
             macsText(macCount(description)));
  printMemory(binary);
  fmt::print("entries  {}\n", batchesText(description));
  if (binary.table.device)
    fmt::print("device   {}\n", describeDevice(*binary.table.device, 0));
  fmt::print("cpu      {}, needs {}\n", description.cpu,
             description.features.empty()
                 ? "no extension"
                 : fmt::format("{}", fmt::join(description.features, " ")));
}

//===----------------------------------------------------------------------===//
// For programs
//===----------------------------------------------------------------------===//

static Json layerJson(const LayerInfo &layer) {
  return {{"name", layer.name},
          {"op", layer.op},
          {"shape", layer.shape},
          {"parameters", layer.params},
          {"macs", layer.macs}};
}

static Json placeJson(const Place &place) {
  if (!place.alias.empty())
    return {{"value_of", place.alias}};
  if (place.kernel.empty())
    return nullptr;
  return {{"kernel", place.kernel}, {"layers", place.layers}};
}

static Json entryJson(const Description &description, const Entry &entry) {
  Json places = Json::object(), inMemory = Json::array();
  for (const LayerInfo &layer : description.layers) {
    places[layer.name] = placeJson(findPlace(entry, layer.name));
    if (entry.findValue(layer.name)) // --dump can write it
      inMemory.push_back(layer.name);
  }
  Json launches = Json::array();
  for (const RecordInfo &record : entry.records)
    launches.push_back({{"layers", record.layer},
                        {"kernel", record.kernel},
                        {"device", record.device},
                        {"macs", record.macs}});
  uint64_t scratch = std::accumulate(entry.scratch.begin(), entry.scratch.end(), uint64_t(0));
  return {{"kind", entry.kind}, {"batch", entry.batch},  {"scratch_bytes", scratch},
          {"places", places},   {"in_memory", inMemory}, {"launches", launches}};
}

/// Each device's own memory.
static Json devicesJson(const Binary &binary) {
  Json devices = Json::array();
  for (uint32_t device = 0; device < binary.table.deviceCount; ++device) {
    auto bytes = memoryOfDevice(binary, "infer", device);
    devices.push_back({{"weights", bytes[ALEXRT_WEIGHTS]}, {"scratch", bytes[ALEXRT_SCRATCH]}});
  }
  return devices;
}

static void printInfoJson(const Binary &binary) {
  const Description &description = binary.description;
  auto bytes = memoryFor(binary, "infer");
  int64_t parameters = parameterCount(description);
  Json info = {{"target", targetOf(binary)},
               {"devices", binary.table.deviceCount},
               {"plan", description.plan},
               {"precision", description.precision},
               {"link_precision", description.linkPrecision},
               {"name", description.name},
               {"source", description.source},
               {"compiler", description.compiler},
               {"cpu", description.cpu},
               {"features", description.features},
               {"input", description.input},
               {"classes", description.classes},
               {"parameters", parameters},
               {"macs", macCount(description)},
               {"memory_bytes",
                {{"parameters", uint64_t(parameters) * sizeof(float)},
                 {"weights", bytes[ALEXRT_WEIGHTS]},
                 {"scratch", bytes[ALEXRT_SCRATCH]},
                 {"io", bytes[ALEXRT_IO]},
                 {"devices", devicesJson(binary)}}},
               {"layers", Json::array()},
               {"entries", Json::array()}};
  if (binary.table.device)
    info["device"] = describeDevice(*binary.table.device, 0);
  for (const LayerInfo &layer : description.layers)
    info["layers"].push_back(layerJson(layer));
  for (const Entry &entry : description.entries)
    info["entries"].push_back(entryJson(description, entry));
  fmt::print("{}\n", info.dump(2, ' ', false, Json::error_handler_t::replace));
}

void alexrt::addInfoCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand(
      "info", "List layers, shapes, parameters, multiply-adds, memory, and what was fused");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print JSON");
  command->callback([json, &binary] { *json ? printInfoJson(binary) : printInfo(binary); });
}
