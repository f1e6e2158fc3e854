//===- TwoDeviceNetwork.h - the handwritten network on two devices -*- C++ -*-===//
//
// The network of HandwrittenNetwork.h in batches of 2, with the first two results
// and their parameters on device 0 and the third on device 1. Inference brings
// device 1's share to device 0, which puts all together. Training brings each the
// other's: device 0 writes the output, device 1 the loss.

#ifndef ALEXC_TEST_UNIT_TWODEVICENETWORK_H
#define ALEXC_TEST_UNIT_TWODEVICENETWORK_H

#include "HandwrittenNetwork.h"

namespace twodevices {

using handwritten::bytes;
using handwritten::inputs;
using handwritten::outputs;

constexpr int64_t batch = 2;
constexpr int64_t firstOf[] = {0, 2}, countOf[] = {2, 1}; ///< results of a device

//===----------------------------------------------------------------------===//
// Kernels of a share of `count` results
//===----------------------------------------------------------------------===//

template <int64_t count>
void transpose(void *const *args, int64_t begin, int64_t end) {
  auto *weight = static_cast<const float *>(args[0]);
  auto *packed = static_cast<float *>(args[1]);
  for (int64_t k = begin; k < end; ++k)
    for (int64_t c = 0; c < inputs; ++c)
      packed[c * count + k] = weight[k * inputs + c];
}

/// x (N, inputs), packed weight, bias -> y (N, count)
template <int64_t count>
void linear(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]);
  auto *packed = static_cast<const float *>(args[1]);
  auto *bias = static_cast<const float *>(args[2]);
  auto *y = static_cast<float *>(args[3]);
  for (int64_t n = begin; n < end; ++n)
    for (int64_t k = 0; k < count; ++k) {
      y[n * count + k] = bias[k];
      for (int64_t c = 0; c < inputs; ++c)
        y[n * count + k] += packed[c * count + k] * x[n * inputs + c];
    }
}

/// x, y (N, count), labels (N) -> gradients of the weight's and the bias's share
template <int64_t first, int64_t count>
void gradient(void *const *args, int64_t begin, int64_t end) {
  auto *x = static_cast<const float *>(args[0]), *y = static_cast<const float *>(args[1]);
  auto *labels = static_cast<const int32_t *>(args[2]);
  auto *weight = static_cast<float *>(args[3]), *bias = static_cast<float *>(args[4]);
  for (int64_t k = begin; k < end; ++k) {
    float errors[batch];
    for (int64_t n = 0; n < batch; ++n)
      errors[n] = y[n * count + k] - (labels[n] == first + k ? 1.0f : 0.0f);
    bias[k] = (errors[0] + errors[1]) / batch;
    for (int64_t c = 0; c < inputs; ++c)
      weight[k * inputs + c] = (errors[0] * x[c] + errors[1] * x[inputs + c]) / batch;
  }
}

/// The shares (N, 2) and (N, 1) of y -> y (N, 3)
inline void join(void *const *args, int64_t begin, int64_t end) {
  auto *first = static_cast<const float *>(args[0]), *second = static_cast<const float *>(args[1]);
  auto *y = static_cast<float *>(args[2]);
  for (int64_t n = begin; n < end; ++n) {
    std::copy_n(first + 2 * n, 2, y + outputs * n);
    y[outputs * n + 2] = second[n];
  }
}

/// The same of relu(y).
inline void joinRelu(void *const *args, int64_t begin, int64_t end) {
  join(args, begin, end);
  void *relu[] = {args[2], args[2]};
  handwritten::relu(relu, begin, end);
}

/// The shares of y, labels (N) -> loss (N)
inline void squaredError(void *const *args, int64_t begin, int64_t end) {
  float y[batch * outputs];
  void *joined[] = {args[0], args[1], y}, *whole[] = {y, args[2], args[3]};
  join(joined, begin, end);
  handwritten::squaredError(whole, begin, end);
}

/// Numbers of the kernels. A device's know how much work they have.
enum Kernel : uint32_t {
  transpose2, ///< the number: of results
  transpose1,
  linear2,
  linear1,
  gradient2,
  gradient1,
  joinAll,
  joinAllRelu,
  lossOfAll,
  update4, ///< of elements
  update2,
  update1,
  kernelCount
};

/// `Launcher::run<kernel, work, arguments>` for each.
template <typename Launcher>
constexpr decltype(&Launcher::template run<handwritten::update, 1, 6>) kernels[] = {
    Launcher::template run<transpose<2>, 2, 2>,
    Launcher::template run<transpose<1>, 1, 2>,
    Launcher::template run<linear<2>, batch, 4>,
    Launcher::template run<linear<1>, batch, 4>,
    Launcher::template run<gradient<0, 2>, 2, 5>,
    Launcher::template run<gradient<2, 1>, 1, 5>,
    Launcher::template run<join, batch, 3>,
    Launcher::template run<joinRelu, batch, 3>,
    Launcher::template run<squaredError, batch, 4>,
    Launcher::template run<handwritten::update, 4, 6>,
    Launcher::template run<handwritten::update, 2, 6>,
    Launcher::template run<handwritten::update, 1, 6>};

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Queues: what a device computes, and what comes to it from the other one.
constexpr uint32_t compute(uint32_t device) { return device; }
constexpr uint32_t transfersTo(uint32_t device) { return 2 + device; }

/// A program that is still to become one of a table.
struct Program {
  std::vector<AlexrtRecord> records;
  std::vector<AlexrtArg> args;
  uint64_t eventCount = 0;
  uint64_t segments[2][ALEXRT_SEGMENTS] = {{0, 64, 256, 256, 0, 0, 32},
                                           {0, 64, 256, 256, 0, 0, 32}};

  void launch(uint32_t device, Kernel kernel, int64_t work, const std::vector<AlexrtArg> &own) {
    records.push_back({ALEXRT_LAUNCH, compute(device), kernel, uint32_t(args.size()),
                       uint32_t(own.size()), 0, work});
    args.insert(args.end(), own.begin(), own.end());
  }
  void copy(const AlexrtArg &source, const AlexrtArg &target) {
    records.push_back({ALEXRT_COPY, transfersTo(target.device), 0, uint32_t(args.size()), 2, 0, 0});
    args.insert(args.end(), {source, target});
  }
  void signal(uint32_t queue, uint32_t event) {
    records.push_back({ALEXRT_SIGNAL, queue, event, 0, 0, 0, 0});
    eventCount = std::max<uint64_t>(eventCount, event + 1);
  }
  void wait(uint32_t queue, uint32_t event) {
    records.push_back({ALEXRT_WAIT, queue, event, 0, 0, 0, 0});
  }
  /// Brings a share of y to the other device: events `event` and the next.
  void transfer(const AlexrtArg &source, const AlexrtArg &target, uint32_t event) {
    signal(compute(source.device), event);
    wait(transfersTo(target.device), event);
    copy(source, target);
    signal(transfersTo(target.device), event + 1);
  }
  /// Takes out the record and gives it back.
  AlexrtRecord remove(size_t record) {
    AlexrtRecord removed = records[record];
    records.erase(records.begin() + record);
    return removed;
  }
  AlexrtProgram toTable(const char *name) const {
    return {name, records.data(), records.size(), args.data(), eventCount, segments};
  }
};

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

constexpr AlexrtArg on(uint32_t device, AlexrtArg argument) {
  argument.device = device;
  return argument;
}
constexpr AlexrtArg read(AlexrtArg argument) {
  argument.written = 0;
  return argument;
}

/// What belongs to a device's rows of the weight (number 0) or the bias (number 1).
constexpr AlexrtArg share(uint32_t device, AlexrtSegment segment, uint64_t number,
                          bool isWritten = false) {
  uint64_t rowBytes = number == 0 ? bytes(inputs) : bytes(1);
  return {device,
          static_cast<uint32_t>(segment),
          isWritten,
          0,
          number,
          firstOf[device] * rowBytes,
          countOf[device] * rowBytes};
}

/// `written` in the device's scratch memory: what it computes of y, what comes from
/// the other device, the weight in another form, gradients.
constexpr AlexrtArg ownShare(uint32_t device) {
  return on(device, handwritten::argument(ALEXRT_SCRATCH, 1, 0, bytes(batch * countOf[device])));
}
constexpr AlexrtArg otherShare(uint32_t device) {
  return on(device,
            handwritten::argument(ALEXRT_SCRATCH, 1, 64, bytes(batch * countOf[1 - device])));
}
constexpr AlexrtArg packedForStep(uint32_t device) {
  return on(device, handwritten::argument(ALEXRT_SCRATCH, 1, 128, bytes(inputs * countOf[device])));
}
constexpr AlexrtArg gradientOf(uint32_t device, uint64_t number) {
  AlexrtArg like = share(device, ALEXRT_PARAM, number);
  return on(device, handwritten::argument(ALEXRT_SCRATCH, 1, 192 + 32 * number, like.bytes));
}
constexpr AlexrtArg packed(uint32_t device) {
  return on(device, handwritten::argument(ALEXRT_WEIGHTS, 1, 0, bytes(inputs * countOf[device])));
}

inline Program loadProgram() {
  Program program;
  for (uint32_t device : {0, 1})
    program.launch(device, device == 0 ? transpose2 : transpose1, countOf[device],
                   {share(device, ALEXRT_PARAM, 0), packed(device)});
  return program;
}

/// y's share from the weight's share in `packed`.
inline void addLinear(Program &program, uint32_t device, const AlexrtArg &packed) {
  program.launch(device, device == 0 ? linear2 : linear1, batch,
                 {on(device, handwritten::input(batch)), read(packed),
                  share(device, ALEXRT_PARAM, 1), ownShare(device)});
}

inline Program inferProgram() {
  Program program;
  for (uint32_t device : {0, 1})
    addLinear(program, device, packed(device));
  program.transfer(read(ownShare(1)), otherShare(0), 0);
  program.wait(compute(0), 1);
  program.launch(0, joinAllRelu, batch,
                 {read(ownShare(0)), read(otherShare(0)), handwritten::output(batch, true)});
  return program;
}

inline void addUpdates(Program &program, uint32_t device) {
  AlexrtArg gradients[] = {gradientOf(device, 0), gradientOf(device, 1)};
  program.launch(device, device == 0 ? gradient2 : gradient1, countOf[device],
                 {on(device, handwritten::input(batch)), read(ownShare(device)),
                  on(device, handwritten::labels), gradients[0], gradients[1]});
  for (uint64_t number : {0, 1}) {
    int64_t elements = gradients[number].bytes / sizeof(float);
    program.launch(device,
                   elements == 4   ? update4
                   : elements == 2 ? update2
                                   : update1,
                   elements,
                   {share(device, ALEXRT_PARAM, number), share(device, ALEXRT_MOMENTUM, number),
                    read(gradients[number]), on(device, handwritten::step),
                    share(device, ALEXRT_PARAM, number, true),
                    share(device, ALEXRT_MOMENTUM, number, true)});
  }
}

inline Program stepProgram() {
  Program program;
  for (uint32_t device : {0, 1}) {
    program.launch(device, device == 0 ? transpose2 : transpose1, countOf[device],
                   {share(device, ALEXRT_PARAM, 0), packedForStep(device)});
    addLinear(program, device, packedForStep(device));
    program.transfer(read(ownShare(device)), otherShare(1 - device), 2 * device);
  }
  for (uint32_t device : {0, 1})
    addUpdates(program, device);
  program.wait(compute(0), 3);
  program.launch(0, joinAll, batch,
                 {read(ownShare(0)), read(otherShare(0)), handwritten::output(batch, true)});
  program.wait(compute(1), 1);
  program.launch(1, lossOfAll, batch,
                 {read(otherShare(1)), read(ownShare(1)), on(1, handwritten::labels),
                  on(1, handwritten::loss)});
  return program;
}

//===----------------------------------------------------------------------===//
// The network
//===----------------------------------------------------------------------===//

/// What the handwritten network says of itself, with the entries there are here.
inline std::string description() {
  std::string text = handwritten::description;
  text.replace(text.find("\"entries\""), std::string::npos, R"("devices": 2, "plan": "paper",
  "entries": [
    {"program": "infer_2", "kind": "infer", "batch": 2,
     "input": {"offset": 0, "shape": [2, 2, 1, 1]}, "output": {"offset": 64, "shape": [2, 3]},
     "records": [{"layer": "fc", "kernel": "linear", "macs": 8},
                 {"layer": "fc", "kernel": "linear", "macs": 4, "device": 1},
                 {"layer": "", "kernel": "signal", "device": 1},
                 {"layer": "", "kernel": "wait"},
                 {"layer": "fc", "kernel": "copy", "bytes": 8},
                 {"layer": "", "kernel": "signal"},
                 {"layer": "", "kernel": "wait"},
                 {"layer": "relu", "kernel": "loops", "macs": 0}],
     "values": [{"layer": "fc", "record": 1, "dim": 1, "shape": [2, 3], "pieces": [
                  {"segment": "scratch", "offset": 0, "begin": 0, "shape": [2, 2],
                   "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}},
                  {"device": 1, "segment": "scratch", "offset": 0, "begin": 2, "shape": [2, 1],
                   "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}}]},
                {"layer": "third", "device": 1, "record": 1, "segment": "scratch", "offset": 0,
                 "shape": [2, 1],
                 "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}},
                {"layer": "images", "record": 1, "dim": 0, "shape": [3, 2], "pieces": [
                  {"segment": "io", "offset": 0, "begin": 0, "shape": [2, 2],
                   "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}},
                  {"segment": "io", "offset": 0, "begin": 2, "shape": [1, 2],
                   "layout": {"channel_block": 1, "batch_block": 0, "halo": [0, 0, 0, 0]}}]}],
     "swallowed": {}, "removed": {}, "scratch": [256, 256]},
    {"program": "train_step_2", "kind": "train_step", "batch": 2,
     "input": {"offset": 0, "shape": [2, 2, 1, 1]}, "labels": {"offset": 128, "shape": [2]},
     "output": {"offset": 64, "shape": [2, 3]}, "loss": {"offset": 192, "shape": [2]},
     "records": [], "values": [], "swallowed": {}, "removed": {}, "scratch": 0}]})");
  return text;
}

/// The network's table, whose kernels are still to come; tests change its parts
/// before they call `network`.
struct Table {
  Program load = loadProgram(), infer = inferProgram(), step = stepProgram();
  std::string text = description();
  AlexrtProgram programs[3];
  AlexrtNetwork table = {
      ALEXRT_ABI_VERSION, 2, kernelCount, nullptr, programs, 3, nullptr, nullptr, nullptr};

  Table() = default;
  Table(const Table &) = delete; // its pointers point into itself

  const AlexrtNetwork &network() {
    programs[0] = load.toTable("load");
    programs[1] = infer.toTable("infer_2");
    programs[2] = step.toTable("train_step_2");
    table.description = text.c_str();
    return table;
  }
};

} // namespace twodevices

#endif // ALEXC_TEST_UNIT_TWODEVICENETWORK_H
