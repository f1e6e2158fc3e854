//===- Initialize.h - parameters from a seed --------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_INITIALIZE_H
#define ALEXC_RUNTIME_INITIALIZE_H

#include "runtime/Description.h"
#include "runtime/ThreadPool.h"

namespace alexrt {

/// Fills `data` as the parameter's initialisation says. The same seed gives
/// the same bits on every machine and with every number of threads.
void initialize(const Parameter &parameter, uint64_t seed, ThreadPool &threads, float *data);

} // namespace alexrt

#endif // ALEXC_RUNTIME_INITIALIZE_H
