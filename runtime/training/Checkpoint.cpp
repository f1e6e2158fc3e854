//===- Checkpoint.cpp - a run on the disk, to be taken up again -----------===//

#include "runtime/training/Checkpoint.h"
#include "runtime/Error.h"
#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

using namespace alexrt;
using nlohmann::json;
namespace fs = std::filesystem;
using Metadata = std::map<std::string, std::string>;

static const std::string formatName = "alexc checkpoint 1";

//===----------------------------------------------------------------------===//
// Metadata
//===----------------------------------------------------------------------===//

std::string alexrt::parameterHash(const std::vector<Parameter> &params) {
  uint64_t hash = 14695981039346656037u; // FNV-1a
  for (const Parameter &parameter : params)
    for (unsigned char c : parameter.name + toString(parameter.shape) + "\n")
      hash = (hash ^ c) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

static json toJson(const ScheduleState &state) {
  json object = {{"divisions", state.divisions},
                 {"epochs_without_improvement", state.epochsWithoutImprovement},
                 {"finished", state.isFinished}};
  if (state.bestError)
    object["best_error"] = *state.bestError;
  return object;
}

static ScheduleState scheduleOf(const json &object) {
  ScheduleState state;
  object.at("divisions").get_to(state.divisions);
  object.at("epochs_without_improvement").get_to(state.epochsWithoutImprovement);
  object.at("finished").get_to(state.isFinished);
  if (object.contains("best_error"))
    state.bestError = object.at("best_error").get<double>();
  return state;
}

static json toJson(const Tally &tally) {
  return {{"images", tally.images},
          {"top1_errors", tally.top1Errors},
          {"top5_errors", tally.top5Errors},
          {"loss_sum", tally.lossSum}};
}

static Tally tallyOf(const json &object) {
  Tally tally;
  object.at("images").get_to(tally.images);
  object.at("top1_errors").get_to(tally.top1Errors);
  object.at("top5_errors").get_to(tally.top5Errors);
  object.at("loss_sum").get_to(tally.lossSum);
  return tally;
}

static Metadata metadataOf(const NetworkIdentity &network, const TrainingState &state) {
  return {{"format", formatName},
          {"network", network.name},
          {"parameters", parameterHash(network.params)},
          {"step", std::to_string(state.step)},
          {"epoch", std::to_string(state.epoch)},
          {"position", std::to_string(state.position)},
          {"seed", std::to_string(state.seed)},
          {"images_per_step", std::to_string(state.imagesPerStep)},
          {"images", std::to_string(state.images)},
          {"classes", json(state.classes).dump(-1, ' ', false, json::error_handler_t::replace)},
          {"schedule", toJson(state.schedule).dump()},
          {"training", toJson(state.training).dump()},
          {"hyper_parameters", state.hyperParameters}};
}

/// Throws json::exception or std::exception where the metadata makes no sense.
static TrainingState stateOf(const Metadata &metadata) {
  TrainingState state;
  state.step = std::stoull(metadata.at("step"));
  state.epoch = std::stoll(metadata.at("epoch"));
  state.position = std::stoll(metadata.at("position"));
  state.seed = std::stoull(metadata.at("seed"));
  state.imagesPerStep = std::stoll(metadata.at("images_per_step"));
  state.images = std::stoll(metadata.at("images"));
  state.classes = json::parse(metadata.at("classes")).get<std::vector<std::string>>();
  state.schedule = scheduleOf(json::parse(metadata.at("schedule")));
  state.training = tallyOf(json::parse(metadata.at("training")));
  state.hyperParameters = metadata.at("hyper_parameters");
  return state;
}

std::vector<std::string> alexrt::classesOf(const Safetensors &weights) {
  auto found = weights.metadata().find("classes");
  if (found == weights.metadata().end())
    return {};
  json names = json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  auto isString = [](const json &name) { return name.is_string(); };
  if (!names.is_array() || !std::all_of(names.begin(), names.end(), isString))
    return {};
  return names.get<std::vector<std::string>>();
}

//===----------------------------------------------------------------------===//
// Checksum
//===----------------------------------------------------------------------===//

namespace {
/// CRC-32 of metadata and tensors, each with its name.
class Checksum {
public:
  void add(const void *data, uint64_t size) {
    crc = crc32_z(crc, static_cast<const Bytef *>(data), size);
  }
  void add(const std::string &text) { add(text.data(), text.size() + 1); }
  void add(const Metadata &metadata) {
    for (const auto &[key, value] : metadata) {
      if (key == "checksum")
        continue;
      add(key);
      add(value);
    }
  }
  void add(const std::string &name, const Shape &shape, const void *data) {
    add(name);
    add(toString(shape));
    add(data, static_cast<uint64_t>(elementCount(shape)) * sizeof(float));
  }
  std::string text() const { return fmt::format("{:08x}", crc); }

private:
  unsigned long crc = crc32_z(0, nullptr, 0);
};
} // namespace

static std::string checksumOf(const Metadata &metadata, std::vector<TensorView> tensors) {
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorView &a, const TensorView &b) { return a.name < b.name; });
  Checksum checksum;
  checksum.add(metadata);
  for (const TensorView &tensor : tensors)
    checksum.add(tensor.name, tensor.shape, tensor.data);
  return checksum.text();
}

static std::string checksumOf(const Safetensors &file) {
  Checksum checksum;
  checksum.add(file.metadata());
  for (const auto &[name, tensor] : file.tensors())
    checksum.add(name, tensor.shape, file.find(name, tensor.shape));
  return checksum.text();
}

//===----------------------------------------------------------------------===//
// One file
//===----------------------------------------------------------------------===//

void alexrt::writeCheckpoint(const std::string &path, const NetworkIdentity &network,
                             const TrainingState &state, const std::vector<TensorView> &tensors) {
  Metadata metadata = metadataOf(network, state);
  metadata["checksum"] = checksumOf(metadata, tensors);
  writeSafetensors(path, tensors, metadata);
}

/// Throws Error without the file's name.
static void checkIdentity(const Metadata &metadata, const NetworkIdentity &network) {
  auto valueOf = [&](const char *key) {
    auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  if (valueOf("format") != formatName)
    throw Error("no checkpoint of a run: weights alone are given with --weights");
  if (valueOf("network") != network.name)
    throw Error(fmt::format("a checkpoint of network {}, expected {}", inQuotes(valueOf("network")),
                            inQuotes(network.name)));
  if (valueOf("parameters") != parameterHash(network.params))
    throw Error(fmt::format("network {} had other layers or shapes when this was written",
                            inQuotes(network.name)));
}

Checkpoint alexrt::readCheckpoint(const std::string &path, const NetworkIdentity &network) {
  Checkpoint checkpoint;
  checkpoint.file = std::make_unique<Safetensors>(path);
  const Metadata &metadata = checkpoint.file->metadata();
  auto fail = [&](const std::string &message) { throw Error(path + ": " + message); };
  try {
    checkIdentity(metadata, network);
  } catch (const Error &error) {
    fail(error.what());
  }
  auto checksum = metadata.find("checksum");
  if (checksum == metadata.end() || checksum->second != checksumOf(*checkpoint.file))
    fail("the checksum is wrong: the file was damaged or edited");
  try {
    checkpoint.state = stateOf(metadata);
  } catch (const std::exception &) {
    fail("the metadata cannot be read");
  }
  return checkpoint;
}

//===----------------------------------------------------------------------===//
// The folder of a run
//===----------------------------------------------------------------------===//

static const std::string prefix = "step-", suffix = ".safetensors";

CheckpointFolder::CheckpointFolder(const std::string &path, int keep)
    : folder(path), keep(size_t(keep)) {
  std::error_code error;
  isMade = fs::create_directories(path, error);
  if (error)
    throw Error(fmt::format("{}: {}", path, error.message()));
  removePartialFiles();
}

CheckpointFolder::~CheckpointFolder() {
  std::error_code ignored; // of a folder that is not empty
  if (isMade)
    fs::remove(folder, ignored);
}

void CheckpointFolder::removePartialFiles() const {
  std::error_code ignored;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".partial")
      fs::remove(entry.path(), ignored);
}

std::string CheckpointFolder::pathOfStep(uint64_t step) const {
  return fmt::format("{}/{}{:08}{}", folder, prefix, step, suffix);
}

std::vector<uint64_t> CheckpointFolder::steps() const {
  std::vector<uint64_t> steps;
  std::error_code ignored;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder, ignored)) {
    std::string name = entry.path().filename();
    unsigned long long step = 0;
    if (std::sscanf(name.c_str(), "step-%llu", &step) == 1 &&
        pathOfStep(step) == fmt::format("{}/{}", folder, name))
      steps.push_back(step);
  }
  std::sort(steps.rbegin(), steps.rend());
  return steps;
}

std::optional<Checkpoint>
CheckpointFolder::readNewest(const NetworkIdentity &network,
                             const std::function<void(const std::string &)> &onBroken) const {
  for (uint64_t step : steps()) {
    try {
      return readCheckpoint(pathOfStep(step), network);
    } catch (const Error &error) {
      onBroken(error.what());
    }
  }
  return std::nullopt;
}

void CheckpointFolder::write(const NetworkIdentity &network, const TrainingState &state,
                             const std::vector<TensorView> &tensors, bool isBest) const {
  writeCheckpoint(pathOfStep(state.step), network, state, tensors);
  if (isBest)
    makeBest(state.step);
  removeOlderThan(state.step);
}

/// A second name for the file; a copy on disks that have none.
void CheckpointFolder::makeBest(uint64_t step) const {
  std::string aside = bestPath() + ".partial";
  std::error_code error;
  fs::remove(aside, error);
  fs::create_hard_link(pathOfStep(step), aside, error);
  if (error)
    fs::copy_file(pathOfStep(step), aside, error);
  if (!error)
    fs::rename(aside, bestPath(), error);
  if (error)
    throw Error(fmt::format("{}: {}", bestPath(), error.message()));
}

/// Later ones are damaged and come from before the run was taken up again.
void CheckpointFolder::removeOlderThan(uint64_t newest) const {
  size_t kept = 0;
  std::error_code ignored;
  for (uint64_t step : steps())
    if (step <= newest && ++kept > keep)
      fs::remove(pathOfStep(step), ignored);
}
