//===- Shared.h - what the ranks of a training run do together --*- C++ -*-===//
//
// Each function is called by all ranks; what counts is what rank 0 says. It has the
// run: schedule, evaluation, checkpoints, metrics. The others do steps.

#ifndef ALEXC_RUNTIME_RANKS_SHARED_H
#define ALEXC_RUNTIME_RANKS_SHARED_H

#include "runtime/Network.h"
#include "runtime/training/Tally.h"
#include "runtime/training/TrainingData.h"

namespace alexrt {

/// Once, before the first step: where to begin in the data, the parameters, momenta,
/// and what was measured on the images. `order.rank` and `order.ranks` become the
/// rank's own. Throws Error where the ranks have different numbers of images.
void shareStart(Ranks &ranks, TrainingOrder &order, Network &network, TrainingData &data);

/// Before each step: its numbers, and whether there is one at all.
bool shareStep(Ranks &ranks, bool isStep, AlexrtStep &numbers);

/// In each step: the sum of all ranks on rank 0, the own tally on others. Where a rank
/// was asked to stop, rank 0 is.
Tally shareTally(Ranks &ranks, const Tally &own);

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANKS_SHARED_H
