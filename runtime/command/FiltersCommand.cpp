//===- FiltersCommand.cpp - what a convolution looks for ------------------===//

#include "runtime/File.h"
#include "runtime/Suggestion.h"
#include "runtime/command/Commands.h"
#include "runtime/command/FilterPicture.h"
#include "runtime/command/Format.h"
#include "runtime/data/PngWriter.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

using namespace alexrt;

namespace {
struct FiltersOptions {
  std::string layer, output;
  ParameterSource parameters;
  FilterStyle style;
};
} // namespace

/// The number of a convolution's weights among the parameters. Throws Error
/// where `layer` is unknown or no convolution.
static size_t findFilters(const Description &description, const std::string &layer) {
  std::vector<std::string> names;
  for (const LayerInfo &info : description.layers) {
    names.push_back(info.name);
    if (info.name == layer && info.op != "conv2d")
      throw Error(fmt::format("layer {}: expected a conv2d, got a {}: only convolutions have "
                              "filters",
                              inQuotes(layer), info.op));
  }
  for (size_t i = 0; i < description.params.size(); ++i)
    if (description.params[i].name == layer + ".weight")
      return i;
  throw Error(fmt::format("unknown layer {}{}", inQuotes(layer), suggestion(layer, names)));
}

/// How many parts the filters of parameter number `weight` fall into for the
/// next convolution, whose groups each see one part.
static int64_t countTowers(const std::vector<Parameter> &params, size_t weight) {
  int64_t K = params[weight].shape[0];
  for (size_t i = weight + 1; i < params.size(); ++i)
    if (params[i].shape.size() == 4) {
      int64_t seen = params[i].shape[1];
      return seen < K && K % seen == 0 ? K / seen : 1;
    }
  return 1;
}

static void runFilters(const Binary &binary, const FiltersOptions &options) {
  const Description &description = binary.description;
  size_t weight = findFilters(description, options.layer);
  Network network(binary.table, {1});
  setParameters(network, options.parameters);
  const Shape &shape = description.params[weight].shape;
  Filters filters{shape, network.parameter(weight), countTowers(description.params, weight),
                  description.preprocess.channels == "bgr"};
  writePng(options.output, draw(filters, options.style));
  fmt::print("{}: {} filters of {}x{} pixels and {} channels, {}{} -> {}\n",
             printable(options.layer), shape[0], shape[2], shape[3], shape[1],
             options.style.jointly ? "on one scale" : "each on a scale of its own",
             filters.towers > 1 ? fmt::format(", {} towers one above the other", filters.towers)
                                : "",
             printable(options.output));
}

void alexrt::addFiltersCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand("filters", "Draw the filters of a convolution");
  auto options = std::make_shared<FiltersOptions>();
  command->add_option("LAYER", options->layer, "A conv2d")->type_name("")->required();
  command->add_option("-o,--output", options->output, "The PNG to write")
      ->type_name("FILE")
      ->required();
  command->add_flag("--jointly", options->style.jointly,
                    "Scale all filters alike, not each from its smallest to its largest weight");
  command->add_option("--columns", options->style.columns, "Filters in a row, 16 by default")
      ->type_name("N")
      ->check(between(1, 65536));
  command->add_option("--zoom", options->style.zoom, "Pixels for each weight, 4 by default")
      ->type_name("N")
      ->check(between(1, 64));
  addParameterOptions(*command, options->parameters);
  command->footer("Example:\n"
                  "  filters conv1 --weights W.safetensors -o conv1.png");
  command->callback([options, &binary] { runFilters(binary, *options); });
}
