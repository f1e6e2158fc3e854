//===- Lowering.h - from a spec or IR to kernels ----------------*- C++ -*-===//

#ifndef ALEXC_TOOLS_LOWERING_H
#define ALEXC_TOOLS_LOWERING_H

#include "codegen/CpuTarget.h"
#include "tools/CommandLine.h"

namespace alexc {

/// The forms of a network, each made from the one before.
enum class Stage { alex, graph, program, kernels, cuda, ptx, llvm, object, library, binary };

/// What --emit calls each.
const std::map<std::string, Stage> &stageNames();
llvm::StringRef nameOf(Stage stage);

struct CompileOptions {
  InputOptions input;
  PassOptions passes;
  Stage stage = Stage::binary;
  std::string target;                     ///< cpu, cuda or cuda-emu; empty: the input's, or cpu
  std::vector<std::string> architectures; ///< of GPUs; empty: the input's, or sm_90
  std::string ranks;                      ///< mpi, nccl, or empty: a program for one process
  std::string precision;                  ///< of a GPU's products; empty: the input's, or fp32
  std::string output;                     ///< empty: named after the input; "-": stdout, for text
};

/// Every phase, from import to LLVM.
std::vector<Phase> allPhases();

/// A network on its way to kernels. Failures have been printed.
class Lowering {
public:
  /// `options`, which outlive this, get the architectures that the input names.
  explicit Lowering(CompileOptions &options);

  /// Checks the options; see Session::prepare.
  mlir::LogicalResult prepare();
  /// Reads the input, looks up its target and runs the phases up to the wanted
  /// form, or to `kernels` if that is a later one.
  mlir::LogicalResult lower();
  /// Looks up the CPU: --mcpu, or what the input says, or this machine's.
  mlir::LogicalResult lookUpCpu();
  /// The error for an input that is in the form `stage`, behind the wanted one.
  llvm::Error alreadyBehind(Stage stage) const;

  mlir::ModuleOp getModule() { return *module; }
  Session &getSession() { return session; }
  const CpuTarget &getTarget() const { return target; }
  bool isCuda() const { return forCuda; }

private:
  std::optional<llvm::StringRef> wantedTarget() const;
  std::string refuseForCpu() const;
  void warnOfMissingLoss() const;
  mlir::LogicalResult lookUpTarget();
  mlir::LogicalResult lookUpGpu();
  mlir::LogicalResult lookUpPrecision();
  mlir::FailureOr<Stage> findStage();
  mlir::LogicalResult advance(Stage from);

  CompileOptions &options;
  std::vector<Phase> phases;
  Session session;
  CpuTarget target; ///< of a GPU only the name
  bool forCuda = false;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// Adds --gpu-arch.
CLI::Option *addArchitectureOption(CLI::App &command, CompileOptions &options);
/// Adds --precision.
void addPrecisionOption(CLI::App &command, CompileOptions &options);

} // namespace alexc

#endif // ALEXC_TOOLS_LOWERING_H
