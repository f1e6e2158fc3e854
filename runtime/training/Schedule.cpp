//===- Schedule.cpp - the learning rate over the epochs -------------------===//

#include "runtime/training/Schedule.h"
#include <algorithm>

using namespace alexrt;

using Kind = Schedule::Kind;

static int64_t divisionsAfter(const Schedule &schedule, const ScheduleState &state,
                              int64_t epochsDone) {
  switch (schedule.kind) {
  case Kind::constant:
    return 0;
  case Kind::step:
    return std::count_if(schedule.at.begin(), schedule.at.end(),
                         [&](int64_t epoch) { return epoch <= epochsDone; });
  case Kind::plateau:
    return state.divisions;
  }
  return 0;
}

double alexrt::learningRate(double base, const Schedule &schedule, const ScheduleState &state,
                            int64_t epochsDone) {
  for (int64_t i = divisionsAfter(schedule, state, epochsDone); i > 0; --i)
    base /= schedule.divideBy;
  return base;
}

void alexrt::endEpoch(const Schedule &schedule, ScheduleState &state, double error) {
  if (!state.bestError || error < *state.bestError) {
    state.bestError = error;
    state.epochsWithoutImprovement = 0;
    return;
  }
  ++state.epochsWithoutImprovement;
  if (schedule.kind != Kind::plateau || state.epochsWithoutImprovement < schedule.patience)
    return;
  state.epochsWithoutImprovement = 0;
  if (state.divisions >= schedule.times)
    state.isFinished = true;
  else
    ++state.divisions;
}

bool alexrt::isFinished(const Schedule &schedule, const ScheduleState &state, int64_t epochsDone) {
  return epochsDone >= schedule.epochs || (schedule.kind == Kind::plateau && state.isFinished);
}
