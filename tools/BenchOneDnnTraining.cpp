//===- BenchOneDnnTraining.cpp - a training step of oneDNN primitives ------===//
//
// Forward, backward and update of models/alexnet.json at a fixed batch, as a
// user of oneDNN would write it. In the peer's favour: dropout is left out, and
// weights and their gradients stand in the format that each primitive likes
// best, with no reorder between them.

#include "tools/BenchOneDnn.h"
#include <thread>

using namespace peer;
using dnnl::prop_kind;

namespace {
class Training : public Chain {
public:
  Training(int64_t batch, int threads);

private:
  /// Adds the steps from the gradient of a layer's result to that of its input;
  /// `isNeeded` is false for the first layer.
  using Backward = std::function<memory(memory gradient, bool isNeeded)>;

  void conv(std::string layer, int64_t filters, int64_t window, int64_t stride, Dims padBefore,
            Dims padAfter, int64_t groups);
  void relu(std::string layer);
  void lrn(std::string layer);
  void pool(std::string layer);
  void linear(std::string layer, int64_t units, bool isReluNext);
  void loss(std::string layer);
  void parameter(std::string layer, memory weights, memory gradient);
  void update(float *weights, float *momentum, const float *gradient, size_t count);

  memory value; ///< what the last forward step wrote
  std::vector<Backward> backward;
  int threads;
};
} // namespace

void Training::conv(std::string layer, int64_t filters, int64_t window, int64_t stride,
                    Dims padBefore, Dims padAfter, int64_t groups) {
  Dims image = value.get_desc().dims(), strides = {stride, stride};
  Dims shape = groups == 1 ? Dims{filters, image[1], window, window}
                           : Dims{groups, filters / groups, image[1] / groups, window, window};
  auto output = any(slide(image, filters, window, stride, padBefore[0] + padAfter[0]));
  auto algorithm = dnnl::algorithm::convolution_direct;
  dnnl::convolution_forward::primitive_desc forward({prop_kind::forward_training, algorithm,
                                                     any(image), any(shape), any({filters}), output,
                                                     strides, padBefore, padAfter},
                                                    engine);
  memory input = reordered(value, forward.src_desc(), layer);
  memory weights = filled(forward.weights_desc()), bias = filled(forward.bias_desc());
  value = empty(forward.dst_desc());
  add(layer, dnnl::convolution_forward(forward),
      {{DNNL_ARG_SRC, input},
       {DNNL_ARG_WEIGHTS, weights},
       {DNNL_ARG_BIAS, bias},
       {DNNL_ARG_DST, value}});
  backward.push_back([=](memory gradient, bool isNeeded) {
    dnnl::convolution_backward_weights::primitive_desc ofWeights(
        {algorithm, any(image), any(shape), any({filters}), output, strides, padBefore, padAfter},
        engine, forward);
    std::string name = layer + ":filter_grad";
    memory weightsGradient = empty(ofWeights.diff_weights_desc());
    memory biasGradient = empty(ofWeights.diff_bias_desc());
    add(name, dnnl::convolution_backward_weights(ofWeights),
        {{DNNL_ARG_SRC, reordered(input, ofWeights.src_desc(), name)},
         {DNNL_ARG_DIFF_DST, reordered(gradient, ofWeights.diff_dst_desc(), name)},
         {DNNL_ARG_DIFF_WEIGHTS, weightsGradient},
         {DNNL_ARG_DIFF_BIAS, biasGradient}});
    memory inputGradient;
    if (isNeeded) {
      dnnl::convolution_backward_data::primitive_desc ofData(
          {algorithm, any(image), any(shape), output, strides, padBefore, padAfter}, engine,
          forward);
      name = layer + ":data_grad";
      inputGradient = empty(ofData.diff_src_desc());
      add(name, dnnl::convolution_backward_data(ofData),
          {{DNNL_ARG_DIFF_DST, reordered(gradient, ofData.diff_dst_desc(), name)},
           {DNNL_ARG_WEIGHTS, filled(ofData.weights_desc())},
           {DNNL_ARG_DIFF_SRC, inputGradient}});
    }
    parameter(layer, weights, weightsGradient);
    parameter(layer, bias, biasGradient);
    return inputGradient;
  });
}

/// Forward it is a post-op of the step before; backward it works in place.
void Training::relu(std::string layer) {
  auto algorithm = dnnl::algorithm::eltwise_relu_use_dst_for_bwd;
  dnnl::eltwise_forward::primitive_desc forward(
      {prop_kind::forward_training, algorithm, value.get_desc(), 0.f}, engine);
  memory output = value;
  backward.push_back([=](memory gradient, bool) {
    std::string name = layer + ":grad";
    memory same = reordered(gradient, output.get_desc(), name);
    dnnl::eltwise_backward::primitive_desc desc(
        {algorithm, same.get_desc(), output.get_desc(), 0.f}, engine, forward);
    add(name, dnnl::eltwise_backward(desc),
        {{DNNL_ARG_DST, output}, {DNNL_ARG_DIFF_DST, same}, {DNNL_ARG_DIFF_SRC, same}});
    return same;
  });
}

void Training::lrn(std::string layer) {
  auto algorithm = dnnl::algorithm::lrn_across_channels;
  float alpha = 5 * 1e-4f, beta = 0.75f, k = 2; // oneDNN divides alpha by the window's size
  dnnl::lrn_forward::primitive_desc forward(
      {prop_kind::forward_training, algorithm, value.get_desc(), 5, alpha, beta, k}, engine);
  memory input = value, workspace = empty(forward.workspace_desc());
  value = empty(forward.dst_desc());
  add(layer, dnnl::lrn_forward(forward),
      {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, value}, {DNNL_ARG_WORKSPACE, workspace}});
  backward.push_back([=](memory gradient, bool) {
    std::string name = layer + ":grad";
    memory same = reordered(gradient, input.get_desc(), name);
    dnnl::lrn_backward::primitive_desc desc(
        {algorithm, input.get_desc(), same.get_desc(), 5, alpha, beta, k}, engine, forward);
    memory inputGradient = empty(desc.diff_src_desc());
    add(name, dnnl::lrn_backward(desc),
        {{DNNL_ARG_SRC, input},
         {DNNL_ARG_DIFF_DST, same},
         {DNNL_ARG_WORKSPACE, workspace},
         {DNNL_ARG_DIFF_SRC, inputGradient}});
    return inputGradient;
  });
}

void Training::pool(std::string layer) {
  Dims image = value.get_desc().dims(), strides = {2, 2}, window = {3, 3}, none = {0, 0};
  auto algorithm = dnnl::algorithm::pooling_max;
  dnnl::pooling_forward::primitive_desc forward(
      {prop_kind::forward_training, algorithm, value.get_desc(),
       any(slide(image, image[1], 3, 2, 0)), strides, window, none, none},
      engine);
  memory input = value, workspace = empty(forward.workspace_desc());
  value = empty(forward.dst_desc());
  memory output = value;
  add(layer, dnnl::pooling_forward(forward),
      {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, value}, {DNNL_ARG_WORKSPACE, workspace}});
  backward.push_back([=](memory gradient, bool) {
    std::string name = layer + ":grad";
    dnnl::pooling_backward::primitive_desc desc(
        {algorithm, input.get_desc(), output.get_desc(), strides, window, none, none}, engine,
        forward);
    memory inputGradient = empty(desc.diff_src_desc());
    add(name, dnnl::pooling_backward(desc),
        {{DNNL_ARG_DIFF_DST, reordered(gradient, desc.diff_dst_desc(), name)},
         {DNNL_ARG_WORKSPACE, workspace},
         {DNNL_ARG_DIFF_SRC, inputGradient}});
    return inputGradient;
  });
}

void Training::linear(std::string layer, int64_t units, bool isReluNext) {
  Dims image = value.get_desc().dims(), shape = image;
  shape[0] = units;
  auto output = any({image[0], units});
  dnnl::inner_product_forward::primitive_desc forward(
      {prop_kind::forward_training, any(image), any(shape), any({units}), output},
      isReluNext ? reluAttributes() : dnnl::primitive_attr(), engine);
  memory input = reordered(value, forward.src_desc(), layer);
  memory weights = filled(forward.weights_desc()), bias = filled(forward.bias_desc());
  value = empty(forward.dst_desc());
  add(layer, dnnl::inner_product_forward(forward),
      {{DNNL_ARG_SRC, input},
       {DNNL_ARG_WEIGHTS, weights},
       {DNNL_ARG_BIAS, bias},
       {DNNL_ARG_DST, value}});
  backward.push_back([=](memory gradient, bool) {
    dnnl::inner_product_backward_data::primitive_desc ofData({any(image), any(shape), output},
                                                             engine, forward);
    std::string name = layer + ":data_grad";
    memory inputGradient = empty(ofData.diff_src_desc());
    add(name, dnnl::inner_product_backward_data(ofData),
        {{DNNL_ARG_DIFF_DST, reordered(gradient, ofData.diff_dst_desc(), name)},
         {DNNL_ARG_WEIGHTS, filled(ofData.weights_desc())},
         {DNNL_ARG_DIFF_SRC, inputGradient}});
    dnnl::inner_product_backward_weights::primitive_desc ofWeights(
        {any(image), any(shape), any({units}), output}, engine, forward);
    name = layer + ":filter_grad";
    memory weightsGradient = empty(ofWeights.diff_weights_desc());
    memory biasGradient = empty(ofWeights.diff_bias_desc());
    add(name, dnnl::inner_product_backward_weights(ofWeights),
        {{DNNL_ARG_SRC, reordered(input, ofWeights.src_desc(), name)},
         {DNNL_ARG_DIFF_DST, reordered(gradient, ofWeights.diff_dst_desc(), name)},
         {DNNL_ARG_DIFF_WEIGHTS, weightsGradient},
         {DNNL_ARG_DIFF_BIAS, biasGradient}});
    parameter(layer, weights, weightsGradient);
    parameter(layer, bias, biasGradient);
    return inputGradient;
  });
}

/// The probabilities stand for the gradient, which is as large: probabilities
/// less one at the label.
void Training::loss(std::string layer) {
  dnnl::softmax_forward::primitive_desc desc({prop_kind::forward_training, value.get_desc(), 1},
                                             engine);
  memory input = value;
  value = empty(desc.dst_desc());
  add(layer, dnnl::softmax_forward(desc), {{DNNL_ARG_SRC, input}, {DNNL_ARG_DST, value}});
}

/// The paper's update on one share of a parameter.
void Training::update(float *weights, float *momentum, const float *gradient, size_t count) {
  constexpr float rate = 1e-6f, decay = 0.0005f;
  for (size_t i = 0; i < count; ++i) {
    momentum[i] = 0.9f * momentum[i] - decay * rate * weights[i] - rate * gradient[i];
    weights[i] += momentum[i];
  }
}

void Training::parameter(std::string layer, memory weights, memory gradient) {
  memory momentum = filled(weights.get_desc());
  auto *w = static_cast<float *>(weights.get_data_handle());
  auto *v = static_cast<float *>(momentum.get_data_handle());
  auto *g = static_cast<const float *>(gradient.get_data_handle());
  size_t count = std::min(weights.get_desc().get_size(), gradient.get_desc().get_size()) / 4;
  size_t share = count / threads;
  add(layer + ":update", [=] {
    (void)momentum; // keeps its memory
    stream.wait();
    std::vector<std::thread> workers;
    for (int i = 1; i < threads && share > 1000; ++i)
      workers.emplace_back([=] { update(w + i * share, v + i * share, g + i * share, share); });
    update(w, v, g, workers.empty() ? count : share);
    for (std::thread &worker : workers)
      worker.join();
  });
}

Training::Training(int64_t batch, int threads) : threads(threads) {
  value = filled({{batch, 3, 224, 224}, memory::data_type::f32, memory::format_tag::nchw});
  conv("conv1", 96, 11, 4, {0, 0}, {3, 3}, 1);
  relu("relu1");
  lrn("lrn1");
  pool("pool1");
  conv("conv2", 256, 5, 1, {2, 2}, {2, 2}, 2);
  relu("relu2");
  lrn("lrn2");
  pool("pool2");
  conv("conv3", 384, 3, 1, {1, 1}, {1, 1}, 1);
  relu("relu3");
  conv("conv4", 384, 3, 1, {1, 1}, {1, 1}, 2);
  relu("relu4");
  conv("conv5", 256, 3, 1, {1, 1}, {1, 1}, 2);
  relu("relu5");
  pool("pool5");
  linear("fc6", 4096, true);
  relu("relu6");
  linear("fc7", 4096, true);
  relu("relu7");
  linear("fc8", 1000, false);
  loss("prob");
  memory gradient = value;
  for (size_t i = backward.size(); i-- > 0;)
    gradient = backward[i](gradient, i > 0);
}

nlohmann::json peer::benchTraining(int64_t batch, int threads, double seconds) {
  return Training(batch, threads).bench(seconds);
}
