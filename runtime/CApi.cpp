//===- CApi.cpp - the C API of alexrt.h -----------------------------------===//
//
// Nothing is thrown out of these functions.

#include "runtime/Network.h"
#include <cstdio>

using namespace alexrt;

struct AlexrtInstance {
  AlexrtInstance(const AlexrtNetwork &table, const NetworkOptions &options)
      : network(table, options) {}

  Network network;
  std::string error;
};

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

AlexrtInstance *alexrt_create(const AlexrtNetwork *network, int threads, char *error,
                              size_t errorSize) {
  try {
    NetworkOptions options;
    options.threads = threads;
    return new AlexrtInstance(*network, options);
  } catch (const std::exception &exception) {
    if (error)
      snprintf(error, errorSize, "%s", exception.what());
    return nullptr;
  }
}

void alexrt_free(AlexrtInstance *instance) { delete instance; }

const char *alexrt_error(const AlexrtInstance *instance) { return instance->error.c_str(); }

int alexrt_load_weights(AlexrtInstance *instance, const char *path) {
  return guard(instance, [&](Network &network) { network.loadWeights(path); });
}

int alexrt_init_weights(AlexrtInstance *instance, uint64_t seed) {
  return guard(instance, [&](Network &network) { network.initWeights(seed); });
}

size_t alexrt_input_size(const AlexrtInstance *instance) {
  return static_cast<size_t>(elementCount(instance->network.description().input));
}

size_t alexrt_output_size(const AlexrtInstance *instance) {
  return static_cast<size_t>(instance->network.description().classes);
}

int alexrt_infer(AlexrtInstance *instance, const float *input, size_t count, float *output) {
  return guard(instance, [&](Network &network) { network.infer(input, count, output); });
}
