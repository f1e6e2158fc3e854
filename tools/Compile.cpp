//===- Compile.cpp - alexc compile ---------------------------------------------===//

#include "tools/Compile.h"
#include "codegen/Describe.h"
#include "codegen/Link.h"
#include "codegen/ObjectCode.h"
#include "codegen/OutputFile.h"
#include "codegen/Pipelines.h"
#include "codegen/ProgramTable.h"
#include "codegen/cuda/CudaBuild.h"
#include "codegen/cuda/CudaPtx.h"
#include "codegen/cuda/GpuTarget.h"
#include "dialect/Alexrt.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace alexc;

static const std::map<std::string, Stage> stageNames = {
    {"alex", Stage::alex},       {"graph", Stage::graph}, {"program", Stage::program},
    {"kernels", Stage::kernels}, {"cuda", Stage::cuda},   {"ptx", Stage::ptx},
    {"llvm", Stage::llvm},       {"obj", Stage::object},  {"lib", Stage::library},
    {"bin", Stage::binary}};

static StringRef nameOf(Stage stage) {
  auto named = llvm::find_if(stageNames, [&](auto &entry) { return entry.second == stage; });
  return named->first;
}

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// The input's name without folder and endings: alexnet for
/// models/alexnet.json and for alexnet.graph.mlir.
static StringRef stemOf(StringRef input) {
  StringRef stem = llvm::sys::path::stem(input);
  for (const auto &[name, stage] : stageNames)
    if (stem.consume_back("." + name))
      break;
  return stem;
}

static std::string outputPath(const CompileOptions &options) {
  if (!options.output.empty())
    return options.output;
  std::string stem = stemOf(options.input.path).str();
  switch (options.stage) {
  case Stage::binary:
  case Stage::library:
    return stem;
  case Stage::cuda:
    return stem + "-cuda";
  case Stage::ptx:
    return stem + ".ptx";
  case Stage::object:
    return stem + ".o";
  case Stage::llvm:
    return stem + ".ll";
  default:
    return stem + "." + nameOf(options.stage).str() + ".mlir";
  }
}

static llvm::Error checkOutput(const CompileOptions &options, StringRef output) {
  if (output == "-" && (options.stage >= Stage::object || options.stage == Stage::cuda))
    throw UsageError(("--emit " + nameOf(options.stage) + " cannot be written to stdout").str());
  StringRef folder = llvm::sys::path::parent_path(output);
  if (!folder.empty() && !llvm::sys::fs::is_directory(folder))
    return cannotWrite(output, "no folder '" + folder + "'");
  if (llvm::sys::fs::equivalent(options.input.path, output))
    return cannotWrite(output, "it is the input");
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// One compilation
//===----------------------------------------------------------------------===//

namespace {
class Compilation {
public:
  explicit Compilation(CompileOptions given)
      : options(std::move(given)), output(outputPath(options)), phases(codegenPhases()) {}

  LogicalResult run();

private:
  std::optional<StringRef> wantedTarget() const;
  LogicalResult lookUpTarget();
  LogicalResult lookUpCpu();
  LogicalResult lookUpGpu();
  LogicalResult findCudaCompiler();
  LogicalResult compileModule();
  FailureOr<Stage> findStage();
  LogicalResult advance(Stage from);
  LogicalResult translate();
  LogicalResult readLlvm();
  LogicalResult writeLlvm();
  LogicalResult writeObject();
  LogicalResult link(StringRef symbol);
  LogicalResult writePtx();
  LogicalResult writeCuda();
  LogicalResult writeCudaFiles(const ProgramTable &table, std::vector<SourceFile> files);
  llvm::Error alreadyBehind(Stage stage);
  LogicalResult write(llvm::function_ref<void(llvm::raw_ostream &)> print);

  CompileOptions options;
  std::string output;
  std::vector<Phase> phases;
  Session session;
  CpuTarget target;
  bool isCuda = false;
  std::optional<CudaCompiler> cudaCompiler;
  OwningOpRef<ModuleOp> module;
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> llvmModule;
};
} // namespace

LogicalResult Compilation::write(llvm::function_ref<void(llvm::raw_ostream &)> print) {
  if (output == "-") {
    print(llvm::outs());
    return success();
  }
  llvm::Expected<OutputFile> file = OutputFile::create(output);
  if (!file)
    return report(file.takeError());
  print(file->stream());
  return report(file->commit());
}

/// The error for an input that is in the form `stage`.
llvm::Error Compilation::alreadyBehind(Stage stage) {
  return llvm::createStringError("'" + options.input.path + "' is in the form '" + nameOf(stage) +
                                 "', which '" + nameOf(options.stage) + "' comes before");
}

/// "cpu" or "cuda", if the command line says it.
std::optional<StringRef> Compilation::wantedTarget() const {
  if (options.target.empty() && options.stage != Stage::cuda && options.stage != Stage::ptx)
    return std::nullopt;
  return StringRef(options.target == "cpu" ? "cpu" : "cuda");
}

std::vector<Phase> alexc::allPhases() {
  std::vector<Phase> all = graphPhases();
  llvm::append_range(all, codegenPhases());
  return all;
}

/// The target: --target, or what the input says, or a CPU.
LogicalResult Compilation::lookUpTarget() {
  auto given = (*module)->getAttrOfType<StringAttr>("alex.target");
  bool isPlaced = given || (*module)->hasAttr("alex.cpu");
  StringRef made = given ? given.getValue() : "cpu";
  std::optional<StringRef> wanted = wantedTarget();
  if (isPlaced && wanted && *wanted != made)
    return report(llvm::createStringError("'" + options.input.path + "' is made for target " +
                                          made + ", not for " + *wanted));
  isCuda = wanted.value_or(made) == "cuda";
  return isCuda ? lookUpGpu() : lookUpCpu();
}

/// The GPU: the first of --gpu-arch, or what the input says, or sm_90.
LogicalResult Compilation::lookUpGpu() {
  if (options.stage >= Stage::llvm && options.stage != Stage::binary)
    return report(llvm::createStringError("--emit " + nameOf(options.stage) +
                                          " is for target cpu; cuda has --emit cuda and ptx"));
  auto given = (*module)->getAttrOfType<StringAttr>("alex.gpu");
  if (options.architectures.empty())
    options.architectures.push_back(given ? given.str() : "sm_90");
  Builder builder(module->getContext());
  (*module)->setAttr("alex.target", builder.getStringAttr("cuda"));
  (*module)->setAttr("alex.gpu", builder.getStringAttr(options.architectures.front()));
  target.cpu = options.architectures.front();
  return success();
}

/// The CPU: --mcpu, or what the input says, or this machine's.
LogicalResult Compilation::lookUpCpu() {
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
FailureOr<Stage> Compilation::findStage() {
  bool isProgram = !module->getOps<ProgramOp>().empty(), hasEntry = false, isLowered = true;
  for (auto function : module->getOps<func::FuncOp>()) {
    hasEntry |= function->hasAttr("alex.entry");
    isLowered &= !function->hasAttr(kernelAttrName) || function->hasAttr(workAttrName);
  }
  if (isProgram)
    return isLowered ? Stage::kernels : Stage::program;
  if (hasEntry)
    return Stage::alex;
  return module->emitError("holds no entry of a network: no function with alex.entry, no program");
}

/// Runs the phases from the form `from` to the wanted one, or to `kernels`.
LogicalResult Compilation::advance(Stage from) {
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

/// From kernels to LLVM IR with the program table.
LogicalResult Compilation::translate() {
  FailureOr<ProgramTable> table = readProgramTable(*module);
  if (failed(table))
    return failure();
  table->description = describe(*module, target);
  if (failed(session.explain(runPhases(*module, phases.back(), options.passes.pipeline))))
    return failure();
  llvmModule = translateToLlvm(*module, target, llvmContext);
  if (!llvmModule)
    return failure();
  llvmModule->setSourceFileName(table->network); // not the path: the same bytes from any stage
  emitProgramTable(*table, *llvmModule);
  return success();
}

LogicalResult Compilation::compileModule() {
  module = session.load(options.input);
  if (!module || failed(lookUpTarget()))
    return failure();
  FailureOr<Stage> from = findStage();
  if (failed(from))
    return failure();
  if (*from > options.stage)
    return report(alreadyBehind(*from));
  LogicalResult result = session.explain(advance(*from));
  session.printRemarks();
  if (failed(result))
    return failure();
  if (options.stage <= Stage::kernels)
    return write([&](llvm::raw_ostream &out) { module->print(out); });
  if (options.stage == Stage::ptx)
    return writePtx();
  if (isCuda)
    return writeCuda();
  return success(succeeded(translate()) && succeeded(writeLlvm()));
}

//===----------------------------------------------------------------------===//
// CUDA
//===----------------------------------------------------------------------===//

/// What compiles the source, where a program is wanted.
LogicalResult Compilation::findCudaCompiler() {
  if (options.stage != Stage::binary || cudaCompiler)
    return success();
  auto found = options.target == "cuda-emu" ? CudaCompiler::findHost() : CudaCompiler::findNvcc();
  if (!found)
    return report(found.takeError());
  cudaCompiler = std::move(*found);
  return success();
}

LogicalResult Compilation::writePtx() {
  FailureOr<std::string> text = makePtx(*module, options.architectures.front());
  if (failed(session.explain(success(succeeded(text)))))
    return failure();
  return write([&](llvm::raw_ostream &out) { out << *text; });
}

/// From kernels to source, and to a program.
LogicalResult Compilation::writeCuda() {
  FailureOr<ProgramTable> table = readProgramTable(*module);
  if (failed(table) || failed(findCudaCompiler()))
    return failure();
  table->description = describe(*module, target);
  FailureOr<std::vector<SourceFile>> files = printCudaNetwork(*module, *table);
  return failed(files) ? failure() : writeCudaFiles(*table, std::move(*files));
}

LogicalResult Compilation::writeCudaFiles(const ProgramTable &table,
                                          std::vector<SourceFile> files) {
  int self = 0; // any address of this program
  std::string alexc = llvm::sys::fs::getMainExecutable(nullptr, &self);
  auto sources = CudaRuntimeFiles::find(alexc);
  if (!sources)
    return report(sources.takeError());
  if (options.stage == Stage::cuda) {
    addCudaProject(files, table.network, options.architectures);
    return report(writeCudaProject(files, *sources, output));
  }
  auto runtime = RuntimeFiles::find(alexc);
  if (!runtime)
    return report(runtime.takeError());
  cudaCompiler->architectures = options.architectures;
  return report(buildCudaProgram(files, *cudaCompiler, *runtime, *sources, output));
}

//===----------------------------------------------------------------------===//
// From LLVM IR
//===----------------------------------------------------------------------===//

/// The constant that emitProgramTable made.
static llvm::GlobalVariable *findNetwork(llvm::Module &module) {
  for (llvm::GlobalVariable &global : module.globals())
    if (global.getName().starts_with(binaryNetworkSymbol) && !global.isDeclaration())
      return &global;
  return nullptr;
}

LogicalResult Compilation::readLlvm() {
  llvm::SMDiagnostic error;
  llvmModule = llvm::parseIRFile(options.input.path, error, llvmContext);
  if (!llvmModule) {
    error.print("alexc", llvm::errs(), /*ShowColors=*/false);
    return failure();
  }
  if (!findNetwork(*llvmModule))
    return report(llvm::createStringError("'" + options.input.path + "' holds no constant " +
                                          binaryNetworkSymbol + "_NAME"));
  return lookUpCpu();
}

/// Writes the LLVM IR, or what is made of it.
LogicalResult Compilation::writeLlvm() {
  if (options.stage == Stage::llvm)
    return write([&](llvm::raw_ostream &out) { llvmModule->print(out, nullptr); });
  llvm::GlobalVariable *network = findNetwork(*llvmModule);
  if (options.stage == Stage::binary)
    network->setName(binaryNetworkSymbol);
  std::string symbol = network->getName().str();
  if (options.stage == Stage::object)
    return writeObject();
  return link(symbol);
}

/// Compiles in one piece, as the form is one file.
LogicalResult Compilation::writeObject() {
  auto object = makeObject(*llvmModule, target);
  if (!object)
    return report(object.takeError());
  return write([&](llvm::raw_ostream &out) { out.write(object->data(), object->size()); });
}

/// Compiles and links a binary or a library.
LogicalResult Compilation::link(StringRef symbol) {
  auto objects = makeObjects(*llvmModule, target);
  if (!objects)
    return report(objects.takeError());
  int self = 0; // any address of this program
  auto runtime = RuntimeFiles::find(llvm::sys::fs::getMainExecutable(nullptr, &self));
  if (!runtime)
    return report(runtime.takeError());
  auto buffers = llvm::map_to_vector(*objects, [](const ObjectCode &object) {
    return llvm::MemoryBufferRef(StringRef(object.data(), object.size()), "network.o");
  });
  if (options.stage == Stage::library)
    return report(writeLibrary(buffers, symbol, *runtime, LibraryPaths(output)));
  return report(linkProgram(buffers, *runtime, output));
}

LogicalResult Compilation::run() {
  if (failed(report(checkOutput(options, output))) ||
      failed(report(session.prepare(options.passes, allPhases()))))
    return failure();
  if (!options.target.empty() && options.target != "cpu" && failed(findCudaCompiler()))
    return failure(); // before any work
  llvm::Expected<InputKind> kind = recognize(options.input.path);
  if (!kind)
    return report(kind.takeError());
  if (*kind != InputKind::llvm)
    return compileModule();
  if (options.stage < Stage::llvm)
    return report(alreadyBehind(Stage::llvm));
  return success(succeeded(readLlvm()) && succeeded(writeLlvm()));
}

LogicalResult alexc::compile(CompileOptions options) {
  return Compilation(std::move(options)).run();
}

static void addTargetOptions(CLI::App &compiler, CompileOptions &options) {
  compiler
      .add_option(
          "--target", options.target,
          "What runs the network: cpu, cuda (NVIDIA GPUs), cuda-emu (their emulation, to test)")
      ->check(CLI::IsMember({"cpu", "cuda", "cuda-emu"}).description(""))
      ->type_name("cpu|cuda|cuda-emu");
  compiler.add_option("--gpu-arch", options.architectures, "GPUs to compile for, by default sm_90")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check([](const std::string &name) {
        GpuTarget gpu;
        std::string error;
        return GpuTarget::lookup(name, gpu, error) ? std::string() : error;
      })
      ->type_name("sm_NN,...");
}

void alexc::addCompileCommand(CLI::App &app, Command &command) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App *compiler = app.add_subcommand("compile", "Compile a network");
  addInputOptions(*compiler, options->input);
  options->input.training = true;
  compiler->add_flag("--training,!--no-training", options->input.training,
                     "With the entries of training, if the spec has them, or without");
  compiler->add_flag("--input-gradient", options->passes.pipeline.inputGradient,
                     "Entry gradients gives that of the input too, for check-grads");
  compiler->add_option("-o", options->output, "Output; - is stdout, for text")->type_name("FILE");
  std::vector<std::string> names;
  for (const auto &[name, stage] : stageNames)
    names.push_back(name);
  compiler
      ->add_option_function<std::string>(
          "--emit", [=](const std::string &name) { options->stage = stageNames.at(name); },
          "The form to write, by default bin")
      ->check(CLI::IsMember(names).description(""))
      ->type_name("alex|graph|program|kernels|cuda|ptx|llvm|obj|lib|bin");
  addTargetOptions(*compiler, *options);
  addPassOptions(*compiler, options->passes);
  compiler->callback([=, &command] { command = [=] { return compile(*options); }; });
}
