//===- Estimate.cpp - what a whole run would cost -------------------------===//

#include "runtime/training/Estimate.h"
#include "runtime/Clock.h"
#include <algorithm>

using namespace alexrt;

/// Seconds of each step after the first, which warms up: at least three, and
/// as many as fit into ten seconds, but no more than fifty.
static std::vector<double> timeSteps(Stepper &stepper, Loader &loader) {
  stepper.run(loader);
  std::vector<double> seconds;
  double begin = now();
  while (seconds.size() < 3 || (now() - begin < 10 && seconds.size() < 50)) {
    double start = now();
    stepper.run(loader);
    seconds.push_back(now() - start);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds;
}

/// Seconds of a batch of validation, the second one where there are two.
static double timeValidation(Evaluator &evaluator, const TrainingData &data) {
  int64_t batch = evaluator.batchFor(Crops::centre);
  auto loader = data.validationLoader(batch);
  double seconds = 0, start = now();
  int64_t batches = 0;
  evaluator.evaluate(*loader, [&] {
    seconds = now() - start;
    start = now();
    return ++batches == 2;
  });
  return seconds * double(data.validationImages()) / double(batch);
}

static uint64_t checkpointBytes(const Description &description) {
  uint64_t elements = 0;
  for (const Parameter &parameter : description.params)
    elements += uint64_t(elementCount(parameter.shape)) * (parameter.rateFactor == 0 ? 1 : 2);
  return elements * sizeof(float);
}

Estimate alexrt::estimateRun(const AlexrtNetwork &table, const TrainingOptions &options) {
  Description description = Description::parse(table.description);
  HyperParameters hyperParameters = hyperParametersOf(description);
  for (const std::string &assignment : options.set)
    setHyperParameter(hyperParameters, assignment);
  Network network(table, trainingNetworkOptions(table, options));
  network.initWeights(1);
  network.makeTrainable();
  TrainingData data(description, openForTraining(options.data, options.validation, options.dataset),
                    options.threads, reportBroken);
  data.assumeColours();
  Stepper stepper(network, options.accumulate);
  TrainingOrder order;
  order.accumulate = options.accumulate;
  auto loader = data.trainingLoader(order, stepper.entry().batch);

  Estimate estimate;
  std::vector<double> seconds = timeSteps(stepper, *loader);
  estimate.stepSeconds = seconds[seconds.size() / 2];
  estimate.waitedSeconds = loader->secondsWaited() / double(seconds.size() + 1);
  estimate.imagesPerStep = stepper.imagesPerStep();
  estimate.stepsPerEpoch = loader->stepsPerEpoch();
  estimate.epochs = options.epochs.value_or(hyperParameters.schedule.epochs);
  estimate.memory = network.memory();
  estimate.imageBytes = loader->bytesHeld();
  estimate.checkpointBytes = checkpointBytes(description);
  estimate.checkpoints = options.keep + 1;
  loader.reset(); // its threads would run beside validation
  Evaluator evaluator(network);
  if (data.hasValidation())
    estimate.validationSeconds = timeValidation(evaluator, data);
  return estimate;
}
