//===- Estimate.h - what a whole run would cost -----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_ESTIMATE_H
#define ALEXC_RUNTIME_TRAINING_ESTIMATE_H

#include "runtime/training/TrainingRun.h"

namespace alexrt {

/// What was measured on a few steps, and what follows for all of them.
struct Estimate {
  double stepSeconds = 0;       ///< the median
  double waitedSeconds = 0;     ///< for data, of each step in the mean
  double validationSeconds = 0; ///< of all validation images; 0 where there are none
  int64_t imagesPerStep = 0;
  int64_t stepsPerEpoch = 0, epochs = 0;
  MemoryUse memory;        ///< of the network, as planned
  uint64_t imageBytes = 0; ///< of batches that are ahead, and of pictures that are kept decoded
  uint64_t checkpointBytes = 0;
  int checkpoints = 0; ///< that a run's folder holds at most

  double epochSeconds() const { return stepSeconds * double(stepsPerEpoch) + validationSeconds; }
};

/// Runs a few steps from random weights and writes nothing. Throws Error.
Estimate estimateRun(const AlexrtNetwork &table, const TrainingOptions &options);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_ESTIMATE_H
