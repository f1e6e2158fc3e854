//===- VerifyTraining.h - compare the entries of training --------*- C++ -*-===//

#ifndef ALEXC_TOOLS_VERIFYTRAINING_H
#define ALEXC_TOOLS_VERIFYTRAINING_H

#include "tools/BinaryRun.h"

namespace alexc {

/// How far results may be from the oracle's: norm of the difference over norm.
struct TrainingTolerances {
  double passes;   ///< fp64 behind the passes
  double compiled; ///< the binary's
  bool keepGoing;  ///< tell all results that differ, not the first alone
};

/// Compares all results of the entries `gradients`, `train_step`, `apply` and
/// `evaluate`: those of `before`, which alex-differentiate has just made, with
/// those of `after`, behind all passes, and of the binary. Draws what `trial`
/// has none of: labels, and momenta as large as the gradients. Prints a row for
/// each entry. Fails, with an error that names the result, where one differs.
mlir::LogicalResult verifyTraining(mlir::ModuleOp before, mlir::ModuleOp after,
                                   const BinaryRun &binary, Trial &trial, uint64_t seed,
                                   const TrainingTolerances &tolerances);

} // namespace alexc

#endif // ALEXC_TOOLS_VERIFYTRAINING_H
