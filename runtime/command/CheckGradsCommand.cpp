//===- CheckGradsCommand.cpp - gradients against differences --------------===//

#include "runtime/File.h"
#include "runtime/Suggestion.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Entries.h"
#include "runtime/command/Format.h"
#include "runtime/command/GradientCheck.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace alexrt;

namespace {
struct CheckGradsOptions {
  std::string layer;
  GradientCheckOptions check;
  ParameterSource parameters;
  int threads = 0;
};
} // namespace

/// The numbers of the parameters to check, those of one layer where it is
/// named. Throws Error where there are none.
static std::vector<size_t> chooseParameters(const Description &description,
                                            const std::string &layer) {
  std::vector<size_t> numbers;
  for (size_t i = 0; i < description.params.size(); ++i) {
    const std::string &name = description.params[i].name;
    if (layer.empty() || name.substr(0, name.rfind('.')) == layer)
      numbers.push_back(i);
  }
  std::vector<std::string> layers;
  for (const LayerInfo &info : description.layers)
    layers.push_back(info.name);
  if (!layer.empty() && std::find(layers.begin(), layers.end(), layer) == layers.end())
    throw Error(fmt::format("unknown layer {}{}", inQuotes(layer), suggestion(layer, layers)));
  if (numbers.empty())
    throw Error(layer.empty() ? "the network has no parameters"
                              : fmt::format("layer {} has no parameters", inQuotes(layer)));
  return numbers;
}

/// Inputs as large as those of pictures.
static void fillInput(Network &network, const Entry &entry) {
  const Preprocess &preprocess = network.description().preprocess;
  double range = 127.5 * preprocess.scale / (preprocess.std.empty() ? 1 : preprocess.std[0]);
  prepare(network, entry);
  for (int64_t i = 0; i < elementCount(entry.input.shape); ++i)
    network.input(entry)[i] *= float(range);
}

/// Runs the entry and returns the mean loss, summed in double.
static double meanLoss(Network &network, const Entry &entry) {
  network.parametersChanged();
  network.run(entry);
  double sum = 0;
  for (int64_t n = 0; n < entry.batch; ++n)
    sum += network.loss(entry)[n];
  return sum / double(entry.batch);
}

//===----------------------------------------------------------------------===//
// Reporting
//===----------------------------------------------------------------------===//

static std::string slopeText(const Slope &slope) {
  switch (slope.verdict) {
  case Slope::Verdict::unclear:
    return "too small";
  case Slope::Verdict::kinked:
    return fmt::format("{:.1e} kinked", slope.error);
  default:
    return fmt::format("{:.1e}", slope.error);
  }
}

static void addColumns(Table &table) {
  table.addColumn("parameter");
  for (const char *title :
       {"elements", "|gradient|", "along it", "signs", "worst", "agree", "kinked", "too small"})
    table.addColumn(title, Align::right);
  table.addColumn("");
}

static void addRow(Table &table, const Parameter &parameter, const GradientReport &report) {
  table.addRow({parameter.name, withThousands(elementCount(parameter.shape)),
                fmt::format("{:.3g}", report.norm), slopeText(report.itself),
                slopeText(report.signs), fmt::format("{:.1e}", report.worstElement),
                std::to_string(report.agreeing), std::to_string(report.kinked),
                std::to_string(report.unclear), report.passes() ? "ok" : "WRONG"});
}

/// Checks one parameter after the other and returns the names of those that
/// fail.
static std::vector<std::string> checkAll(Network &network, const Entry &entry,
                                         const std::vector<size_t> &numbers,
                                         const GradientCheckOptions &options, Table &table) {
  GradientCheck check([&] { return meanLoss(network, entry); }, options);
  std::vector<std::vector<float>> gradients; // further runs write over the network's
  for (size_t number : numbers) {
    int64_t count = elementCount(network.description().params[number].shape);
    const float *gradient = network.gradient(number);
    gradients.emplace_back(gradient, gradient + count);
  }
  std::vector<std::string> wrong;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const Parameter &parameter = network.description().params[numbers[i]];
    if (parameter.rateFactor == 0) {
      table.addRow({parameter.name, withThousands(elementCount(parameter.shape)), "", "", "", "",
                    "", "", "", "frozen"});
      continue;
    }
    GradientReport report = check.check(parameter.name, network.parameterData(numbers[i]),
                                        gradients[i].data(), gradients[i].size());
    addRow(table, parameter, report);
    if (!report.passes())
      wrong.push_back(inQuotes(parameter.name));
  }
  return wrong;
}

static void runCheckGrads(const Binary &binary, CheckGradsOptions options) {
  std::vector<size_t> numbers = chooseParameters(binary.description, options.layer);
  chooseEntry(binary.description, "gradients", 0);
  Network network(binary.table, optionsFor("gradients", options.threads));
  if (options.parameters.weights.empty() && !options.parameters.seed)
    options.parameters.seed = options.check.seed;
  setParameters(network, options.parameters);
  const Entry &entry = chooseEntry(network.description(), "gradients", 0);
  fillInput(network, entry);
  network.step().seedLow = uint32_t(options.check.seed); // dropout drops the same each time
  Table table;
  addColumns(table);
  std::vector<std::string> wrong = checkAll(network, entry, numbers, options.check, table);
  fmt::print("{}, batch {}: errors of differences of the loss, relative to what the gradient "
             "predicts\n\n{}",
             printable(binary.description.name), entry.batch, table.toString());
  if (!wrong.empty())
    throw Error(fmt::format("the gradient of {} disagrees with differences of the loss",
                            fmt::join(wrong, ", ")));
}

void alexrt::addCheckGradsCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command =
      app.add_subcommand("check-grads", "Compare gradients with differences of the loss");
  auto options = std::make_shared<CheckGradsOptions>();
  command->add_option("--layer", options->layer, "Check this layer's parameters alone")
      ->type_name("LAYER");
  command
      ->add_option("--epsilon", options->check.epsilon,
                   "Step far enough to move the loss by this part of it, 0.003 by default")
      ->type_name("E")
      ->check(CLI::Range(1e-6, 1.0).description(""));
  command
      ->add_option("--samples", options->check.samples,
                   "Single elements of each parameter, 5 by default")
      ->type_name("N")
      ->check(between(0, 1000000));
  command->add_option("--seed", options->check.seed, "Of what is chosen at random, 1 by default")
      ->type_name("SEED");
  addParameterOptions(*command, options->parameters);
  addThreadsOption(*command, options->threads);
  command->footer("Steps go along the gradient, along random signs, and along single elements.\n"
                  "A difference of which the two one-sided ones disagree is kinked: it crosses\n"
                  "a kink of ReLU or of a maximum and proves nothing.\n"
                  "Without --weights and --init the parameters are random.");
  command->callback([options, &binary] { runCheckGrads(binary, *options); });
}
