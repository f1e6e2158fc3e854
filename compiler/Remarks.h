//===- Remarks.h - what passes tell the user -------------------*- C++ -*-===//
//
// A remark for each thing that a pass did, refused or found out, through MLIR's
// remark engine; and the log that `--remarks` prints.

#ifndef ALEXC_COMPILER_REMARKS_H
#define ALEXC_COMPILER_REMARKS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"
#include <memory>
#include <vector>

namespace alexc {

/// The layer that `op` computes, in the user's words: its name in the spec, or
/// the op's name ("alex.relu") where it has none.
std::string layerName(mlir::Operation *op);
/// "1.2 MB" (decimal units).
std::string bytesText(int64_t bytes);

/// Reports that `pass` (its argument) did something to `op`. All of these print
/// as "LAYER: TEXT" at the op's location, and cost nothing while no one listens.
void remarkDone(llvm::StringRef pass, mlir::Operation *op, const std::string &text);
/// Reports that `pass` refused to do something, and why.
void remarkRefused(llvm::StringRef pass, mlir::Operation *op, const std::string &text);
/// Reports what `pass` found out.
void remarkFound(llvm::StringRef pass, mlir::Operation *op, const std::string &text);

/// Collects the remarks of all passes of a context.
class RemarkLog {
public:
  /// Listens from now on; once per context.
  explicit RemarkLog(mlir::MLIRContext &context);
  /// Remarks are printed in the order in which the ops of `module` stand now:
  /// call it before the first pass.
  void recordProgramOrder(mlir::ModuleOp module);
  /// Prints `FILE:LINE:COL: remark: LAYER: TEXT`, each once.
  void print(llvm::raw_ostream &out) const;

private:
  using Entry = std::pair<mlir::Location, std::string>; // place and whole line

  std::shared_ptr<std::vector<Entry>> entries = std::make_shared<std::vector<Entry>>();
  llvm::DenseMap<mlir::Location, size_t> programOrder;
};

} // namespace alexc

#endif // ALEXC_COMPILER_REMARKS_H
