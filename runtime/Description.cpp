//===- Description.cpp - what a compiled network says of itself -----------===//

#include "runtime/Description.h"
#include "runtime/Error.h"
#include "runtime/File.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

using namespace alexrt;
using nlohmann::json;

int64_t alexrt::elementCount(const Shape &shape) {
  int64_t count = 1;
  for (int64_t dimension : shape)
    count *= dimension;
  return count;
}

bool alexrt::extendCount(uint64_t &count, uint64_t dimension) {
  constexpr uint64_t most = uint64_t(1) << 48;
  if (dimension > most || (dimension != 0 && count > most / dimension))
    return false;
  count *= dimension;
  return true;
}

std::string alexrt::toString(const Shape &shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

//===----------------------------------------------------------------------===//
// Values by layer
//===----------------------------------------------------------------------===//

const ValueInfo *Entry::findValue(const std::string &layer) const {
  for (const ValueInfo &value : values)
    if (value.layer == layer)
      return &value;
  if (auto place = removed.find(layer); place != removed.end() && place->second != layer)
    return findValue(place->second);
  return nullptr;
}

const ValueInfo &Entry::valueOf(const std::string &layer) const {
  if (const ValueInfo *value = findValue(layer))
    return *value;
  if (auto place = removed.find(layer); place != removed.end() && place->second != layer)
    return valueOf(place->second); // which says what is wrong
  if (auto kernel = swallowed.find(layer); kernel != swallowed.end())
    throw Error(fmt::format("layer {} has no value in memory: kernel {} computes it; compile with "
                            "--keep {} to have it",
                            inQuotes(layer), inQuotes(kernel->second), layer));
  throw Error(fmt::format("unknown layer {}", inQuotes(layer)));
}

//===----------------------------------------------------------------------===//
// From JSON. The names are found by nlohmann/json.
//===----------------------------------------------------------------------===//

/// The value that `table` has for a word of the description.
template <typename Kind>
static Kind kindOf(const json &word, const std::map<std::string, Kind> &table) {
  auto found = table.find(word.get<std::string>());
  if (found == table.end())
    throw Error(fmt::format("the network's description cannot be read: unknown kind {}",
                            inQuotes(word.get<std::string>())));
  return found->second;
}

/// Whether `object` says something of `key`.
static bool isThere(const json &object, const char *key) {
  return object.contains(key) && !object.at(key).is_null();
}

namespace alexrt {

static void from_json(const json &object, Initialization &init) {
  init.kind =
      kindOf<Initialization::Kind>(object.at("kind"), {{"normal", Initialization::Kind::normal},
                                                       {"constant", Initialization::Kind::constant},
                                                       {"he", Initialization::Kind::he},
                                                       {"xavier", Initialization::Kind::xavier}});
  init.amount = object.value("std", object.value("value", 0.0));
}

static void from_json(const json &object, Parameter &parameter) {
  object.at("name").get_to(parameter.name);
  object.at("shape").get_to(parameter.shape);
  object.at("init").get_to(parameter.init);
  parameter.rateFactor = object.value("rate_factor", 1.0);
  parameter.decayFactor = object.value("decay_factor", 1.0);
}

static void from_json(const json &object, Preprocess &preprocess) {
  const json &resize = object.at("resize");
  if (resize.contains("exact"))
    resize.at("exact").get_to(preprocess.resizeExact);
  else
    resize.at("shorter").get_to(preprocess.resizeShorter);
  object.at("crop").get_to(preprocess.crop);
  object.at("channels").get_to(preprocess.channels);
  object.at("scale").get_to(preprocess.scale);
  object.at("mean").get_to(preprocess.mean);
  object.at("std").get_to(preprocess.std);
  preprocess.measureMean = object.value("measure_mean", "");
}

static void from_json(const json &object, ColourShift &colour) {
  object.at("std").get_to(colour.deviation);
  colour.usesEigenvalues =
      kindOf<bool>(object.at("unit"), {{"eigenvalue", true}, {"standard_deviation", false}});
  object.at("pixel_range").get_to(colour.pixelRange);
}

static void from_json(const json &object, Augmentation &augmentation) {
  augmentation.randomCrop = kindOf<bool>(object.at("crop"), {{"random", true}, {"centre", false}});
  object.at("mirror").get_to(augmentation.mirror);
  if (isThere(object, "colour"))
    augmentation.colour = object.at("colour").get<ColourShift>();
  object.at("share").get_to(augmentation.share);
}

static void from_json(const json &object, Schedule &schedule) {
  schedule.kind = kindOf<Schedule::Kind>(object.at("kind"), {{"constant", Schedule::Kind::constant},
                                                             {"step", Schedule::Kind::step},
                                                             {"plateau", Schedule::Kind::plateau}});
  object.at("epochs").get_to(schedule.epochs);
  object.at("divide_by").get_to(schedule.divideBy);
  object.at("at").get_to(schedule.at);
  object.at("times").get_to(schedule.times);
  object.at("patience").get_to(schedule.patience);
}

static void from_json(const json &object, TrainingInfo &training) {
  const json &optimizer = object.at("optimizer");
  object.at("batch").get_to(training.batch);
  optimizer.at("lr").get_to(training.learningRate);
  optimizer.at("momentum").get_to(training.momentum);
  optimizer.at("weight_decay").get_to(training.weightDecay);
  object.at("schedule").get_to(training.schedule);
  object.at("augmentation").get_to(training.augmentation);
}

static void from_json(const json &object, LayerInfo &layer) {
  object.at("name").get_to(layer.name);
  object.at("op").get_to(layer.op);
  object.at("shape").get_to(layer.shape);
  object.at("params").get_to(layer.params);
  object.at("macs").get_to(layer.macs);
}

static void from_json(const json &object, ValueLayout &layout) {
  object.at("channel_block").get_to(layout.channelBlock);
  object.at("batch_block").get_to(layout.batchBlock);
  object.at("halo").get_to(layout.halo);
}

static void from_json(const json &object, ValuePiece &piece) {
  piece.device = object.value("device", uint32_t(0));
  piece.segment = kindOf<AlexrtSegment>(object.at("segment"), {{"param", ALEXRT_PARAM},
                                                               {"weights", ALEXRT_WEIGHTS},
                                                               {"scratch", ALEXRT_SCRATCH},
                                                               {"io", ALEXRT_IO},
                                                               {"momentum", ALEXRT_MOMENTUM},
                                                               {"gradient", ALEXRT_GRADIENT}});
  object.at("offset").get_to(piece.offset);
  piece.begin = object.value("begin", int64_t(0));
  object.at("shape").get_to(piece.shape);
  object.at("layout").get_to(piece.layout);
}

static void from_json(const json &object, ValueInfo &value) {
  object.at("layer").get_to(value.layer);
  object.at("record").get_to(value.record);
  object.at("shape").get_to(value.shape);
  value.dim = object.value("dim", size_t(0));
  if (object.contains("pieces"))
    object.at("pieces").get_to(value.pieces);
  else
    value.pieces = {object.get<ValuePiece>()};
}

static void from_json(const json &object, RecordInfo &record) {
  object.at("layer").get_to(record.layer);
  object.at("kernel").get_to(record.kernel);
  record.device = object.value("device", uint32_t(0));
  record.macs = object.value("macs", int64_t(0));
  record.bytes = object.value("bytes", uint64_t(0));
}

static void from_json(const json &object, Port &port) {
  object.at("offset").get_to(port.offset);
  object.at("shape").get_to(port.shape);
}

static void from_json(const json &object, Entry &entry) {
  object.at("program").get_to(entry.program);
  object.at("kind").get_to(entry.kind);
  object.at("batch").get_to(entry.batch);
  for (auto [name, port] : {std::pair("input", &entry.input), std::pair("labels", &entry.labels),
                            std::pair("output", &entry.output), std::pair("loss", &entry.loss),
                            std::pair("input_gradient", &entry.inputGradient)})
    if (isThere(object, name))
      object.at(name).get_to(*port);
  object.at("records").get_to(entry.records);
  object.at("values").get_to(entry.values);
  object.at("swallowed").get_to(entry.swallowed);
  object.at("removed").get_to(entry.removed);
  const json &scratch = object.at("scratch");
  entry.scratch = scratch.is_array() ? scratch.get<std::vector<uint64_t>>()
                                     : std::vector<uint64_t>{scratch.get<uint64_t>()};
}

static void from_json(const json &object, Description &description) {
  object.at("name").get_to(description.name);
  object.at("source").get_to(description.source);
  object.at("compiler").get_to(description.compiler);
  object.at("cpu").get_to(description.cpu);
  object.at("features").get_to(description.features);
  description.devices = object.value("devices", uint32_t(1));
  description.plan = object.value("plan", "none");
  description.precision = object.value("precision", "fp32");
  description.linkPrecision = object.value("link_precision", "");
  object.at("input").get_to(description.input);
  object.at("classes").get_to(description.classes);
  object.at("preprocess").get_to(description.preprocess);
  object.at("params").get_to(description.params);
  object.at("layers").get_to(description.layers);
  if (isThere(object, "training"))
    description.training = object.at("training").get<TrainingInfo>();
  object.at("entries").get_to(description.entries);
}

} // namespace alexrt

Description Description::parse(const char *text) {
  try {
    return json::parse(text).get<Description>();
  } catch (const json::exception &error) {
    throw Error(fmt::format("the network's description cannot be read: {}", error.what()));
  }
}
