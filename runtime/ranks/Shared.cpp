//===- Shared.cpp - what the ranks of a training run do together ----------===//

#include "runtime/ranks/Shared.h"
#include "runtime/Error.h"
#include "runtime/training/StopSignal.h"
#include <fmt/format.h>

using namespace alexrt;

/// A data set of another size has another order.
static void compareImages(Ranks &ranks, int64_t images) {
  std::vector<int64_t> all = ranks.gather(images);
  for (size_t rank = 1; rank < all.size(); ++rank)
    if (all[rank] != images)
      throw Error(
          fmt::format("there are {} training images, but rank {} has {}", images, rank, all[rank]));
}

void alexrt::shareStart(Ranks &ranks, TrainingOrder &order, Network &network, TrainingData &data) {
  compareImages(ranks, data.images());
  ranks.broadcast(order);
  order.ranks = ranks.count();
  order.rank = ranks.rank();
  const std::vector<Parameter> &params = network.description().params;
  for (size_t i = 0; i < params.size(); ++i) {
    size_t bytes = size_t(elementCount(params[i].shape)) * sizeof(float);
    ranks.broadcast(network.parameterData(i), bytes);
    if (params[i].rateFactor != 0)
      ranks.broadcast(network.momentumData(i), bytes);
  }
  network.parametersChanged();
  data.share(ranks);
}

bool alexrt::shareStep(Ranks &ranks, bool isStep, AlexrtStep &numbers) {
  struct {
    bool isStep;
    AlexrtStep numbers;
  } order = {isStep, numbers};
  ranks.broadcast(order);
  numbers = order.numbers;
  return order.isStep;
}

Tally alexrt::shareTally(Ranks &ranks, const Tally &own) {
  struct Report {
    Tally tally;
    bool isStopRequested;
  };
  std::vector<Report> reports = ranks.gather(Report{own, StopSignal::isRequested()});
  if (reports.empty())
    return own;
  Tally all;
  for (const Report &report : reports) {
    all.add(report.tally);
    if (report.isStopRequested)
      StopSignal::request();
  }
  return all;
}
