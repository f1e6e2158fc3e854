//===- Follower.h - a rank that does what rank 0 says -----------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_RANKS_FOLLOWER_H
#define ALEXC_RUNTIME_RANKS_FOLLOWER_H

#include "runtime/training/TrainingRun.h"

namespace alexrt {

/// Takes part in the training run of rank 0 to its end, with a part of each step's
/// images, and writes nothing. Throws Error.
void follow(const AlexrtNetwork &table, const TrainingOptions &options);

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANKS_FOLLOWER_H
