//===- BenchOneDnn.cpp - the peer of tools/bench: a chain of oneDNN primitives -===//
//
// The forward pass of models/alexnet.json as a user of oneDNN would write it:
// direct convolutions with ReLU as a post-op, formats of oneDNN's own choice,
// weights reordered beforehand, the reorders of activations inside the timing.
// Prints one JSON object: the median of the whole chain and of each primitive.
// `train` does the same for a training step, `peak` prints the FMA peak of the
// machine. Not part of the product.

#include "tools/BenchOneDnn.h"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>

using namespace peer;

//===----------------------------------------------------------------------===//
// Chains
//===----------------------------------------------------------------------===//

double peer::milliseconds(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

double peer::median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Dims peer::slide(const Dims &image, int64_t channels, int64_t window, int64_t stride,
                 int64_t padding) {
  auto size = [&](int64_t pixels) { return (pixels + padding - window) / stride + 1; };
  return {image[0], channels, size(image[2]), size(image[3])};
}

dnnl::primitive_attr peer::reluAttributes() {
  dnnl::post_ops ops;
  ops.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0, 0);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(ops);
  return attributes;
}

memory Chain::filled(const memory::desc &desc) {
  memory result(desc, engine);
  float *data = static_cast<float *>(result.get_data_handle());
  for (size_t i = 0; i < desc.get_size() / sizeof(float); ++i)
    data[i] = 0.01f * float((i * 2654435761u >> 20) & 7) - 0.03f;
  return result;
}

memory Chain::reordered(memory from, const memory::desc &desc, const std::string &layer) {
  if (from.get_desc() == desc)
    return from;
  memory to(desc, engine);
  add(layer, dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  return to;
}

void Chain::add(const std::string &layer, dnnl::primitive primitive,
                std::unordered_map<int, memory> arguments) {
  add(layer, [this, primitive = std::move(primitive), arguments = std::move(arguments)] {
    primitive.execute(stream, arguments);
  });
}

double Chain::run() {
  auto start = Clock::now();
  for (Step &step : steps)
    step.action();
  stream.wait();
  return milliseconds(start);
}

void Chain::runTimed() {
  for (Step &step : steps) {
    auto start = Clock::now();
    step.action();
    stream.wait();
    step.times.push_back(milliseconds(start));
  }
}

nlohmann::json Chain::bench(double seconds) {
  run(); // touches all memory
  std::vector<double> times;
  for (auto start = Clock::now(); times.size() < 3 || milliseconds(start) < 500 * seconds;)
    times.push_back(run());
  for (auto start = Clock::now(); milliseconds(start) < 500 * seconds;)
    runTimed();
  nlohmann::json result = {{"ms", median(times)}, {"layers", nlohmann::json::array()}};
  for (const Step &step : steps)
    if (!step.times.empty())
      result["layers"].push_back({{"layer", step.layer}, {"ms", median(step.times)}});
  return result;
}

//===----------------------------------------------------------------------===//
// The forward pass
//===----------------------------------------------------------------------===//

namespace {
class Inference : public Chain {
public:
  explicit Inference(int64_t batch);

private:
  void conv(const char *layer, int64_t filters, int64_t window, int64_t stride, Dims padBefore,
            Dims padAfter, int64_t groups);
  void lrn(const char *layer);
  void pool(const char *layer);
  void linear(const char *layer, int64_t units, bool relu);
  void softmax(const char *layer);

  memory value; ///< what the last step wrote
};
} // namespace

void Inference::conv(const char *layer, int64_t filters, int64_t window, int64_t stride,
                     Dims padBefore, Dims padAfter, int64_t groups) {
  Dims image = value.get_desc().dims();
  Dims weights = groups == 1 ? Dims{filters, image[1], window, window}
                             : Dims{groups, filters / groups, image[1] / groups, window, window};
  Dims output = slide(image, filters, window, stride, padBefore[0] + padAfter[0]);
  dnnl::convolution_forward::primitive_desc desc({dnnl::prop_kind::forward_inference,
                                                  dnnl::algorithm::convolution_direct,
                                                  any(image),
                                                  any(weights),
                                                  any({filters}),
                                                  any(output),
                                                  {stride, stride},
                                                  padBefore,
                                                  padAfter},
                                                 reluAttributes(), engine);
  memory input = reordered(value, desc.src_desc(), layer);
  value = memory(desc.dst_desc(), engine);
  add(layer, dnnl::convolution_forward(desc),
      {{DNNL_ARG_SRC, input},
       {DNNL_ARG_WEIGHTS, filled(desc.weights_desc())},
       {DNNL_ARG_BIAS, filled(desc.bias_desc())},
       {DNNL_ARG_DST, value}});
}

void Inference::lrn(const char *layer) {
  dnnl::lrn_forward::primitive_desc desc(
      {dnnl::prop_kind::forward_inference, dnnl::algorithm::lrn_across_channels, value.get_desc(),
       5, 5 * 1e-4f, 0.75f, 2.f}, // oneDNN divides alpha by the window's size
      engine);
  memory input = value;
  value = memory(desc.dst_desc(), engine);
  add(layer, dnnl::lrn_forward(desc), {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, value}});
}

void Inference::pool(const char *layer) {
  Dims image = value.get_desc().dims();
  Dims pooled = slide(image, image[1], 3, 2, 0);
  dnnl::pooling_forward::primitive_desc desc({dnnl::prop_kind::forward_inference,
                                              dnnl::algorithm::pooling_max,
                                              value.get_desc(),
                                              any(pooled),
                                              {2, 2},
                                              {3, 3},
                                              {0, 0},
                                              {0, 0}},
                                             engine);
  memory input = value;
  value = memory(desc.dst_desc(), engine);
  add(layer, dnnl::pooling_forward(desc), {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, value}});
}

void Inference::linear(const char *layer, int64_t units, bool relu) {
  Dims input = value.get_desc().dims(), weights = input;
  weights[0] = units;
  dnnl::inner_product_forward::primitive_desc desc(
      {dnnl::prop_kind::forward_inference, any(input), any(weights), any({units}),
       any({input[0], units})},
      relu ? reluAttributes() : dnnl::primitive_attr(), engine);
  memory source = reordered(value, desc.src_desc(), layer);
  value = memory(desc.dst_desc(), engine);
  add(layer, dnnl::inner_product_forward(desc),
      {{DNNL_ARG_SRC, source},
       {DNNL_ARG_WEIGHTS, filled(desc.weights_desc())},
       {DNNL_ARG_BIAS, filled(desc.bias_desc())},
       {DNNL_ARG_DST, value}});
}

void Inference::softmax(const char *layer) {
  dnnl::softmax_forward::primitive_desc desc(
      {dnnl::prop_kind::forward_inference, value.get_desc(), 1}, engine);
  memory input = value;
  value = memory(desc.dst_desc(), engine);
  add(layer, dnnl::softmax_forward(desc), {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, value}});
}

Inference::Inference(int64_t batch) {
  value = filled({{batch, 3, 224, 224}, memory::data_type::f32, memory::format_tag::nchw});
  conv("conv1", 96, 11, 4, {0, 0}, {3, 3}, 1);
  lrn("lrn1");
  pool("pool1");
  conv("conv2", 256, 5, 1, {2, 2}, {2, 2}, 2);
  lrn("lrn2");
  pool("pool2");
  conv("conv3", 384, 3, 1, {1, 1}, {1, 1}, 1);
  conv("conv4", 384, 3, 1, {1, 1}, {1, 1}, 2);
  conv("conv5", 256, 3, 1, {1, 1}, {1, 1}, 2);
  pool("pool5");
  linear("fc6", 4096, true);
  linear("fc7", 4096, true);
  linear("fc8", 1000, false);
  softmax("prob");
}

//===----------------------------------------------------------------------===//
// The FMA peak
//===----------------------------------------------------------------------===//

#ifdef __AVX512F__
typedef float Vector __attribute__((vector_size(64)));
#else
typedef float Vector __attribute__((vector_size(32)));
#endif

/// GFLOP/s of one thread on independent multiply-adds that never leave registers.
static double fmaPeak(double seconds) {
  constexpr int chains = sizeof(Vector) == 64 ? 24 : 12;
  Vector sums[chains] = {}, x, y;
  for (size_t lane = 0; lane < sizeof(Vector) / sizeof(float); ++lane)
    x[lane] = 0.999f, y[lane] = 1e-4f;
  asm volatile("" : "+x"(x), "+x"(y)); // not constants
  double best = 0;
  constexpr int64_t rounds = 1 << 18;
  for (auto start = Clock::now(); milliseconds(start) < 1000 * seconds;) {
    auto begin = Clock::now();
    for (int64_t round = 0; round < rounds; ++round)
#pragma clang loop unroll(full)
      for (Vector &sum : sums)
        sum = sum * x + y;
    double flops = 2.0 * rounds * chains * (sizeof(Vector) / sizeof(float));
    best = std::max(best, flops / milliseconds(begin) * 1e-6);
  }
  for (Vector &sum : sums)
    asm volatile("" : : "x"(sum)); // used
  return best;
}

static nlohmann::json benchPeak(int threads, double seconds) {
  std::vector<double> peaks(threads);
  std::vector<std::thread> workers;
  for (double &peak : peaks)
    workers.emplace_back([&peak, seconds] { peak = fmaPeak(seconds); });
  for (std::thread &worker : workers)
    worker.join();
  double sum = 0;
  for (double peak : peaks)
    sum += peak;
  return {{"gflops", sum}};
}

int main(int argc, char **argv) {
  CLI::App app("models/alexnet.json as a chain of oneDNN primitives");
  int64_t batch = 1;
  int threads = 1;
  double seconds = 2;
  auto *chain = app.add_subcommand("chain", "time the chain (threads: OMP_NUM_THREADS)");
  chain->add_option("--batch", batch);
  chain->add_option("--seconds", seconds);
  auto *train = app.add_subcommand("train", "time a training step (threads: OMP_NUM_THREADS)");
  train->add_option("--batch", batch);
  train->add_option("--threads", threads, "of the update");
  train->add_option("--seconds", seconds);
  auto *peak = app.add_subcommand("peak", "measure the FMA peak");
  peak->add_option("--threads", threads);
  peak->add_option("--seconds", seconds);
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  nlohmann::json result = *chain  ? Inference(batch).bench(seconds)
                          : *peak ? benchPeak(threads, seconds)
                                  : benchTraining(batch, threads, seconds);
  puts(result.dump().c_str());
}
