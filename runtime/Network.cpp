//===- Network.cpp - one network, ready to run ----------------------------===//

#include "runtime/Network.h"
#include "runtime/Arena.h"
#include "runtime/CpuFeatures.h"
#include "runtime/Initialize.h"
#include "runtime/Layouts.h"
#include "runtime/Safetensors.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

struct Network::State {
  State(const AlexrtNetwork &table, const NetworkOptions &options);

  Program *findProgram(const std::string &name);
  /// Memory for all parameters, and the address of each in it.
  static Arena allocate(const std::vector<Parameter> &params, std::vector<float *> &addresses);
  void adopt(std::vector<const float *> parameters, Arena ownParameters,
             std::unique_ptr<Safetensors> weightsFile);
  void adoptCopies(const std::vector<const void *> &data);

  Description description;
  LaunchMode mode;
  ThreadPool threads;
  std::array<Arena, ALEXRT_SEGMENTS> segments;
  std::vector<Program> programs;
  Program *load = nullptr;          ///< packs parameters; null where none are packed
  std::vector<Program *> runs;      ///< the program of each entry of the description
  std::vector<size_t> inferEntries; ///< numbers of the "infer" entries, largest batch first
  Memory memory;                    ///< no parameters: there are no weights yet
  // Where the parameters live: in the mapped file or in memory of our own.
  std::unique_ptr<Safetensors> weightsFile;
  Arena ownParameters;
};

/// Checks what must hold before anything else of the table is looked at.
static Description describe(const AlexrtNetwork &table) {
  if (table.abiVersion != ALEXRT_ABI_VERSION)
    throw Error(fmt::format("expected a network of ABI version {}, got {}", ALEXRT_ABI_VERSION,
                            table.abiVersion));
  Description description = Description::parse(table.description);
  std::vector<std::string> missing = missingCpuFeatures(description.features);
  if (!missing.empty())
    throw Error(fmt::format("this CPU lacks {}, which the network was compiled for",
                            fmt::join(missing, ", ")));
  return description;
}

static uint64_t bytesOf(const Parameter &parameter) {
  return static_cast<uint64_t>(elementCount(parameter.shape)) * sizeof(float);
}

Network::State::State(const AlexrtNetwork &table, const NetworkOptions &options)
    : description(describe(table)),
      mode(options.guardPages ? LaunchMode::guarded : LaunchMode::direct),
      threads(options.threads) {
  for (size_t i = 0; i < segments.size(); ++i) {
    segments[i] = Arena(table.segmentBytes[i]);
    memory.segments[i] = segments[i].data();
  }
  std::vector<uint64_t> parameterBytes;
  for (const Parameter &parameter : description.params)
    parameterBytes.push_back(bytesOf(parameter));
  for (size_t i = 0; i < table.programCount; ++i)
    programs.emplace_back(table, table.programs[i], parameterBytes);
  load = findProgram("load");
  for (const Entry &entry : description.entries) {
    if (entry.kind == "infer")
      inferEntries.push_back(runs.size());
    runs.push_back(findProgram(entry.program));
    if (!runs.back())
      throw Error(fmt::format("the network has no program {}", inQuotes(entry.program)));
  }
  std::sort(inferEntries.begin(), inferEntries.end(), [&](size_t a, size_t b) {
    return description.entries[a].batch > description.entries[b].batch;
  });
  if (description.params.empty())
    adopt({}, Arena(), nullptr);
}

Program *Network::State::findProgram(const std::string &name) {
  for (Program &program : programs)
    if (program.name() == name)
      return &program;
  return nullptr;
}

Network::Network(const AlexrtNetwork &table, const NetworkOptions &options)
    : state(std::make_unique<State>(table, options)) {}

Network::~Network() = default;

const Description &Network::description() const { return state->description; }

int Network::threads() const { return state->threads.size(); }

MemoryUse Network::memory() const {
  MemoryUse use;
  for (const Parameter &parameter : state->description.params)
    use.parameters += bytesOf(parameter);
  use.weights = state->segments[ALEXRT_WEIGHTS].size();
  use.scratch = state->segments[ALEXRT_SCRATCH].size();
  use.io = state->segments[ALEXRT_IO].size();
  return use;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

Arena Network::State::allocate(const std::vector<Parameter> &params,
                               std::vector<float *> &addresses) {
  constexpr uint64_t alignment = 64;
  std::vector<uint64_t> offsets;
  uint64_t size = 0;
  for (const Parameter &parameter : params) {
    offsets.push_back(size);
    size += (bytesOf(parameter) + alignment - 1) / alignment * alignment;
  }
  Arena arena(size);
  for (uint64_t offset : offsets)
    addresses.push_back(reinterpret_cast<float *>(arena.data() + offset));
  return arena;
}

void Network::State::adopt(std::vector<const float *> parameters, Arena own,
                           std::unique_ptr<Safetensors> file) {
  memory.parameters = std::move(parameters);
  ownParameters = std::move(own);
  weightsFile = std::move(file);
  for (Program &program : programs)
    program.bind(memory);
  if (load)
    load->run(threads, {}, mode);
}

void Network::State::adoptCopies(const std::vector<const void *> &data) {
  std::vector<float *> addresses;
  Arena arena = allocate(description.params, addresses);
  for (size_t i = 0; i < addresses.size(); ++i)
    memcpy(addresses[i], data[i], bytesOf(description.params[i]));
  adopt({addresses.begin(), addresses.end()}, std::move(arena), nullptr);
}

void Network::loadWeights(const std::string &path) {
  auto file = std::make_unique<Safetensors>(path);
  std::vector<const void *> found;
  for (const Parameter &parameter : state->description.params)
    found.push_back(file->find(parameter.name, parameter.shape));
  bool isAligned = std::all_of(found.begin(), found.end(), [](const void *address) {
    return reinterpret_cast<uintptr_t>(address) % alignof(float) == 0;
  });
  if (!isAligned) // a header of odd length is unusual but allowed
    return state->adoptCopies(found);
  std::vector<const float *> addresses;
  for (const void *address : found)
    addresses.push_back(static_cast<const float *>(address));
  state->adopt(std::move(addresses), Arena(), std::move(file));
}

void Network::initWeights(uint64_t seed) {
  const std::vector<Parameter> &params = state->description.params;
  std::vector<float *> addresses;
  Arena arena = State::allocate(params, addresses);
  for (size_t i = 0; i < params.size(); ++i)
    initialize(params[i], seed, state->threads, addresses[i]);
  state->adopt({addresses.begin(), addresses.end()}, std::move(arena), nullptr);
}

void Network::setWeights(const std::vector<const float *> &data) {
  state->adoptCopies({data.begin(), data.end()});
}

void Network::saveWeights(const std::string &path) const {
  if (!hasWeights())
    throw Error("there are no weights to save");
  std::vector<TensorView> tensors;
  const std::vector<Parameter> &params = state->description.params;
  for (size_t i = 0; i < params.size(); ++i)
    tensors.push_back({params[i].name, params[i].shape, parameter(i)});
  writeSafetensors(path, tensors);
}

bool Network::hasWeights() const {
  return state->memory.parameters.size() == state->description.params.size();
}

const float *Network::parameter(size_t index) const {
  return hasWeights() ? state->memory.parameters[index] : nullptr;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

const Entry *Network::findEntry(const std::string &kind, int64_t batch) const {
  for (const Entry &entry : state->description.entries)
    if (entry.kind == kind && entry.batch == batch)
      return &entry;
  return nullptr;
}

float *Network::input(const Entry &entry) {
  return reinterpret_cast<float *>(state->memory.segments[ALEXRT_IO] + entry.input.offset);
}

const float *Network::output(const Entry &entry) const {
  return reinterpret_cast<const float *>(state->memory.segments[ALEXRT_IO] + entry.output.offset);
}

void Network::run(const Entry &entry, const RunOptions &options) {
  if (!hasWeights())
    throw Error("there are no weights yet: load or initialise them first");
  size_t index = &entry - state->description.entries.data();
  state->runs[index]->run(state->threads, options, state->mode);
}

std::vector<float> Network::readValue(const ValueInfo &value) const {
  const char *address = value.segment == ALEXRT_PARAM
                            ? reinterpret_cast<const char *>(parameter(value.offset))
                            : state->memory.segments[value.segment] + value.offset;
  return toLogicalOrder(reinterpret_cast<const float *>(address), value.shape, value.layout);
}

/// Puts `count` images into an entry's input and zeros behind them.
static void fillInput(ThreadPool &threads, const float *images, size_t count, size_t imageSize,
                      size_t batch, float *input) {
  threads.parallelFor(static_cast<int64_t>(batch), [=](size_t begin, size_t end) {
    for (size_t n = begin; n < end; ++n) {
      if (n < count)
        std::copy_n(images + n * imageSize, imageSize, input + n * imageSize);
      else
        std::fill_n(input + n * imageSize, imageSize, 0.0f);
    }
  });
}

void Network::infer(const float *input, size_t count, float *output) {
  const std::vector<Entry> &entries = state->description.entries;
  const std::vector<size_t> &numbers = state->inferEntries;
  if (numbers.empty())
    throw Error("the network has no entry for inference");
  size_t imageSize = static_cast<size_t>(elementCount(state->description.input));
  size_t rowSize = static_cast<size_t>(state->description.classes);
  while (count > 0) {
    auto fitting = std::find_if(numbers.begin(), numbers.end(), [&](size_t number) {
      return static_cast<size_t>(entries[number].batch) <= count;
    });
    const Entry &entry = entries[fitting == numbers.end() ? numbers.back() : *fitting];
    size_t part = std::min(count, static_cast<size_t>(entry.batch));
    fillInput(state->threads, input, part, imageSize, entry.batch, this->input(entry));
    run(entry);
    std::copy_n(this->output(entry), part * rowSize, output);
    input += part * imageSize;
    output += part * rowSize;
    count -= part;
  }
}
