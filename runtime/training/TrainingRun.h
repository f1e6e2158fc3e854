//===- TrainingRun.h - train a network, from start or checkpoint -*- C++ -*-===//
//
// A run is a folder: hyperparameters.json, metrics.jsonl, event files and
// checkpoints. Which numbers a run comes to depends on the seed, the data and
// the hyper-parameters alone: neither on the number of threads nor on where it
// was stopped and taken up again.

#ifndef ALEXC_RUNTIME_TRAINING_TRAININGRUN_H
#define ALEXC_RUNTIME_TRAINING_TRAININGRUN_H

#include "runtime/training/Checkpoint.h"
#include "runtime/training/Evaluator.h"
#include "runtime/training/HyperParameters.h"
#include "runtime/training/Monitor.h"
#include "runtime/training/Progress.h"
#include "runtime/training/Stepper.h"
#include "runtime/training/StopSignal.h"
#include "runtime/training/TrainingData.h"

namespace alexrt {

/// How often a checkpoint is written while an epoch runs.
struct CheckpointInterval {
  uint64_t steps = 0;   ///< 0: see below
  double seconds = 600; ///< where `steps` is 0
};

struct TrainingOptions {
  std::string data; ///< for openForTraining
  DatasetOptions dataset;
  ValidationOptions validation;
  std::string run; ///< the folder
  bool resume = false;
  std::optional<int64_t> epochs;   ///< instead of the schedule's
  uint64_t steps = 0;              ///< in all, at most; 0: as many as the epochs have
  std::optional<uint64_t> seed;    ///< 1 by default
  int threads = 0;                 ///< 0: one for each CPU
  int64_t accumulate = 1;          ///< batches that make up a step, of each rank
  Ranks *ranks = nullptr;          ///< that train together; null: this process alone
  std::vector<std::string> set;    ///< "optimizer.lr=0.005"
  std::string weights;             ///< to begin with; empty: random
  std::vector<std::string> reinit; ///< layers whose weights are random all the same
  int keep = 3;                    ///< checkpoints, beside the best
  CheckpointInterval interval;
};

/// What the spec says, as `parameters` has it. Throws Error where the network
/// was compiled without training.
HyperParameters hyperParametersOf(const Description &description);

/// For a network with all entries that a run needs. Throws Error as above.
NetworkOptions trainingNetworkOptions(const AlexrtNetwork &table, const TrainingOptions &options);

/// Reports a picture that could not be read.
void reportBroken(const BrokenImage &image);

class TrainingRun {
public:
  /// Opens data, network and folder; begins, or takes up the newest checkpoint.
  /// Throws Error.
  TrainingRun(const AlexrtNetwork &table, const TrainingOptions &options);

  /// Trains to the end, or to the next step after SIGINT or SIGTERM, and writes
  /// a checkpoint there. Throws Error; the last checkpoint is then whole.
  void run();

private:
  // How it begins.
  void begin();
  void resume(Checkpoint checkpoint);
  void checkSameRun() const;
  void initialise();
  void adoptHyperParameters(const std::string &fallback);
  void startLoader();

  // What it does.
  bool isDone() const;
  double currentRate() const;
  void step();
  void setStepNumbers();
  void endEpoch();
  void finish();
  void printReport(double seconds);

  // What it leaves behind.
  std::vector<TensorView> tensors();
  bool isCheckpointDue() const;
  bool isEpochCheckpointDue() const;
  void checkpoint(bool isBest);
  void rereadHyperParameters();
  void logStep(const Tally &tally, double seconds);
  void showProgress(double now);
  uint64_t totalSteps() const;
  void warn(const std::string &message);
  template <typename Action>
  void attempt(Action action);

  std::string hyperParametersPath() const { return folder.path() + "/hyperparameters.json"; }

  TrainingOptions options;
  StopSignal signals;
  CheckpointFolder folder;
  Network network;
  NetworkIdentity identity;
  TrainingData data;
  Stepper stepper;
  Evaluator evaluator;
  HyperParameters hyperParameters;
  TrainingState state;
  Progress progress;
  Monitor monitor;
  std::unique_ptr<MetricsLog> metrics;
  std::unique_ptr<Loader> loader;

  double startTime = 0, epochStart = 0, checkpointTime = 0;
  uint64_t startStep = 0;
  uint64_t measuredStep = 0; ///< whose parameters are in the metrics
  bool isSaved = false;      ///< whether the last checkpoint is of now
  std::string saveError;     ///< of the last checkpoint that failed
  Tally recent;              ///< since the last progress
  double recentStart = 0;
  std::set<std::string> warned;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_TRAININGRUN_H
