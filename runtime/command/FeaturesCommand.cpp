//===- FeaturesCommand.cpp - what a layer makes of pictures ---------------===//

#include "runtime/File.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Format.h"
#include "runtime/command/Pictures.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace alexrt;

namespace {
struct FeaturesOptions {
  std::string layer, output, names, folder;
  std::vector<std::string> images;
  ParameterSource parameters;
  int threads = 0;
};
} // namespace

static Pictures picturesOf(const FeaturesOptions &options) {
  if (options.images.empty() == options.folder.empty())
    throw UsageError(options.folder.empty() ? "nothing to read: give IMAGE files, or --in DIR"
                                            : "both IMAGE files and --in are given: choose one");
  return options.folder.empty() ? picturesOf(options.images)
                                : picturesOf(openForEvaluation(options.folder));
}

/// Writes which picture is behind each row, one a line.
static void writeNames(const std::string &path, const Pictures &pictures,
                       const std::vector<size_t> &numbers) {
  FileWriter writer(path);
  for (size_t number : numbers) {
    std::string line = pictures.nameOf(number) + "\n";
    writer.write(line.data(), line.size());
  }
  writer.commit();
}

static void runFeatures(const Binary &binary, const FeaturesOptions &options) {
  Pictures pictures = picturesOf(options);
  Network network(binary.table, {options.threads});
  setParameters(network, options.parameters);
  Preprocessor preprocessor = makePreprocessor(binary.description, options.parameters);
  PictureRows values = readFeatures(pictures, preprocessor, network, options.layer);
  if (!values.numbers.empty()) {
    writeNpy(options.output, values.shape, values.rows.data.data());
    if (!options.names.empty())
      writeNames(options.names, pictures, values.numbers);
    fmt::print("{}: {} -> {}\n", printable(options.layer), fmt::join(values.shape, "x"),
               printable(options.output));
  }
  if (values.numbers.size() < pictures.count)
    throw Error(fmt::format("{} of {} images could not be read",
                            pictures.count - values.numbers.size(), pictures.count));
}

void alexrt::addFeaturesCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand("features", "Write a layer's values for many images");
  auto options = std::make_shared<FeaturesOptions>();
  command->add_option("LAYER", options->layer, "The layer")->type_name("")->required();
  command->add_option("IMAGE", options->images, "JPEG or PNG files")->type_name("");
  command->add_option("--in", options->folder, "Read the images of this data set instead")
      ->type_name("DIR");
  command->add_option("-o,--output", options->output, "The .npy to write, a row for each image")
      ->type_name("FILE")
      ->required();
  command->add_option("--names", options->names, "Write the image of each row, one a line")
      ->type_name("FILE");
  addParameterOptions(*command, options->parameters);
  addThreadsOption(*command, options->threads);
  command->footer("Example:\n"
                  "  features drop7 --in photos --weights W.safetensors -o drop7.npy");
  command->callback([options, &binary] { runFeatures(binary, *options); });
}
