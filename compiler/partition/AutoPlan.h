//===- AutoPlan.h - search for the fastest plan -----------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_AUTOPLAN_H
#define ALEXC_COMPILER_AUTOPLAN_H

#include "compiler/partition/Plan.h"

namespace alexc {

/// What a network says of its devices itself.
struct OwnDevices {
  int64_t count = 1;
  std::string plan = "none";

  /// The plan where the user asks for `devices` and names none.
  std::string planFor(int64_t devices) const { return count == 1 && devices > 1 ? "paper" : plan; }
};
OwnDevices devicesOfNetwork(mlir::ModuleOp module);

/// The plan for `module`, which is differentiated and not placed: `name` is that of
/// a plan or of a file, *.json. Where it is empty, or `devices` is 0, the network
/// says (`devices` in `alex.network`), but a file that `name` gives says itself for
/// how many devices it is; a network that is made for one device is split as the
/// paper does. On one device any plan is "none", with the sums that the network's
/// own devices would have, so that all give the same bits. A plan that is named for
/// a network of one device, without `devices`, is an error.
mlir::FailureOr<Plan> choosePlan(mlir::ModuleOp module, llvm::StringRef name, int64_t devices,
                                 int64_t deviceMemory);

/// The plan "auto": for each layer the split that the cost model predicts to be
/// fastest, transfers included, found by dynamic programming over the chain of
/// layers; or a named plan, where that is predicted to be faster as a whole. Looks
/// at one entry of `module`, which is differentiated and not placed: the training
/// step, or the largest batch of inference. Where `deviceMemory` (bytes) is not 0,
/// only plans count whose devices need no more. An error says that none does.
mlir::FailureOr<Plan> searchPlan(mlir::ModuleOp module, int64_t devices, int64_t deviceMemory);

} // namespace alexc

#endif // ALEXC_COMPILER_AUTOPLAN_H
