//===- BinaryRun.cpp - run a compiled network on a trial -----------------------===//

#include "tools/BinaryRun.h"
#include "tools/TrialFiles.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// The binary
//===----------------------------------------------------------------------===//

llvm::Expected<BinaryRun> BinaryRun::create(std::string binary, const TemporaryFolder &folder,
                                            const Trial &trial, const Options &options) {
  if (llvm::Error error = writeParameters(folder.file("weights.safetensors"), trial))
    return error;
  return BinaryRun(std::move(binary), folder, options);
}

/// Runs the binary, its stdout in the file "answer".
llvm::Error BinaryRun::execute(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), binary);
  SmallVector<StringRef> references(arguments.begin(), arguments.end());
  std::string answer = folder->file("answer"), error;
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(answer), std::nullopt};
  int status = llvm::sys::ExecuteAndWait(binary, references, std::nullopt, redirects, 0, 0, &error);
  if (status == 0)
    return llvm::Error::success();
  return llvm::createStringError("the compiled network failed with status " + Twine(status) +
                                 (error.empty() ? "" : ": " + error));
}

llvm::Error BinaryRun::executeNetwork(std::vector<std::string> arguments) const {
  if (options.threads)
    llvm::append_values(arguments, "--threads", std::to_string(options.threads));
  if (options.guard)
    arguments.push_back("--guard");
  return execute(std::move(arguments));
}

llvm::Expected<std::vector<std::string>> BinaryRun::layersInMemory(int64_t batch) const {
  if (llvm::Error error = execute({"info", "--json"}))
    return error;
  return catching([&] {
    std::vector<std::string> layers;
    auto info = nlohmann::json::parse(std::ifstream(folder->file("answer")));
    for (const auto &entry : info.at("entries"))
      if (entry.at("kind") == "infer" && entry.at("batch") == batch)
        entry.at("in_memory").get_to(layers);
    return layers;
  });
}

llvm::Expected<std::map<std::string, TensorValue>>
BinaryRun::run(const TensorValue &input, ArrayRef<std::string> layers) const {
  if (llvm::Error error = writeValue(folder->file("input.npy"), input))
    return error;
  std::vector<std::string> arguments = {"infer",
                                        "--input",
                                        folder->file("input.npy"),
                                        "--weights",
                                        folder->file("weights.safetensors"),
                                        "--output",
                                        folder->file("output.npy")};
  // numbered, for a layer's name is no path
  auto fileOf = [&](size_t number) { return folder->file(std::to_string(number) + ".npy"); };
  for (auto [number, layer] : llvm::enumerate(layers))
    llvm::append_values(arguments, "--dump", layer + "=" + fileOf(number));
  if (llvm::Error error = executeNetwork(std::move(arguments)))
    return error;
  std::map<std::string, TensorValue> values;
  auto read = [&](StringRef name, const std::string &file) -> llvm::Error {
    llvm::Expected<TensorValue> value = readValue(file);
    if (!value)
      return value.takeError();
    values[name.str()] = std::move(*value);
    return llvm::Error::success();
  };
  for (auto [number, layer] : llvm::enumerate(layers))
    if (llvm::Error error = read(layer, fileOf(number)))
      return std::move(error);
  if (llvm::Error error = read(output, folder->file("output.npy")))
    return std::move(error);
  return values;
}

/// The arguments that give the binary the numbers of a step.
static std::vector<std::string> stepArguments(const TensorValue &step) {
  auto word = [&](int number) { return uint64_t(step.data[number]); };
  auto number = [&](int number) { return fmt::format("{}", step.data[number]); };
  return {"--lr",           number(0),
          "--momentum",     number(1),
          "--weight-decay", number(2),
          "--seed",         std::to_string(word(4) << 32 | word(3)),
          "--step",         std::to_string(word(5)),
          "--first-image",  std::to_string(word(6))};
}

llvm::Expected<std::string> BinaryRun::runTraining(StringRef kind, int64_t batch,
                                                   const Trial &trial) const {
  std::string input = folder->file("input.npy"), labels = folder->file("labels.npy");
  std::string weights = folder->file("training.safetensors");
  std::string results = folder->file("results.safetensors");
  if (llvm::Error error = writeValue(input, trial.inputs.at(batch)))
    return error;
  if (llvm::Error error = writeValue(labels, trial.labels.at(batch)))
    return error;
  if (llvm::Error error = writeParameters(weights, trial))
    return error;
  std::vector<std::string> arguments = {"gradients", "--entry",  kind.str(), "--input",
                                        input,       "--labels", labels,     "--weights",
                                        weights,     "-o",       results};
  llvm::append_range(arguments, stepArguments(trial.step));
  if (llvm::Error error = executeNetwork(std::move(arguments)))
    return error;
  return results;
}
