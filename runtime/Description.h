//===- Description.h - what a compiled network says of itself ---*- C++ -*-===//
//
// The JSON text in AlexrtNetwork.description, written by codegen/Describe.cpp:
//
// { "name": "alexnet", "source": "models/alexnet.json", "compiler": "alexc 0.1.0",
//   "cpu": "znver5", "features": ["avx2", "fma"],      what the code needs
//   "devices": 2, "plan": "paper",                     absent: 1, "none"
//   "precision": "tf32",                               absent: "fp32"
//   "link_precision": "fp16",                          absent: what crosses is not rounded
//   "input": [3, 224, 224], "classes": 1000,
//   "preprocess": { "resize": {"shorter": 256} | {"exact": [H, W]}, "crop": [224, 224],
//                   "channels": "rgb" | "bgr" | "grey", "scale": 1.0,
//                   "mean": [123.68, 116.779, 103.939], "std": [1, 1, 1],
//                   "measure_mean": "" | "image" | "channel" },
//   "params": [ {"name": "conv1.weight", "shape": [96, 3, 11, 11],
//                "init": {"kind": "normal", "std": 0.01} | {"kind": "constant", "value": 1}
//                      | {"kind": "he"} | {"kind": "xavier"},
//                "rate_factor": 1.0, "decay_factor": 1.0} ],         in ALEXRT_PARAM's order
//   "layers": [ {"name": "conv1", "op": "conv2d", "shape": [96, 55, 55], "params": 34944,
//                "macs": 105415200} ],                  of the spec, per image, before any pass
//   "training": null | { "batch": 128,
//       "optimizer": {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.0005},
//       "schedule": {"kind": "constant" | "step" | "plateau", "epochs": 90, "divide_by": 10,
//                    "at": [30, 60], "times": 3, "patience": 1},
//       "augmentation": {"crop": "centre" | "random", "mirror": true,
//                        "colour": null | {"std": 0.1, "unit": "eigenvalue" | "standard_deviation",
//                                          "pixel_range": 1}, "share": 1} },
//   "entries": [ {"program": "infer_1", "kind": "infer", "batch": 1,  "apply" has batch 0
//       "input":  {"offset": 0, "shape": [1, 3, 224, 224]},           in ALEXRT_IO, where the
//       "labels": {"offset": 602112, "shape": [1]},                   entry has them
//       "output": {"offset": 602176, "shape": [1, 1000]},             probabilities
//       "loss":   {"offset": 606208, "shape": [1]},                   of each image
//       "input_gradient": ...                                         "gradients" may have it
//       "records": [ {"layer": "conv1+relu1", "kernel": "conv_direct", "macs": 105415200,
//                     "device": 0},                                  absent: 0
//                    {"layer": "pool2", "kernel": "copy", "bytes": 86528, "device": 1},
//                    {"layer": "", "kernel": "signal" | "wait", "device": 1} ],
//       "values": [ {"layer": "relu1", "record": 0, "segment": "scratch", "offset": 0,
//                    "shape": [1, 96, 55, 55],
//                    "layout": {"channel_block": 16, "batch_block": 0, "halo": [0, 0, 0, 0]},
//                    "device": 0},                                   absent: 0
//                   {"layer": "relu2", "record": 7, "dim": 1, "shape": [1, 256, 27, 27],
//                    "pieces": [ {"device": 0, "segment": "scratch", "offset": 0, "begin": 0,
//                                 "shape": [1, 128, 27, 27], "layout": ...} ]} ],
//       "swallowed": { "conv1": "conv1+relu1" },        layer -> the kernel that holds it
//       "removed": { "drop6": "relu6" },                layer -> where its value is
//       "scratch": 123456 | [123456, 123456] } ] }      a number of each device
//
// "values" lists every layer whose value exists in memory after `record`: in one
// place, or in pieces that each have a range of dimension `dim` from `begin` on.

#ifndef ALEXC_RUNTIME_DESCRIPTION_H
#define ALEXC_RUNTIME_DESCRIPTION_H

#include "runtime/alexrt.h"
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace alexrt {

using Shape = std::vector<int64_t>;

/// The product of the dimensions; 1 for a scalar.
int64_t elementCount(const Shape &shape);
/// Multiplies `count` by one dimension more of a file's tensor. False where the
/// result would be so large that sums of bytes could overflow.
bool extendCount(uint64_t &count, uint64_t dimension);
/// As errors show it: "[96, 3, 11, 11]".
std::string toString(const Shape &shape);

/// How a parameter is filled where there is no weights file.
struct Initialization {
  enum class Kind {
    normal,   ///< mean 0, standard deviation `amount`
    constant, ///< `amount` everywhere
    he,       ///< normal, standard deviation sqrt(2 / fan_in)
    xavier,   ///< uniform within +-sqrt(6 / (fan_in + fan_out))
  };
  Kind kind = Kind::constant;
  double amount = 0;
};

/// A tensor of the weights file, in logical layout: (K, C/groups, R, S), (out, in) or (K).
struct Parameter {
  std::string name;
  Shape shape;
  Initialization init;
  double rateFactor = 1;  ///< times the learning rate; 0: frozen
  double decayFactor = 1; ///< times the weight decay
};

/// How an image becomes the network's input.
struct Preprocess {
  int64_t resizeShorter = 0;                   ///< shorter side to this many pixels; 0: see below
  std::array<int64_t, 2> resizeExact = {0, 0}; ///< to this (H, W), where resizeShorter is 0
  std::array<int64_t, 2> crop = {0, 0};        ///< the centre (H, W)
  std::string channels = "rgb";                ///< "rgb", "bgr" or "grey"
  double scale = 1;                            ///< (pixel * scale - mean) / std
  std::vector<double> mean, std;               ///< one for each channel
  /// "image" or "channel": the training set's mean image or colour, which
  /// training measures and the weights file holds, is the mean instead.
  std::string measureMean;
};

/// Colours of a picture shifted along the principal components of the set's.
struct ColourShift {
  double deviation = 0.1;      ///< of the normal that multiplies a component's step
  bool usesEigenvalues = true; ///< a component's step: its eigenvalue, or the root of that
  double pixelRange = 1;       ///< the largest pixel value that components are measured in
};

/// How training pictures are varied.
struct Augmentation {
  bool randomCrop = false, mirror = false;
  std::optional<ColourShift> colour;
  int64_t share = 1; ///< consecutive pictures that have one crop and flip
};

/// How the learning rate falls.
struct Schedule {
  enum class Kind {
    constant, ///< never
    step,     ///< at the epochs `at`
    plateau,  ///< when the validation error has not improved for `patience` epochs
  };
  Kind kind = Kind::constant;
  int64_t epochs = 1;
  double divideBy = 10;
  std::vector<int64_t> at;
  int64_t times = 0; ///< plateau: how often at most
  int64_t patience = 1;
};

/// What the spec says of training.
struct TrainingInfo {
  int64_t batch = 1;
  double learningRate = 0, momentum = 0, weightDecay = 0;
  Schedule schedule;
  Augmentation augmentation;
};

/// A layer as the spec has it, before any pass.
struct LayerInfo {
  std::string name, op;
  Shape shape; ///< of the result, of one image
  int64_t params = 0;
  int64_t macs = 0; ///< per image
};

/// How a value lies in memory; Layouts.h brings it into logical order.
struct ValueLayout {
  int64_t channelBlock = 1; ///< channels that lie side by side
  int64_t batchBlock = 0;   ///< images of a block where features come first; 0: images come first
  std::array<int64_t, 4> halo = {0, 0, 0, 0}; ///< top, left, bottom, right
};

/// Where a value is, or a piece of one.
struct ValuePiece {
  uint32_t device = 0;
  AlexrtSegment segment = ALEXRT_SCRATCH;
  uint64_t offset = 0; ///< bytes
  int64_t begin = 0;   ///< its first index in dimension ValueInfo::dim
  Shape shape;         ///< logical, with N
  ValueLayout layout;
};

/// A layer's value in memory: valid from the end of `record` until a later
/// record reuses the place.
struct ValueInfo {
  std::string layer;
  size_t record = 0;
  Shape shape; ///< logical, with N
  size_t dim = 0;
  std::vector<ValuePiece> pieces; ///< one, or those that `dim` is split into
};

/// What a record of a program computes or moves.
struct RecordInfo {
  std::string layer, kernel; ///< "copy", "signal" and "wait" are no kernels
  uint32_t device = 0;
  int64_t macs = 0;   ///< of the entry's whole batch
  uint64_t bytes = 0; ///< that a copy moves
};

/// An entry's input or output in ALEXRT_IO, in logical order.
struct Port {
  uint64_t offset = 0; ///< bytes
  Shape shape;         ///< empty: the entry has none
};

/// One program that a user can run, for one batch size.
struct Entry {
  std::string program, kind; ///< "infer", "evaluate", "train_step", "gradients" or "apply"
  int64_t batch = 0;         ///< 0: it takes no images
  Port input, labels, output, loss, inputGradient;
  std::vector<RecordInfo> records;
  std::vector<ValueInfo> values;
  std::map<std::string, std::string> swallowed; ///< layer -> the kernel that holds it
  std::map<std::string, std::string> removed;   ///< layer -> the layer that has its value
  std::vector<uint64_t> scratch;                ///< bytes, of each device

  /// Where `layer`'s value is, or the one that it has in common with a layer
  /// before it; null where it is not in memory.
  const ValueInfo *findValue(const std::string &layer) const;
  /// The same. Throws Error, naming the kernel that swallowed
  /// it and what to do, or the layer as unknown.
  const ValueInfo &valueOf(const std::string &layer) const;
};

struct Description {
  std::string name, source, compiler, cpu;
  std::vector<std::string> features; ///< of the CPU, in LLVM's names
  uint32_t devices = 1;
  std::string plan = "none";      ///< how layers are split among them
  std::string precision = "fp32"; ///< of what convolutions and products multiply
  std::string linkPrecision;      ///< to what values are rounded that cross; empty: they are not
  Shape input;                    ///< (C, H, W)
  int64_t classes = 0;
  Preprocess preprocess;
  std::vector<Parameter> params; ///< in the order of ALEXRT_PARAM
  std::vector<LayerInfo> layers;
  std::optional<TrainingInfo> training; ///< none: compiled without
  std::vector<Entry> entries;

  /// Reads the JSON above. Throws Error.
  static Description parse(const char *json);
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_DESCRIPTION_H
