//===- Inference.cpp - any number of images through a network -------------===//

#include "runtime/command/Inference.h"
#include "runtime/File.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

using namespace alexrt;

/// Letters to insert, remove or replace to get from one to the other.
static size_t editDistance(const std::string &from, const std::string &to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < to.size(); ++j) {
      size_t replaced = diagonal + (from[i] != to[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// The layer that was probably meant, as the end of an error.
static std::string suggestion(const std::vector<LayerInfo> &layers, const std::string &name) {
  std::string nearest;
  size_t nearestDistance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const LayerInfo &layer : layers) {
    size_t longer = std::max(name.size(), layer.name.size());
    if (longer - std::min(name.size(), layer.name.size()) >= nearestDistance)
      continue; // also spares the distance of absurdly long names
    if (size_t distance = editDistance(name, layer.name); distance < nearestDistance) {
      nearest = layer.name;
      nearestDistance = distance;
    }
  }
  return nearest.empty() ? "" : fmt::format("; did you mean {}?", inQuotes(nearest));
}

Inference::Inference(Network &network, std::vector<Dump> dumps)
    : network(network), dumps(std::move(dumps)) {
  for (const Entry &entry : network.description().entries)
    if (entry.kind == "infer")
      entries.push_back(&entry);
  if (entries.empty())
    throw Error("the network was compiled without an entry \"infer\"");
  std::sort(entries.begin(), entries.end(),
            [](const Entry *a, const Entry *b) { return a->batch > b->batch; });
  checkDumps();
}

void Inference::checkDumps() const {
  const std::vector<LayerInfo> &layers = network.description().layers;
  for (const Dump &dump : dumps) {
    bool known = std::any_of(layers.begin(), layers.end(),
                             [&](const LayerInfo &layer) { return layer.name == dump.layer; });
    if (!known)
      throw Error(
          fmt::format("unknown layer {}{}", inQuotes(dump.layer), suggestion(layers, dump.layer)));
    for (const Entry *entry : entries)
      entry->valueOf(dump.layer);
  }
}

const Entry &Inference::entryFor(size_t count) const {
  for (const Entry *entry : entries)
    if (size_t(entry->batch) <= count)
      return *entry;
  return *entries.back();
}

void Inference::append(const float *input, size_t count) {
  while (count > 0) {
    const Entry &entry = entryFor(count);
    size_t part = std::min(count, size_t(entry.batch));
    runSome(entry, input, part);
    input += part * size_t(elementCount(network.description().input));
    count -= part;
  }
}

/// Runs `count` images, at most the entry's batch, which is filled up with
/// zeros.
void Inference::runSome(const Entry &entry, const float *input, size_t count) {
  size_t imageSize = size_t(elementCount(network.description().input));
  float *end = std::copy_n(input, count * imageSize, network.input(entry));
  std::fill_n(end, (size_t(entry.batch) - count) * imageSize, 0.0f);
  RunOptions options;
  if (!dumps.empty())
    options.afterRecord = [&](size_t record) { gather(entry, record, count); };
  network.run(entry, options);
  const float *output = network.output(entry);
  allOutputs.insert(allOutputs.end(), output,
                    output + count * size_t(network.description().classes));
}

/// Appends the first `count` images of what is dumped after `record`.
void Inference::gather(const Entry &entry, size_t record, size_t count) {
  for (Dump &dump : dumps) {
    const ValueInfo &info = entry.valueOf(dump.layer);
    if (info.record != record)
      continue;
    std::vector<float> batch = network.readValue(info);
    size_t imageSize = batch.size() / size_t(entry.batch);
    dump.value.data.insert(dump.value.data.end(), batch.begin(),
                           batch.begin() + int64_t(count * imageSize));
    int64_t before = dump.value.shape.empty() ? 0 : dump.value.shape[0];
    dump.value.shape = info.shape;
    dump.value.shape[0] = before + int64_t(count);
  }
}

void Inference::writeDumps() const {
  for (const Dump &dump : dumps)
    writeNpy(dump.path, dump.value.shape, dump.value.data.data());
}
