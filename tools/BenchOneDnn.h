//===- BenchOneDnn.h - chains of oneDNN primitives, timed -------*- C++ -*-===//
//
// What the forward and the training peer of tools/bench share. Not part of the
// product.

#ifndef ALEXC_TOOLS_BENCHONEDNN_H
#define ALEXC_TOOLS_BENCHONEDNN_H

#include <chrono>
#include <dnnl.hpp>
#include <functional>
#include <nlohmann/json.hpp>

namespace peer {

using Clock = std::chrono::steady_clock;
using dnnl::memory;
using Dims = memory::dims;

double milliseconds(Clock::time_point from);
double median(std::vector<double> values);

/// The output shape of a window that slides over an image (N, C, H, W).
Dims slide(const Dims &image, int64_t channels, int64_t window, int64_t stride, int64_t padding);

/// A ReLU as part of the primitive before it.
dnnl::primitive_attr reluAttributes();

/// Steps that run one after the other, each named after a layer.
class Chain {
public:
  /// Runs all steps once; the milliseconds it took.
  double run();
  /// Times the chain for about `seconds`: half of it as a whole, half of it
  /// step by step. {"ms": median, "layers": [{"layer", "ms"}]}
  nlohmann::json bench(double seconds);

protected:
  memory::desc any(const Dims &dims) {
    return {dims, memory::data_type::f32, memory::format_tag::any};
  }
  memory filled(const memory::desc &desc);
  memory empty(const memory::desc &desc) { return {desc, engine}; }
  /// `from` in another format: a step of `layer` where the formats differ.
  memory reordered(memory from, const memory::desc &desc, const std::string &layer);
  void add(const std::string &layer, dnnl::primitive primitive,
           std::unordered_map<int, memory> arguments);
  void add(const std::string &layer, std::function<void()> action) {
    steps.push_back({layer, std::move(action), {}});
  }

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};

private:
  struct Step {
    std::string layer;
    std::function<void()> action;
    std::vector<double> times;
  };
  void runTimed();

  std::vector<Step> steps;
};

/// One training step of models/alexnet.json. (BenchOneDnnTraining.cpp)
nlohmann::json benchTraining(int64_t batch, int threads, double seconds);

} // namespace peer

#endif // ALEXC_TOOLS_BENCHONEDNN_H
