//===- NetworkWeights.cpp - a network's parameters ------------------------===//

#include "runtime/Initialize.h"
#include "runtime/NetworkState.h"
#include "runtime/Safetensors.h"
#include <cstring>

using namespace alexrt;

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
  auto onHost = [this](const AlexrtArg &argument) -> char * {
    char *place = memory.address(argument.device, argument.segment, argument.offset);
    return place ? place + argument.start : nullptr;
  };
  auto onDevices = [this](const AlexrtArg &argument) { return mirror->address(argument); };
  for (Program *program : needed)
    if (mirror)
      program->bind(onDevices);
    else
      program->bind(onHost);
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
  auto *address = reinterpret_cast<float *>(memory.address(0, kind, index));
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
