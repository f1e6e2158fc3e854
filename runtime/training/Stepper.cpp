//===- Stepper.cpp - one step of training ---------------------------------===//

#include "runtime/training/Stepper.h"
#include "runtime/File.h"
#include "runtime/ranks/DeviceExchange.h"
#include "runtime/ranks/HostExchange.h"
#include "runtime/ranks/Shared.h"
#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

const Entry &alexrt::trainingEntry(const Description &description, const std::string &kind) {
  for (const Entry &entry : description.entries)
    if (entry.kind == kind)
      return entry;
  throw Error(fmt::format("the network was compiled without an entry {}", inQuotes(kind)));
}

std::vector<std::string> Stepper::kindsFor(int64_t accumulate, const Ranks *ranks) {
  if (accumulate > 1 || ranks)
    return {"gradients", "apply"};
  return {"train_step"};
}

Stepper::Stepper(Network &network, int64_t accumulate, Ranks *ranks)
    : network(network), accumulate(accumulate), ranks(ranks) {
  const Description &description = network.description();
  if (accumulate == 1 && !ranks) {
    forward = &trainingEntry(description, "train_step");
    return;
  }
  forward = &trainingEntry(description, "gradients");
  apply = &trainingEntry(description, "apply");
  for (const Parameter &parameter : description.params)
    if (accumulate > 1)
      sums.emplace_back(parameter.rateFactor == 0 ? 0 : size_t(elementCount(parameter.shape)));
  if (ranks)
    exchange = makeExchange();
}

/// Sums of several batches are made on the host, and so exchanged there.
std::unique_ptr<GradientExchange> Stepper::makeExchange() {
  if (ranks->deviceSums() && network.accelerators() && accumulate == 1)
    return std::make_unique<DeviceExchange>(network, *forward, *ranks);
  return std::make_unique<HostExchange>(
      network, *forward, *ranks, 1.0f / float(batchesPerStep()),
      [this](size_t parameter) { return addLastGradient(parameter); });
}

Tally Stepper::run(Loader &loader, const RunOptions &options) {
  Tally tally;
  lastLabels.clear();
  for (int64_t part = 0; part < accumulate; ++part) {
    bool isExchanged = exchange && part + 1 == accumulate;
    tally.add(runBatch(loader, isExchanged ? exchange->begin(options) : options));
    if (apply && !isExchanged)
      addGradients(/*isFirst=*/part == 0);
  }
  if (exchange) {
    exchange->finish();
    tally = shareTally(*ranks, tally);
  } else if (apply) {
    averageGradients();
  }
  if (apply)
    network.run(*apply);
  return tally;
}

void Stepper::prepare(Loader &loader) {
  const Batch &batch = *loader.next();
  std::copy(batch.inputs.begin(), batch.inputs.end(), network.input(*forward));
  std::copy(batch.labels.begin(), batch.labels.end(), network.labels(*forward));
  next = Prepared{batch.labels, uint32_t(batch.firstSample)};
}

/// Beside the run that is at work. What goes wrong is told when the batch is needed.
void Stepper::prepareAhead(Loader &loader) {
  if (!network.sendsAhead())
    return;
  try {
    prepare(loader);
    network.sendAhead(*forward);
  } catch (...) {
    failure = std::current_exception();
  }
}

Tally Stepper::runBatch(Loader &loader, const RunOptions &options) {
  if (failure)
    std::rethrow_exception(failure);
  if (!next)
    prepare(loader);
  Prepared batch = std::move(*next);
  next.reset();
  network.step().firstSample = batch.firstSample;
  network.run(*forward, options);
  prepareAhead(loader);
  lastLabels.insert(lastLabels.end(), batch.labels.begin(), batch.labels.end());
  Tally tally;
  tally.add(batch.labels.size(), size_t(network.description().classes), network.loss(*forward),
            network.output(*forward), batch.labels.data());
  return tally;
}

void Stepper::addGradients(bool isFirst) {
  for (size_t i = 0; i < sums.size(); ++i) {
    const float *gradient = network.gradient(i);
    if (isFirst)
      std::copy_n(gradient, sums[i].size(), sums[i].begin());
    else
      std::transform(sums[i].begin(), sums[i].end(), gradient, sums[i].begin(), std::plus<>());
  }
}

/// What is to be exchanged, in the network's own memory.
float *Stepper::addLastGradient(size_t parameter) {
  float *gradient = network.gradientData(parameter);
  if (accumulate > 1) {
    const std::vector<float> &sum = sums[parameter];
    std::transform(sum.begin(), sum.end(), gradient, gradient, std::plus<>());
  }
  return gradient;
}

/// Gradients are of the mean loss: of a batch, and so of all of them.
void Stepper::averageGradients() {
  float share = 1.0f / float(accumulate);
  for (size_t i = 0; i < sums.size(); ++i)
    std::transform(sums[i].begin(), sums[i].end(), network.gradientData(i),
                   [=](float sum) { return sum * share; });
}
