//===- Network.cpp - one network, ready to run ----------------------------===//

#include "runtime/Network.h"
#include "runtime/Arena.h"
#include "runtime/CpuFeatures.h"
#include "runtime/Initialize.h"
#include "runtime/Layouts.h"
#include "runtime/Mirror.h"
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
  void chooseEntries(const std::vector<std::string> &kinds);
  /// Bytes of the segment that the programs that are needed share.
  uint64_t segmentBytes(AlexrtSegment segment) const;
  void allocateSegments();
  void allocateOnDevice(Accelerator &accelerator, const std::vector<uint64_t> &parameterBytes);
  bool anyUses(AlexrtSegment segment) const;
  /// Memory for all parameters, and the address of each in it.
  Arena allocate(std::vector<float *> &addresses) const;
  void adopt(std::vector<const float *> parameters, Arena ownParameters,
             std::shared_ptr<const Safetensors> weightsFile);
  void adoptCopies(const std::vector<const void *> &data,
                   std::shared_ptr<const Safetensors> weightsFile);
  void bind();
  bool hasWeights() const { return memory.parameters.size() == description.params.size(); }
  void requireWeights() const;
  void checkLabels(const Entry &entry) const;
  void run(const Program &program, const RunOptions &options);
  template <typename Element>
  Element *inIo(const Port &port) const {
    return reinterpret_cast<Element *>(memory.segments[ALEXRT_IO] + port.offset);
  }
  /// The same, to be read or written by the host.
  template <typename Element>
  const Element *upToDate(const Port &port) const;
  template <typename Element>
  Element *toWrite(const Port &port) const;
  /// A tensor, to be read or written by the host; null where there is none.
  float *upToDate(AlexrtSegment kind, size_t index) const;
  float *toWrite(AlexrtSegment kind, size_t index) const;

  Description description;
  ThreadPool threads;
  std::unique_ptr<Device> device;
  std::unique_ptr<Mirror> mirror;   ///< null on the CPU, which works on `memory` itself
  std::vector<Program> programs;    ///< all of the table
  std::vector<Program *> runs;      ///< of each entry of the description; null: not to be run
  std::vector<Program *> needed;    ///< those of `runs`, and `load` where one depends on it
  Program *load = nullptr;          ///< packs parameters; null where none are packed
  std::vector<size_t> inferEntries; ///< numbers of the "infer" entries, largest batch first
  Memory memory;                    ///< the host's; no parameters: there are no weights yet
  std::array<Arena, ALEXRT_SEGMENTS> segments;
  alignas(64) AlexrtStep step = {};
  bool isPackingDue = false; ///< parameters have changed since `load` ran
  // Where the parameters live: in the mapped file or in memory of our own.
  std::shared_ptr<const Safetensors> weightsFile;
  Arena ownParameters;
  bool isTrainable = false; ///< ownParameters, and what follows, are there
  Arena momenta, gradients;
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
    : description(describe(table)), threads(options.threads) {
  std::vector<uint64_t> parameterBytes;
  for (const Parameter &parameter : description.params)
    parameterBytes.push_back(bytesOf(parameter));
  for (size_t i = 0; i < table.programCount; ++i)
    programs.emplace_back(table, table.programs[i], parameterBytes);
  chooseEntries(options.kinds);
  if (table.device) {
    auto accelerator = std::make_unique<Accelerator>(
        table, AcceleratorOptions{0, options.captureGraphs, options.guardPages});
    allocateOnDevice(*accelerator, parameterBytes);
    device = std::move(accelerator);
  } else {
    LaunchMode mode = options.guardPages ? LaunchMode::guarded : LaunchMode::direct;
    device = std::make_unique<CpuDevice>(table.kernels, threads, mode);
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

uint64_t Network::State::segmentBytes(AlexrtSegment segment) const {
  uint64_t bytes = 0;
  for (const Program *program : needed)
    bytes = std::max(bytes, program->segmentBytes()[segment]);
  return bytes;
}

void Network::State::allocateSegments() {
  for (AlexrtSegment segment : {ALEXRT_WEIGHTS, ALEXRT_SCRATCH, ALEXRT_IO}) {
    segments[segment] = Arena(segmentBytes(segment));
    memory.segments[segment] = segments[segment].data();
  }
  memory.segments[ALEXRT_STEP] = reinterpret_cast<char *>(&step);
}

void Network::State::allocateOnDevice(Accelerator &accelerator,
                                      const std::vector<uint64_t> &parameterBytes) {
  DeviceNeeds needs;
  for (size_t i = 0; i < needs.segmentBytes.size(); ++i)
    needs.segmentBytes[i] = segmentBytes(static_cast<AlexrtSegment>(i));
  needs.parameterBytes = parameterBytes;
  needs.momenta = anyUses(ALEXRT_MOMENTUM);
  needs.gradients = anyUses(ALEXRT_GRADIENT);
  mirror = std::make_unique<Mirror>(accelerator, needs);
  memory.segments[ALEXRT_IO] = mirror->io();
}

Network::Network(const AlexrtNetwork &table, const NetworkOptions &options)
    : state(std::make_unique<State>(table, options)) {}

Network::~Network() = default;

const Description &Network::description() const { return state->description; }

int Network::threads() const { return state->threads.size(); }

std::string Network::device() const { return state->device->name(); }

MemoryUse Network::memory() const {
  MemoryUse use;
  for (const Parameter &parameter : state->description.params)
    use.parameters += bytesOf(parameter);
  use.momenta = state->momenta.size();
  use.gradients = state->gradients.size();
  use.weights = state->segmentBytes(ALEXRT_WEIGHTS);
  use.scratch = state->segmentBytes(ALEXRT_SCRATCH);
  use.io = state->segmentBytes(ALEXRT_IO);
  return use;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

Arena Network::State::allocate(std::vector<float *> &addresses) const {
  constexpr uint64_t alignment = 64;
  std::vector<uint64_t> offsets;
  uint64_t size = 0;
  for (const Parameter &parameter : description.params) {
    offsets.push_back(size);
    size += (bytesOf(parameter) + alignment - 1) / alignment * alignment;
  }
  Arena arena(size);
  for (uint64_t offset : offsets)
    addresses.push_back(reinterpret_cast<float *>(arena.data() + offset));
  return arena;
}

void Network::State::bind() {
  for (Program *program : needed)
    program->bind(mirror ? mirror->addresses() : memory);
}

void Network::State::adopt(std::vector<const float *> parameters, Arena own,
                           std::shared_ptr<const Safetensors> file) {
  memory.parameters = std::move(parameters);
  memory.momenta.clear();
  memory.gradients.clear();
  ownParameters = std::move(own);
  momenta = Arena();
  gradients = Arena();
  weightsFile = std::move(file);
  isTrainable = false;
  isPackingDue = true;
  if (mirror)
    mirror->hostWrote(ALEXRT_PARAM);
  bind();
}

void Network::State::adoptCopies(const std::vector<const void *> &data,
                                 std::shared_ptr<const Safetensors> file) {
  std::vector<float *> addresses;
  Arena arena = allocate(addresses);
  for (size_t i = 0; i < addresses.size(); ++i)
    memcpy(addresses[i], data[i], bytesOf(description.params[i]));
  adopt({addresses.begin(), addresses.end()}, std::move(arena), std::move(file));
}

void Network::loadWeights(const std::string &path) {
  auto file = std::make_shared<const Safetensors>(path);
  std::vector<const void *> found;
  for (const Parameter &parameter : state->description.params)
    found.push_back(file->find(parameter.name, parameter.shape));
  bool isAligned = std::all_of(found.begin(), found.end(), [](const void *address) {
    return reinterpret_cast<uintptr_t>(address) % alignof(float) == 0;
  });
  if (!isAligned) // a header of odd length is unusual but allowed
    return state->adoptCopies(found, std::move(file));
  std::vector<const float *> addresses;
  for (const void *address : found)
    addresses.push_back(static_cast<const float *>(address));
  state->adopt(std::move(addresses), Arena(), std::move(file));
}

void Network::initWeights(uint64_t seed) {
  const std::vector<Parameter> &params = state->description.params;
  std::vector<float *> addresses;
  Arena arena = state->allocate(addresses);
  for (size_t i = 0; i < params.size(); ++i)
    initialize(params[i], seed, state->threads, addresses[i]);
  state->adopt({addresses.begin(), addresses.end()}, std::move(arena), nullptr);
}

void Network::setWeights(const std::vector<const float *> &data) {
  state->adoptCopies({data.begin(), data.end()}, nullptr);
}

std::shared_ptr<const Safetensors> Network::weightsFile() const { return state->weightsFile; }

void Network::saveWeights(const std::string &path) const {
  if (!hasWeights())
    throw Error("there are no weights to save");
  std::vector<TensorView> tensors;
  const std::vector<Parameter> &params = state->description.params;
  for (size_t i = 0; i < params.size(); ++i)
    tensors.push_back({params[i].name, params[i].shape, parameter(i)});
  writeSafetensors(path, tensors);
}

bool Network::hasWeights() const { return state->hasWeights(); }

void Network::State::requireWeights() const {
  if (!hasWeights())
    throw Error("there are no weights yet: load or initialise them first");
}

const float *Network::parameter(size_t index) const {
  return hasWeights() ? state->upToDate(ALEXRT_PARAM, index) : nullptr;
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

void Network::makeTrainable() {
  if (state->isTrainable)
    return;
  state->requireWeights();
  if (!state->ownParameters.data())
    state->adoptCopies({state->memory.parameters.begin(), state->memory.parameters.end()}, nullptr);
  state->weightsFile = nullptr;
  state->momenta = state->allocate(state->memory.momenta);
  if (state->anyUses(ALEXRT_GRADIENT))
    state->gradients = state->allocate(state->memory.gradients);
  state->isTrainable = true;
  for (AlexrtSegment kind : {ALEXRT_MOMENTUM, ALEXRT_GRADIENT})
    if (state->mirror)
      state->mirror->clear(kind);
  state->bind();
}

bool Network::isTrainable() const { return state->isTrainable; }

float *Network::State::upToDate(AlexrtSegment kind, size_t index) const {
  auto *address = reinterpret_cast<float *>(memory.address(kind, index));
  if (address && mirror)
    mirror->fetch(kind, index, address);
  return address;
}

float *Network::State::toWrite(AlexrtSegment kind, size_t index) const {
  float *address = upToDate(kind, index);
  if (address && mirror)
    mirror->hostWrote(kind, index);
  return address;
}

float *Network::parameterData(size_t index) {
  return state->isTrainable ? state->toWrite(ALEXRT_PARAM, index) : nullptr;
}

const float *Network::momentum(size_t index) const {
  return state->upToDate(ALEXRT_MOMENTUM, index);
}

float *Network::momentumData(size_t index) { return state->toWrite(ALEXRT_MOMENTUM, index); }

const float *Network::gradient(size_t index) const {
  return state->upToDate(ALEXRT_GRADIENT, index);
}

float *Network::gradientData(size_t index) { return state->toWrite(ALEXRT_GRADIENT, index); }

void Network::parametersChanged() {
  state->isPackingDue = true;
  if (state->mirror)
    state->mirror->hostWroteAgain(ALEXRT_PARAM);
}

AlexrtStep &Network::step() { return state->step; }

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

const Entry *Network::findEntry(const std::string &kind, int64_t batch) const {
  for (const Entry &entry : state->description.entries)
    if (entry.kind == kind && entry.batch == batch)
      return &entry;
  return nullptr;
}

/// Of elements that have four bytes, as all in ALEXRT_IO have.
static uint64_t bytesOf(const Port &port) {
  return static_cast<uint64_t>(elementCount(port.shape)) * sizeof(float);
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
    load->run(*device);
    isPackingDue = false;
  }
  isPackingDue |= program.writes(ALEXRT_PARAM);
  for (AlexrtSegment kind : {ALEXRT_PARAM, ALEXRT_MOMENTUM, ALEXRT_GRADIENT})
    if (mirror && program.writes(kind))
      mirror->deviceWrote(kind);
  program.run(*device, options);
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

void Network::synchronize() { state->device->synchronize(); }

std::vector<float> Network::readValue(const ValueInfo &value, int64_t firstImage,
                                      int64_t images) const {
  const char *address = state->memory.address(value.segment, value.offset);
  if (!state->mirror)
    return toLogicalOrder(reinterpret_cast<const float *>(address), value.shape, value.layout,
                          firstImage, images);
  // on a device images come first: those that are wanted are one piece
  Shape one = value.shape;
  one[0] = 1;
  auto size = static_cast<size_t>(physicalElementCount(one, value.layout));
  std::vector<float> piece(size * static_cast<size_t>(images));
  uint64_t offset = value.offset + static_cast<uint64_t>(firstImage) * size * sizeof(float);
  state->mirror->read(state->mirror->addresses().address(value.segment, offset), piece.data(),
                      piece.size() * sizeof(float));
  one[0] = images;
  return toLogicalOrder(piece.data(), one, value.layout, 0, images);
}

std::vector<float> Network::readValue(const ValueInfo &value) const {
  return readValue(value, 0, value.shape[0]);
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
