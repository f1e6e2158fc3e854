//===- InferCommand.cpp - classify pictures, or run arrays ----------------===//

#include "runtime/File.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Format.h"
#include "runtime/command/Inference.h"

#include <CLI/CLI.hpp>
#include <climits>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace alexrt;
using Json = nlohmann::ordered_json;

namespace {
struct InferOptions {
  std::vector<std::string> images;
  std::string input, output, labels;
  ParameterSource parameters;
  int top = 5;
  bool tenCrop = false, json = false, guard = false;
  int threads = 0;
  std::vector<std::string> dumps;
};

/// What the network said of one picture.
struct Answer {
  std::string name;          ///< its file, or its place in an array
  std::vector<float> scores; ///< (classes)
};
} // namespace

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

/// The numbers of the `count` highest scores, the highest first. Scores that
/// are not numbers come last, so that the order is always one.
static std::vector<size_t> bestClasses(const std::vector<float> &scores, size_t count) {
  std::vector<size_t> classes(scores.size());
  std::iota(classes.begin(), classes.end(), size_t(0));
  auto key = [&](size_t i) { return std::isnan(scores[i]) ? -INFINITY : scores[i]; };
  count = std::min(count, classes.size());
  std::partial_sort(classes.begin(), classes.begin() + int64_t(count), classes.end(),
                    [&](size_t a, size_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
  classes.resize(count);
  return classes;
}

static std::vector<std::string> readLabels(const std::string &path, size_t classes) {
  MappedFile file(path);
  std::vector<std::string> labels;
  std::string text(file.data(), file.size());
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    labels.push_back(text.substr(begin, end - begin));
    if (!labels.back().empty() && labels.back().back() == '\r')
      labels.back().pop_back();
    begin = end + 1;
  }
  if (labels.size() != classes)
    throw Error(
        fmt::format("{}: expected {} labels, one a line, got {}", path, classes, labels.size()));
  return labels;
}

static void printAnswer(const Answer &answer, const std::vector<std::string> &labels, int top) {
  fmt::print("{}\n", printable(answer.name));
  for (size_t best : bestClasses(answer.scores, size_t(top)))
    fmt::print("  {:8.6f}  {}\n", answer.scores[best],
               labels.empty() ? fmt::format("class {}", best) : printable(labels[best]));
}

static Json answerJson(const Answer &answer, const std::vector<std::string> &labels, int top) {
  Json best = Json::array();
  for (size_t number : bestClasses(answer.scores, size_t(top))) {
    Json entry = {{"class", number}, {"score", answer.scores[number]}};
    if (!labels.empty())
      entry["label"] = labels[number];
    best.push_back(entry);
  }
  return {{"file", answer.name}, {"top", best}};
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Reads each "LAYER=FILE".
static std::vector<Dump> parseDumps(const std::vector<std::string> &texts) {
  std::vector<Dump> dumps;
  for (const std::string &text : texts) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      throw UsageError(fmt::format("--dump: expected LAYER=FILE, got {}", inQuotes(text)));
    dumps.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return dumps;
}

namespace {
/// One call of the command.
class InferRun {
public:
  InferRun(const Binary &binary, const InferOptions &options)
      : options(options), network(binary.table, {options.threads, options.guard}),
        inference(network, parseDumps(options.dumps)), classes(size_t(binary.description.classes)) {
    if (!options.labels.empty())
      labels = readLabels(options.labels, classes);
    setParameters(network, options.parameters);
  }

  void run();

private:
  const InferOptions &options;
  Network network;
  Inference inference;
  size_t classes;
  std::vector<std::string> labels;
  std::vector<std::string> names; ///< of the pictures that were run
  size_t brokenImages = 0;

  Crops crops() const { return options.tenCrop ? Crops::ten : Crops::centre; }

  void runArray();
  void runImages();
  std::vector<Answer> answers() const;
  void print(const std::vector<Answer> &answers) const;
  void printJson(const std::vector<Answer> &answers) const;
};
} // namespace

void InferRun::runArray() {
  Array array = readNpy(options.input);
  Shape expected = network.description().input;
  Shape image(array.shape.begin() + !array.shape.empty(), array.shape.end());
  if (image != expected || array.shape[0] < 1)
    throw Error(fmt::format("{}: expected an array of [N, {}, got {}", options.input,
                            toString(expected).substr(1), toString(array.shape)));
  inference.append(array.data.data(), size_t(array.shape[0]));
  for (int64_t n = 0; n < array.shape[0]; ++n)
    names.push_back(fmt::format("{}[{}]", options.input, n));
}

/// A broken picture among others is reported and left out. Pictures are decoded as they are
/// needed: a long list takes no more memory than a short one.
void InferRun::runImages() {
  Preprocessor preprocessor = makePreprocessor(network.description(), options.parameters);
  size_t inputSize = size_t(elementCount(network.description().input));
  std::vector<float> inputs;
  auto flush = [&] {
    inference.append(inputs.data(), inputs.size() / inputSize);
    inputs.clear();
  };
  for (const std::string &path : options.images) {
    try {
      preprocessor.append(readImage(path), crops(), inputs);
      names.push_back(path);
    } catch (const Error &error) {
      if (options.images.size() == 1)
        throw;
      printError(error.what());
      ++brokenImages;
    }
    if (inputs.size() / inputSize >= inference.largestBatch())
      flush();
  }
  flush();
}

/// The scores of each picture, the mean of its crops'.
std::vector<Answer> InferRun::answers() const {
  auto cropsEach = size_t(cropCount(crops()));
  std::vector<Answer> answers;
  const float *row = inference.outputs().data();
  for (const std::string &name : names) {
    std::vector<float> scores(classes, 0.0f);
    for (size_t crop = 0; crop < cropsEach; ++crop)
      for (float &score : scores)
        score += *row++ / float(cropsEach);
    answers.push_back({name, std::move(scores)});
  }
  return answers;
}

void InferRun::print(const std::vector<Answer> &answers) const {
  if (options.parameters.seed)
    fmt::print("random weights (seed {}): the answers mean nothing\n", *options.parameters.seed);
  for (const Answer &answer : answers)
    printAnswer(answer, labels, options.top);
}

void InferRun::printJson(const std::vector<Answer> &answers) const {
  Json result = {{"network", network.description().name},
                 {"weights", nullptr},
                 {"seed", nullptr},
                 {"crops", cropCount(crops())},
                 {"images", Json::array()}};
  if (!options.parameters.weights.empty())
    result["weights"] = options.parameters.weights;
  if (options.parameters.seed)
    result["seed"] = *options.parameters.seed;
  for (const Answer &answer : answers)
    result["images"].push_back(answerJson(answer, labels, options.top));
  fmt::print("{}\n", result.dump(2, ' ', false, Json::error_handler_t::replace));
}

static void writeOutput(const std::string &path, const std::vector<Answer> &answers,
                        size_t classes) {
  std::vector<float> rows;
  for (const Answer &answer : answers)
    rows.insert(rows.end(), answer.scores.begin(), answer.scores.end());
  writeNpy(path, {int64_t(answers.size()), int64_t(classes)}, rows.data());
}

void InferRun::run() {
  options.input.empty() ? runImages() : runArray();
  std::vector<Answer> results = answers();
  if (!results.empty()) {
    inference.writeDumps();
    if (!options.output.empty())
      writeOutput(options.output, results, classes);
  }
  if (options.json)
    printJson(results);
  else if (options.output.empty())
    print(results);
  if (brokenImages > 0)
    throw Error(
        fmt::format("{} of {} images could not be read", brokenImages, options.images.size()));
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void addFileOptions(CLI::App &command, InferOptions &options) {
  command.add_option("IMAGE", options.images, "JPEG or PNG files to classify")->type_name("");
  command
      .add_option("--input", options.input,
                  "Run this .npy array (N, C, H, W) of fp32 instead of images")
      ->type_name("FILE");
  command.add_option("--output", options.output, "Write the scores (N, classes) as .npy")
      ->type_name("FILE");
  command.add_flag("--ten-crop", options.tenCrop,
                   "Average over four corners, the centre, and their mirror images");
  command
      .add_option("--dump", options.dumps,
                  "Write a layer's value (N, ...) as .npy; may be given more than once")
      ->type_name("LAYER=FILE")
      ->allow_extra_args(false);
}

static void addAnswerOptions(CLI::App &command, InferOptions &options) {
  command
      .add_option("--top", options.top, "How many classes to print for each image, 5 by default")
      ->type_name("N")
      ->check(between(1, INT_MAX));
  command.add_option("--labels", options.labels, "Names of the classes, one a line")
      ->type_name("FILE");
  command.add_flag("--json", options.json, "Print JSON");
  command.add_flag("--guard", options.guard,
                   "Test mode: run kernels between inaccessible pages, slowly");
}

static void runInfer(const Binary &binary, const InferOptions &options) {
  if (options.images.empty() && options.input.empty())
    throw UsageError("nothing to run: give IMAGE files, or --input FILE.npy");
  if (!options.images.empty() && !options.input.empty())
    throw UsageError("both IMAGE files and --input are given: choose one");
  if (options.tenCrop && !options.input.empty())
    throw UsageError("--ten-crop needs IMAGE files, not --input");
  InferRun(binary, options).run();
}

void alexrt::addInferCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand("infer", "Classify images, or run arrays");
  auto options = std::make_shared<InferOptions>();
  addFileOptions(*command, *options);
  addParameterOptions(*command, options->parameters);
  addAnswerOptions(*command, *options);
  addThreadsOption(*command, options->threads);
  command->footer("Examples:\n"
                  "  infer photo.jpg --weights W.safetensors --labels classes.txt\n"
                  "  infer *.jpg --init 1 --top 3 --ten-crop --json\n"
                  "  infer --input x.npy --weights W.safetensors --output y.npy --dump "
                  "pool1=pool1.npy");
  command->callback([options, &binary] { runInfer(binary, *options); });
}
