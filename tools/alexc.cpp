//===- alexc.cpp - the compiler's command line ---------------------------------===//
//
// Exit status: 0, 2 for a wrong command line, 1 for anything else.

#include "codegen/Passes.h"
#include "compiler/Passes.h"
#include "mlir/IR/AsmState.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "tools/CommandLine.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace alexc;

/// Gives MLIR its options. They name passes, so these are registered before.
static bool parseMlirOptions(const std::vector<std::string> &options) {
  mlir::registerAllPasses();
  registerAlexPasses();
  registerAlexCodegenPasses();
  mlir::registerMLIRContextCLOptions();
  mlir::registerAsmPrinterCLOptions();
  mlir::registerPassManagerCLOptions();
  mlir::registerDefaultTimingManagerCLOptions();
  std::vector<const char *> arguments = {"alexc"};
  for (const std::string &option : options) {
    if (option.rfind("--mlir-", 0) != 0) {
      llvm::errs() << "alexc: unknown argument '" << option << "'\n";
      return false;
    }
    arguments.push_back(option.c_str());
  }
  std::string error;
  llvm::raw_string_ostream stream(error);
  if (llvm::cl::ParseCommandLineOptions(arguments.size(), arguments.data(), "", &stream))
    return true;
  llvm::errs() << llvm::StringRef(error).trim() << "\n";
  return false;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  CLI::App app("Compiles a convolutional network, described in one JSON file, into one program.",
               "alexc");
  app.require_subcommand(1);
  app.set_version_flag("--version", "alexc " ALEXC_VERSION);
  Command command;
  addCompileCommand(app, command);
  addInfoCommand(app, command);
  addCheckCommand(app, command);
  addVerifyCommand(app, command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) ? 2 : 0;
  }
  if (!parseMlirOptions(app.get_subcommands().front()->remaining()))
    return 2;
  return mlir::failed(command());
}
