//===- Schedule.cpp - the learning rate over the epochs -------------------===//

#include "runtime/training/Schedule.h"
#include <algorithm>

using namespace alexrt;

using Kind = ScheduleSettings::Kind;

static int64_t divisionsAfter(const ScheduleSettings &settings, const ScheduleState &state,
                              int64_t epochsDone) {
  switch (settings.kind) {
  case Kind::constant:
    return 0;
  case Kind::step:
    return std::count_if(settings.at.begin(), settings.at.end(),
                         [&](int64_t epoch) { return epoch <= epochsDone; });
  case Kind::plateau:
    return state.divisions;
  }
  return 0;
}

double alexrt::learningRate(double base, const ScheduleSettings &settings,
                            const ScheduleState &state, int64_t epochsDone) {
  for (int64_t i = divisionsAfter(settings, state, epochsDone); i > 0; --i)
    base /= settings.divideBy;
  return base;
}

void alexrt::endEpoch(const ScheduleSettings &settings, ScheduleState &state, double error) {
  if (!state.bestError || error < *state.bestError) {
    state.bestError = error;
    state.epochsWithoutImprovement = 0;
    return;
  }
  ++state.epochsWithoutImprovement;
  if (settings.kind != Kind::plateau || state.epochsWithoutImprovement < settings.patience)
    return;
  state.epochsWithoutImprovement = 0;
  if (state.divisions >= settings.times)
    state.isFinished = true;
  else
    ++state.divisions;
}

bool alexrt::isFinished(const ScheduleSettings &settings, const ScheduleState &state,
                        int64_t epochsDone) {
  return epochsDone >= settings.epochs || (settings.kind == Kind::plateau && state.isFinished);
}
