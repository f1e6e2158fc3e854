//===- TinyNetwork.cpp - a network as alexc would compile it, by hand -----===//
//
// With the runtime's main function this is a generated binary of which each
// number is known; test/runtime runs it. Images are (3, 4, 4); conv1+relu1 is
// max(0, x * weight[c]), fc has 4 classes.

#include "runtime/alexrt.h"

#include <algorithm>
#include <cmath>

namespace {

constexpr int64_t channels = 3, area = 16, features = channels * area, classes = 4;

/// (N, C, H, W) input, (C) weight -> (N, C, H, W)
void scaleRelu(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]), *weight = static_cast<const float *>(args[1]);
  auto *y = static_cast<float *>(args[2]);
  for (int64_t i = begin * features; i < end * features; ++i)
    y[i] = std::max(0.0f, x[i] * weight[i / area % channels]);
}

/// (N, features), (classes, features) -> (N, classes)
void linear(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]), *weight = static_cast<const float *>(args[1]);
  auto *y = static_cast<float *>(args[2]);
  for (int64_t i = begin * classes; i < end * classes; ++i) {
    y[i] = 0;
    for (int64_t c = 0; c < features; ++c)
      y[i] += x[i / classes * features + c] * weight[i % classes * features + c];
  }
}

/// (N, classes) -> (N, classes)
void softmax(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]);
  auto *y = static_cast<float *>(args[1]);
  for (int64_t n = begin; n < end; ++n) {
    float sum = 0;
    for (int64_t k = n * classes; k < (n + 1) * classes; ++k)
      sum += y[k] = std::exp(x[k]);
    for (int64_t k = n * classes; k < (n + 1) * classes; ++k)
      y[k] /= sum;
  }
}

constexpr AlexrtKernel kernels[] = {scaleRelu, linear, softmax};

constexpr uint64_t valueBytes = features * sizeof(float), rowBytes = classes * sizeof(float);
constexpr uint64_t rowOffset = 2 * valueBytes; ///< in io and in scratch, behind two images

// The launches of a batch of N images, one work item an image.
#define ARGS(N)                                                                                    \
  {                                                                                                \
    {ALEXRT_IO, 0, 0, N * valueBytes}, {ALEXRT_PARAM, 0, 0, channels * sizeof(float)},             \
        {ALEXRT_SCRATCH, 1, 0, N * valueBytes}, {ALEXRT_SCRATCH, 0, 0, N * valueBytes},            \
        {ALEXRT_PARAM, 0, 1, classes * valueBytes}, {ALEXRT_SCRATCH, 1, rowOffset, N * rowBytes},  \
        {ALEXRT_SCRATCH, 0, rowOffset, N * rowBytes}, {ALEXRT_IO, 1, rowOffset, N * rowBytes},     \
  }
#define RECORDS(N)                                                                                 \
  { {ALEXRT_LAUNCH, 0, 0, 3, N}, {ALEXRT_LAUNCH, 1, 3, 3, N}, {ALEXRT_LAUNCH, 2, 6, 2, N}, }

constexpr AlexrtArg argsOfOne[] = ARGS(1), argsOfTwo[] = ARGS(2);
constexpr AlexrtRecord recordsOfOne[] = RECORDS(1), recordsOfTwo[] = RECORDS(2);
constexpr AlexrtProgram programs[] = {{"infer_1", recordsOfOne, 3, argsOfOne, {0, 0, 448, 448}},
                                      {"infer_2", recordsOfTwo, 3, argsOfTwo, {0, 0, 448, 448}}};

#define ENTRY(N)                                                                                   \
  R"({"program": "infer_)" #N R"(", "kind": "infer", "batch": )" #N R"(, "scratch": 416,
      "input": {"offset": 0, "shape": [)" #N R"(, 3, 4, 4]},
      "output": {"offset": 384, "shape": [)" #N R"(, 4]},
      "records": [{"layer": "conv1+relu1", "kernel": "conv_plain", "macs": 48},
                  {"layer": "fc", "kernel": "linear_stream", "macs": 192},
                  {"layer": "prob", "kernel": "loops", "macs": 0}],
      "values": [{"layer": "relu1", "record": 0, "segment": "scratch", "offset": 0,
                  "shape": [)" #N R"(, 3, 4, 4],
                  "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}},
                 {"layer": "fc", "record": 1, "segment": "scratch", "offset": 384,
                  "shape": [)" #N R"(, 4],
                  "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}},
                 {"layer": "prob", "record": 2, "segment": "io", "offset": 384,
                  "shape": [)" #N R"(, 4],
                  "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}}],
      "swallowed": {"conv1": "conv1+relu1"}, "removed": {"drop1": "relu1"}})"

constexpr const char *description = R"({
  "name": "tiny", "source": "models/tiny.json", "compiler": "alexc 0.1.0", "cpu": "x86-64",
  "features": ["sse2"], "input": [3, 4, 4], "classes": 4,
  "preprocess": {"resize": {"shorter": 6}, "crop": [4, 4], "channels": "rgb", "scale": 0.01,
                 "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]},
  "params": [{"name": "conv1.weight", "shape": [3], "init": {"kind": "constant", "value": 1}},
             {"name": "fc.weight", "shape": [4, 48], "init": {"kind": "normal", "std": 1}}],
  "layers": [{"name": "conv1", "op": "conv2d", "shape": [3, 4, 4], "params": 3, "macs": 48},
             {"name": "relu1", "op": "relu", "shape": [3, 4, 4], "params": 0, "macs": 0},
             {"name": "drop1", "op": "dropout", "shape": [3, 4, 4], "params": 0, "macs": 0},
             {"name": "fc", "op": "linear", "shape": [4], "params": 192, "macs": 192},
             {"name": "prob", "op": "softmax", "shape": [4], "params": 0, "macs": 0}],
  "entries": [)" ENTRY(1) "," ENTRY(2) "]}";

} // namespace

extern "C" const AlexrtNetwork alexrt_network = {ALEXRT_ABI_VERSION, 3, kernels,
                                                 programs,           2, description};
