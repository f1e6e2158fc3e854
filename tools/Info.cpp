//===- Info.cpp - alexc info and alexc check -----------------------------------===//

#include "codegen/Describe.h"
#include "tools/CommandLine.h"
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace alexc;
using nlohmann::json;

/// 60965224 as 60,965,224.
static std::string grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (int64_t at = static_cast<int64_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(at, ",");
  return text;
}

static int64_t elements(const json &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

/// Adds the network's sums to its description. Neurons are the values of the
/// layers that have parameters, as the paper counts them.
static void addTotals(json &network) {
  int64_t params = 0, macs = 0, neurons = 0;
  for (const json &layer : network["layers"]) {
    params += layer["params"].get<int64_t>();
    macs += layer["macs"].get<int64_t>();
    neurons += layer["params"] != 0 ? elements(layer["shape"]) : 0;
  }
  network["totals"] = {{"params", params}, {"macs", macs}, {"neurons", neurons}};
}

static std::string shapeText(const json &shape) {
  return fmt::format("{}", fmt::join(shape.get<std::vector<int64_t>>(), " x "));
}

static void printTable(const json &network) {
  size_t width = 5;
  for (const json &layer : network["layers"])
    width = std::max(width, layer["name"].get<std::string>().size());
  fmt::print("{} ({}): input {}\n\n", network["name"].get<std::string>(),
             network["source"].get<std::string>(), shapeText(network["input"]));
  fmt::print("{:<{}}  {:<10}  {:<16}{:>12}  {:>13}\n", "layer", width, "op", "shape", "parameters",
             "MACs");
  for (const json &layer : network["layers"])
    fmt::print("{:<{}}  {:<10}  {:<16}{:>12}  {:>13}\n", layer["name"].get<std::string>(), width,
               layer["op"].get<std::string>(), shapeText(layer["shape"]), grouped(layer["params"]),
               grouped(layer["macs"]));
  const json &totals = network["totals"];
  fmt::print("\n{} parameters ({:.1f} MB), {:.0f} M multiply-adds per image, {} neurons\n",
             grouped(totals["params"]), totals["params"].get<double>() * 4 / 1e6,
             totals["macs"].get<double>() / 1e6, grouped(totals["neurons"]));
}

static LogicalResult printInfo(const InputOptions &input, bool asJson) {
  Session session;
  OwningOpRef<ModuleOp> module = session.load(input);
  if (!module)
    return failure();
  json network = networkToJson(*module);
  if (network.is_null())
    return module->emitError("has no attribute alex.network");
  addTotals(network);
  if (asJson)
    std::cout << network.dump(2) << "\n";
  else
    printTable(network);
  return success();
}

void alexc::addInfoCommand(CLI::App &app, Command &command) {
  struct Options {
    InputOptions input;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App *info = app.add_subcommand("info", "Show a network's layers, parameters and cost");
  addInputOptions(*info, options->input, /*withBatch=*/false);
  info->add_flag("--json", options->json, "Print JSON");
  info->callback(
      [=, &command] { command = [=] { return printInfo(options->input, options->json); }; });
}

void alexc::addCheckCommand(CLI::App &app, Command &command) {
  auto input = std::make_shared<InputOptions>();
  CLI::App *check = app.add_subcommand("check", "Check a spec, or IR, without compiling it");
  addInputOptions(*check, *input);
  check->callback([=, &command] {
    command = [=]() -> LogicalResult {
      Session session;
      if (!session.load(*input))
        return failure();
      fmt::print("{}: ok\n", input->path);
      return success();
    };
  });
}
