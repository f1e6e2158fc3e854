//===- Inference.cpp - any number of images through a network -------------===//

#include "runtime/command/Inference.h"
#include "runtime/File.h"
#include "runtime/Suggestion.h"

#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

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
  std::vector<std::string> names;
  for (const LayerInfo &layer : network.description().layers)
    names.push_back(layer.name);
  for (const Dump &dump : dumps) {
    if (std::find(names.begin(), names.end(), dump.layer) == names.end())
      throw Error(
          fmt::format("unknown layer {}{}", inQuotes(dump.layer), suggestion(dump.layer, names)));
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
