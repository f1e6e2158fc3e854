//===- Lowering.cpp - from a spec or IR to kernels -----------------------------===//

#include "tools/Lowering.h"
#include "codegen/Pipelines.h"
#include "codegen/cuda/GpuTarget.h"
#include "compiler/Passes.h"
#include "dialect/Alexrt.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace alexc;

const std::map<std::string, Stage> &alexc::stageNames() {
  static const std::map<std::string, Stage> names = {
      {"alex", Stage::alex},       {"graph", Stage::graph}, {"program", Stage::program},
      {"kernels", Stage::kernels}, {"cuda", Stage::cuda},   {"ptx", Stage::ptx},
      {"llvm", Stage::llvm},       {"obj", Stage::object},  {"lib", Stage::library},
      {"bin", Stage::binary}};
  return names;
}

StringRef alexc::nameOf(Stage stage) {
  auto named = llvm::find_if(stageNames(), [&](auto &entry) { return entry.second == stage; });
  return named->first;
}

std::vector<Phase> alexc::allPhases() {
  std::vector<Phase> all = graphPhases();
  llvm::append_range(all, codegenPhases());
  return all;
}

Lowering::Lowering(CompileOptions &options) : options(options), phases(codegenPhases()) {}

/// Whether only a GPU multiplies in `precision`.
static bool isForGpu(StringRef precision) { return !precision.empty() && precision != "fp32"; }

/// The error for a CPU that is to multiply as only a GPU can.
static std::string precisionOfCpu(StringRef precision) {
  return ("--precision " + precision + " is for targets cuda and cuda-emu, not for cpu").str();
}

LogicalResult Lowering::prepare() {
  if (options.target == "cpu" && isForGpu(options.precision))
    throw UsageError(precisionOfCpu(options.precision));
  return report(session.prepare(options.passes, allPhases()));
}

llvm::Error Lowering::alreadyBehind(Stage stage) const {
  return llvm::createStringError("'" + options.input.path + "' is in the form '" + nameOf(stage) +
                                 "', which '" + nameOf(options.stage) + "' comes before");
}

/// "cpu" or "cuda", if the command line says it.
std::optional<StringRef> Lowering::wantedTarget() const {
  if (options.target.empty() && options.stage != Stage::cuda && options.stage != Stage::ptx)
    return std::nullopt;
  return StringRef(options.target == "cpu" ? "cpu" : "cuda");
}

/// Why an option of GPUs is none for a CPU; empty: none is given.
std::string Lowering::refuseForCpu() const {
  if (isForGpu(options.precision))
    return precisionOfCpu(options.precision);
  return options.architectures.empty() ? ""
                                       : "--gpu-arch is for targets cuda and cuda-emu, not for cpu";
}

/// The target: --target, or what the input says, or a CPU.
LogicalResult Lowering::lookUpTarget() {
  auto given = (*module)->getAttrOfType<StringAttr>("alex.target");
  bool isPlaced = given || (*module)->hasAttr("alex.cpu");
  StringRef made = given ? given.getValue() : "cpu";
  std::optional<StringRef> wanted = wantedTarget();
  if (isPlaced && wanted && *wanted != made)
    return report(llvm::createStringError("'" + options.input.path + "' is made for target " +
                                          made + ", not for " + *wanted));
  forCuda = wanted.value_or(made) == "cuda";
  if (!forCuda)
    if (std::string reason = refuseForCpu(); !reason.empty()) {
      if (!isPlaced) // or the file has chosen the target
        throw UsageError(reason);
      return report(llvm::createStringError(reason));
    }
  return forCuda ? lookUpGpu() : lookUpCpu();
}

/// --precision, or what the input says, which stands once it is made for a GPU.
LogicalResult Lowering::lookUpPrecision() {
  auto given = (*module)->getAttrOfType<StringAttr>("alex.precision");
  bool isPlaced = given || (*module)->hasAttr("alex.target");
  StringRef made = given ? given.getValue() : "fp32";
  if (options.precision.empty())
    options.precision = made.str();
  if (isPlaced && made != options.precision)
    return report(llvm::createStringError("'" + options.input.path + "' is made for precision " +
                                          made + ", not for " + options.precision));
  if (isForGpu(options.precision))
    (*module)->setAttr("alex.precision", StringAttr::get(module->getContext(), options.precision));
  return success();
}

/// The GPU: the first of --gpu-arch, or what the input says, or sm_90.
LogicalResult Lowering::lookUpGpu() {
  if (options.stage >= Stage::llvm && options.stage != Stage::binary)
    return report(llvm::createStringError("--emit " + nameOf(options.stage) +
                                          " is for target cpu; cuda has --emit cuda and ptx"));
  if (failed(lookUpPrecision()))
    return failure();
  auto given = (*module)->getAttrOfType<StringAttr>("alex.gpu");
  if (options.architectures.empty())
    options.architectures.push_back(given ? given.str() : "sm_90");
  Builder builder(module->getContext());
  (*module)->setAttr("alex.target", builder.getStringAttr("cuda"));
  (*module)->setAttr("alex.gpu", builder.getStringAttr(options.architectures.front()));
  target.cpu = options.architectures.front();
  return success();
}

LogicalResult Lowering::lookUpCpu() {
  StringRef cpu = options.passes.pipeline.cpu;
  if (module) {
    auto given = (*module)->getAttrOfType<StringAttr>("alex.cpu");
    if (cpu.empty())
      cpu = given ? given.getValue() : "native";
    (*module)->setAttr("alex.cpu", StringAttr::get(module->getContext(), cpu));
  }
  std::string error;
  if (!CpuTarget::lookup(cpu.empty() ? "native" : cpu, target, error))
    return report(llvm::createStringError(error));
  return success();
}

/// The form that the module is in. `alex` stands for any form up to `graph`,
/// which the graph phases tell apart.
FailureOr<Stage> Lowering::findStage() {
  if (failed(checkHoldsNetwork(*module)))
    return failure();
  if (module->getOps<ProgramOp>().empty())
    return Stage::alex;
  bool isLowered = llvm::all_of(module->getOps<func::FuncOp>(), [](func::FuncOp function) {
    return !function->hasAttr(kernelAttrName) || function->hasAttr(workAttrName);
  });
  return isLowered ? Stage::kernels : Stage::program;
}

/// Runs the phases from the form `from` to the wanted one, or to `kernels`.
LogicalResult Lowering::advance(Stage from) {
  const PipelineOptions &pipeline = options.passes.pipeline;
  auto isDue = [&](Stage stage) { return from < stage && stage <= options.stage; };
  if (isDue(Stage::graph) && failed(runGraphPhases(*module, pipeline)))
    return failure();
  if (isDue(Stage::program) && failed(runPhases(*module, phases[0], pipeline)))
    return failure();
  if (isDue(Stage::kernels) && failed(runPhases(*module, phases[1], pipeline)))
    return failure();
  return success();
}

/// A spec may say how to train and have no loss, which is easily forgotten.
void Lowering::warnOfMissingLoss() const {
  auto network = (*module)->getAttrOfType<DictionaryAttr>("alex.network");
  bool isSpec = StringRef(options.input.path).ends_with(".json");
  if (isSpec && options.input.training && network && network.getAs<DictionaryAttr>("training") &&
      llvm::none_of(entriesOf(*module), isTrainingEntry))
    emitWarning(ModuleOp(*module).getLoc())
        << "no entries of training: the spec has \"training\" but no "
           "\"loss\": \"softmax_cross_entropy\"";
}

LogicalResult Lowering::lower() {
  module = session.load(options.input);
  if (!module || failed(lookUpTarget()))
    return failure();
  warnOfMissingLoss();
  FailureOr<Stage> from = findStage();
  if (failed(from))
    return failure();
  if (*from > options.stage)
    return report(alreadyBehind(*from));
  LogicalResult result = session.explain(advance(*from));
  session.printRemarks();
  return result;
}

CLI::Option *alexc::addArchitectureOption(CLI::App &command, CompileOptions &options) {
  return command
      .add_option("--gpu-arch", options.architectures, "GPUs to compile for, by default sm_90")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check([](const std::string &name) {
        GpuTarget gpu;
        std::string error;
        return GpuTarget::lookup(name, gpu, error) ? std::string() : error;
      })
      ->type_name("sm_NN,...");
}

void alexc::addPrecisionOption(CLI::App &command, CompileOptions &options) {
  command
      .add_option(
          "--precision", options.precision,
          "Numbers that a GPU's convolutions and matrix products multiply, by default fp32; "
          "tf32 and bf16 use tensor cores")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}).description(""))
      ->type_name("fp32|tf32|bf16");
}
