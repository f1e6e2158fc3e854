//===- Pipelines.h - the phases of the compiler ----------------*- C++ -*-===//
//
// A phase is a named list of passes that ends in a verifier. The graph phases
// are here; the code generator adds its own and runs them the same way.

#ifndef ALEXC_COMPILER_PIPELINES_H
#define ALEXC_COMPILER_PIPELINES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <string>
#include <vector>

namespace alexc {

/// What the user may say about the pipelines.
struct PipelineOptions {
  std::string passPipeline;                ///< runs in place of the phases behind "partition"
  std::vector<std::string> disabledPasses; ///< arguments of passes to leave out
  std::vector<std::string> insertAfter;    ///< PHASE=PIPELINE: run at the end of a phase
  int64_t devices = 0;                     ///< 0: as the network says
  std::string plan;                        ///< name or file; empty: as the network says
  std::string linkPrecision;               ///< fp16 or bf16; empty: what crosses is not compressed
  int64_t deviceMemory = 0;                ///< bytes that plan auto may use; 0: any number
  bool noFuse = false;                     ///< leave out all passes of phase "fuse"
  std::vector<std::string> noFuseLayers;   ///< layers that get a kernel of their own
  std::vector<std::string> keepLayers;     ///< layers whose value stays in memory
  bool inputGradient = false;              ///< entry `gradients` returns the input's too
  std::string cpu;                         ///< as for --mcpu; empty: the module's `alex.cpu`
  std::string target;                      ///< "cpu" or "cuda"; empty: the module's `alex.target`
  std::string gpu;                         ///< architecture; empty: the module's `alex.gpu`
  /// Prepares each pass manager before it runs (printing, timing); may be null.
  std::function<mlir::LogicalResult(mlir::PassManager &)> configure;
};

/// Takes the passes of a phase, in order.
using AddPass = llvm::function_ref<void(std::unique_ptr<mlir::Pass>)>;

/// A part of the compiler between two forms of the IR. `passes` may add passes
/// on modules and on functions; the last one checks what the phase promises.
struct Phase {
  std::string name;
  std::function<void(AddPass add, const PipelineOptions &options)> passes;
  std::function<std::unique_ptr<mlir::Pass>()> verifier; ///< may be null
};

/// "import", "differentiate", "partition", "fuse", "select" and "plan-memory".
std::vector<Phase> graphPhases();

/// Checks that disabledPasses, insertAfter and passPipeline name passes and
/// phases that exist; `phases` are all that will run.
llvm::Error checkOptions(llvm::ArrayRef<Phase> phases, const PipelineOptions &options);

/// Adds `phases` to `passes`, without what is disabled and with what is
/// inserted. The options must have passed checkOptions().
void buildPhases(mlir::OpPassManager &passes, llvm::ArrayRef<Phase> phases,
                 const PipelineOptions &options);

/// Runs `phases` on `module`. Errors are diagnostics of the context.
mlir::LogicalResult runPhases(mlir::ModuleOp module, llvm::ArrayRef<Phase> phases,
                              const PipelineOptions &options);

/// Takes `module` from where it stands to the end of the graph phases: those
/// that it has behind it (it was written by `--emit graph`) do not run again.
/// After a passPipeline, which runs in place of all phases behind
/// "partition", the phases run that it left undone.
mlir::LogicalResult runGraphPhases(mlir::ModuleOp module, const PipelineOptions &options);

/// The last graph phase that `module` has behind it, as far as the IR shows:
/// "plan-memory", "select", "partition", or an empty string.
llvm::StringRef reachedPhase(mlir::ModuleOp module);

/// Makes the passes of the shared library `path` known.
llvm::Error loadPassPlugin(const std::string &path);

/// Registers `alex-graph-pipeline`: the graph phases, for alex-opt.
void registerGraphPipelines();

} // namespace alexc

#endif // ALEXC_COMPILER_PIPELINES_H
