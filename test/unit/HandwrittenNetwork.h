//===- HandwrittenNetwork.h - what alexc would write, by hand ---*- C++ -*-===//
//
// y = relu(W x + b) for x of two channels and three results, in batches of 1
// and 4. The program "load" transposes W, as packing does. Training, in batches
// of 2, is without relu: loss = |W x + b - (1 at the label)|^2 / 2.

#ifndef ALEXC_TEST_UNIT_HANDWRITTENNETWORK_H
#define ALEXC_TEST_UNIT_HANDWRITTENNETWORK_H

#include "runtime/alexrt.h"
#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace handwritten {

constexpr int64_t inputs = 2, outputs = 3, largestBatch = 4, trainingBatch = 2;
constexpr uint64_t outputOffset = 64, labelsOffset = 128, lossOffset = 192;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

inline void transpose(void *const *args, int64_t begin, int64_t end) {
  auto *weight = static_cast<const float *>(args[0]);
  auto *packed = static_cast<float *>(args[1]);
  for (int64_t k = begin; k < end; ++k)
    for (int64_t c = 0; c < inputs; ++c)
      packed[c * outputs + k] = weight[k * inputs + c];
}

inline void linear(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]);
  auto *packed = static_cast<const float *>(args[1]);
  auto *bias = static_cast<const float *>(args[2]);
  auto *y = static_cast<float *>(args[3]);
  for (int64_t n = begin; n < end; ++n)
    for (int64_t k = 0; k < outputs; ++k) {
      y[n * outputs + k] = bias[k];
      for (int64_t c = 0; c < inputs; ++c)
        y[n * outputs + k] += packed[c * outputs + k] * x[n * inputs + c];
    }
}

inline void relu(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]);
  auto *y = static_cast<float *>(args[1]);
  for (int64_t i = begin * outputs; i < end * outputs; ++i)
    y[i] = std::max(x[i], 0.0f);
}

inline float errorOf(const float *y, const int32_t *labels, int64_t n, int64_t k) {
  return y[n * outputs + k] - (labels[n] == k ? 1.0f : 0.0f);
}

/// y (N, outputs), labels (N) -> loss (N)
inline void squaredError(void *const *args, int64_t begin, int64_t end) {
  auto *y = static_cast<const float *>(args[0]);
  auto *labels = static_cast<const int32_t *>(args[1]);
  for (int64_t n = begin; n < end; ++n) {
    float &loss = static_cast<float *>(args[2])[n] = 0;
    for (int64_t k = 0; k < outputs; ++k)
      loss += errorOf(y, labels, n, k) * errorOf(y, labels, n, k) / 2;
  }
}

/// x (2, inputs), y (2, outputs), labels (2) -> weight's and bias's gradient
inline void gradient(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]), *y = static_cast<const float *>(args[1]);
  auto *labels = static_cast<const int32_t *>(args[2]);
  auto *weight = static_cast<float *>(args[3]), *bias = static_cast<float *>(args[4]);
  for (int64_t k = begin; k < end; ++k) {
    float errors[trainingBatch] = {errorOf(y, labels, 0, k), errorOf(y, labels, 1, k)};
    bias[k] = (errors[0] + errors[1]) / trainingBatch;
    for (int64_t c = 0; c < inputs; ++c)
      weight[k * inputs + c] = (errors[0] * x[c] + errors[1] * x[inputs + c]) / trainingBatch;
  }
}

/// parameter, momentum, gradient, step -> the new parameter and momentum
inline void update(void *const *args, int64_t begin, int64_t end) {
  auto *gradient = static_cast<const float *>(args[2]);
  auto *step = static_cast<const AlexrtStep *>(args[3]);
  for (int64_t i = begin; i < end; ++i) {
    float parameter = static_cast<const float *>(args[0])[i];
    float momentum = step->momentum * static_cast<const float *>(args[1])[i] -
                     step->learningRate * (gradient[i] + step->weightDecay * parameter);
    static_cast<float *>(args[4])[i] = parameter + momentum;
    static_cast<float *>(args[5])[i] = momentum;
  }
}

constexpr AlexrtKernel kernels[] = {transpose, linear, relu, squaredError, gradient, update};

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

constexpr uint64_t bytes(int64_t elements) { return elements * sizeof(float); }

/// Of device 0.
constexpr AlexrtArg argument(AlexrtSegment segment, bool isWritten, uint64_t offset,
                             uint64_t bytes) {
  return {0, static_cast<uint32_t>(segment), isWritten, 0, offset, 0, bytes};
}
constexpr AlexrtRecord launch(uint32_t kernel, uint32_t firstArg, uint32_t argCount, int64_t work) {
  return {ALEXRT_LAUNCH, 0, kernel, firstArg, argCount, 0, work};
}

constexpr AlexrtArg input(int64_t batch) {
  return argument(ALEXRT_IO, 0, 0, bytes(batch * inputs));
}
constexpr AlexrtArg output(int64_t batch, bool isWritten) {
  return argument(ALEXRT_IO, isWritten, outputOffset, bytes(batch * outputs));
}
constexpr AlexrtArg labels = argument(ALEXRT_IO, 0, labelsOffset, bytes(trainingBatch));
constexpr AlexrtArg loss = argument(ALEXRT_IO, 1, lossOffset, bytes(trainingBatch));
constexpr AlexrtArg step = argument(ALEXRT_STEP, 0, 0, sizeof(AlexrtStep));

/// What belongs to the weight (number 0) or the bias (number 1).
constexpr AlexrtArg ofParameter(AlexrtSegment segment, uint64_t number, bool isWritten) {
  return argument(segment, isWritten, number, bytes(number == 0 ? inputs * outputs : outputs));
}
constexpr AlexrtArg packedWeight = argument(ALEXRT_WEIGHTS, 0, 0, bytes(inputs *outputs));

using Args = std::vector<AlexrtArg>;

/// Arguments of an infer program: of the kernel linear, then of relu.
inline Args inferArgs(int64_t batch) {
  return {input(batch),
          packedWeight,
          ofParameter(ALEXRT_PARAM, 1, false),
          argument(ALEXRT_SCRATCH, 1, 0, bytes(batch * outputs)),
          argument(ALEXRT_SCRATCH, 0, 0, bytes(batch * outputs)),
          output(batch, true)};
}

/// Of linear and squaredError.
inline Args evaluateArgs() {
  return {input(trainingBatch),
          packedWeight,
          ofParameter(ALEXRT_PARAM, 1, false),
          output(trainingBatch, true),
          output(trainingBatch, false),
          labels,
          loss};
}

/// Of update; the gradient lies in `gradient`.
inline Args updateArgs(uint64_t number, AlexrtArg gradient) {
  return {ofParameter(ALEXRT_PARAM, number, false),
          ofParameter(ALEXRT_MOMENTUM, number, false),
          gradient,
          step,
          ofParameter(ALEXRT_PARAM, number, true),
          ofParameter(ALEXRT_MOMENTUM, number, true)};
}

inline Args operator+(Args left, const Args &right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// Of transpose to scratch memory, linear, squaredError and gradient.
inline Args gradientsArgs(AlexrtArg weight, AlexrtArg bias) {
  AlexrtArg packed = argument(ALEXRT_SCRATCH, 0, 128, bytes(inputs * outputs)), target = packed;
  target.written = weight.written = bias.written = 1;
  return {ofParameter(ALEXRT_PARAM, 0, false),
          target,
          input(trainingBatch),
          packed,
          ofParameter(ALEXRT_PARAM, 1, false),
          output(trainingBatch, true),
          output(trainingBatch, false),
          labels,
          loss,
          input(trainingBatch),
          output(trainingBatch, false),
          labels,
          weight,
          bias};
}

inline const char description[] = R"({
  "name": "handwritten", "source": "handwritten.json", "compiler": "by hand", "cpu": "x86-64",
  "features": ["sse3"], "input": [2, 1, 1], "classes": 3,
  "preprocess": {"resize": {"exact": [1, 1]}, "crop": [1, 1], "channels": "rgb", "scale": 1,
                 "mean": [0, 0], "std": [1, 1], "measure_mean": "image"},
  "params": [{"name": "fc.weight", "shape": [3, 2], "init": {"kind": "normal", "std": 1}},
             {"name": "fc.bias", "shape": [3], "init": {"kind": "constant", "value": 0.5},
              "rate_factor": 2, "decay_factor": 0}],
  "layers": [{"name": "fc", "op": "linear", "shape": [3], "params": 9, "macs": 6},
             {"name": "relu", "op": "relu", "shape": [3], "params": 0, "macs": 0}],
  "training": {"batch": 2, "optimizer": {"lr": 0.25, "momentum": 0.5, "weight_decay": 0.125},
               "schedule": {"kind": "step", "epochs": 4, "divide_by": 10, "at": [2, 3],
                            "times": 0, "patience": 1},
               "augmentation": {"crop": "random", "mirror": false, "share": 8,
                                "colour": {"std": 0.1, "unit": "standard_deviation",
                                           "pixel_range": 255}}},
  "entries": [
    {"program": "infer_1", "kind": "infer", "batch": 1,
     "input": {"offset": 0, "shape": [1, 2, 1, 1]}, "output": {"offset": 64, "shape": [1, 3]},
     "records": [{"layer": "fc", "kernel": "linear", "macs": 6},
                 {"layer": "relu", "kernel": "loops", "macs": 0}],
     "values": [{"layer": "fc", "record": 0, "segment": "scratch", "offset": 0, "shape": [1, 3],
                 "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}},
                {"layer": "relu", "record": 1, "segment": "io", "offset": 64, "shape": [1, 3],
                 "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}}],
     "swallowed": {"conv": "conv+pool"}, "removed": {"drop": "fc", "flat": "conv"},
     "scratch": 64},
    {"program": "infer_4", "kind": "infer", "batch": 4,
     "input": {"offset": 0, "shape": [4, 2, 1, 1]}, "output": {"offset": 64, "shape": [4, 3]},
     "records": [{"layer": "fc", "kernel": "linear", "macs": 24},
                 {"layer": "relu", "kernel": "loops", "macs": 0}],
     "values": [], "swallowed": {}, "removed": {}, "scratch": 64},
    {"program": "evaluate_2", "kind": "evaluate", "batch": 2,
     "input": {"offset": 0, "shape": [2, 2, 1, 1]}, "labels": {"offset": 128, "shape": [2]},
     "output": {"offset": 64, "shape": [2, 3]}, "loss": {"offset": 192, "shape": [2]},
     "records": [], "values": [], "swallowed": {}, "removed": {}, "scratch": 0},
    {"program": "train_step_2", "kind": "train_step", "batch": 2,
     "input": {"offset": 0, "shape": [2, 2, 1, 1]}, "labels": {"offset": 128, "shape": [2]},
     "output": {"offset": 64, "shape": [2, 3]}, "loss": {"offset": 192, "shape": [2]},
     "records": [], "values": [], "swallowed": {}, "removed": {}, "scratch": 192},
    {"program": "gradients_2", "kind": "gradients", "batch": 2,
     "input": {"offset": 0, "shape": [2, 2, 1, 1]}, "labels": {"offset": 128, "shape": [2]},
     "output": {"offset": 64, "shape": [2, 3]}, "loss": {"offset": 192, "shape": [2]},
     "records": [], "values": [], "swallowed": {}, "removed": {}, "scratch": 192},
    {"program": "apply", "kind": "apply", "batch": 0,
     "records": [], "values": [], "swallowed": {}, "removed": {}, "scratch": 0}]
})";

/// The network's table; tests change copies of it.
struct Table {
  static constexpr AlexrtArg scratchWeight = argument(ALEXRT_SCRATCH, 0, 0, bytes(inputs *outputs));
  static constexpr AlexrtArg scratchBias = argument(ALEXRT_SCRATCH, 0, 64, bytes(outputs));
  static constexpr AlexrtArg weightGradient = ofParameter(ALEXRT_GRADIENT, 0, false);
  static constexpr AlexrtArg biasGradient = ofParameter(ALEXRT_GRADIENT, 1, false);

  AlexrtArg loadArgs[2] = {ofParameter(ALEXRT_PARAM, 0, false),
                           argument(ALEXRT_WEIGHTS, 1, 0, bytes(inputs *outputs))};
  Args smallArgs = inferArgs(1), largeArgs = inferArgs(largestBatch), evalArgs = evaluateArgs();
  Args stepArgs = gradientsArgs(scratchWeight, scratchBias) + updateArgs(0, scratchWeight) +
                  updateArgs(1, scratchBias);
  Args gradArgs = gradientsArgs(weightGradient, biasGradient);
  Args applyArgs = updateArgs(0, weightGradient) + updateArgs(1, biasGradient);

  AlexrtRecord loadRecords[1] = {launch(0, 0, 2, outputs)};
  AlexrtRecord smallRecords[2] = {launch(1, 0, 4, 1), launch(2, 4, 2, 1)};
  AlexrtRecord largeRecords[2] = {launch(1, 0, 4, 4), launch(2, 4, 2, 4)};
  AlexrtRecord evaluateRecords[2] = {launch(1, 0, 4, 2), launch(3, 4, 3, 2)};
  AlexrtRecord stepRecords[6] = {launch(0, 0, 2, outputs),
                                 launch(1, 2, 4, 2),
                                 launch(3, 6, 3, 2),
                                 launch(4, 9, 5, outputs),
                                 launch(5, 14, 6, inputs *outputs),
                                 launch(5, 20, 6, outputs)}; // "gradients": the first four
  AlexrtRecord applyRecords[2] = {launch(5, 0, 6, inputs *outputs), launch(5, 6, 6, outputs)};
  uint64_t segments[7][1][ALEXRT_SEGMENTS] = {{{0, 64}},
                                              {{0, 64, 64, 128}},
                                              {{0, 64, 64, 128}},
                                              {{0, 64, 0, 256}},
                                              {{0, 0, 192, 256, 0, 0, 32}},
                                              {{0, 0, 192, 256}},
                                              {{0, 0, 0, 0, 0, 0, 32}}};
  AlexrtProgram programs[7] = {{"load", loadRecords, 1, loadArgs, 0, segments[0]},
                               {"infer_1", smallRecords, 2, smallArgs.data(), 0, segments[1]},
                               {"infer_4", largeRecords, 2, largeArgs.data(), 0, segments[2]},
                               {"evaluate_2", evaluateRecords, 2, evalArgs.data(), 0, segments[3]},
                               {"train_step_2", stepRecords, 6, stepArgs.data(), 0, segments[4]},
                               {"gradients_2", stepRecords, 4, gradArgs.data(), 0, segments[5]},
                               {"apply", applyRecords, 2, applyArgs.data(), 0, segments[6]}};
  std::string text = description;
  AlexrtNetwork network = {ALEXRT_ABI_VERSION, 1,       6,      kernels, programs, 7,
                           text.c_str(),       nullptr, nullptr};

  Table() = default;
  Table(const Table &) = delete; // its pointers point into itself

  /// Changes the description.
  void replace(const std::string &from, const std::string &to) {
    text.replace(text.find(from), from.size(), to);
    network.description = text.c_str();
  }
};

} // namespace handwritten

#endif // ALEXC_TEST_UNIT_HANDWRITTENNETWORK_H
