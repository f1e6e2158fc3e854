//===- HyperParameters.h - what a person may change during a run -*- C++ -*-===//
//
// They lie in a run's folder as JSON, are written once when the run begins, and
// are read again at every checkpoint:
//
// { "optimizer": { "lr": 0.01, "momentum": 0.9, "weight_decay": 0.0005 },
//   "schedule": { "kind": "plateau", "epochs": 90, "divide_by": 10,
//                 "times": 3, "patience": 1 } }
//
// "lr" is what the schedule divides; what it has done so far is in the
// checkpoints. "constant" needs "epochs" alone, "step" has "at" instead of
// "times" and "patience". What is not given keeps its value.

#ifndef ALEXC_RUNTIME_TRAINING_HYPERPARAMETERS_H
#define ALEXC_RUNTIME_TRAINING_HYPERPARAMETERS_H

#include "runtime/training/Schedule.h"
#include <string>

namespace alexrt {

struct HyperParameters {
  double lr = 0.01;
  double momentum = 0;
  double weightDecay = 0;
  Schedule schedule;
};

/// The JSON above, one key a line, with a line end.
std::string toJson(const HyperParameters &parameters);

/// `parameters` with what `text` says. Throws Error with `path`, the line and
/// the key.
HyperParameters parseHyperParameters(HyperParameters parameters, const std::string &text,
                                     const std::string &path);

/// The same for a file. Throws Error.
HyperParameters readHyperParameters(const HyperParameters &parameters, const std::string &path);

/// Does what `--set` asks: "optimizer.lr=0.005", "schedule.at=8,11". Throws
/// Error that names the key, and the nearest one where it is unknown.
void setHyperParameter(HyperParameters &parameters, const std::string &assignment);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_HYPERPARAMETERS_H
