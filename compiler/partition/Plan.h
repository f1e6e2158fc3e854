//===- Plan.h - which device computes what ---------------------*- C++ -*-===//
//
// A plan says of each layer with parameters how it is spread over the devices;
// what stands between two of them follows the one before it. alex-place turns a
// plan into placed ops.

#ifndef ALEXC_COMPILER_PLAN_H
#define ALEXC_COMPILER_PLAN_H

#include "dialect/Dialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Error.h"
#include <map>

namespace alexc {

/// How one layer is spread.
struct LayerPlan {
  enum class Split {
    whole,   ///< on `device`
    filters, ///< each device computes its share of the filters, or units
    batch    ///< each device computes its share of the images; parameters are everywhere,
             ///< and one device, their owner, updates them for all
  };
  Split split = Split::whole;
  int64_t device = 0;
  /// Of a whole layer: in how many shares the gradient of its input is summed,
  /// so that a plan that splits its filters gives the same bits.
  int64_t shares = 1;
};

/// A plan for a network.
struct Plan {
  std::string name; ///< "paper", or the file's
  int64_t devices = 1;
  llvm::MapVector<std::string, LayerPlan, std::map<std::string, unsigned>>
      layers; ///< those that have parameters

  /// What is planned for `layer`: whole on device 0 where nothing is.
  LayerPlan of(llvm::StringRef layer) const;
  /// The device that updates the parameters of `layer`, which others have copies of.
  int64_t ownerOf(llvm::StringRef layer) const;
};

/// The names of plans that alexc makes, in the order in which it lists them.
llvm::ArrayRef<llvm::StringRef> planNames();
/// An error where `name` is neither one of them, nor auto, nor a plan's file (.json).
llvm::Error checkPlanName(llvm::StringRef name);

/// Makes the plan of this name, one of planNames(), for `devices` devices: "none" (all on one
/// device, sums in the shares that "paper" would have on `devices`), "paper" (layers split by
/// filters, the last one whole on device 0), "data" (all by images), or "owt" (convolutions by
/// images, products as in "paper"; Krizhevsky, One weird trick, 2014). Knows the layers from the
/// module's entries.
Plan makePlan(mlir::ModuleOp module, llvm::StringRef name, int64_t devices);

/// Why `layer`, one of a convolution's or a product's, cannot be spread in this
/// way over `devices` devices; empty if it can.
std::string refuseSplit(mlir::Operation *layer, const LayerPlan &plan, int64_t devices);

/// Whether a layer that is split by filters reads all of its input: not a
/// convolution whose groups fall to one device each.
bool readsAllChannels(mlir::Operation *layer, int64_t devices);

/// The layers of a network that a plan speaks of: convolutions and products, in
/// program order, each once.
llvm::SmallVector<mlir::Operation *> plannedLayers(mlir::ModuleOp module);

/// The layer of the spec that `name` belongs to: "conv2" of "conv2:filter_grad",
/// or of the parameter "conv2.weight".
llvm::StringRef layerOfName(llvm::StringRef name);

/// Whether `name` is of a gradient: "conv2:data_grad:part:transfer".
bool isGradientName(llvm::StringRef name);

/// Reads a plan that writePlan() wrote, perhaps edited. An error names file and
/// place; the layers are checked against the module's.
mlir::FailureOr<Plan> readPlan(mlir::ModuleOp module, llvm::StringRef path);

/// The plan as JSON that a person can edit.
std::string writePlan(const Plan &plan);

} // namespace alexc

#endif // ALEXC_COMPILER_PLAN_H
