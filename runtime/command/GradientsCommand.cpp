//===- GradientsCommand.cpp - run an entry of training once ----------------===//
//
// Everything that the entry computes goes to a file: what alexc verify compares
// with its interpreter.

#include "runtime/Npy.h"
#include "runtime/Safetensors.h"
#include "runtime/command/Commands.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

using namespace alexrt;

namespace {
struct GradientsOptions {
  std::string input, labels, output;
  std::string entry = "gradients";
  ParameterSource parameters;
  std::optional<double> learningRate, momentum, weightDecay; ///< none: the spec's
  uint64_t seed = 0;
  uint32_t step = 0, firstImage = 0;
  int threads = 0;
  bool guard = false;
};

/// One call of the command.
class GradientsRun {
public:
  GradientsRun(const Binary &binary, const GradientsOptions &options);

  void run();

private:
  const Entry &findEntry(const std::string &kind, int64_t batch) const;
  void setMomenta(const Safetensors &file);
  void setStep();
  void setLabels(const Entry &entry);
  void readBatch(const Entry &entry, const Array &images);
  void write(const Entry &entry);
  void addParameters(std::vector<TensorView> &tensors);

  bool updates() const { return options.entry == "train_step" || options.entry == "apply"; }

  const GradientsOptions &options;
  Network network;
};
} // namespace

/// `apply` works on what `gradients` has left.
static std::vector<std::string> kindsFor(const std::string &entry) {
  if (entry == "apply")
    return {"gradients", "apply"};
  return {entry};
}

GradientsRun::GradientsRun(const Binary &binary, const GradientsOptions &options)
    : options(options),
      network(binary.table, {options.threads, options.guard, kindsFor(options.entry)}) {
  if (!binary.description.training)
    throw Error("the network was compiled without training");
  setParameters(network, options.parameters);
  setStep();
  std::shared_ptr<const Safetensors> file = network.weightsFile();
  if (options.entry == "evaluate")
    return;
  network.makeTrainable();
  if (file)
    setMomenta(*file);
}

/// Zero where the file has none.
void GradientsRun::setMomenta(const Safetensors &file) {
  const std::vector<Parameter> &params = network.description().params;
  for (size_t i = 0; i < params.size(); ++i) {
    std::string name = params[i].name + ":momentum";
    if (file.tensors().count(name))
      memcpy(network.momentumData(i), file.find(name, params[i].shape),
             size_t(elementCount(params[i].shape)) * sizeof(float));
  }
}

void GradientsRun::setStep() {
  AlexrtStep &step = network.step();
  if (options.learningRate)
    step.learningRate = float(*options.learningRate);
  if (options.momentum)
    step.momentum = float(*options.momentum);
  if (options.weightDecay)
    step.weightDecay = float(*options.weightDecay);
  step.seedLow = uint32_t(options.seed);
  step.seedHigh = uint32_t(options.seed >> 32);
  step.step = options.step;
  step.firstSample = options.firstImage;
}

const Entry &GradientsRun::findEntry(const std::string &kind, int64_t batch) const {
  if (const Entry *entry = network.findEntry(kind, batch))
    return *entry;
  throw Error(fmt::format("no entry '{}' of batch {}: the network was compiled for batch {}", kind,
                          batch, network.description().training->batch));
}

/// Labels come as floats, as all arrays do.
void GradientsRun::setLabels(const Entry &entry) {
  Array labels = readNpy(options.labels);
  if (labels.shape != entry.labels.shape)
    throw Error(fmt::format("{}: expected an array of {}, got {}", options.labels,
                            toString(entry.labels.shape), toString(labels.shape)));
  int64_t classes = network.description().classes;
  for (size_t n = 0; n < labels.data.size(); ++n) {
    float label = labels.data[n];
    if (!(label >= 0 && label < float(classes)) || label != std::floor(label))
      throw Error(fmt::format("{}: image {}: expected a label from 0 to {}, got {}", options.labels,
                              n, classes - 1, label));
    network.labels(entry)[n] = int32_t(label);
  }
}

void GradientsRun::readBatch(const Entry &entry, const Array &images) {
  if (images.shape != entry.input.shape)
    throw Error(fmt::format("{}: expected an array of {}, got {}", options.input,
                            toString(entry.input.shape), toString(images.shape)));
  std::copy(images.data.begin(), images.data.end(), network.input(entry));
  setLabels(entry);
}

/// What the entry has made of the parameters.
void GradientsRun::addParameters(std::vector<TensorView> &tensors) {
  const std::vector<Parameter> &params = network.description().params;
  for (size_t i = 0; i < params.size(); ++i) {
    const std::string &name = params[i].name;
    const Shape &shape = params[i].shape;
    if (options.entry == "gradients" && params[i].rateFactor != 0)
      tensors.push_back({name + ":gradient", shape, network.gradient(i)});
    if (!updates())
      continue;
    tensors.push_back({name, shape, network.parameter(i)});
    tensors.push_back({name + ":momentum", shape, network.momentum(i)});
  }
}

void GradientsRun::write(const Entry &entry) {
  std::vector<TensorView> tensors{{"loss", entry.loss.shape, network.loss(entry)},
                                  {"prob", entry.output.shape, network.output(entry)}};
  if (const float *gradient = network.inputGradient(entry))
    tensors.push_back({"input:gradient", entry.input.shape, gradient});
  addParameters(tensors);
  writeSafetensors(options.output, tensors);
}

void GradientsRun::run() {
  bool isApply = options.entry == "apply";
  Array images = readNpy(options.input);
  int64_t batch = images.shape.empty() ? 0 : images.shape[0];
  const Entry &entry = findEntry(isApply ? "gradients" : options.entry, batch);
  readBatch(entry, images);
  network.run(entry);
  if (isApply)
    network.run(findEntry("apply", 0));
  write(entry);
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void addBatchOptions(CLI::App &command, GradientsOptions &options) {
  auto addFile = [&](const char *name, std::string &path, const char *help) {
    command.add_option(name, path, help)->type_name("FILE")->required();
  };
  addFile("--input", options.input, "The batch, an .npy array (N, C, H, W) of fp32");
  addFile("--labels", options.labels, "Its classes, an .npy array (N) of fp32");
  addFile("-o,--output", options.output,
          "Write loss, probabilities, and gradients or new parameters and momenta as safetensors");
  command
      .add_option("--entry", options.entry,
                  "What to run: gradients (the default), train_step, apply or evaluate")
      ->check(CLI::IsMember({"gradients", "train_step", "apply", "evaluate"}).description(""))
      ->type_name("ENTRY");
}

static void addStepOptions(CLI::App &command, GradientsOptions &options) {
  auto addNumber = [&](const char *name, auto &value, const char *help) {
    command.add_option(name, value, help)->type_name("X");
  };
  addNumber("--lr", options.learningRate, "Learning rate, the spec's by default");
  addNumber("--momentum", options.momentum, "Momentum, the spec's by default");
  addNumber("--weight-decay", options.weightDecay, "Weight decay, the spec's by default");
  command.add_option("--seed", options.seed, "Of the dropout, 0 by default")
      ->type_name("SEED")
      ->check(seed());
  command.add_option("--step", options.step, "Number of the step, from 0")->type_name("N");
  command.add_option("--first-image", options.firstImage, "Number of the first image in the step")
      ->type_name("N");
  command.add_flag("--guard", options.guard,
                   "Test mode: run kernels between inaccessible pages, slowly");
}

void alexrt::addGradientsCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command =
      app.add_subcommand("gradients", "Run one batch through an entry of training, to a file");
  auto options = std::make_shared<GradientsOptions>();
  addBatchOptions(*command, *options);
  addParameterOptions(*command, options->parameters);
  addStepOptions(*command, *options);
  addThreadsOption(*command, options->threads);
  command->footer("The file has tensors loss, prob, and NAME:gradient, or NAME and NAME:momentum, "
                  "of each parameter.\n"
                  "Momenta are read from the weights file, where it has NAME:momentum.\n"
                  "Example:\n"
                  "  gradients --input x.npy --labels l.npy --weights W.safetensors "
                  "-o G.safetensors");
  command->callback([options, &binary] { GradientsRun(binary, *options).run(); });
}
