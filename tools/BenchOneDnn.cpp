//===- BenchOneDnn.cpp - the peer of tools/bench: a chain of oneDNN primitives -===//
//
// The forward pass of models/alexnet.json as a user of oneDNN would write it:
// direct convolutions with ReLU as a post-op, formats of oneDNN's own choice,
// weights reordered beforehand, the reorders of activations inside the timing.
// Prints one JSON object: the median of the whole chain and of each primitive.
// `peak` prints the FMA peak of the machine instead. Not part of the product.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <dnnl.hpp>
#include <nlohmann/json.hpp>
#include <thread>

using Clock = std::chrono::steady_clock;
using dnnl::memory;
using Dims = memory::dims;

static double milliseconds(Clock::time_point from) {
  return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

static double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

//===----------------------------------------------------------------------===//
// The chain
//===----------------------------------------------------------------------===//

namespace {
struct Step {
  std::string layer;
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  std::vector<double> times;
};

class Chain {
public:
  explicit Chain(int64_t batch);
  /// Runs the chain once; the milliseconds it took.
  double run();
  /// Runs each step on its own and records its time.
  void runTimed();
  const std::vector<Step> &getSteps() const { return steps; }

private:
  void conv(const char *layer, int64_t filters, int64_t window, int64_t stride, Dims padBefore,
            Dims padAfter, int64_t groups);
  void lrn(const char *layer);
  void pool(const char *layer);
  void linear(const char *layer, int64_t units, bool relu);
  void softmax(const char *layer);

  memory::desc any(const Dims &dims) {
    return {dims, memory::data_type::f32, memory::format_tag::any};
  }
  memory filled(const memory::desc &desc);
  memory reordered(memory value, const memory::desc &desc, const char *layer);
  void add(const char *layer, dnnl::primitive primitive,
           std::unordered_map<int, memory> arguments) {
    steps.push_back({layer, std::move(primitive), std::move(arguments), {}});
  }

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::vector<Step> steps;
  memory value; ///< what the last step wrote
};
} // namespace

static dnnl::primitive_attr reluAttributes() {
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

memory Chain::reordered(memory from, const memory::desc &desc, const char *layer) {
  if (from.get_desc() == desc)
    return from;
  memory to(desc, engine);
  add(layer, dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  return to;
}

void Chain::conv(const char *layer, int64_t filters, int64_t window, int64_t stride, Dims padBefore,
                 Dims padAfter, int64_t groups) {
  Dims image = value.get_desc().dims();
  Dims weights = groups == 1 ? Dims{filters, image[1], window, window}
                             : Dims{groups, filters / groups, image[1] / groups, window, window};
  auto size = [&](int i) {
    return (image[i + 2] + padBefore[i] + padAfter[i] - window) / stride + 1;
  };
  dnnl::convolution_forward::primitive_desc desc({dnnl::prop_kind::forward_inference,
                                                  dnnl::algorithm::convolution_direct,
                                                  any(image),
                                                  any(weights),
                                                  any({filters}),
                                                  any({image[0], filters, size(0), size(1)}),
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

void Chain::lrn(const char *layer) {
  dnnl::lrn_forward::primitive_desc desc(
      {dnnl::prop_kind::forward_inference, dnnl::algorithm::lrn_across_channels, value.get_desc(),
       5, 5 * 1e-4f, 0.75f, 2.f}, // oneDNN divides alpha by the window's size
      engine);
  memory input = value;
  value = memory(desc.dst_desc(), engine);
  add(layer, dnnl::lrn_forward(desc), {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, value}});
}

void Chain::pool(const char *layer) {
  Dims image = value.get_desc().dims();
  Dims pooled = {image[0], image[1], (image[2] - 3) / 2 + 1, (image[3] - 3) / 2 + 1};
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

void Chain::linear(const char *layer, int64_t units, bool relu) {
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

void Chain::softmax(const char *layer) {
  dnnl::softmax_forward::primitive_desc desc(
      {dnnl::prop_kind::forward_inference, value.get_desc(), 1}, engine);
  memory input = value;
  value = memory(desc.dst_desc(), engine);
  add(layer, dnnl::softmax_forward(desc), {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, value}});
}

Chain::Chain(int64_t batch) {
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

double Chain::run() {
  auto start = Clock::now();
  for (Step &step : steps)
    step.primitive.execute(stream, step.arguments);
  stream.wait();
  return milliseconds(start);
}

void Chain::runTimed() {
  for (Step &step : steps) {
    auto start = Clock::now();
    step.primitive.execute(stream, step.arguments);
    stream.wait();
    step.times.push_back(milliseconds(start));
  }
}

static nlohmann::json benchChain(int64_t batch, double seconds) {
  Chain chain(batch);
  chain.run(); // touches all memory
  std::vector<double> times;
  for (auto start = Clock::now(); times.size() < 3 || milliseconds(start) < 500 * seconds;)
    times.push_back(chain.run());
  for (auto start = Clock::now(); milliseconds(start) < 500 * seconds;)
    chain.runTimed();
  nlohmann::json result = {{"ms", median(times)}, {"layers", nlohmann::json::array()}};
  for (const Step &step : chain.getSteps())
    if (!step.times.empty())
      result["layers"].push_back({{"layer", step.layer}, {"ms", median(step.times)}});
  return result;
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
  CLI::App app("the forward pass of models/alexnet.json as a chain of oneDNN primitives");
  int64_t batch = 1;
  int threads = 1;
  double seconds = 2;
  auto *chain = app.add_subcommand("chain", "time the chain (threads: OMP_NUM_THREADS)");
  chain->add_option("--batch", batch);
  chain->add_option("--seconds", seconds);
  auto *peak = app.add_subcommand("peak", "measure the FMA peak");
  peak->add_option("--threads", threads);
  peak->add_option("--seconds", seconds);
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  puts((*chain ? benchChain(batch, seconds) : benchPeak(threads, seconds)).dump().c_str());
}
