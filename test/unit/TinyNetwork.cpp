//===- TinyNetwork.cpp - a network as alexc would compile it, by hand -----===//
//
// With the runtime's main function this is a generated binary of which each
// number is known; test/runtime runs it. Images are (3, 4, 4); conv1+relu1 is
// max(0, x * weight[c]), fc has 4 classes. Training, in batches of two, leaves
// conv1 as it is.

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

/// (N, classes) logits, (N) labels -> (N) loss, (N, classes) probabilities
void crossEntropy(void *const *args, int64_t begin, int64_t end) {
  auto *labels = static_cast<const int32_t *>(args[1]);
  auto *loss = static_cast<float *>(args[2]), *prob = static_cast<float *>(args[3]);
  void *softmaxArgs[] = {args[0], args[3]};
  softmax(softmaxArgs, begin, end);
  for (int64_t n = begin; n < end; ++n)
    loss[n] = -std::log(prob[n * classes + labels[n]]);
}

/// (2, features), (2, classes) probabilities, (2) labels -> gradient (classes, features)
void filterGradient(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]), *prob = static_cast<const float *>(args[1]);
  auto *labels = static_cast<const int32_t *>(args[2]);
  auto *gradient = static_cast<float *>(args[3]);
  for (int64_t i = begin * features; i < end * features; ++i) {
    gradient[i] = 0;
    for (int64_t n = 0; n < 2; ++n) {
      float error = prob[n * classes + i / features] - (labels[n] == i / features ? 1.0f : 0.0f);
      gradient[i] += error * x[n * features + i % features] / 2;
    }
  }
}

/// parameter, momentum, gradient, step -> the new parameter and momentum
void update(void *const *args, int64_t begin, int64_t end) {
  auto *gradient = static_cast<const float *>(args[2]);
  auto *step = static_cast<const AlexrtStep *>(args[3]);
  auto *parameter = static_cast<float *>(args[4]), *momentum = static_cast<float *>(args[5]);
  for (int64_t i = begin; i < end; ++i) {
    momentum[i] = step->momentum * momentum[i] -
                  step->learningRate * (gradient[i] + step->weightDecay * parameter[i]);
    parameter[i] += momentum[i];
  }
}

constexpr AlexrtKernel kernels[] = {scaleRelu,    linear,         softmax,
                                    crossEntropy, filterGradient, update};

constexpr uint64_t valueBytes = features * sizeof(float), rowBytes = classes * sizeof(float);
constexpr uint64_t rowOffset = 2 * valueBytes; ///< in io and in scratch, behind two images

/// Of the one device.
constexpr AlexrtArg argument(AlexrtSegment segment, bool isWritten, uint64_t offset,
                             uint64_t bytes) {
  return {0, static_cast<uint32_t>(segment), isWritten, 0, offset, 0, bytes};
}
constexpr AlexrtRecord launch(uint32_t kernel, uint32_t firstArg, uint32_t argCount, int64_t work) {
  return {ALEXRT_LAUNCH, 0, kernel, firstArg, argCount, 0, work};
}

// The launches of a batch of N images, one work item an image.
#define ARGS(N)                                                                                    \
  {                                                                                                \
    argument(ALEXRT_IO, 0, 0, N *valueBytes),                                                      \
        argument(ALEXRT_PARAM, 0, 0, channels * sizeof(float)),                                    \
        argument(ALEXRT_SCRATCH, 1, 0, N *valueBytes),                                             \
        argument(ALEXRT_SCRATCH, 0, 0, N *valueBytes),                                             \
        argument(ALEXRT_PARAM, 0, 1, classes *valueBytes),                                         \
        argument(ALEXRT_SCRATCH, 1, rowOffset, N *rowBytes),                                       \
        argument(ALEXRT_SCRATCH, 0, rowOffset, N *rowBytes),                                       \
        argument(ALEXRT_IO, 1, rowOffset, N *rowBytes),                                            \
  }
#define RECORDS(N)                                                                                 \
  { launch(0, 0, 3, N), launch(1, 3, 3, N), launch(2, 6, 2, N), }

constexpr AlexrtArg argsOfOne[] = ARGS(1), argsOfTwo[] = ARGS(2);
constexpr AlexrtRecord recordsOfOne[] = RECORDS(1), recordsOfTwo[] = RECORDS(2);

// Training: the values of two images, and what follows from their labels.
constexpr uint64_t labelsOffset = 448, lossOffset = 512, gradientOffset = 448;
constexpr uint64_t weightBytes = classes * valueBytes;

#define FORWARD_ARGS                                                                               \
  argument(ALEXRT_IO, 0, 0, 2 * valueBytes),                                                       \
      argument(ALEXRT_PARAM, 0, 0, channels * sizeof(float)),                                      \
      argument(ALEXRT_SCRATCH, 1, 0, 2 * valueBytes),                                              \
      argument(ALEXRT_SCRATCH, 0, 0, 2 * valueBytes), argument(ALEXRT_PARAM, 0, 1, weightBytes),   \
      argument(ALEXRT_SCRATCH, 1, rowOffset, 2 * rowBytes),                                        \
      argument(ALEXRT_SCRATCH, 0, rowOffset, 2 * rowBytes),                                        \
      argument(ALEXRT_IO, 0, labelsOffset, 2 * sizeof(int32_t)),                                   \
      argument(ALEXRT_IO, 1, lossOffset, 2 * sizeof(float)),                                       \
      argument(ALEXRT_IO, 1, rowOffset, 2 * rowBytes)
#define GRADIENT_ARGS(SEGMENT, OFFSET)                                                             \
  argument(ALEXRT_SCRATCH, 0, 0, 2 * valueBytes), argument(ALEXRT_IO, 0, rowOffset, 2 * rowBytes), \
      argument(ALEXRT_IO, 0, labelsOffset, 2 * sizeof(int32_t)),                                   \
      argument(SEGMENT, 1, OFFSET, weightBytes)
#define UPDATE_ARGS(SEGMENT, OFFSET)                                                               \
  argument(ALEXRT_PARAM, 0, 1, weightBytes), argument(ALEXRT_MOMENTUM, 0, 1, weightBytes),         \
      argument(SEGMENT, 0, OFFSET, weightBytes), argument(ALEXRT_STEP, 0, 0, sizeof(AlexrtStep)),  \
      argument(ALEXRT_PARAM, 1, 1, weightBytes), argument(ALEXRT_MOMENTUM, 1, 1, weightBytes)
#define FORWARD_RECORDS launch(0, 0, 3, 2), launch(1, 3, 3, 2), launch(3, 6, 4, 2)

constexpr AlexrtArg stepArgs[] = {FORWARD_ARGS, GRADIENT_ARGS(ALEXRT_SCRATCH, gradientOffset),
                                  UPDATE_ARGS(ALEXRT_SCRATCH, gradientOffset)};
constexpr AlexrtArg gradientsArgs[] = {FORWARD_ARGS, GRADIENT_ARGS(ALEXRT_GRADIENT, 1)};
constexpr AlexrtArg applyArgs[] = {UPDATE_ARGS(ALEXRT_GRADIENT, 1)};
constexpr AlexrtRecord stepRecords[] = {FORWARD_RECORDS, launch(4, 10, 4, classes),
                                        launch(5, 14, 6, 192)};
constexpr AlexrtRecord applyRecords[] = {launch(5, 0, 6, 192)};

constexpr uint64_t stepBytes = sizeof(AlexrtStep);
constexpr uint64_t inferSegments[][ALEXRT_SEGMENTS] = {{0, 0, 448, 448}},
                   evaluateSegments[][ALEXRT_SEGMENTS] = {{0, 0, 448, 576}},
                   stepSegments[][ALEXRT_SEGMENTS] = {{0, 0, 1216, 576, 0, 0, stepBytes}},
                   gradientsSegments[][ALEXRT_SEGMENTS] = {{0, 0, 448, 576, 0, 0, stepBytes}},
                   applySegments[][ALEXRT_SEGMENTS] = {{0, 0, 0, 0, 0, 0, stepBytes}};
constexpr AlexrtProgram programs[] = {
    {"infer_1", recordsOfOne, 3, argsOfOne, 0, inferSegments},
    {"infer_2", recordsOfTwo, 3, argsOfTwo, 0, inferSegments},
    {"evaluate_2", stepRecords, 3, stepArgs, 0, evaluateSegments},
    {"train_step_2", stepRecords, 5, stepArgs, 0, stepSegments},
    {"gradients_2", stepRecords, 4, gradientsArgs, 0, gradientsSegments},
    {"apply", applyRecords, 1, applyArgs, 0, applySegments}};

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

#define TRAINING_ENTRY(KIND)                                                                       \
  R"({"program": ")" KIND R"(_2", "kind": ")" KIND R"(", "batch": 2, "scratch": 1216,
      "input": {"offset": 0, "shape": [2, 3, 4, 4]}, "labels": {"offset": 448, "shape": [2]},
      "output": {"offset": 384, "shape": [2, 4]}, "loss": {"offset": 512, "shape": [2]},
      "records": [{"layer": "conv1+relu1", "kernel": "conv_plain", "macs": 96},
                  {"layer": "fc", "kernel": "linear_stream", "macs": 384},
                  {"layer": "prob", "kernel": "loops", "macs": 0},
                  {"layer": "fc:filter_grad", "kernel": "loops", "macs": 384},
                  {"layer": "fc.weight:update", "kernel": "loops", "macs": 0}],
      "values": [{"layer": "relu1", "record": 0, "segment": "scratch", "offset": 0,
                  "shape": [2, 3, 4, 4],
                  "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}}],
      "swallowed": {}, "removed": {}})"

#ifdef ALEXC_TEST_WITHOUT_TRAINING // the binary untrained-network
#define TRAINING "null"
#define TRAINING_ENTRIES ""
#else
#define TRAINING                                                                                   \
  R"({"batch": 2, "optimizer": {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.0005},
      "schedule": {"kind": "step", "epochs": 4, "divide_by": 10, "at": [3], "times": 0,
                   "patience": 1},
      "augmentation": {"crop": "random", "mirror": true, "share": 1,
                       "colour": {"std": 0.1, "unit": "eigenvalue", "pixel_range": 1}}})"
#define TRAINING_ENTRIES                                                                           \
  "," TRAINING_ENTRY("evaluate") "," TRAINING_ENTRY("train_step") "," TRAINING_ENTRY("gradients")  \
      R"(,{"program": "apply", "kind": "apply", "batch": 0, "records": [], "values": [],
       "swallowed": {}, "removed": {}, "scratch": 0})"
#endif

constexpr const char *description = R"({
  "name": "tiny", "source": "models/tiny.json", "compiler": "alexc 0.1.0", "cpu": "x86-64",
  "features": ["sse2"], "input": [3, 4, 4], "classes": 4,
  "preprocess": {"resize": {"shorter": 6}, "crop": [4, 4], "channels": "rgb", "scale": 0.01,
                 "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1], "measure_mean": "image"},
  "params": [{"name": "conv1.weight", "shape": [3, 1, 1, 1],
              "init": {"kind": "constant", "value": 1}, "rate_factor": 0},
             {"name": "fc.weight", "shape": [4, 48], "init": {"kind": "normal", "std": 1}}],
  "layers": [{"name": "conv1", "op": "conv2d", "shape": [3, 4, 4], "params": 3, "macs": 48},
             {"name": "relu1", "op": "relu", "shape": [3, 4, 4], "params": 0, "macs": 0},
             {"name": "drop1", "op": "dropout", "shape": [3, 4, 4], "params": 0, "macs": 0},
             {"name": "fc", "op": "linear", "shape": [4], "params": 192, "macs": 192},
             {"name": "prob", "op": "softmax", "shape": [4], "params": 0, "macs": 0}],
  "training": )" TRAINING R"(,
  "entries": [)" ENTRY(1) "," ENTRY(2) TRAINING_ENTRIES "]}";

} // namespace

extern "C" const AlexrtNetwork alexrt_network = {
    ALEXRT_ABI_VERSION, 1, 6, kernels, programs, 6, description, nullptr, nullptr};
