//===- TrainCommand.cpp - train the network -------------------------------===//

#include "runtime/File.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Format.h"
#include "runtime/ranks/Follower.h"
#include "runtime/training/Estimate.h"

#include <CLI/CLI.hpp>
#include <climits>
#include <cmath>
#include <fmt/format.h>

using namespace alexrt;

namespace {
struct TrainOptions {
  TrainingOptions training;
  std::string interval;
  bool estimate = false;
  double patience = 600; ///< seconds that a rank may take to answer
};
} // namespace

/// Reads "500" (steps), "90s", "10m" or "1h".
static CheckpointInterval parseInterval(const std::string &text) {
  double number = 0;
  int end = 0;
  bool isNumber =
      std::sscanf(text.c_str(), "%lf%n", &number, &end) == 1 && number > 0 && std::isfinite(number);
  std::string unit = isNumber ? text.substr(size_t(end)) : "?";
  constexpr double mostSteps = 1e15;
  CheckpointInterval interval;
  if (unit.empty() && number == std::floor(number) && number < mostSteps)
    interval.steps = uint64_t(number);
  else if (unit == "s" || unit == "m" || unit == "h")
    interval.seconds = number * (unit == "s" ? 1 : unit == "m" ? 60 : 3600);
  else
    throw UsageError(fmt::format("--checkpoint-every: expected steps (500) or a time (90s, 10m, "
                                 "1h), got {}",
                                 inQuotes(text)));
  return interval;
}

/// What CLI11 cannot see: options that only make sense together, or alone.
static void checkUsage(const TrainingOptions &options) {
  if (!options.validation.path.empty() && options.validation.fraction > 0)
    throw UsageError("both --val and --val-split are given: choose one");
  if (options.resume && !options.weights.empty())
    throw UsageError("both --resume and --weights are given: choose one");
  if (!options.reinit.empty() && options.weights.empty())
    throw UsageError("--reinit says what not to take from --weights, which is missing");
}

static void checkAssignments(const std::vector<std::string> &assignments) {
  HyperParameters scratch;
  try {
    for (const std::string &assignment : assignments)
      setHyperParameter(scratch, assignment);
  } catch (const Error &error) {
    throw UsageError(error.what());
  }
}

//===----------------------------------------------------------------------===//
// --estimate
//===----------------------------------------------------------------------===//

static std::string memoryText(const MemoryUse &memory, uint64_t imageBytes) {
  uint64_t state = memory.parameters + memory.momenta + memory.gradients + memory.weights;
  return fmt::format("{}: {} of parameters, momenta and gradients, {} between layers, {} of "
                     "inputs and outputs, {} of images read ahead or kept",
                     bytesText(state + memory.scratch + memory.io + imageBytes), bytesText(state),
                     bytesText(memory.scratch), bytesText(memory.io), bytesText(imageBytes));
}

static void printEstimate(const Estimate &estimate) {
  fmt::print("a step of {} images: {:.4f} s, {:.0f} images/s; waited {:.4f} s for data\n",
             estimate.imagesPerStep, estimate.stepSeconds,
             double(estimate.imagesPerStep) / estimate.stepSeconds, estimate.waitedSeconds);
  fmt::print("an epoch of {} steps: {}", withThousands(estimate.stepsPerEpoch),
             clockText(estimate.epochSeconds()));
  if (estimate.validationSeconds > 0)
    fmt::print(", {} of it validation", clockText(estimate.validationSeconds));
  fmt::print("\nthe schedule of {} epochs: {:.2f} hours\n", estimate.epochs,
             estimate.epochSeconds() * double(estimate.epochs) / 3600);
  fmt::print("memory: {}\n", memoryText(estimate.memory, estimate.imageBytes));
  fmt::print("disk: {}: {} checkpoints of {}\n",
             bytesText(estimate.checkpointBytes * uint64_t(estimate.checkpoints)),
             estimate.checkpoints, bytesText(estimate.checkpointBytes));
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void addDataOptions(CLI::App &command, TrainingOptions &options) {
  command
      .add_option("--data", options.data,
                  "Training images: a folder with one for each class, CIFAR or MNIST files, a "
                  "list of \"path label\", or what alexc pack made")
      ->type_name("PATH")
      ->required();
  command.add_option("--val", options.validation.path, "Validation images, a set of their own")
      ->type_name("PATH");
  command
      .add_option("--val-split", options.validation.fraction,
                  "Hold out this part of the training images for validation")
      ->type_name("F")
      ->check(CLI::Range(0.0, 0.9).description(""));
  command
      .add_option("--image-folder", options.dataset.imageFolder,
                  "What the paths of a list are relative to; its own folder by default")
      ->type_name("DIR");
}

static void addRunOptions(CLI::App &command, TrainOptions &options) {
  TrainingOptions &training = options.training;
  command.add_option("--run", training.run, "Folder of the run; NAME.run by default")
      ->type_name("DIR");
  command.add_flag("--resume", training.resume,
                   "Go on from the newest checkpoint of the run, if there is one");
  command.add_option("--epochs", training.epochs, "Instead of the schedule's")
      ->type_name("N")
      ->check(between(1, INT_MAX));
  command.add_option("--steps", training.steps, "End after so many steps in all")
      ->type_name("N")
      ->check(between(1, UINT_MAX));
  command.add_option("--seed", training.seed, "Of all random numbers; 1 by default")
      ->type_name("S")
      ->check(seed());
  command
      .add_option("--set", training.set,
                  "Change a hyper-parameter, as optimizer.lr=0.005; may be given more than once")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--accumulate", training.accumulate, "Batches that make up one step")
      ->type_name("A")
      ->check(between(1, 65536));
}

static void addCheckpointOptions(CLI::App &command, TrainOptions &options) {
  TrainingOptions &training = options.training;
  command.add_option("--weights", training.weights, "Begin with another network's parameters")
      ->type_name("FILE");
  command
      .add_option("--reinit", training.reinit,
                  "Do not take this layer's from --weights; may be given more than once")
      ->type_name("LAYER")
      ->allow_extra_args(false);
  command.add_option("--keep", training.keep, "Checkpoints to keep beside the best; 3 by default")
      ->type_name("N")
      ->check(between(1, INT_MAX));
  command
      .add_option("--checkpoint-every", options.interval,
                  "Steps, or a time as 90s, 10m or 1h; 10m by default")
      ->type_name("EVERY");
  command.add_flag("--estimate", options.estimate,
                   "Time a few steps, and print what the whole schedule would cost");
}

static void addRanksOptions(CLI::App &command, TrainOptions &options) {
  command
      .add_option("--rank-timeout", options.patience,
                  "Seconds without an answer after which a rank is given up; 600 by default")
      ->type_name("S")
      ->check(CLI::Range(0.1, 1e9).description(""));
}

/// The part of this process. Whoever reads an error sees whose it is.
static void trainOnRanks(const Binary &binary, TrainingOptions options) {
  Ranks &ranks = *options.ranks;
  if (options.threads == 0)
    options.threads = std::max(1, ranks.cpus() / int(binary.table.deviceCount));
  try {
    ranks.rank() == 0 ? TrainingRun(binary.table, options).run() : follow(binary.table, options);
  } catch (const std::bad_alloc &) {
    throw Error(fmt::format("rank {}: out of memory", ranks.rank()));
  } catch (const Error &error) {
    throw Error(fmt::format("rank {}: {}", ranks.rank(), error.what()));
  }
}

static void runTrain(const Binary &binary, TrainOptions options) {
  TrainingOptions &training = options.training;
  checkUsage(training);
  checkAssignments(training.set);
  if (!options.interval.empty())
    training.interval = parseInterval(options.interval);
  if (training.run.empty())
    training.run = binary.description.name + ".run";
  if (options.estimate)
    return printEstimate(estimateRun(binary.table, training));
  std::unique_ptr<Ranks> ranks;
  if (binary.joinRanks)
    ranks = binary.joinRanks(options.patience);
  if (!ranks || ranks->count() == 1)
    return TrainingRun(binary.table, training).run();
  training.ranks = ranks.get();
  trainOnRanks(binary, training);
}

void alexrt::addTrainCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand("train", "Train the network");
  auto options = std::make_shared<TrainOptions>();
  addDataOptions(*command, options->training);
  addRunOptions(*command, *options);
  addCheckpointOptions(*command, *options);
  addThreadsOption(*command, options->training.threads);
  if (binary.joinRanks)
    addRanksOptions(*command, *options);
  command->footer("Examples:\n"
                  "  train --data photos --val-split 0.1 --run first\n"
                  "  train --data photos --val-split 0.1 --run first --resume --threads 1\n"
                  "  train --data birds --weights first/best.safetensors --reinit fc8 --run birds "
                  "--set optimizer.lr=0.001\n"
                  "hyperparameters.json in the run's folder is read again at each checkpoint.");
  command->callback([options, &binary] { runTrain(binary, *options); });
}
