//===- Network.cpp - one network, ready to run ----------------------------===//

#include "runtime/Network.h"
#include "runtime/CpuFeatures.h"
#include "runtime/File.h"
#include "runtime/NetworkState.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

/// Checks what must hold before anything else of the table is looked at.
static Description describe(const AlexrtNetwork &table) {
  if (table.abiVersion != ALEXRT_ABI_VERSION)
    throw Error(fmt::format("expected a network of ABI version {}, got {}", ALEXRT_ABI_VERSION,
                            table.abiVersion));
  if (table.deviceCount == 0)
    throw Error("expected a network of one device or more, got 0");
  Description description = Description::parse(table.description);
  std::vector<std::string> missing = missingCpuFeatures(description.features);
  if (!missing.empty())
    throw Error(fmt::format("this CPU lacks {}, which the network was compiled for",
                            fmt::join(missing, ", ")));
  return description;
}

/// The CPU's devices share the CPUs.
static int threadsOfDevice(const AlexrtNetwork &table, const NetworkOptions &options) {
  bool shares = options.threads == 0 && !table.device;
  return shares ? std::max(1, availableCpus() / int(table.deviceCount)) : options.threads;
}

Network::State::State(const AlexrtNetwork &table, const NetworkOptions &options)
    : description(describe(table)), deviceCount(table.deviceCount),
      threads(threadsOfDevice(table, options)) {
  std::vector<uint64_t> parameterBytes;
  for (const Parameter &parameter : description.params)
    parameterBytes.push_back(bytesOf(parameter));
  for (size_t i = 0; i < table.programCount; ++i)
    programs.emplace_back(table, table.programs[i], parameterBytes);
  chooseEntries(options.kinds);
  if (table.device) {
    makeAccelerators(table, options);
  } else {
    makeCpuDevices(table, options.guardPages ? LaunchMode::guarded : LaunchMode::direct);
    allocateSegments();
  }
  if (description.training) {
    step.learningRate = static_cast<float>(description.training->learningRate);
    step.momentum = static_cast<float>(description.training->momentum);
    step.weightDecay = static_cast<float>(description.training->weightDecay);
  }
  if (description.params.empty())
    adopt({}, Arena(), nullptr);
}

void Network::State::makeCpuDevices(const AlexrtNetwork &table, LaunchMode mode) {
  std::vector<ThreadPool *> pools = {&threads};
  while (pools.size() < deviceCount) {
    others.push_back(std::make_unique<ThreadPool>(threads.size()));
    pools.push_back(others.back().get());
  }
  devices = std::make_unique<CpuDevices>(table, std::move(pools), mode);
}

Program *Network::State::findProgram(const std::string &name) {
  for (Program &program : programs)
    if (program.name() == name)
      return &program;
  return nullptr;
}

/// Finds the programs of the entries that are of one of `kinds`.
void Network::State::chooseEntries(const std::vector<std::string> &kinds) {
  const std::vector<Entry> &entries = description.entries;
  for (const Entry &entry : entries) {
    Program *program = findProgram(entry.program);
    if (!program)
      throw Error(fmt::format("the network has no program {}", inQuotes(entry.program)));
    bool isWanted = std::find(kinds.begin(), kinds.end(), entry.kind) != kinds.end();
    if (isWanted)
      needed.push_back(program);
    if (isWanted && entry.kind == "infer")
      inferEntries.push_back(runs.size());
    runs.push_back(isWanted ? program : nullptr);
  }
  std::sort(inferEntries.begin(), inferEntries.end(),
            [&](size_t a, size_t b) { return entries[a].batch > entries[b].batch; });
  load = anyUses(ALEXRT_WEIGHTS) ? findProgram("load") : nullptr;
  if (load)
    needed.push_back(load);
}

bool Network::State::anyUses(AlexrtSegment segment) const {
  return std::any_of(needed.begin(), needed.end(),
                     [=](const Program *program) { return program->uses(segment); });
}

uint64_t Network::State::segmentBytes(uint32_t device, AlexrtSegment segment) const {
  uint64_t bytes = 0;
  for (const Program *program : needed)
    bytes = std::max(bytes, program->segmentBytes(device, segment));
  return bytes;
}

uint64_t Network::State::ioBytes() const {
  uint64_t bytes = 0;
  for (uint32_t device = 0; device < deviceCount; ++device)
    bytes = std::max(bytes, segmentBytes(device, ALEXRT_IO));
  return bytes;
}

void Network::State::allocateSegments() {
  io = Arena(ioBytes());
  for (uint32_t device = 0; device < deviceCount; ++device) {
    weights.emplace_back(segmentBytes(device, ALEXRT_WEIGHTS));
    scratch.emplace_back(segmentBytes(device, ALEXRT_SCRATCH));
    Memory::Segments &segments = memory.segments.emplace_back();
    segments = {};
    segments[ALEXRT_WEIGHTS] = weights.back().data();
    segments[ALEXRT_SCRATCH] = scratch.back().data();
    segments[ALEXRT_IO] = io.data();
    segments[ALEXRT_STEP] = reinterpret_cast<char *>(&step);
  }
}

void Network::State::makeAccelerators(const AlexrtNetwork &table, const NetworkOptions &options) {
  auto accelerators = std::make_unique<Accelerators>(
      table, AcceleratorOptions{options.captureGraphs, options.guardPages, options.firstDevice});
  mirror = std::make_unique<Mirror>(*accelerators, deviceCount,
                                    std::vector<const Program *>(needed.begin(), needed.end()),
                                    description.params.size());
  devices = std::move(accelerators);
  memory.segments.emplace_back();
  memory.segments[0][ALEXRT_IO] = mirror->io();
}

Network::Network(const AlexrtNetwork &table, const NetworkOptions &options)
    : state(std::make_unique<State>(table, options)) {}

Network::~Network() = default;

const Description &Network::description() const { return state->description; }

int Network::threads() const { return state->threads.size(); }

std::string Network::device() const { return state->devices->name(); }

MemoryUse Network::memory() const {
  MemoryUse use;
  for (const Parameter &parameter : state->description.params)
    use.parameters += bytesOf(parameter);
  use.momenta = state->momenta.size();
  use.gradients = state->gradients.size();
  for (uint32_t device = 0; device < state->deviceCount; ++device) {
    use.weights += state->segmentBytes(device, ALEXRT_WEIGHTS);
    use.scratch += state->segmentBytes(device, ALEXRT_SCRATCH);
  }
  use.io = state->ioBytes();
  return use;
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

template <typename Element>
Element *Network::State::toWrite(const Port &port) const {
  if (mirror)
    mirror->hostWritesIo(port.offset, bytesOf(port));
  return inIo<Element>(port);
}

template <typename Element>
const Element *Network::State::upToDate(const Port &port) const {
  if (mirror)
    mirror->fetchIo(port.offset, bytesOf(port));
  return inIo<const Element>(port);
}

float *Network::input(const Entry &entry) { return state->toWrite<float>(entry.input); }

int32_t *Network::labels(const Entry &entry) { return state->toWrite<int32_t>(entry.labels); }

const float *Network::output(const Entry &entry) const {
  return state->upToDate<float>(entry.output);
}

const float *Network::loss(const Entry &entry) const { return state->upToDate<float>(entry.loss); }

const float *Network::inputGradient(const Entry &entry) const {
  return entry.inputGradient.shape.empty() ? nullptr : state->upToDate<float>(entry.inputGradient);
}

/// Kernels use labels as indices.
void Network::State::checkLabels(const Entry &entry) const {
  if (entry.labels.shape.empty())
    return;
  const auto *labels = inIo<const int32_t>(entry.labels);
  for (int64_t n = 0; n < entry.batch; ++n)
    if (labels[n] < 0 || labels[n] >= description.classes)
      throw Error(fmt::format("image {} of the batch: expected a label from 0 to {}, got {}", n,
                              description.classes - 1, labels[n]));
}

void Network::State::run(const Program &program, const RunOptions &options) {
  if (mirror)
    mirror->send(program, memory, step);
  if (isPackingDue && load && program.uses(ALEXRT_WEIGHTS)) {
    load->run(*devices);
    isPackingDue = false;
  }
  isPackingDue |= program.writes(ALEXRT_PARAM);
  if (mirror)
    mirror->deviceWrote(program);
  program.run(*devices, options);
}

void Network::run(const Entry &entry, const RunOptions &options) {
  const Program *program = state->runs[&entry - state->description.entries.data()];
  if (!program)
    throw Error(fmt::format("there is no memory to run entry {}", inQuotes(entry.program)));
  state->requireWeights();
  bool trains = program->writes(ALEXRT_PARAM) || program->uses(ALEXRT_MOMENTUM) ||
                program->uses(ALEXRT_GRADIENT);
  if (trains && !state->isTrainable)
    throw Error(fmt::format("entry {} needs parameters that may be written: make the network "
                            "trainable first",
                            inQuotes(entry.program)));
  state->checkLabels(entry);
  state->run(*program, options);
}

void Network::sendAhead(const Entry &entry) {
  state->checkLabels(entry);
  const Program *program = state->runs[&entry - state->description.entries.data()];
  if (state->mirror && program)
    state->mirror->sendAhead(*program);
}

bool Network::sendsAhead() const { return state->mirror != nullptr; }

Accelerators *Network::accelerators() const {
  return state->mirror ? static_cast<Accelerators *>(state->devices.get()) : nullptr;
}

std::vector<GradientUse> Network::gradientUses(const Entry &entry) const {
  auto uses = state->runs[&entry - state->description.entries.data()]->gradientUses();
  for (GradientUse &use : uses)
    use.address = state->mirror ? state->mirror->address(*use.argument) : nullptr;
  return uses;
}

void Network::synchronize() { state->devices->synchronize(); }

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
