//===- CommandLine.cpp - from arguments to a command ----------------------===//

#include "runtime/command/CommandLine.h"
#include "runtime/File.h"
#include "runtime/Safetensors.h"
#include "runtime/command/CommandWord.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Format.h"

#include <CLI/CLI.hpp>
#include <cctype>
#include <charconv>
#include <csignal>
#include <fmt/format.h>

using namespace alexrt;

namespace {
enum ExitStatus { success = 0, failure = 1, wrongUsage = 2 };
} // namespace

void alexrt::printError(const std::string &message) {
  std::fflush(stdout); // or a terminal shows the error before what preceded it
  fmt::print(stderr, "error: {}\n", printable(message));
}

void alexrt::addParameterOptions(CLI::App &command, ParameterSource &source) {
  command.add_option("--weights", source.weights, "Take the parameters from this safetensors file")
      ->type_name("FILE");
  command
      .add_option("--init", source.seed,
                  "Make random parameters as the spec's initialisation says, from this seed")
      ->type_name("SEED")
      ->check(seed());
}

CLI::Validator alexrt::between(int64_t least, int64_t most) {
  return CLI::Range(least, most).description(""); // which would clutter --help
}

CLI::Validator alexrt::seed() {
  auto check = [](const std::string &text) {
    uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool isSeed = error == std::errc() && end == text.data() + text.size();
    return isSeed
               ? std::string()
               : fmt::format("expected a number from 0 to {}, got {}", UINT64_MAX, inQuotes(text));
  };
  return CLI::Validator(check, "");
}

void alexrt::addEntryOptions(CLI::App &command, std::string &kind, int64_t &batch) {
  command.add_option("--entry", kind, "What to run: infer (by default), evaluate, train_step, ...")
      ->type_name("KIND");
  command.add_option("--batch", batch, "A compiled batch size; the smallest by default")
      ->type_name("N")
      ->check(between(1, INT64_MAX));
}

void alexrt::addThreadsOption(CLI::App &command, int &threads) {
  command
      .add_option("--threads", threads,
                  "Threads of each device; by default the CPUs are divided among them")
      ->type_name("N")
      ->check(between(1, 1024));
}

void alexrt::setParameters(Network &network, const ParameterSource &source) {
  if (!source.weights.empty() && source.seed)
    throw UsageError("both --weights and --init are given: choose one");
  if (network.description().params.empty())
    return;
  if (!source.weights.empty())
    network.loadWeights(source.weights);
  else if (source.seed)
    network.initWeights(*source.seed);
  else
    throw UsageError("the network has no parameters yet: give --weights FILE.safetensors, or "
                     "--init SEED for random ones");
}

Preprocessor alexrt::makePreprocessor(const Description &description,
                                      const ParameterSource &source) {
  Preprocessor preprocessor(description);
  if (!source.weights.empty())
    preprocessor.useMeanOf(Safetensors(source.weights));
  return preprocessor;
}

/// CLI11's messages begin with a capital or an option's name.
static std::string inHouseStyle(std::string message) {
  if (message.size() > 1 && std::islower(static_cast<unsigned char>(message[1])))
    message[0] = char(std::tolower(static_cast<unsigned char>(message[0])));
  return message;
}

/// An argument that no option takes, which may be why another is missing.
static std::optional<std::string> unknownArgument(const CLI::App &app) {
  std::vector<std::string> rest = app.remaining(/*recurse=*/true);
  rest.erase(std::remove(rest.begin(), rest.end(), "--"), rest.end()); // only says what follows
  if (rest.empty())
    return std::nullopt;
  auto isOption = [](const std::string &word) { return word.rfind("-", 0) == 0; };
  auto option = std::find_if(rest.begin(), rest.end(), isOption);
  return "unknown argument " + inQuotes(option == rest.end() ? rest.front() : *option);
}

static std::string versionOf(const Description &description) {
  return fmt::format("{}: compiled by {} from {} for {}", printable(description.name),
                     description.compiler, printable(description.source), description.cpu);
}

static void addCommands(CLI::App &app, const Binary &binary) {
  app.description(versionOf(binary.description));
  app.set_version_flag("--version", versionOf(binary.description), "Say what the binary is");
  app.set_help_flag("-h,--help", "Explain the command line");
  app.get_formatter()->column_width(28);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app.require_subcommand(1);
  addInfoCommand(app, binary);
  addInferCommand(app, binary);
  addGradientsCommand(app, binary);
  addBenchCommand(app, binary);
  addTrainCommand(app, binary);
  addEvalCommand(app, binary);
  addProfileCommand(app, binary);
  addCheckGradsCommand(app, binary);
  addFeaturesCommand(app, binary);
  addRetrieveCommand(app, binary);
  addFiltersCommand(app, binary);
  for (CLI::App *command : app.get_subcommands({}))
    command->group("Commands");
  app.footer("'COMMAND --help' explains a command and gives examples.");
}

/// Answers that standard output could not take are an error, too.
static void flushOutput() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    throw Error("cannot write to standard output");
}

static void parseAndRun(CLI::App &app, const AlexrtNetwork &network, int argc,
                        const char *const *argv, const JoinRanks &joinRanks) {
  Binary binary{network, Description::parse(network.description), joinRanks};
  addCommands(app, binary);
  if (std::string reason = refuseCommand(app, argc, argv); !reason.empty())
    throw UsageError(reason);
  app.parse(argc, argv);
  flushOutput();
}

int alexrt::runCommandLine(const AlexrtNetwork &network, int argc, const char *const *argv,
                           const JoinRanks &joinRanks) {
  std::signal(SIGXFSZ, SIG_IGN); // a limit of file sizes is an error of writing
  CLI::App app;
  try {
    parseAndRun(app, network, argc, argv, joinRanks);
    return success;
  } catch (const CLI::Success &answered) { // --help, --version
    return app.exit(answered);
  } catch (const CLI::ParseError &error) {
    printError(unknownArgument(app).value_or(inHouseStyle(error.what())) +
               "; --help explains the command line");
    return wrongUsage;
  } catch (const UsageError &error) {
    printError(error.what());
    return wrongUsage;
  } catch (const std::bad_alloc &) {
    printError("out of memory");
  } catch (const std::exception &error) {
    printError(error.what());
  }
  return failure;
}
