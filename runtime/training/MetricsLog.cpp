//===- MetricsLog.cpp - a run's numbers, for programs ---------------------===//

#include "runtime/training/MetricsLog.h"
#include "runtime/File.h"
#include <nlohmann/json.hpp>

using namespace alexrt;
using Json = nlohmann::ordered_json;

/// Whether a line says no more than what was done in so many steps and epochs.
static bool isUpTo(const Json &line, uint64_t step, int64_t epochs) {
  auto isAtMost = [&](const char *key, auto most) {
    return line.contains(key) && line[key].is_number_unsigned() && line[key] <= most;
  };
  if (!line.is_object() || !isAtMost("step", step))
    return false;
  bool isEpoch = line.contains("kind") && line["kind"] == "epoch";
  return !isEpoch || isAtMost("epoch", epochs);
}

/// Bytes of the lines that are whole and up to `step`.
static uint64_t bytesUpTo(const std::string &path, uint64_t step, int64_t epochs) {
  MappedFile file(path);
  std::string_view text(file.data(), file.size());
  uint64_t size = 0;
  for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n', size)) {
    Json line = Json::parse(text.substr(size, end - size), nullptr, /*allow_exceptions=*/false);
    if (!isUpTo(line, step, epochs))
      break;
    size = end + 1;
  }
  return size;
}

MetricsLog::MetricsLog(const std::string &folder, uint64_t step, int64_t epochs)
    : lines(folder + "/metrics.jsonl"), events(folder, step) {
  lines.truncate(bytesUpTo(lines.path(), step, epochs));
}

/// A number that JSON has no word for becomes null.
static void appendLine(AppendFile &file, const Json &object) {
  file.append(object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void MetricsLog::append(const StepMetrics &metrics) {
  appendLine(lines, {{"kind", "step"},
                     {"step", metrics.step},
                     {"epoch", metrics.epoch},
                     {"loss", metrics.loss},
                     {"error", metrics.error},
                     {"lr", metrics.lr},
                     {"images_per_second", metrics.imagesPerSecond}});
  events.append(metrics.step, {{"loss/step", metrics.loss},
                               {"error/step", metrics.error},
                               {"lr", metrics.lr},
                               {"images_per_second", metrics.imagesPerSecond}});
}

static Json jsonOf(const Tally &tally) {
  return {{"loss", tally.loss()},
          {"top1_error", tally.top1Error()},
          {"top5_error", tally.top5Error()},
          {"images", tally.images}};
}

static void addScalars(std::vector<Scalar> &scalars, const Tally &tally, const std::string &set) {
  scalars.push_back({"loss/" + set, tally.loss()});
  scalars.push_back({"error/" + set, tally.top1Error()});
  scalars.push_back({"top5_error/" + set, tally.top5Error()});
}

void MetricsLog::append(const EpochMetrics &metrics) {
  Json validation = metrics.validation ? jsonOf(*metrics.validation) : Json(nullptr);
  appendLine(lines, {{"kind", "epoch"},
                     {"step", metrics.step},
                     {"epoch", metrics.epoch},
                     {"training", jsonOf(metrics.training)},
                     {"validation", validation},
                     {"lr", metrics.lr},
                     {"seconds", metrics.seconds}});
  std::vector<Scalar> scalars;
  addScalars(scalars, metrics.training, "training");
  if (metrics.validation)
    addScalars(scalars, *metrics.validation, "validation");
  events.append(metrics.step, scalars);
}

void MetricsLog::append(uint64_t step, const std::vector<ParameterMetrics> &parameters) {
  std::vector<Scalar> scalars;
  for (const ParameterMetrics &metrics : parameters) {
    appendLine(lines, {{"kind", "layer"},
                       {"step", step},
                       {"parameter", metrics.parameter},
                       {"mean_weight", metrics.meanWeight},
                       {"mean_update", metrics.meanUpdate},
                       {"ratio", metrics.ratio()}});
    scalars.push_back({"mean_weight/" + metrics.parameter, metrics.meanWeight});
    scalars.push_back({"mean_update/" + metrics.parameter, metrics.meanUpdate});
    scalars.push_back({"update_ratio/" + metrics.parameter, metrics.ratio()});
  }
  events.append(step, scalars);
}

void MetricsLog::flush() {
  lines.flush();
  events.flush();
}
