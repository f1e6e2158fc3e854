//===- TrainingRun.cpp - train a network, from start or checkpoint --------===//

#include "runtime/training/TrainingRun.h"
#include "runtime/Clock.h"
#include "runtime/ranks/Shared.h"
#include "runtime/training/StartWeights.h"
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// What it is made of
//===----------------------------------------------------------------------===//

HyperParameters alexrt::hyperParametersOf(const Description &description) {
  if (!description.training)
    throw Error("the network was compiled without training");
  const TrainingInfo &training = *description.training;
  return {training.learningRate, training.momentum, training.weightDecay, training.schedule};
}

void alexrt::reportBroken(const BrokenImage &image) {
  std::fflush(stdout);
  fmt::print(stderr, "warning: {}\n", image.reason);
}

NetworkOptions alexrt::trainingNetworkOptions(const AlexrtNetwork &table,
                                              const TrainingOptions &options) {
  Description description = Description::parse(table.description);
  hyperParametersOf(description); // or there is nothing to train
  NetworkOptions result;
  result.threads = options.threads;
  result.kinds = Stepper::kindsFor(options.accumulate, options.ranks);
  if (options.ranks)
    result.firstDevice = uint32_t(options.ranks->localRank()) * table.deviceCount;
  if (options.ranks && options.ranks->rank() > 0)
    return result; // rank 0 evaluates
  for (const std::string &kind : Evaluator::kindsOf(description))
    result.kinds.push_back(kind);
  return result;
}

TrainingRun::TrainingRun(const AlexrtNetwork &table, const TrainingOptions &options)
    : options(options), folder(options.run, options.keep),
      network(table, trainingNetworkOptions(table, options)),
      identity{network.description().name, network.description().params},
      data(network.description(),
           openForTraining(options.data, options.validation, options.dataset), options.threads,
           reportBroken),
      stepper(network, options.accumulate, options.ranks), evaluator(network),
      hyperParameters(hyperParametersOf(network.description())), progress(!options.ranks),
      monitor(network, [this](const std::string &message) { warn(message); }) {
  std::optional<Checkpoint> checkpoint;
  bool isNew = folder.steps().empty();
  if (!isNew && !options.resume)
    throw Error(fmt::format("{}: there is a run already: give --resume to go on with it, or "
                            "another folder with --run",
                            options.run));
  if (!isNew)
    checkpoint = folder.readNewest(identity, [this](const std::string &error) { warn(error); });
  if (!isNew && !checkpoint)
    throw Error(fmt::format("{}: no checkpoint can be used", options.run));
  isNew ? begin() : resume(std::move(*checkpoint));
  metrics = std::make_unique<MetricsLog>(folder.path(), state.step, state.epoch);
  startLoader();
}

//===----------------------------------------------------------------------===//
// How it begins
//===----------------------------------------------------------------------===//

void TrainingRun::begin() {
  state.seed = options.seed.value_or(1);
  state.imagesPerStep = stepper.imagesPerStep();
  state.images = data.images();
  state.classes = data.classNames();
  adoptHyperParameters(toJson(hyperParameters));
  initialise();
  data.measure();
}

void TrainingRun::initialise() {
  network.initWeights(state.seed);
  network.makeTrainable();
  if (options.weights.empty())
    return;
  for (const std::string &line :
       toLines(takeWeights(network, options.weights, options.reinit), options.weights))
    progress.print(line);
}

void TrainingRun::resume(Checkpoint checkpoint) {
  state = checkpoint.state;
  checkSameRun();
  adoptHyperParameters(state.hyperParameters);
  network.loadWeights(folder.pathOfStep(state.step));
  network.makeTrainable();
  for (size_t i = 0; i < identity.params.size(); ++i) {
    const Parameter &parameter = identity.params[i];
    if (parameter.rateFactor != 0)
      std::memcpy(network.momentumData(i),
                  checkpoint.file->find(parameter.name + ":momentum", parameter.shape),
                  size_t(elementCount(parameter.shape)) * sizeof(float));
  }
  data.restore(*checkpoint.file);
  isSaved = true;
  progress.print(fmt::format("resumed from {}", folder.pathOfStep(state.step)));
}

/// Another order of images would be another run.
void TrainingRun::checkSameRun() const {
  auto check = [&](const char *what, auto there, auto here) {
    if (there != here)
      throw Error(
          fmt::format("{}: the run began with {} {}, got {}", options.run, what, there, here));
  };
  check("--seed", state.seed, options.seed.value_or(state.seed));
  check("images per step:", state.imagesPerStep, stepper.imagesPerStep());
  check("training images:", state.images, data.images());
}

/// `fallback`, the file of the run that is taken up, and above both the command line.
void TrainingRun::adoptHyperParameters(const std::string &fallback) {
  std::string path = hyperParametersPath();
  bool isThere = options.resume && std::ifstream(path).good();
  hyperParameters = parseHyperParameters(hyperParameters, fallback, path);
  if (isThere)
    rereadHyperParameters();
  for (const std::string &assignment : options.set)
    setHyperParameter(hyperParameters, assignment);
  if (options.epochs)
    hyperParameters.schedule.epochs = *options.epochs;
  if (isThere && options.set.empty() && !options.epochs)
    return; // leave it as the user wrote it
  std::string text = toJson(hyperParameters);
  FileWriter file(path);
  file.write(text.data(), text.size());
  file.commit();
}

void TrainingRun::startLoader() {
  TrainingOrder order;
  order.seed = state.seed;
  order.accumulate = options.accumulate;
  order.epoch = state.epoch;
  order.step = state.position;
  order.ranks = options.ranks ? options.ranks->count() : 1;
  loader = data.trainingLoader(order, stepper.entry().batch);
  if (state.position >= loader->stepsPerEpoch()) {
    order.epoch = state.epoch + 1; // what is left of the epoch is its end
    order.step = 0;
    loader = data.trainingLoader(order, stepper.entry().batch);
  }
  if (options.ranks)
    shareStart(*options.ranks, order, network, data);
}

//===----------------------------------------------------------------------===//
// What it does
//===----------------------------------------------------------------------===//

void TrainingRun::run() {
  if (!data.hasValidation() && hyperParameters.schedule.kind == Schedule::Kind::plateau)
    warn("no validation images, so no plateau: the learning rate stays");
  startTime = epochStart = checkpointTime = recentStart = now();
  startStep = state.step;
  while (!isDone())
    state.position == loader->stepsPerEpoch() ? endEpoch() : step();
  if (options.ranks) // there is no step for them any more
    shareStep(*options.ranks, /*isStep=*/false, network.step());
  finish();
}

bool TrainingRun::isDone() const {
  bool isEpochOpen = state.position == loader->stepsPerEpoch();
  return StopSignal::isRequested() ||
         isFinished(hyperParameters.schedule, state.schedule, state.epoch) ||
         (options.steps > 0 && state.step >= options.steps && !isEpochOpen);
}

double TrainingRun::currentRate() const {
  return learningRate(hyperParameters.lr, hyperParameters.schedule, state.schedule, state.epoch);
}

void TrainingRun::setStepNumbers() {
  AlexrtStep &numbers = network.step();
  numbers.learningRate = float(currentRate());
  numbers.momentum = float(hyperParameters.momentum);
  numbers.weightDecay = float(hyperParameters.weightDecay);
  numbers.seedLow = uint32_t(state.seed);
  numbers.seedHigh = uint32_t(state.seed >> 32);
  numbers.step = uint32_t(state.step);
}

void TrainingRun::step() {
  double start = now();
  setStepNumbers();
  Tally tally;
  try {
    if (options.ranks)
      shareStep(*options.ranks, /*isStep=*/true, network.step());
    tally = stepper.run(*loader, monitor.optionsFor(state.step, stepper.entry()));
  } catch (const Error &) { // the data is gone, or a rank: what was learned is not
    if (!isSaved && state.step > startStep)
      checkpoint(/*isBest=*/false);
    throw;
  }
  monitor.endStep(state.step, tally, stepper.labels());
  ++state.step;
  ++state.position;
  state.training.add(tally);
  isSaved = false;
  logStep(tally, now() - start);
  if (isCheckpointDue())
    checkpoint(/*isBest=*/false);
}

void TrainingRun::endEpoch() {
  EpochMetrics epoch;
  epoch.step = state.step;
  epoch.epoch = state.epoch + 1;
  epoch.training = state.training;
  epoch.lr = currentRate();
  if (data.hasValidation()) {
    auto validation = data.validationLoader(evaluator.batchFor(Crops::centre));
    epoch.validation = evaluator.evaluate(*validation, StopSignal::isRequested);
    if (!epoch.validation)
      return; // stopped: the epoch ends when the run is taken up again
  }
  double error = (epoch.validation ? *epoch.validation : epoch.training).top1Error();
  bool isBest = !state.schedule.bestError || error < *state.schedule.bestError;
  Schedule schedule = hyperParameters.schedule;
  if (!epoch.validation && schedule.kind == Schedule::Kind::plateau)
    schedule.kind = Schedule::Kind::constant; // the training error says little of a plateau
  alexrt::endEpoch(schedule, state.schedule, error);
  ++state.epoch;
  state.position = 0;
  state.training = Tally();
  isSaved = false;
  epoch.seconds = now() - epochStart;
  progress.print(toString(epoch));
  attempt([&] { metrics->append(epoch); });
  if (isBest || isEpochCheckpointDue())
    checkpoint(isBest);
  recent = Tally();
  epochStart = recentStart = now();
}

void TrainingRun::finish() {
  double seconds = now() - startTime;
  if (!isSaved)
    checkpoint(/*isBest=*/false);
  printReport(seconds);
  if (!isSaved)
    throw Error(saveError);
  progress.print(fmt::format("checkpoint: {}", folder.pathOfStep(state.step)));
  if (StopSignal::isRequested())
    progress.print(fmt::format("stopped by a signal after step {}: --resume goes on", state.step));
}

void TrainingRun::printReport(double seconds) {
  uint64_t steps = state.step - startStep;
  double waited = loader->secondsWaited();
  if (steps == 0)
    progress.print("there is nothing left to do");
  else
    progress.print(
        fmt::format("{} steps in {}, {:.0f} images/s; waited {:.2f} s for data ({:.1f} %)", steps,
                    clockText(seconds), double(steps) * double(state.imagesPerStep) / seconds,
                    waited, 100 * waited / seconds));
  if (options.ranks && steps > 0)
    progress.print(fmt::format("{} ranks, which waited {:.2f} s for each other ({:.1f} %)",
                               options.ranks->count(), stepper.secondsWaited(),
                               100 * stepper.secondsWaited() / seconds));
  if (loader->brokenImages() > 0)
    progress.print(fmt::format("{} images could not be read", loader->brokenImages()));
}

//===----------------------------------------------------------------------===//
// What it leaves behind
//===----------------------------------------------------------------------===//

void TrainingRun::warn(const std::string &message) {
  if (!warned.insert(message).second)
    return;
  progress.clear();
  fmt::print(stderr, "warning: {}\n", message);
}

/// Files beside the checkpoints are not worth a run.
template <typename Action>
void TrainingRun::attempt(Action action) {
  try {
    action();
  } catch (const Error &error) {
    warn(error.what());
  }
}

std::vector<TensorView> TrainingRun::tensors() {
  std::vector<TensorView> tensors = data.tensors();
  for (size_t i = 0; i < identity.params.size(); ++i) {
    const Parameter &parameter = identity.params[i];
    tensors.push_back({parameter.name, parameter.shape, network.parameter(i)});
    if (parameter.rateFactor != 0)
      tensors.push_back({parameter.name + ":momentum", parameter.shape, network.momentum(i)});
  }
  return tensors;
}

bool TrainingRun::isCheckpointDue() const {
  if (options.interval.steps > 0)
    return state.step % options.interval.steps == 0;
  return now() - checkpointTime >= options.interval.seconds;
}

/// An epoch's end is a good place, but epochs of seconds need not all have one.
bool TrainingRun::isEpochCheckpointDue() const {
  constexpr double often = 60;
  return options.interval.steps == 0 &&
         now() - checkpointTime >= std::min(often, options.interval.seconds);
}

void TrainingRun::checkpoint(bool isBest) {
  std::vector<ParameterMetrics> parameters = monitor.measureParameters(state.step);
  attempt([&] {
    if (measuredStep != state.step)
      metrics->append(state.step, parameters);
    measuredStep = state.step;
    metrics->flush();
  });
  rereadHyperParameters();
  state.hyperParameters = toJson(hyperParameters);
  try {
    folder.write(identity, state, tensors(), isBest);
    isSaved = true;
  } catch (const Error &error) { // a disk may be full now and not later
    saveError = error.what();
    warn(saveError + "; the previous checkpoint is kept");
  }
  checkpointTime = now();
}

void TrainingRun::rereadHyperParameters() {
  try {
    hyperParameters = readHyperParameters(hyperParameters, hyperParametersPath());
  } catch (const Error &error) {
    warn(fmt::format("{}; the old values are kept", error.what()));
  }
}

void TrainingRun::logStep(const Tally &tally, double seconds) {
  attempt([&] {
    metrics->append(StepMetrics{state.step, state.epoch + 1, tally.loss(), tally.top1Error(),
                                currentRate(), double(tally.images) / seconds});
  });
  recent.add(tally);
  if (double time = now(); progress.isDue(time))
    showProgress(time);
}

uint64_t TrainingRun::totalSteps() const {
  uint64_t steps = uint64_t(hyperParameters.schedule.epochs * loader->stepsPerEpoch());
  return options.steps > 0 ? std::min(steps, options.steps) : steps;
}

void TrainingRun::showProgress(double time) {
  double secondsEach = (time - startTime) / double(state.step - startStep);
  uint64_t total = totalSteps();
  ProgressReport report;
  report.epoch = state.epoch + 1;
  report.epochs = hyperParameters.schedule.epochs;
  report.step = state.step;
  report.steps = total;
  report.tally = recent;
  report.imagesPerSecond = double(recent.images) / (time - recentStart);
  report.secondsLeft = total > state.step ? double(total - state.step) * secondsEach : 0;
  progress.show(report, time);
  recent = Tally();
  recentStart = time;
}
