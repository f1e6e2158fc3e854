//===- Follower.cpp - a rank that does what rank 0 says -------------------===//

#include "runtime/ranks/Follower.h"
#include "runtime/ranks/Shared.h"
#include <fmt/format.h>

using namespace alexrt;

void alexrt::follow(const AlexrtNetwork &table, const TrainingOptions &options) {
  StopSignal signals; // which rank 0 hears of
  Ranks &ranks = *options.ranks;
  Network network(table, trainingNetworkOptions(table, options));
  network.initWeights(options.seed.value_or(1)); // to be replaced
  network.makeTrainable();
  auto report = [&](const BrokenImage &image) {
    reportBroken({image.index, fmt::format("rank {}: {}", ranks.rank(), image.reason)});
  };
  TrainingData data(network.description(),
                    openForTraining(options.data, options.validation, options.dataset),
                    options.threads, report);
  Stepper stepper(network, options.accumulate, &ranks);
  TrainingOrder order;
  shareStart(ranks, order, network, data);
  auto loader = data.trainingLoader(order, stepper.entry().batch);
  while (shareStep(ranks, false, network.step()))
    stepper.run(*loader);
}
