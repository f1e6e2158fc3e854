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
/// layers that have parameters, as the paper counts them. Throws, as printTable
/// does, where the description is not what import writes.
static void addTotals(json &network) {
  int64_t params = 0, macs = 0, neurons = 0;
  for (const json &layer : network.at("layers")) {
    params += layer.at("params").get<int64_t>();
    macs += layer.at("macs").get<int64_t>();
    neurons += layer.at("params") != 0 ? elements(layer.at("shape")) : 0;
  }
  network["totals"] = {{"params", params}, {"macs", macs}, {"neurons", neurons}};
}

static std::string shapeText(const json &shape) {
  return fmt::format("{}", fmt::join(shape.get<std::vector<int64_t>>(), " x "));
}

static void printTable(const json &network) {
  size_t width = 5;
  for (const json &layer : network.at("layers"))
    width = std::max(width, layer.at("name").get<std::string>().size());
  fmt::print("{} ({}): input {}\n\n", network.at("name").get<std::string>(),
             network.at("source").get<std::string>(), shapeText(network.at("input")));
  fmt::print("{:<{}}  {:<10}  {:<16}{:>12}  {:>13}\n", "layer", width, "op", "shape", "parameters",
             "MACs");
  for (const json &layer : network.at("layers"))
    fmt::print("{:<{}}  {:<10}  {:<16}{:>12}  {:>13}\n", layer.at("name").get<std::string>(), width,
               layer.at("op").get<std::string>(), shapeText(layer.at("shape")),
               grouped(layer.at("params")), grouped(layer.at("macs")));
  const json &totals = network.at("totals");
  fmt::print("\n{} parameters ({:.1f} MB), {:.0f} M multiply-adds per image, {} neurons\n",
             grouped(totals.at("params")), totals.at("params").get<double>() * 4 / 1e6,
             totals.at("macs").get<double>() / 1e6, grouped(totals.at("neurons")));
}

static LogicalResult printInfo(const InputOptions &input, bool asJson) {
  Session session;
  OwningOpRef<ModuleOp> module = session.load(input);
  if (!module)
    return failure();
  json network = networkToJson(*module);
  if (network.is_null())
    return module->emitError("has no attribute alex.network");
  try {
    addTotals(network);
    if (asJson) // the source is a path, which may be no UTF-8
      std::cout << network.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
    else
      printTable(network);
    return success();
  } catch (const json::exception &error) { // a file written by hand
    return module->emitError("alex.network: ") << StringRef(error.what()).split("] ").second;
  }
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
      OwningOpRef<ModuleOp> module = session.load(*input);
      if (!module || failed(checkHoldsNetwork(*module)))
        return failure();
      fmt::print("{}: ok\n", input->path);
      return success();
    };
  });
}
