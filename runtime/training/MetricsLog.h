//===- MetricsLog.h - a run's numbers, for programs -------------*- C++ -*-===//
//
// "metrics.jsonl" in the run's folder, one JSON object a line, each with "kind"
// and "step":
//
// {"kind":"step","step":7,"epoch":1,"loss":2.31,"error":0.89,"lr":0.01,"images_per_second":5123}
// {"kind":"epoch","step":469,"epoch":1,"training":{"loss","top1_error","top5_error"},
//  "validation":{...} or null,"lr":0.01,"seconds":12.1}
// {"kind":"layer","step":469,"parameter":"conv1.weight","mean_weight":0.1,"mean_update":1e-5,
//  "ratio":1e-4}
//
// The same numbers go to an event file for TensorBoard.

#ifndef ALEXC_RUNTIME_TRAINING_METRICSLOG_H
#define ALEXC_RUNTIME_TRAINING_METRICSLOG_H

#include "runtime/training/EventFile.h"
#include "runtime/training/Tally.h"
#include <optional>

namespace alexrt {

/// What one step gave.
struct StepMetrics {
  uint64_t step = 0;
  int64_t epoch = 0; ///< the first is 1
  double loss = 0, error = 0, lr = 0, imagesPerSecond = 0;
};

/// What one epoch gave.
struct EpochMetrics {
  uint64_t step = 0;
  int64_t epoch = 0;
  Tally training;
  std::optional<Tally> validation;
  double lr = 0, seconds = 0;
};

/// How far the last step moved a parameter.
struct ParameterMetrics {
  std::string parameter;
  double meanWeight = 0; ///< mean absolute value
  double meanUpdate = 0; ///< of the last step

  double ratio() const { return meanWeight > 0 ? meanUpdate / meanWeight : 0; }
};

class MetricsLog {
public:
  /// Goes on behind what the folder's file has of the first `step` steps and
  /// `epochs` epochs, and cuts off the rest. Throws Error naming the file.
  MetricsLog(const std::string &folder, uint64_t step, int64_t epochs);

  // Each throws Error naming the file.
  void append(const StepMetrics &metrics);
  void append(const EpochMetrics &metrics);
  void append(uint64_t step, const std::vector<ParameterMetrics> &parameters);
  void flush();

private:
  AppendFile lines;
  EventFile events;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_METRICSLOG_H
