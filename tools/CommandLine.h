//===- CommandLine.h - what alexc's commands share --------------*- C++ -*-===//
//
// Options that several commands take, and the run of one command: the IR's
// context, the input, and errors as the user reads them.

#ifndef ALEXC_TOOLS_COMMANDLINE_H
#define ALEXC_TOOLS_COMMANDLINE_H

#include "compiler/Pipelines.h"
#include "compiler/Remarks.h"
#include "compiler/spec/Import.h"
#include "mlir/Support/Timing.h"
#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>

namespace alexc {

/// A command line that is wrong whatever the files hold. Commands throw it
/// before they read any.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a command line asks for. A failure has been printed.
using Command = std::function<mlir::LogicalResult()>;

/// The input of a command, and the edits of a spec.
struct InputOptions {
  std::string path;
  std::vector<SpecEdit> edits;
  std::vector<int64_t> batches; ///< empty: {1} for a spec
  bool training = false;        ///< of a spec: with the entries of training
};

/// Adds SPEC, --set, --without and, where `withBatch`, --batch.
void addInputOptions(CLI::App &command, InputOptions &options, bool withBatch = true);

/// What may change the passes that run.
struct PassOptions {
  PipelineOptions pipeline;
  std::vector<std::string> plugins;
  bool remarks = false;
};

/// Adds --mcpu, --devices, --plan, --link-precision, --remarks, --pass-pipeline, --disable-pass,
/// --no-fuse,
/// --insert-after, --keep, --load-pass-plugin, and lets --mlir-* pass.
void addPassOptions(CLI::App &command, PassOptions &options);

/// Adds --link-precision.
void addLinkPrecisionOption(CLI::App &command, std::string &precision);

/// Prints `error`, if it is one, on stderr; then fails.
mlir::LogicalResult report(llvm::Error error);

/// Emits an error where a module has neither an entry nor a program.
mlir::LogicalResult checkHoldsNetwork(mlir::ModuleOp module);

/// One run of a command.
class Session {
public:
  /// Loads plug-ins and checks the options against `phases`: a UsageError where
  /// they name what does not exist.
  llvm::Error prepare(PassOptions &options, llvm::ArrayRef<Phase> phases);

  /// Reads a spec, or the IR that `--emit` wrote. Null after an error, which
  /// was printed.
  mlir::OwningOpRef<mlir::ModuleOp> load(const InputOptions &options);
  /// Prints the remarks so far, in the order of the layers in `load`'s module.
  void printRemarks();

  /// Hands on the result of passes; a failure without an error gets one.
  mlir::LogicalResult explain(mlir::LogicalResult result);

  mlir::MLIRContext &getContext() { return context; }

  Session();
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

private:
  bool hasError = false; ///< a diagnostic said so
  mlir::MLIRContext context;
  mlir::ScopedDiagnosticHandler diagnostics;
  mlir::DefaultTimingManager timing;
  mlir::TimingScope rootTiming;
  std::optional<RemarkLog> remarks;
};

/// What a file holds, whatever its name.
enum class InputKind { spec, mlir, llvm };
/// An error names the file that cannot be read.
llvm::Expected<InputKind> recognize(llvm::StringRef path);

// The commands.
void addCompileCommand(CLI::App &app, Command &command);
void addInfoCommand(CLI::App &app, Command &command);
void addCheckCommand(CLI::App &app, Command &command);
void addVerifyCommand(CLI::App &app, Command &command);
void addPackCommand(CLI::App &app, Command &command);
void addPartitionCommand(CLI::App &app, Command &command);
void addReportCommand(CLI::App &app, Command &command);

} // namespace alexc

#endif // ALEXC_TOOLS_COMMANDLINE_H
