//===- Schedule.h - the learning rate over the epochs -----------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_SCHEDULE_H
#define ALEXC_RUNTIME_TRAINING_SCHEDULE_H

#include <cstdint>
#include <optional>
#include <vector>

namespace alexrt {

/// When the learning rate is divided, and when a run ends.
struct ScheduleSettings {
  enum class Kind {
    constant, ///< never
    step,     ///< after the epochs `at`
    plateau,  ///< when the validation error has stopped improving
  };
  Kind kind = Kind::constant;
  int64_t epochs = 1;      ///< of the whole run; of a plateau at most
  double divideBy = 10;    ///< more than 1
  std::vector<int64_t> at; ///< step: epochs that are done when it divides
  int64_t times = 3;       ///< plateau: how often; then one more ends the run
  int64_t patience = 1;    ///< plateau: epochs without improvement before it divides
};

/// What a schedule remembers from epoch to epoch.
struct ScheduleState {
  int64_t divisions = 0;                ///< of a plateau so far
  std::optional<double> bestError;      ///< of the epochs so far
  int64_t epochsWithoutImprovement = 0; ///< since bestError or the last division
  bool isFinished = false;              ///< nothing improves any more
};

/// `base` divided as often as the schedule has it after `epochsDone` epochs.
double learningRate(double base, const ScheduleSettings &settings, const ScheduleState &state,
                    int64_t epochsDone);

/// Takes note of an epoch that ended with `error`. A later change of kind finds
/// the state of a run that had it from the start.
void endEpoch(const ScheduleSettings &settings, ScheduleState &state, double error);

/// Whether a run has nothing left to do.
bool isFinished(const ScheduleSettings &settings, const ScheduleState &state, int64_t epochsDone);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_SCHEDULE_H
