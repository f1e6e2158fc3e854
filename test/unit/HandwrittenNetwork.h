//===- HandwrittenNetwork.h - what alexc would write, by hand ---*- C++ -*-===//
//
// y = relu(W x + b) for x of two channels and three results, in batches of 1
// and 4. The program "load" transposes W, as packing does.

#ifndef ALEXC_TEST_UNIT_HANDWRITTENNETWORK_H
#define ALEXC_TEST_UNIT_HANDWRITTENNETWORK_H

#include "runtime/alexrt.h"
#include <algorithm>
#include <array>
#include <string>

namespace handwritten {

constexpr int64_t inputs = 2, outputs = 3, largestBatch = 4;
constexpr uint64_t outputOffset = 64;

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

constexpr uint64_t bytes(int64_t elements) { return elements * sizeof(float); }

/// Arguments of an infer program: of the kernel linear, then of relu.
inline std::array<AlexrtArg, 6> inferArgs(int64_t batch) {
  return {{{ALEXRT_IO, 0, 0, bytes(batch * inputs)},
           {ALEXRT_WEIGHTS, 0, 0, bytes(inputs * outputs)},
           {ALEXRT_PARAM, 0, 1, bytes(outputs)},
           {ALEXRT_SCRATCH, 1, 0, bytes(batch * outputs)},
           {ALEXRT_SCRATCH, 0, 0, bytes(batch * outputs)},
           {ALEXRT_IO, 1, outputOffset, bytes(batch * outputs)}}};
}

inline const char description[] = R"({
  "name": "handwritten", "source": "handwritten.json", "compiler": "by hand", "cpu": "x86-64",
  "features": ["sse3"], "input": [2, 1, 1], "classes": 3,
  "preprocess": {"resize": {"exact": [1, 1]}, "crop": [1, 1], "channels": "rgb", "scale": 1,
                 "mean": [0, 0], "std": [1, 1]},
  "params": [{"name": "fc.weight", "shape": [3, 2], "init": {"kind": "normal", "std": 1}},
             {"name": "fc.bias", "shape": [3], "init": {"kind": "constant", "value": 0.5}}],
  "layers": [{"name": "fc", "op": "linear", "shape": [3], "params": 9, "macs": 6},
             {"name": "relu", "op": "relu", "shape": [3], "params": 0, "macs": 0}],
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
     "values": [], "swallowed": {}, "removed": {}, "scratch": 64}]
})";

/// The network's table; tests change copies of it.
struct Table {
  AlexrtKernel kernels[3] = {transpose, linear, relu};
  AlexrtArg loadArgs[2] = {{ALEXRT_PARAM, 0, 0, bytes(inputs *outputs)},
                           {ALEXRT_WEIGHTS, 1, 0, bytes(inputs *outputs)}};
  std::array<AlexrtArg, 6> smallArgs = inferArgs(1), largeArgs = inferArgs(largestBatch);
  AlexrtRecord loadRecords[1] = {{ALEXRT_LAUNCH, 0, 0, 2, outputs}};
  AlexrtRecord smallRecords[2] = {{ALEXRT_LAUNCH, 1, 0, 4, 1}, {ALEXRT_LAUNCH, 2, 4, 2, 1}};
  AlexrtRecord largeRecords[2] = {{ALEXRT_LAUNCH, 1, 0, 4, 4}, {ALEXRT_LAUNCH, 2, 4, 2, 4}};
  AlexrtProgram programs[3] = {{"load", loadRecords, 1, loadArgs},
                               {"infer_1", smallRecords, 2, smallArgs.data()},
                               {"infer_4", largeRecords, 2, largeArgs.data()}};
  std::string text = description;
  AlexrtNetwork network = {ALEXRT_ABI_VERSION, 3,           kernels, programs, 3,
                           {0, 64, 64, 128},   text.c_str()};

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
