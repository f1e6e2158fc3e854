//===- Passes.h - the graph passes -------------------------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_PASSES_H
#define ALEXC_COMPILER_PASSES_H

#include "dialect/Dialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace alexc {

/// What `entry` is for ("infer"): its `alex.entry`, or an empty string.
llvm::StringRef entryKind(mlir::func::FuncOp entry);

/// Whether `entry` is one that alex-differentiate gives a way back: `train_step`
/// or `gradients`.
bool isTrainingEntry(mlir::func::FuncOp entry);

/// Whether `entry` may read parameters in the forms that `load` makes: `infer`
/// and `evaluate`. In training the parameters change from step to step.
bool readsLoadedState(mlir::func::FuncOp entry);

/// Whether `entry` is the one that brings parameters into the forms that
/// kernels want, and runs once.
bool isLoadEntry(mlir::func::FuncOp entry);

/// A parameter that an argument or a result of an entry is, or whose momentum or
/// gradient it is; `segment` is where such values lie in the file's order.
struct ParameterRole {
  Segment segment; ///< param, momentum or gradient
  mlir::StringAttr name;
  mlir::DenseI64ArrayAttr rows; ///< [first, count] of its rows; null: all

  int64_t firstRow() const { return rows ? rows[0] : 0; }
};

/// What `attributes` of an argument or a result say of a parameter, if anything.
std::optional<ParameterRole> parameterRole(mlir::DictionaryAttr attributes);

/// The argument of `entry` that is what `role` says, on the device of `type`; null
/// if there is none.
mlir::BlockArgument findArgument(mlir::func::FuncOp entry, const ParameterRole &role,
                                 mlir::Type type);

/// The entries of a network: functions of one block marked `alex.entry`.
llvm::SmallVector<mlir::func::FuncOp> entriesOf(mlir::ModuleOp module);

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Passes.h.inc"

} // namespace alexc

#endif // ALEXC_COMPILER_PASSES_H
