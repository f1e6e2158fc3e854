//===- Monitor.cpp - notices when training goes wrong ---------------------===//

#include "runtime/training/Monitor.h"
#include "runtime/File.h"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// Measures
//===----------------------------------------------------------------------===//

LayerLooker::LayerLooker(std::string layer, size_t features)
    : found{std::move(layer), true, true, 0}, sums(features, 0.0), squares(features, 0.0) {}

void LayerLooker::add(const std::vector<float> &values) {
  size_t features = sums.size();
  for (size_t i = 0; i < values.size(); ++i) {
    double value = values[i];
    found.isFinite &= std::isfinite(value);
    found.isZero &= value == 0;
    sums[i % features] += value;
    squares[i % features] += value * value;
    size += std::abs(value);
  }
  images += values.size() / features;
}

LayerLook LayerLooker::look() const {
  double deviation = 0, count = double(images);
  for (size_t f = 0; f < sums.size(); ++f) {
    double mean = sums[f] / count;
    deviation += std::sqrt(std::max(0.0, squares[f] / count - mean * mean));
  }
  LayerLook look = found;
  look.variation = size > 0 ? deviation / (size / count) : 0;
  return look;
}

double alexrt::entropyOf(const std::vector<int64_t> &counts) {
  double total = 0, entropy = 0;
  for (int64_t count : counts)
    total += double(count);
  for (int64_t count : counts)
    if (count > 0)
      entropy -= double(count) / total * std::log(double(count) / total);
  return entropy;
}

/// The mean absolute value; not finite where an element is not.
static double meanSize(const float *data, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i)
    sum += std::abs(double(data[i]));
  return count > 0 ? sum / double(count) : 0;
}

//===----------------------------------------------------------------------===//
// Looks
//===----------------------------------------------------------------------===//

Monitor::Monitor(Network &network, std::function<void(const std::string &)> warn)
    : network(network), warn(std::move(warn)),
      labelCounts(size_t(network.description().classes), 0) {
  for (const LayerInfo &layer : network.description().layers) {
    layers.insert(layer.name);
    if (layer.op == "relu")
      relus.insert(layer.name);
  }
}

/// At the run's first steps, and before each window ends. A loss that has grown
/// may soon be no number: then it is known which layer was the first.
bool Monitor::isTimeToLook(uint64_t step) const {
  return step < 2 || (step + 1) % windowSteps == 0 || (steps > 0 && lastLoss > 2 * firstLoss);
}

RunOptions Monitor::optionsFor(uint64_t step, const Entry &entry) {
  RunOptions options;
  looks.clear();
  isLooking = isTimeToLook(step);
  if (isLooking)
    options.afterRecord = [this, &entry](size_t record) { look(entry, record); };
  return options;
}

void Monitor::look(const Entry &entry, size_t record) {
  constexpr int64_t together = 16; // images: a whole batch of a large layer is not to be copied
  for (const ValueInfo &value : entry.values) {
    if (value.record != record || !layers.count(value.layer))
      continue;
    int64_t images = value.shape[0];
    LayerLooker looker(value.layer, size_t(elementCount(value.shape) / images));
    for (int64_t first = 0; first < images; first += together)
      looker.add(network.readValue(value, first, std::min(together, images - first)));
    looks.push_back(looker.look());
  }
}

void Monitor::warnOnce(const std::string &warning) {
  if (warned.insert(warning).second)
    warn(warning);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void Monitor::failNotFinite(uint64_t step, double loss) const {
  std::string message = fmt::format("step {}: the loss is not finite ({})", step + 1, loss);
  for (const LayerLook &look : looks)
    if (!look.isFinite)
      throw Error(fmt::format("{}; the first layer whose values are not is {}", message,
                              inQuotes(look.layer)));
  const std::vector<Parameter> &params = network.description().params;
  for (size_t i = 0; i < params.size(); ++i)
    if (!std::isfinite(meanSize(network.parameter(i), size_t(elementCount(params[i].shape)))))
      throw Error(fmt::format("{}; the first parameter that is not is {}", message,
                              inQuotes(params[i].name)));
  throw Error(message);
}

void Monitor::endStep(uint64_t step, const Tally &tally, const std::vector<int32_t> &labels) {
  lastLoss = tally.loss();
  if (!std::isfinite(lastLoss))
    failNotFinite(step, lastLoss);
  if (steps++ == 0)
    firstLoss = lastLoss;
  for (const LayerLook &look : looks)
    if (look.isZero && relus.count(look.layer))
      warnOnce(fmt::format("layer {} is dead: its values are zero for every image of a batch",
                           inQuotes(look.layer)));
  window.add(tally);
  for (int32_t label : labels)
    ++labelCounts[size_t(label)];
  if ((step + 1) % windowSteps == 0)
    endWindow();
}

/// A network that sees nothing in its images can still learn how frequent each
/// class is, and no more: its loss is then the labels' entropy. Two windows in
/// a row are no accident.
void Monitor::endWindow() {
  constexpr double flatVariation = 1e-2;
  double entropy = entropyOf(labelCounts), loss = window.loss();
  bool isFlat = entropy > 0 && loss > 0.98 * entropy && loss < 1.02 * entropy;
  flatWindows = isFlat ? flatWindows + 1 : 0;
  window = Tally();
  std::fill(labelCounts.begin(), labelCounts.end(), 0);
  if (flatWindows != 2)
    return;
  auto flat = std::find_if(looks.begin(), looks.end(),
                           [](const LayerLook &look) { return look.variation < flatVariation; });
  std::string warning = fmt::format("the loss ({:.3f}) stays at the entropy of the labels seen "
                                    "({:.3f}): nothing is learned from the images",
                                    loss, entropy);
  if (flat != looks.end())
    warning +=
        fmt::format("; the values of layer {} hardly differ between them", inQuotes(flat->layer));
  warn(warning);
}

std::vector<ParameterMetrics> Monitor::measureParameters(uint64_t step) const {
  std::vector<ParameterMetrics> metrics;
  const std::vector<Parameter> &params = network.description().params;
  for (size_t i = 0; i < params.size(); ++i) {
    auto count = size_t(elementCount(params[i].shape));
    double weight = meanSize(network.parameter(i), count);
    double update = params[i].rateFactor == 0 ? 0 : meanSize(network.momentum(i), count);
    if (!std::isfinite(weight) || !std::isfinite(update))
      throw Error(
          fmt::format("step {}: parameter {} is not finite", step, inQuotes(params[i].name)));
    metrics.push_back({params[i].name, weight, update});
  }
  return metrics;
}
