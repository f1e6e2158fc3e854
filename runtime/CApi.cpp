//===- CApi.cpp - the C API of alexrt.h -----------------------------------===//
//
// Nothing is thrown out of these functions.

#include "runtime/Network.h"
#include <algorithm>
#include <cstdio>
#include <numeric>

using namespace alexrt;

struct AlexrtInstance {
  AlexrtInstance(const AlexrtNetwork &table, const NetworkOptions &options)
      : network(table, options) {}

  Network network;
  const Entry *trainStep = nullptr; ///< null where the instance is for inference alone
  std::string error;
};

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

/// Runs `action`; keeps the message of what it throws.
template <typename Action>
static int guard(AlexrtInstance *instance, Action action) noexcept {
  try {
    action(instance->network);
    return 0;
  } catch (const std::exception &error) {
    instance->error = error.what();
    return 1;
  }
}

/// Runs `action`, which creates an instance; writes the message of what it
/// throws to `error`.
template <typename Action>
static AlexrtInstance *guardCreation(char *error, size_t errorSize, Action action) noexcept {
  try {
    return action();
  } catch (const std::exception &exception) {
    if (error)
      snprintf(error, errorSize, "%s", exception.what());
    return nullptr;
  }
}

const char *alexrt_error(const AlexrtInstance *instance) { return instance->error.c_str(); }

//===----------------------------------------------------------------------===//
// Instances
//===----------------------------------------------------------------------===//

static const Entry *findTrainStep(const Description &description) {
  auto found = std::find_if(description.entries.begin(), description.entries.end(),
                            [](const Entry &entry) { return entry.kind == "train_step"; });
  return found == description.entries.end() ? nullptr : &*found;
}

AlexrtInstance *alexrt_create(const AlexrtNetwork *network, int threads, char *error,
                              size_t errorSize) {
  return guardCreation(error, errorSize, [&] {
    NetworkOptions options;
    options.threads = threads;
    return new AlexrtInstance(*network, options);
  });
}

AlexrtInstance *alexrt_create_for_training(const AlexrtNetwork *network, int threads, char *error,
                                           size_t errorSize) {
  return guardCreation(error, errorSize, [&] {
    NetworkOptions options;
    options.threads = threads;
    options.kinds = {"infer", "train_step"};
    auto instance = std::make_unique<AlexrtInstance>(*network, options);
    instance->trainStep = findTrainStep(instance->network.description());
    if (!instance->trainStep)
      throw Error("the network was compiled without training");
    return instance.release();
  });
}

void alexrt_free(AlexrtInstance *instance) { delete instance; }

size_t alexrt_input_size(const AlexrtInstance *instance) {
  return static_cast<size_t>(elementCount(instance->network.description().input));
}

size_t alexrt_output_size(const AlexrtInstance *instance) {
  return static_cast<size_t>(instance->network.description().classes);
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

int alexrt_load_weights(AlexrtInstance *instance, const char *path) {
  return guard(instance, [&](Network &network) { network.loadWeights(path); });
}

int alexrt_init_weights(AlexrtInstance *instance, uint64_t seed) {
  return guard(instance, [&](Network &network) { network.initWeights(seed); });
}

int alexrt_save_weights(AlexrtInstance *instance, const char *path) {
  return guard(instance, [&](Network &network) { network.saveWeights(path); });
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

int alexrt_infer(AlexrtInstance *instance, const float *input, size_t count, float *output) {
  return guard(instance, [&](Network &network) { network.infer(input, count, output); });
}

size_t alexrt_training_batch(const AlexrtInstance *instance) {
  return instance->trainStep ? static_cast<size_t>(instance->trainStep->batch) : 0;
}

AlexrtStep *alexrt_step(AlexrtInstance *instance) { return &instance->network.step(); }

int alexrt_train_step(AlexrtInstance *instance, const float *images, const int32_t *labels,
                      float *loss) {
  return guard(instance, [&](Network &network) {
    if (!instance->trainStep)
      throw Error("the instance was not created for training");
    const Entry &entry = *instance->trainStep;
    network.makeTrainable();
    std::copy_n(images, elementCount(entry.input.shape), network.input(entry));
    std::copy_n(labels, entry.batch, network.labels(entry));
    network.run(entry);
    const float *losses = network.loss(entry);
    if (loss)
      *loss = std::accumulate(losses, losses + entry.batch, 0.0f) / static_cast<float>(entry.batch);
    ++network.step().step;
  });
}
