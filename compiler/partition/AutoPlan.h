//===- AutoPlan.h - search for the fastest plan -----------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_AUTOPLAN_H
#define ALEXC_COMPILER_AUTOPLAN_H

#include "compiler/partition/Plan.h"

namespace alexc {

/// The plan "auto": for each layer the split that the cost model predicts to be
/// fastest, transfers included, found by dynamic programming over the chain of
/// layers; or a named plan, where that is predicted to be faster as a whole. Looks
/// at one entry of `module`, which is differentiated and not placed: the training
/// step, or the largest batch of inference. Where `deviceMemory` (bytes) is not 0,
/// only plans count whose devices need no more. An error says that none does.
mlir::FailureOr<Plan> searchPlan(mlir::ModuleOp module, int64_t devices, int64_t deviceMemory);

} // namespace alexc

#endif // ALEXC_COMPILER_AUTOPLAN_H
