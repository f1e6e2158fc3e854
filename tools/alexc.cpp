//===- alexc.cpp - the compiler's command line ---------------------------------===//
//
// Exit status: 0, 2 for a command line that is wrong whatever the files hold, 1
// for anything else.

#include "codegen/Passes.h"
#include "compiler/Passes.h"
#include "mlir/IR/AsmState.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "runtime/command/CommandWord.h"
#include "tools/CommandLine.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include <csignal>

using namespace alexc;

/// Gives MLIR its options. They name passes, so these are registered before.
static void parseMlirOptions(const std::vector<std::string> &options) {
  mlir::registerAllPasses();
  registerAlexPasses();
  registerAlexCodegenPasses();
  mlir::registerMLIRContextCLOptions();
  mlir::registerAsmPrinterCLOptions();
  mlir::registerPassManagerCLOptions();
  mlir::registerDefaultTimingManagerCLOptions();
  std::vector<const char *> arguments = {"alexc"};
  for (const std::string &option : options) {
    if (option.rfind("--mlir-", 0) != 0)
      throw UsageError("unknown argument '" + option + "'");
    arguments.push_back(option.c_str());
  }
  std::string error;
  llvm::raw_string_ostream stream(error);
  if (llvm::cl::ParseCommandLineOptions(arguments.size(), arguments.data(), "", &stream))
    return;
  llvm::StringRef reason = llvm::StringRef(error).trim().split('\n').first;
  reason.consume_front("alexc: ");
  throw UsageError(reason.str());
}

/// Answers that standard output could not take are an error, too.
static void flushOutput() {
  llvm::outs().flush();
  bool isLost = llvm::outs().has_error();
  llvm::outs().clear_error(); // or its destructor ends the process
  if (isLost || std::fflush(stdout) != 0 || std::ferror(stdout))
    throw std::runtime_error("cannot write to standard output");
}

static int refuse(const std::string &reason, int status) {
  llvm::errs() << "alexc: " << reason << "\n";
  return status;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  std::signal(SIGXFSZ, SIG_IGN); // a limit of file sizes is an error of writing
  CLI::App app("Compiles a convolutional network, described in one JSON file, into one program.",
               "alexc");
  app.require_subcommand(1);
  app.set_version_flag("--version", "alexc " ALEXC_VERSION);
  Command command;
  addCompileCommand(app, command);
  addInfoCommand(app, command);
  addCheckCommand(app, command);
  addVerifyCommand(app, command);
  addPackCommand(app, command);
  addPartitionCommand(app, command);
  addReportCommand(app, command);
  try {
    if (std::string reason = alexrt::refuseCommand(app, argc, argv); !reason.empty())
      throw UsageError(reason);
    app.parse(argc, argv);
    parseMlirOptions(app.get_subcommands().front()->remaining());
    mlir::LogicalResult result = command();
    flushOutput();
    return mlir::failed(result);
  } catch (const CLI::Success &answered) { // --help, --version
    return app.exit(answered);
  } catch (const CLI::ParseError &error) {
    return refuse(error.what() + std::string("; --help explains the command line"), 2);
  } catch (const UsageError &error) {
    return refuse(error.what(), 2);
  } catch (const std::exception &error) {
    return refuse(error.what(), 1);
  }
}
