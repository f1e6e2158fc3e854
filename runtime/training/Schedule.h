//===- Schedule.h - the learning rate over the epochs -----------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_SCHEDULE_H
#define ALEXC_RUNTIME_TRAINING_SCHEDULE_H

#include "runtime/Description.h"

namespace alexrt {

/// What a schedule remembers from epoch to epoch.
struct ScheduleState {
  int64_t divisions = 0;                ///< of a plateau so far
  std::optional<double> bestError;      ///< of the epochs so far
  int64_t epochsWithoutImprovement = 0; ///< since bestError or the last division
  bool isFinished = false;              ///< nothing improves any more
};

/// `base` divided as often as the schedule has it after `epochsDone` epochs.
double learningRate(double base, const Schedule &schedule, const ScheduleState &state,
                    int64_t epochsDone);

/// Takes note of an epoch that ended with `error`. A later change of kind finds
/// the state of a run that had it from the start.
void endEpoch(const Schedule &schedule, ScheduleState &state, double error);

/// Whether a run has nothing left to do.
bool isFinished(const Schedule &schedule, const ScheduleState &state, int64_t epochsDone);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_SCHEDULE_H
