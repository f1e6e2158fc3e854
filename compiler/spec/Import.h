//===- Import.h - from a spec to the alex dialect ---------------*- C++ -*-===//

#ifndef ALEXC_COMPILER_IMPORT_H
#define ALEXC_COMPILER_IMPORT_H

#include "compiler/spec/SpecEdit.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

namespace alexc {

struct ImportOptions {
  std::vector<SpecEdit> edits;        ///< in the order of the command line
  std::vector<int64_t> batches = {1}; ///< one entry `infer_N` for each; positive
  bool training = true;               ///< also the entries of training, if the spec has them
};

/// Imports the spec at `path`: a module with the attribute `alex.network` and a
/// function `infer_N` for each batch size N; where the spec has loss and
/// training, also `train_step_N`, `gradients_N` and `evaluate_N` for the batch
/// of training, forward only. The location of a layer's op is
/// NameLoc(layer, FileLineColLoc(the layer in the spec)), from which
/// Diagnostics.h makes the user's error. Null after an error, which is emitted
/// as a diagnostic: whatever is wrong with the spec.
mlir::OwningOpRef<mlir::ModuleOp> importSpec(mlir::MLIRContext &context, llvm::StringRef path,
                                             const ImportOptions &options = {});

} // namespace alexc

#endif // ALEXC_COMPILER_IMPORT_H
