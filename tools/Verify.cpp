//===- Verify.cpp - alexc verify -----------------------------------------------===//
//
// Compares a network with the fp64 oracle, twice: the layers behind the passes
// with those before them, and the layers that the compiled binary has in memory
// with both. VerifyTraining.cpp does so with the entries of training.

#include "dialect/Alexrt.h"
#include "tools/BinaryRun.h"
#include "tools/Compile.h"
#include "tools/TrialFiles.h"
#include "tools/VerifyTraining.h"
#include <fmt/format.h>

using namespace mlir;
using namespace alexc;

namespace {
/// Files in place of what is drawn, and of what is only compared. Empty: none.
struct TrialPaths {
  std::string images, parameters;      ///< read
  std::string savedParameters, output; ///< written
};

struct VerifyOptions {
  InputOptions input;
  PassOptions passes;
  BinaryRun::Options run;
  TrialPaths paths;
  std::string against; ///< a spec to compare with; empty: the input itself
  uint64_t seed = 1;
  double tolerance = 1e-4;
  bool keepGoing = false;
};

/// fp64 before and after a pass: only the order of operations may differ.
constexpr double passTolerance = 1e-9;

/// The layers compared so far, behind the passes or compiled.
class Tally {
public:
  Tally(StringRef subject, double tolerance, bool keepGoing)
      : subject(subject), tolerance(tolerance), keepGoing(keepGoing) {}

  /// Compares one layer. None where it differs; the error is emitted.
  std::optional<Difference> add(const LayerValue &expected, const TensorValue &got);
  /// Lets layers differ by `least` at least.
  void allow(double least) { tolerance = std::max(tolerance, least); }
  /// Whether no more layers are to be compared.
  bool isOver() const { return differing > 0 && !keepGoing; }
  bool agrees() const { return differing == 0; }
  /// Prints one line, behind `label`.
  void print(StringRef label) const;

private:
  StringRef subject;
  double tolerance;
  bool keepGoing;
  unsigned compared = 0, differing = 0;
  double largestError = 0;
  std::string worstLayer;
};

class Verification {
public:
  explicit Verification(VerifyOptions given)
      : options(std::move(given)), behindPasses("passes", passTolerance, options.keepGoing),
        compiled("compiled code", options.tolerance, options.keepGoing) {}

  LogicalResult run();

private:
  LogicalResult load();
  double roundingOfLinks() const;
  LogicalResult loadReference();
  llvm::Error readTrial(func::FuncOp entry);
  LogicalResult evaluateReference();
  llvm::Error writeTrial() const;
  LogicalResult verifyPasses();
  LogicalResult compareEntry(func::FuncOp entry);
  LogicalResult verifyBinary();
  llvm::Error compareBatch(const BinaryRun &binary, int64_t batch);
  LogicalResult compareTraining(const BinaryRun &binary);

  VerifyOptions options;
  Tally behindPasses, compiled;
  Session session;
  OwningOpRef<ModuleOp> module;    ///< the input; null where it is LLVM IR
  OwningOpRef<ModuleOp> reference; ///< the network before the passes
  Trial trial;
  std::map<int64_t, std::vector<LayerValue>> expected; ///< by batch size
};
} // namespace

//===----------------------------------------------------------------------===//
// One layer
//===----------------------------------------------------------------------===//

std::optional<Difference> Tally::add(const LayerValue &expected, const TensorValue &got) {
  ++compared;
  std::fflush(stdout); // errors stand behind the rows before them
  if (expected.value.shape != got.shape) {
    ++differing;
    emitError(expected.loc) << subject << ": expected shape [" << expected.value.shape << "], got ["
                            << got.shape << "]";
    return std::nullopt;
  }
  Difference difference = compare(expected.value, got, tolerance);
  if (difference.error >= largestError) {
    largestError = difference.error;
    worstLayer = expected.layer;
  }
  if (!difference.first)
    return difference;
  ++differing;
  emitError(expected.loc) << fmt::format(
      "{}: element {}: expected {:.6g}, got {:.6g}; max error {:.1e} relative to the layer's "
      "largest value",
      subject.str(), positionOf(got, *difference.first), expected.value.data[*difference.first],
      got.data[*difference.first], difference.error);
  return std::nullopt;
}

void Tally::print(StringRef label) const {
  if (agrees())
    fmt::print("{}: {} layers agree (largest error {:.1e} in '{}')\n", label.str(), compared,
               largestError, worstLayer);
  else
    fmt::print("{}: {} of {} layers differ\n", label.str(), differing, compared);
}

//===----------------------------------------------------------------------===//
// The reference
//===----------------------------------------------------------------------===//

static auto inferEntries(ModuleOp module) {
  return llvm::make_filter_range(module.getOps<func::FuncOp>(), [](func::FuncOp function) {
    return function->getAttrOfType<StringAttr>("alex.entry") ==
           StringAttr::get(function.getContext(), "infer");
  });
}

/// The batch sizes of a module in any form.
static std::vector<int64_t> batchesOf(ModuleOp module) {
  std::vector<int64_t> batches;
  for (func::FuncOp entry : inferEntries(module))
    batches.push_back(batchOf(entry));
  for (auto program : module.getOps<ProgramOp>())
    if (program.getBatch())
      batches.push_back(*program.getBatch());
  return batches;
}

LogicalResult Verification::load() {
  llvm::Expected<InputKind> kind = recognize(options.input.path);
  if (!kind)
    return report(kind.takeError());
  if (*kind == InputKind::llvm)
    return success();
  module = session.load(options.input);
  return success(bool(module));
}

/// How far values may be off that were rounded when they crossed between devices:
/// a few times half of the last digit.
double Verification::roundingOfLinks() const {
  StringRef precision = options.passes.pipeline.linkPrecision;
  if (precision.empty() && module)
    if (auto own = (*module)->getAttrOfType<StringAttr>("alex.link_precision"))
      precision = own.getValue();
  return precision == "fp16" ? 0x1p-9 : precision == "bf16" ? 0x1p-6 : 0;
}

/// Whether devices have parts of parameters, so that none is known as a whole.
static bool isSpread(ModuleOp module) {
  return llvm::any_of(inferEntries(module), [](func::FuncOp entry) {
    return llvm::any_of(llvm::seq(entry.getNumArguments()), [&](unsigned argument) {
      return bool(entry.getArgAttr(argument, "alex.rows"));
    });
  });
}

LogicalResult Verification::loadReference() {
  if (options.against.empty()) {
    if (!module || inferEntries(*module).empty())
      return report(llvm::createStringError("'" + options.input.path +
                                            "' holds no network any more, only its programs: name "
                                            "its spec with --against"));
    if (isSpread(*module))
      return report(llvm::createStringError("'" + options.input.path +
                                            "' is spread over devices: name its spec with "
                                            "--against"));
    reference = module->clone();
    return success();
  }
  InputOptions against;
  against.path = options.against;
  against.training = options.input.training;
  if (llvm::Expected<InputKind> kind = recognize(against.path); !kind)
    return report(kind.takeError());
  else if (*kind == InputKind::spec && module)
    against.batches = batchesOf(*module);
  reference = session.load(against);
  return success(bool(reference));
}

llvm::Error Verification::readTrial(func::FuncOp entry) {
  const TrialPaths &paths = options.paths;
  if (!paths.images.empty())
    if (llvm::Error error = readImages(paths.images, entry, trial))
      return error;
  if (!paths.parameters.empty())
    return readParameters(paths.parameters, entry, trial);
  return llvm::Error::success();
}

LogicalResult Verification::evaluateReference() {
  for (func::FuncOp entry : inferEntries(*reference)) {
    if (failed(report(readTrial(entry))) || failed(drawTrial(entry, options.seed, trial)))
      return failure();
    FailureOr<std::vector<LayerValue>> values = evaluate(entry, trial);
    if (failed(values))
      return failure();
    expected.emplace(batchOf(entry), std::move(*values));
  }
  return report(writeTrial());
}

llvm::Error Verification::writeTrial() const {
  const TrialPaths &paths = options.paths;
  if (!paths.savedParameters.empty())
    if (llvm::Error error = writeParameters(paths.savedParameters, trial))
      return error;
  if (paths.output.empty())
    return llvm::Error::success();
  if (expected.size() != 1)
    return llvm::createStringError(
        fmt::format("--output takes one batch size, got {}", expected.size()));
  return writeValue(paths.output, expected.begin()->second.back().value);
}

//===----------------------------------------------------------------------===//
// The passes
//===----------------------------------------------------------------------===//

/// Runs the graph phases, and compares where the network is still a network.
LogicalResult Verification::verifyPasses() {
  if (!module || inferEntries(*module).empty())
    return success();
  StringRef cpu = options.passes.pipeline.cpu;
  if (!cpu.empty() || !(*module)->hasAttr("alex.cpu"))
    (*module)->setAttr("alex.cpu",
                       StringAttr::get(module->getContext(), cpu.empty() ? "native" : cpu));
  LogicalResult result = runGraphPhases(*module, options.passes.pipeline);
  session.printRemarks();
  if (failed(result))
    return failure();
  for (func::FuncOp entry : inferEntries(*module))
    if (failed(compareEntry(entry)))
      return failure();
  behindPasses.print("passes");
  return success();
}

LogicalResult Verification::compareEntry(func::FuncOp entry) {
  auto before = expected.find(batchOf(entry));
  if (before == expected.end())
    return entry.emitError("the network compared with has no entry for batch ") << batchOf(entry);
  FailureOr<std::vector<LayerValue>> after = evaluate(entry, trial);
  if (failed(after))
    return failure();
  std::map<StringRef, const TensorValue *> byLayer;
  for (const LayerValue &value : *after)
    byLayer[value.layer] = &value.value;
  // a pass may take layers away, but what the last one computes is the entry's result
  FailureOr<std::vector<OutputValue>> outputs = std::vector<OutputValue>();
  if (StringRef last = before->second.back().layer; !byLayer.count(last)) {
    outputs = evaluateOutputs(entry, trial);
    if (failed(outputs))
      return failure();
    byLayer[last] = &outputs->front().value;
  }
  for (const LayerValue &value : before->second)
    if (auto found = byLayer.find(value.layer); found != byLayer.end() && !behindPasses.isOver())
      behindPasses.add(value, *found->second);
  return success();
}

//===----------------------------------------------------------------------===//
// The binary
//===----------------------------------------------------------------------===//

LogicalResult Verification::verifyBinary() {
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create();
  if (!folder)
    return report(folder.takeError());
  CompileOptions compilation;
  compilation.input = options.input;
  compilation.passes = options.passes;
  compilation.passes.plugins.clear(); // they are loaded
  compilation.passes.remarks = false; // and the remarks printed
  compilation.output = folder->file("network");
  if (failed(compile(compilation)))
    return failure();
  auto binary = BinaryRun::create(compilation.output, *folder, trial, options.run);
  if (!binary)
    return report(binary.takeError());
  for (const auto &[batch, layers] : expected)
    if (!compiled.isOver() && failed(report(compareBatch(*binary, batch))))
      return failure();
  compiled.print("verify");
  return compiled.isOver() ? success() : compareTraining(*binary);
}

static bool hasEntry(ModuleOp module, StringRef kind) {
  return llvm::any_of(module.getOps<func::FuncOp>(), [&](func::FuncOp function) {
    auto entry = function->getAttrOfType<StringAttr>("alex.entry");
    return entry && entry == kind;
  });
}

/// The entries of training are as they should be once they are differentiated.
LogicalResult Verification::compareTraining(const BinaryRun &binary) {
  if (!hasEntry(*reference, "gradients") || !module || !hasEntry(*module, "gradients"))
    return success();
  OwningOpRef<ModuleOp> before = reference->clone();
  std::vector<Phase> phases = graphPhases();
  auto last =
      llvm::find_if(phases, [](const Phase &phase) { return phase.name == "differentiate"; });
  phases.erase(std::next(last), phases.end());
  if (!hasEntry(*before, "apply") && failed(runPhases(*before, phases, {})))
    return failure();
  return verifyTraining(*before, *module, binary, trial, options.seed,
                        {std::max(passTolerance, roundingOfLinks()),
                         std::max(options.tolerance, roundingOfLinks()), options.keepGoing});
}

llvm::Error Verification::compareBatch(const BinaryRun &binary, int64_t batch) {
  llvm::Expected<std::vector<std::string>> inMemory = binary.layersInMemory(batch);
  if (!inMemory)
    return inMemory.takeError();
  auto values = binary.run(trial.inputs.at(batch), *inMemory);
  if (!values)
    return values.takeError();
  values->try_emplace(expected.at(batch).back().layer, values->at(BinaryRun::output));
  fmt::print("{:<24} {:>9}  {}\n", "layer at batch " + std::to_string(batch), "max error", "where");
  for (const LayerValue &layer : expected.at(batch)) {
    auto got = values->find(layer.layer);
    if (got == values->end() || compiled.isOver())
      continue;
    if (std::optional<Difference> difference = compiled.add(layer, got->second))
      fmt::print("{:<24} {:>9.1e}  {}\n", layer.layer, difference->error,
                 positionOf(layer.value, difference->worst));
  }
  return llvm::Error::success();
}

LogicalResult Verification::run() {
  std::vector<Phase> phases = allPhases();
  if (failed(report(session.prepare(options.passes, phases))) || failed(load()))
    return failure();
  behindPasses.allow(roundingOfLinks());
  compiled.allow(roundingOfLinks());
  if (failed(loadReference()) || failed(evaluateReference()) || failed(verifyPasses()))
    return failure();
  if (!behindPasses.isOver() && failed(verifyBinary()))
    return failure();
  return success(behindPasses.agrees() && compiled.agrees());
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void addPathOptions(CLI::App &command, TrialPaths &paths) {
  command
      .add_option("--input", paths.images,
                  "Run this .npy array (N, C, H, W) of fp32 instead of random images; N is --batch")
      ->type_name("FILE");
  command
      .add_option("--weights", paths.parameters,
                  "Take the parameters from this safetensors file instead of random ones")
      ->type_name("FILE");
  command
      .add_option("--save-weights", paths.savedParameters, "Write the parameters as safetensors")
      ->type_name("FILE");
  command
      .add_option("--output", paths.output, "Write the interpreter's scores (N, classes) as .npy")
      ->type_name("FILE");
}

void alexc::addVerifyCommand(CLI::App &app, Command &command) {
  auto options = std::make_shared<VerifyOptions>();
  CLI::App *verify =
      app.add_subcommand("verify", "Compare passes and compiled code with an fp64 interpreter");
  addInputOptions(*verify, options->input);
  verify->add_flag("--training", options->input.training,
                   "With the entries of training, at the spec's batch: see --set training.batch=2");
  verify->add_option("--against", options->against, "The network as it should be, a spec or IR")
      ->type_name("SPEC");
  verify->add_option("--threads", options->run.threads, "Threads of the compiled network")
      ->check(CLI::Range(1, 1024).description(""))
      ->type_name("N");
  verify->add_flag("--guard", options->run.guard, "Run kernels between inaccessible pages");
  verify->add_option("--seed", options->seed, "Of images and parameters, 1 by default")
      ->type_name("N");
  verify
      ->add_option("--tolerance", options->tolerance,
                   "Largest error of compiled code, relative to a layer's largest value: 1e-4")
      ->check([](const std::string &text) {
        double number = 0;
        bool isNumber =
            llvm::to_float(StringRef(text), number) && number > 0 && std::isfinite(number);
        return isNumber ? std::string() : "expected a number above 0, got '" + text + "'";
      })
      ->type_name("X");
  addPathOptions(*verify, options->paths);
  verify->add_flag("--keep-going", options->keepGoing, "Tell all layers that differ");
  addPassOptions(*verify, options->passes);
  verify->callback([=, &command] { command = [=] { return Verification(*options).run(); }; });
}
