//===- EvalCommand.cpp - how good a trained network is --------------------===//

#include "runtime/File.h"
#include "runtime/Safetensors.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Format.h"
#include "runtime/training/Checkpoint.h"
#include "runtime/training/Confusion.h"
#include "runtime/training/Evaluator.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace alexrt;
using Json = nlohmann::ordered_json;

namespace {
struct EvalOptions {
  std::string data, imageFolder;
  std::vector<std::string> weights, with;
  std::string saveProbs, confusion;
  bool tenCrop = false, json = false;
  int threads = 0;

  Crops crops() const { return tenCrop ? Crops::ten : Crops::centre; }
  size_t members() const { return weights.size() + with.size(); }
};

/// One call of the command.
class EvalRun {
public:
  EvalRun(const Binary &binary, const EvalOptions &options);
  void run();

private:
  Predictions predict(const std::string &weights);
  void addMember(const Predictions &member);
  void addFile(const std::string &path);
  std::vector<std::string> classNames() const;
  Confusion countConfusion() const;
  void print(const Tally &tally) const;
  void printJson(const Tally &tally) const;
  void printConfusion(const Confusion &confusion) const;

  const EvalOptions &options;
  Network network;
  Evaluator evaluator;
  DatasetPointer dataset;
  std::shared_ptr<const Canvases> canvases;
  Predictions mean; ///< of the members so far their sum, in the end their mean
  size_t brokenImages = 0;
};
} // namespace

static NetworkOptions networkOptions(const Description &description, int threads) {
  NetworkOptions options;
  options.threads = threads;
  options.kinds = Evaluator::kindsOf(description);
  return options;
}

/// A folder's labels are those of the set that the network was trained on.
static DatasetPointer openSet(const EvalOptions &options) {
  DatasetOptions dataset;
  dataset.imageFolder = options.imageFolder;
  dataset.classes = classesOf(Safetensors(options.weights.front()));
  return openForEvaluation(options.data, dataset);
}

EvalRun::EvalRun(const Binary &binary, const EvalOptions &options)
    : options(options), network(binary.table, networkOptions(binary.description, options.threads)),
      evaluator(network), dataset(openSet(options)),
      canvases(std::make_shared<const Canvases>(dataset, Preprocessor(network.description()))) {
  checkLabels(*dataset, network.description().classes);
}

static void warn(const std::string &message) {
  std::fflush(stdout);
  fmt::print(stderr, "warning: {}\n", printable(message));
}

Predictions EvalRun::predict(const std::string &weights) {
  network.loadWeights(weights);
  Safetensors file(weights);
  Preprocessor preprocessor(network.description());
  preprocessor.useMeanOf(file);
  if (!network.description().preprocess.measureMean.empty() && !file.tensors().count(meanTensor))
    warn(fmt::format("{}: there is no {}: the spec's mean is used", weights, meanTensor));
  LoaderOptions loaderOptions;
  loaderOptions.batch = evaluator.batchFor(options.crops());
  loaderOptions.threads = options.threads;
  loaderOptions.onBroken = [](const BrokenImage &image) { warn(image.reason); };
  Loader loader(canvases, preprocessor, options.crops(), loaderOptions);
  Predictions predictions = evaluator.predict(loader);
  brokenImages = loader.brokenImages();
  return predictions;
}

void EvalRun::addMember(const Predictions &member) {
  if (mean.prob.empty()) {
    mean = member;
    return;
  }
  if (mean.indices != member.indices)
    throw Error(fmt::format("{}: the images that can be read have changed", options.data));
  std::transform(mean.prob.begin(), mean.prob.end(), member.prob.begin(), mean.prob.begin(),
                 std::plus<>());
}

/// Adds what `--save-probs` has written of the same images.
void EvalRun::addFile(const std::string &path) {
  Array array = readNpy(path);
  Shape expected = {int64_t(mean.images()), int64_t(mean.classes)};
  if (array.shape != expected)
    throw Error(fmt::format("{}: expected an array of {}, got {}", path, toString(expected),
                            toString(array.shape)));
  std::transform(mean.prob.begin(), mean.prob.end(), array.data.begin(), mean.prob.begin(),
                 std::plus<>());
}

std::vector<std::string> EvalRun::classNames() const {
  std::vector<std::string> names = dataset->classNames();
  for (size_t k = names.size(); k < mean.classes; ++k)
    names.push_back(std::to_string(k));
  names.resize(mean.classes);
  return names;
}

Confusion EvalRun::countConfusion() const {
  Confusion confusion(mean.classes);
  for (size_t n = 0; n < mean.images(); ++n)
    confusion.add(mean.row(n), mean.labels[n]);
  return confusion;
}

void EvalRun::print(const Tally &tally) const {
  fmt::print("{} images, {}, {}: top-1 error {:.2f} %, top-5 error {:.2f} %, loss {:.4f}\n",
             tally.images,
             options.members() == 1 ? "1 network" : fmt::format("{} networks", options.members()),
             options.tenCrop ? "10 crops" : "1 crop", 100 * tally.top1Error(),
             100 * tally.top5Error(), tally.loss());
  if (brokenImages > 0)
    fmt::print("{} images could not be read and are not counted\n", brokenImages);
}

void EvalRun::printJson(const Tally &tally) const {
  Json result = {{"network", network.description().name},
                 {"weights", options.weights},
                 {"with", options.with},
                 {"crops", cropCount(options.crops())},
                 {"images", tally.images},
                 {"broken_images", brokenImages},
                 {"top1_error", tally.top1Error()},
                 {"top5_error", tally.top5Error()},
                 {"loss", tally.loss()}};
  fmt::print("{}\n", result.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// Only where it fits a terminal.
void EvalRun::printConfusion(const Confusion &confusion) const {
  constexpr size_t fewClasses = 20;
  if (confusion.classes() > fewClasses)
    return;
  std::vector<std::string> names = classNames();
  Table table;
  table.addColumn("label");
  for (const std::string &name : names)
    table.addColumn(printable(name), Align::right);
  for (size_t label = 0; label < names.size(); ++label) {
    std::vector<std::string> row = {printable(names[label])};
    for (size_t predicted = 0; predicted < names.size(); ++predicted)
      row.push_back(std::to_string(confusion.count(label, predicted)));
    table.addRow(row);
  }
  fmt::print("{}", table.toString());
}

static void writeText(const std::string &path, const std::string &text) {
  FileWriter file(path);
  file.write(text.data(), text.size());
  file.commit();
}

void EvalRun::run() {
  for (const std::string &weights : options.weights)
    addMember(predict(weights));
  if (mean.images() == 0)
    throw Error(fmt::format("{}: there are no images to evaluate", options.data));
  for (const std::string &path : options.with)
    addFile(path);
  for (float &value : mean.prob)
    value /= float(options.members());
  if (!options.saveProbs.empty())
    writeNpy(options.saveProbs, {int64_t(mean.images()), int64_t(mean.classes)}, mean.prob.data());
  Confusion confusion = countConfusion();
  if (!options.confusion.empty())
    writeText(options.confusion, confusion.toCsv(classNames()));
  Tally tally = tallyOf(mean.prob.data(), mean.labels.data(), mean.images(), mean.classes);
  if (options.json)
    return printJson(tally);
  print(tally);
  printConfusion(confusion);
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void addInputs(CLI::App &command, EvalOptions &options) {
  command.add_option("--data", options.data, "Images and labels, as for train")
      ->type_name("PATH")
      ->required();
  command
      .add_option("--image-folder", options.imageFolder,
                  "What the paths of a list are relative to; its own folder by default")
      ->type_name("DIR");
  command
      .add_option("--weights", options.weights,
                  "Parameters; those of several runs are averaged as an ensemble")
      ->type_name("FILE...")
      ->required();
  command
      .add_option("--with", options.with,
                  "Average with what --save-probs wrote for other networks, separated by commas")
      ->type_name("FILE,...")
      ->delimiter(',');
  command.add_flag("--ten-crop", options.tenCrop,
                   "Average over four corners, the centre, and their mirror images");
}

static void addOutputs(CLI::App &command, EvalOptions &options) {
  command
      .add_option("--save-probs", options.saveProbs,
                  "Write the averaged probabilities (N, classes) as .npy")
      ->type_name("FILE");
  command
      .add_option("--confusion", options.confusion,
                  "Write which classes (rows) are taken for which (columns)")
      ->type_name("FILE.csv");
  command.add_flag("--json", options.json, "Print JSON");
}

void alexrt::addEvalCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand("eval", "Measure the errors on a set of images");
  auto options = std::make_shared<EvalOptions>();
  addInputs(*command, *options);
  addOutputs(*command, *options);
  addThreadsOption(*command, options->threads);
  command->footer("Examples:\n"
                  "  eval --data photos --weights first/best.safetensors --ten-crop\n"
                  "  eval --data photos --weights a.safetensors b.safetensors --confusion c.csv\n"
                  "  eval --data photos --weights a.safetensors --with other.npy");
  command->callback([options, &binary] { EvalRun(binary, *options).run(); });
}
