//===- Commands.h - what the commands of a binary share ---------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_COMMANDS_H
#define ALEXC_RUNTIME_COMMANDS_H

#include "runtime/Network.h"
#include "runtime/data/Preprocess.h"
#include "runtime/ranks/Ranks.h"
#include <optional>

namespace CLI {
class App;
class Validator;
} // namespace CLI

namespace alexrt {

/// What is inside the binary.
struct Binary {
  const AlexrtNetwork &table;
  Description description;
  JoinRanks joinRanks; ///< empty where the binary was compiled without ranks
};

/// A command line that CLI11 accepts and that makes no sense all the same.
struct UsageError : Error {
  using Error::Error;
};

// Each adds a subcommand to `app` that runs at the end of parsing. It throws
// Error, and `binary` must outlive `app`.
void addInfoCommand(CLI::App &app, const Binary &binary);
void addInferCommand(CLI::App &app, const Binary &binary);
void addGradientsCommand(CLI::App &app, const Binary &binary);
void addBenchCommand(CLI::App &app, const Binary &binary);
void addTrainCommand(CLI::App &app, const Binary &binary);
void addEvalCommand(CLI::App &app, const Binary &binary);
void addProfileCommand(CLI::App &app, const Binary &binary);
void addCheckGradsCommand(CLI::App &app, const Binary &binary);
void addFeaturesCommand(CLI::App &app, const Binary &binary);
void addRetrieveCommand(CLI::App &app, const Binary &binary);
void addFiltersCommand(CLI::App &app, const Binary &binary);

/// Where a command takes the network's parameters from.
struct ParameterSource {
  std::string weights; ///< a safetensors file; empty: random
  std::optional<uint64_t> seed;
};

void addParameterOptions(CLI::App &command, ParameterSource &source);
/// Which entry to run, by its kind and its batch size; 0: the smallest.
void addEntryOptions(CLI::App &command, std::string &kind, int64_t &batch);
void addThreadsOption(CLI::App &command, int &threads);
/// Accepts integers from `least` to `most`.
CLI::Validator between(int64_t least, int64_t most);
/// Accepts integers of 64 bits without sign; CLI11 wraps others around.
CLI::Validator seed();

/// Loads or initialises; does nothing for a network without parameters. Throws
/// UsageError where `source` is not one place.
void setParameters(Network &network, const ParameterSource &source);

/// What makes the network's inputs of pictures, with the mean that a weights
/// file may hold. Throws Error.
Preprocessor makePreprocessor(const Description &description, const ParameterSource &source);

/// Reports an error that does not end the command.
void printError(const std::string &message);

} // namespace alexrt

#endif // ALEXC_RUNTIME_COMMANDS_H
