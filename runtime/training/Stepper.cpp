//===- Stepper.cpp - one step of training ---------------------------------===//

#include "runtime/training/Stepper.h"
#include "runtime/File.h"
#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

const Entry &alexrt::trainingEntry(const Description &description, const std::string &kind) {
  for (const Entry &entry : description.entries)
    if (entry.kind == kind)
      return entry;
  throw Error(fmt::format("the network was compiled without an entry {}", inQuotes(kind)));
}

std::vector<std::string> Stepper::kindsFor(int64_t accumulate) {
  if (accumulate > 1)
    return {"gradients", "apply"};
  return {"train_step"};
}

Stepper::Stepper(Network &network, int64_t accumulate) : network(network), accumulate(accumulate) {
  const Description &description = network.description();
  if (accumulate == 1) {
    forward = &trainingEntry(description, "train_step");
    return;
  }
  forward = &trainingEntry(description, "gradients");
  apply = &trainingEntry(description, "apply");
  for (const Parameter &parameter : description.params)
    sums.emplace_back(parameter.rateFactor == 0 ? 0 : size_t(elementCount(parameter.shape)));
}

Tally Stepper::run(Loader &loader, const RunOptions &options) {
  Tally tally;
  lastLabels.clear();
  for (int64_t part = 0; part < accumulate; ++part) {
    tally.add(runBatch(loader, options));
    if (apply)
      addGradients(/*isFirst=*/part == 0);
  }
  if (apply)
    applyGradients();
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

/// Gradients are of the mean loss: of a batch, and so of all of them.
void Stepper::applyGradients() {
  float share = 1.0f / float(accumulate);
  for (size_t i = 0; i < sums.size(); ++i)
    std::transform(sums[i].begin(), sums[i].end(), network.gradientData(i),
                   [=](float sum) { return sum * share; });
  network.run(*apply);
}
