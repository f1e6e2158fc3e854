//===- Fusion.h - make several ops one kernel ------------------*- C++ -*-===//
//
// What all fusion passes share, plug-ins included: whether two ops may run in
// one kernel, the rewrite to `alex.fused`, and the loop over a function.

#ifndef ALEXC_COMPILER_FUSION_H
#define ALEXC_COMPILER_FUSION_H

#include "dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <functional>

namespace alexc {

/// Why `consumer` cannot run in the kernel of `producer`, one of whose results
/// it reads, as the end of "not fused: ..."; empty if it can. Asks the
/// producer's LayerOpInterface, and refuses where the value between the two is
/// needed elsewhere: other users, the entry's result, `alex.keep`,
/// `alex.no_fuse`; and where the kernel could stand nowhere, because what one of
/// them reads is overwritten or not there yet.
std::string refuseFusion(mlir::Operation *producer, mlir::Operation *consumer);

/// Replaces `producer` and `consumer`, which refuseFusion() accepts, by one
/// `alex.fused` in the consumer's place; in the producer's, where something in
/// between overwrites what the producer reads. Results of the producer that
/// others read become further results of the kernel. Either may be a fused op
/// already; its body is taken over. The layers' names are joined by `+`.
FusedOp fuseOps(mlir::Operation *producer, mlir::Operation *consumer);

/// What a fusion pass adds to refuseFusion().
struct FusionRules {
  llvm::StringRef pass; ///< the pass's argument: the category of its remarks
  /// Whether a kernel may start with this op.
  std::function<bool(mlir::Operation *)> mayStart;
  /// Why `consumer` may not follow `last`, the last op of the kernel so far;
  /// empty if it may.
  std::function<std::string(mlir::Operation *last, mlir::Operation *consumer)> refuse =
      [](mlir::Operation *, mlir::Operation *) { return std::string(); };
  llvm::ArrayRef<std::string> layers; ///< names of the ops that may start; empty: all
  int64_t maxEpilogueOps = -1;        ///< ops that may join a kernel; negative: any number
};

/// Grows a kernel from each op of `function` that may start one, in program
/// order, as far as the rules let it. Emits a remark for each op that joins,
/// and one for what kept the next op out.
void fuseChains(mlir::func::FuncOp function, const FusionRules &rules);

} // namespace alexc

#endif // ALEXC_COMPILER_FUSION_H
