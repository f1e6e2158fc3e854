//===- TrainAndInfer.h - numbers of a run of the handwritten network -*- C++ -*-===//

#ifndef ALEXC_TEST_UNIT_TRAINANDINFER_H
#define ALEXC_TEST_UNIT_TRAINANDINFER_H

#include "runtime/Network.h"
#include <algorithm>
#include <vector>

inline const std::vector<float> weight = {1, 2, 3, 4, 5, 6}, bias = {0.5f, -10, 0};

/// Results, losses, parameters and momenta of inference between steps of training.
inline std::vector<float> trainAndInfer(alexrt::Network &network, int steps) {
  network.setWeights({weight.data(), bias.data()});
  network.makeTrainable();
  network.step().learningRate = 0.25f;
  const alexrt::Entry &entry = *network.findEntry("train_step", 2);
  std::vector<float> result;
  auto keep = [&](const float *data, size_t count) {
    result.insert(result.end(), data, data + count);
  };
  for (int step = 0; step < steps; ++step) {
    std::vector<float> x = {1 + 0.1f * float(step), 2, -1, 0.5f}, y(6);
    network.infer(x.data(), 2, y.data());
    keep(y.data(), y.size());
    std::copy(x.rbegin(), x.rend(), network.input(entry)); // other values than those of before
    network.labels(entry)[0] = step % 3;
    network.labels(entry)[1] = 0;
    network.step().learningRate /= 2;
    network.run(entry);
    keep(network.loss(entry), 2);
    keep(network.output(entry), 6);
  }
  for (size_t i : {0, 1}) {
    keep(network.parameter(i), i == 0 ? 6 : 3);
    keep(network.momentum(i), i == 0 ? 6 : 3);
  }
  return result;
}

inline std::vector<float> trainAndInfer(const AlexrtNetwork &table, int steps,
                                        bool guardPages = false) {
  alexrt::Network network(table, alexrt::NetworkOptions{1, guardPages, {"infer", "train_step"}});
  return trainAndInfer(network, steps);
}

#endif // ALEXC_TEST_UNIT_TRAINANDINFER_H
