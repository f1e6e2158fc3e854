//===- Progress.h - a run's numbers, for people -----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_PROGRESS_H
#define ALEXC_RUNTIME_TRAINING_PROGRESS_H

#include "runtime/training/MetricsLog.h"

namespace alexrt {

/// How far a run is.
struct ProgressReport {
  int64_t epoch = 1, epochs = 1; ///< the one that runs, and all
  uint64_t step = 0, steps = 0;  ///< done, and all; 0 where nobody knows
  Tally tally;                   ///< of the last steps
  double imagesPerSecond = 0;
  double secondsLeft = 0;
};

/// "epoch 3/12  step 1234/5628  loss 0.4321  error 12.34 %  5432 images/s  ETA 0:12:34"
std::string toString(const ProgressReport &report);
/// "epoch 3: training loss 0.4321 error 12.34 %, validation loss ... error ..., lr 0.01, 12.3 s"
std::string toString(const EpochMetrics &metrics);
/// "0:12:34"
std::string clockText(double seconds);

/// Standard output: on a terminal the last line is the progress and changes in
/// place; otherwise progress is a line of its own every ten seconds.
class Progress {
public:
  /// `looksForTerminal`: not where mpirun makes every output look like one.
  explicit Progress(bool looksForTerminal = true);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// Whether it is time for another report.
  bool isDue(double now) const { return now >= nextReport; }
  void show(const ProgressReport &report, double now);
  /// A line that stays, above the progress.
  void print(const std::string &line);
  /// Removes the progress, so that something else can be written.
  void clear();

private:
  bool isTerminal;
  bool hasLine = false;
  double nextReport = 0;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_PROGRESS_H
