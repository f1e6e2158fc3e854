//===- CheckGradsCommand.cpp - gradients against differences --------------===//

#include "runtime/File.h"
#include "runtime/Suggestion.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Entries.h"
#include "runtime/command/Format.h"
#include "runtime/command/GradientCheck.h"

#include <CLI/CLI.hpp>
#include <cmath>
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

/// What --layer calls the images.
constexpr const char *inputName = "input";

/// The numbers of the parameters to check, those of one layer where it is
/// named. Throws Error where there are none.
static std::vector<size_t> chooseParameters(const Description &description,
                                            const std::string &layer) {
  std::vector<size_t> numbers;
  if (layer == inputName)
    return numbers;
  for (size_t i = 0; i < description.params.size(); ++i) {
    const std::string &name = description.params[i].name;
    if (layer.empty() || name.substr(0, name.rfind('.')) == layer)
      numbers.push_back(i);
  }
  std::vector<std::string> layers = {inputName};
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

/// Runs the entry and returns the mean loss. It is made of the probabilities: a
/// small one has more digits than its logarithm.
static double meanLoss(Network &network, const Entry &entry) {
  network.parametersChanged();
  (void)network.input(entry); // whose elements may have changed, too
  network.run(entry);
  int64_t classes = network.description().classes;
  double sum = 0;
  for (int64_t n = 0; n < entry.batch; ++n)
    sum -= std::log(double(network.output(entry)[n * classes + network.labels(entry)[n]]));
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
  table.addColumn("of");
  for (const char *title :
       {"elements", "|gradient|", "along it", "signs", "worst", "agree", "kinked", "too small"})
    table.addColumn(title, Align::right);
  table.addColumn("");
}

static void addRow(Table &table, const std::string &name, size_t count,
                   const GradientReport &report) {
  table.addRow({name, withThousands(int64_t(count)), fmt::format("{:.3g}", report.norm),
                slopeText(report.itself), slopeText(report.signs),
                fmt::format("{:.1e}", report.worstElement), std::to_string(report.agreeing),
                std::to_string(report.kinked), std::to_string(report.unclear),
                report.passes() ? "ok" : "WRONG"});
}

static void addFrozenRow(Table &table, const Parameter &parameter) {
  table.addRow({parameter.name, withThousands(elementCount(parameter.shape)), "", "", "", "", "",
                "", "", "frozen"});
}

namespace {
/// Something that the loss depends on.
struct Tensor {
  std::string name;
  float *values;
  std::vector<float> gradient; ///< a copy: further runs write over the network's
};
} // namespace

static Tensor tensorOf(const std::string &name, const Shape &shape, float *values,
                       const float *gradient) {
  return {name, values, {gradient, gradient + elementCount(shape)}};
}

/// Whether the images are to be checked: unless other layers are named, and the
/// binary has their gradient. Throws Error where they are named, and it has not.
static bool choosesInput(const Entry &entry, const std::string &layer) {
  bool isThere = !entry.inputGradient.shape.empty();
  if (layer == inputName && !isThere)
    throw Error("the network was compiled without the gradient of its input: alexc compile "
                "--input-gradient puts it in");
  return isThere && (layer.empty() || layer == inputName);
}

/// Checks one tensor after the other and returns the names of those that fail.
static std::vector<std::string> checkAll(Network &network, const Entry &entry,
                                         const CheckGradsOptions &options,
                                         const std::vector<size_t> &numbers, Table &table) {
  GradientCheck check([&] { return meanLoss(network, entry); }, options.check);
  std::vector<Tensor> tensors;
  if (choosesInput(entry, options.layer))
    tensors.push_back(
        tensorOf(inputName, entry.input.shape, network.input(entry), network.inputGradient(entry)));
  for (size_t number : numbers) {
    const Parameter &parameter = network.description().params[number];
    if (parameter.rateFactor == 0)
      addFrozenRow(table, parameter);
    else
      tensors.push_back(tensorOf(parameter.name, parameter.shape, network.parameterData(number),
                                 network.gradient(number)));
  }
  std::vector<std::string> wrong;
  for (Tensor &tensor : tensors) {
    GradientReport report =
        check.check(tensor.name, tensor.values, tensor.gradient.data(), tensor.gradient.size());
    addRow(table, tensor.name, tensor.gradient.size(), report);
    if (!report.passes())
      wrong.push_back(inQuotes(tensor.name));
  }
  return wrong;
}

static void runCheckGrads(const Binary &binary, CheckGradsOptions options) {
  std::vector<size_t> numbers = chooseParameters(binary.description, options.layer);
  (void)choosesInput(chooseEntry(binary.description, "gradients", 0), options.layer);
  Network network(binary.table, optionsFor("gradients", options.threads));
  if (options.parameters.weights.empty() && !options.parameters.seed)
    options.parameters.seed = options.check.seed;
  setParameters(network, options.parameters);
  const Entry &entry = chooseEntry(network.description(), "gradients", 0);
  fillInput(network, entry);
  network.step().seedLow = uint32_t(options.check.seed); // dropout drops the same each time
  Table table;
  addColumns(table);
  std::vector<std::string> wrong = checkAll(network, entry, options, numbers, table);
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
  command
      ->add_option("--layer", options->layer,
                   "Check this layer's parameters alone; input: the images")
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
      ->type_name("SEED")
      ->check(seed());
  addParameterOptions(*command, options->parameters);
  addThreadsOption(*command, options->threads);
  command->footer("Steps go along the gradient, along random signs, and along single elements.\n"
                  "A difference of which the two one-sided ones disagree, or that comes nearer on\n"
                  "shorter steps, is kinked: it crosses kinks of ReLU or of a maximum and proves\n"
                  "nothing by itself.\n"
                  "Without --weights and --init the parameters are random. The images are checked\n"
                  "where alexc compile --input-gradient has put their gradient in.");
  command->callback([options, &binary] { runCheckGrads(binary, *options); });
}
