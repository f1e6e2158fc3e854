//===- Entries.cpp - an entry of the binary, ready to be measured ---------===//

#include "runtime/command/Entries.h"
#include "runtime/File.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

using namespace alexrt;

const Entry &alexrt::chooseEntry(const Description &description, const std::string &kind,
                                 int64_t batch) {
  const Entry *smallest = nullptr;
  std::vector<int64_t> batches;
  std::set<std::string> kinds;
  for (const Entry &entry : description.entries) {
    kinds.insert(entry.kind);
    if (entry.kind != kind)
      continue;
    if (entry.batch == batch)
      return entry;
    batches.push_back(entry.batch);
    if (!smallest || entry.batch < smallest->batch)
      smallest = &entry;
  }
  if (!smallest)
    throw Error(fmt::format("no entry {}: the network was compiled with {}", inQuotes(kind),
                            fmt::join(kinds, ", ")));
  if (batch != 0)
    throw Error(fmt::format("no entry of batch {}: the network was compiled for batch {}", batch,
                            fmt::join(batches, ", ")));
  return *smallest;
}

NetworkOptions alexrt::optionsFor(const std::string &kind, int threads) {
  NetworkOptions options;
  options.threads = threads;
  options.kinds = {kind};
  return options;
}

void alexrt::prepare(Network &network, const Entry &entry) {
  if (entry.kind != "infer" && entry.kind != "evaluate")
    network.makeTrainable();
  network.step().learningRate = 0;
  uint32_t state = 1;
  float *input = entry.input.shape.empty() ? nullptr : network.input(entry);
  for (int64_t i = 0; input && i < elementCount(entry.input.shape); ++i) {
    state = state * 1664525u + 1013904223u;
    input[i] = float(int32_t(state)) * 0x1p-31f;
  }
  for (int64_t n = 0; n < entry.batch && !entry.labels.shape.empty(); ++n)
    network.labels(entry)[n] = int32_t(n % network.description().classes);
}

double alexrt::gflops(int64_t macs, double seconds) {
  return seconds > 0 ? 2e-9 * double(macs) / seconds : 0;
}
