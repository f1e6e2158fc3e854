//===- MpiRanks.h - ranks that mpirun has started ---------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_RANKS_MPIRANKS_H
#define ALEXC_RUNTIME_RANKS_MPIRANKS_H

#include "runtime/ranks/Ranks.h"

namespace alexrt {

/// Joins the ranks of MPI's world; without mpirun that is this process alone. Their
/// devices have `sums`, or null. Throws Error.
std::unique_ptr<Ranks> joinMpiRanks(double patience, const AlexrtDeviceSums *sums);

/// At the end of a process: leaves the others as they are where `status` is 0, and
/// ends them where it is not. Does nothing where none were joined.
void leaveMpiRanks(int status);

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANKS_MPIRANKS_H
