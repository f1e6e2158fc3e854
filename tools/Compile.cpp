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
#include "codegen/cuda/VariableNames.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Paths
//===----------------------------------------------------------------------===//

/// The input's name without folder and endings: alexnet for
/// models/alexnet.json and for alexnet.graph.mlir.
static StringRef stemOf(StringRef input) {
  StringRef stem = llvm::sys::path::stem(input);
  for (const auto &[name, stage] : stageNames())
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
  if (llvm::sys::fs::is_directory(options.input.path))
    return llvm::createStringError("cannot read '" + options.input.path + "': Is a directory");
  StringRef folder = llvm::sys::path::parent_path(output);
  if (!folder.empty() && !llvm::sys::fs::is_directory(folder))
    return cannotWrite(output, "no folder '" + folder + "'");
  if (llvm::sys::fs::equivalent(options.input.path, output))
    return cannotWrite(output, "it is the input");
  return llvm::Error::success();
}

static void checkRanks(const CompileOptions &options) {
  if (!options.ranks.empty() && options.stage != Stage::binary)
    throw UsageError(("--ranks is for a program, not for --emit " + nameOf(options.stage)).str());
  if (options.ranks == "nccl" && options.target != "cuda")
    throw UsageError("--ranks nccl is for --target cuda; every target has --ranks mpi");
}

//===----------------------------------------------------------------------===//
// One compilation
//===----------------------------------------------------------------------===//

namespace {
class Compilation {
public:
  explicit Compilation(CompileOptions given)
      : options(std::move(given)), output(outputPath(options)), lowering(options) {}

  LogicalResult run();

private:
  LogicalResult findRankLibraries();
  LogicalResult findCudaCompiler();
  LogicalResult compileModule();
  LogicalResult translate();
  LogicalResult readLlvm();
  LogicalResult writeLlvm();
  LogicalResult writeObject();
  LogicalResult link(StringRef symbol);
  LogicalResult writePtx();
  LogicalResult writeCuda();
  LogicalResult writeCudaFiles(const ProgramTable &table, std::vector<SourceFile> files);
  LogicalResult write(llvm::function_ref<void(llvm::raw_ostream &)> print);

  CompileOptions options;
  std::string output;
  Lowering lowering;
  std::vector<std::string> rankLibraries;
  std::optional<CudaCompiler> cudaCompiler;
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> llvmModule;
};
} // namespace

static std::string ownPath() {
  int self = 0; // any address of this program
  return llvm::sys::fs::getMainExecutable(nullptr, &self);
}

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

/// From kernels to LLVM IR with the program table.
LogicalResult Compilation::translate() {
  FailureOr<ProgramTable> table = readProgramTable(lowering.getModule());
  if (failed(table))
    return failure();
  table->description = describe(lowering.getModule(), lowering.getTarget());
  if (failed(lowering.getSession().explain(
          runPhases(lowering.getModule(), codegenPhases().back(), options.passes.pipeline))))
    return failure();
  llvmModule = translateToLlvm(lowering.getModule(), lowering.getTarget(), llvmContext);
  if (!llvmModule)
    return failure();
  llvmModule->setSourceFileName(table->network); // not the path: the same bytes from any stage
  emitProgramTable(*table, *llvmModule);
  return success();
}

LogicalResult Compilation::compileModule() {
  if (failed(lowering.lower()))
    return failure();
  if (options.stage <= Stage::kernels)
    return write([&](llvm::raw_ostream &out) { printWithNames(lowering.getModule(), out); });
  if (options.stage == Stage::ptx)
    return writePtx();
  if (lowering.isCuda())
    return writeCuda();
  return success(succeeded(translate()) && succeeded(writeLlvm()));
}

/// What lets the program have ranks, where they are wanted.
LogicalResult Compilation::findRankLibraries() {
  if (options.ranks.empty())
    return success();
  auto runtime = RuntimeFiles::find(ownPath());
  if (!runtime)
    return report(runtime.takeError());
  auto found = findMpiLibraries(*runtime);
  if (!found)
    return report(found.takeError());
  rankLibraries = std::move(*found);
  return success();
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
  FailureOr<std::string> text = makePtx(lowering.getModule(), options.architectures.front());
  if (failed(lowering.getSession().explain(success(succeeded(text)))))
    return failure();
  return write([&](llvm::raw_ostream &out) { out << *text; });
}

/// From kernels to source, and to a program.
LogicalResult Compilation::writeCuda() {
  FailureOr<ProgramTable> table = readProgramTable(lowering.getModule());
  if (failed(table) || failed(findCudaCompiler()))
    return failure();
  table->description = describe(lowering.getModule(), lowering.getTarget());
  FailureOr<std::vector<SourceFile>> files = printCudaNetwork(lowering.getModule(), *table);
  return failed(files) ? failure() : writeCudaFiles(*table, std::move(*files));
}

LogicalResult Compilation::writeCudaFiles(const ProgramTable &table,
                                          std::vector<SourceFile> files) {
  std::string alexc = ownPath();
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
  return report(buildCudaProgram(files, *cudaCompiler, *runtime, *sources, output, rankLibraries,
                                 options.ranks == "nccl"));
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
  return lowering.lookUpCpu();
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
  auto object = makeObject(*llvmModule, lowering.getTarget());
  if (!object)
    return report(object.takeError());
  return write([&](llvm::raw_ostream &out) { out.write(object->data(), object->size()); });
}

/// Compiles and links a binary or a library.
LogicalResult Compilation::link(StringRef symbol) {
  auto objects = makeObjects(*llvmModule, lowering.getTarget());
  if (!objects)
    return report(objects.takeError());
  auto runtime = RuntimeFiles::find(ownPath());
  if (!runtime)
    return report(runtime.takeError());
  auto buffers = llvm::map_to_vector(*objects, [](const ObjectCode &object) {
    return llvm::MemoryBufferRef(StringRef(object.data(), object.size()), "network.o");
  });
  if (options.stage == Stage::library)
    return report(writeLibrary(buffers, symbol, *runtime, LibraryPaths(output)));
  return report(linkProgram(buffers, *runtime, output, rankLibraries));
}

LogicalResult Compilation::run() {
  checkRanks(options);
  if (failed(report(checkOutput(options, output))) || failed(lowering.prepare()) ||
      failed(findRankLibraries()))
    return failure();
  if (!options.target.empty() && options.target != "cpu" && failed(findCudaCompiler()))
    return failure(); // before any work
  llvm::Expected<InputKind> kind = recognize(options.input.path);
  if (!kind)
    return report(kind.takeError());
  if (*kind != InputKind::llvm)
    return compileModule();
  if (options.stage < Stage::llvm)
    return report(lowering.alreadyBehind(Stage::llvm));
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
  addArchitectureOption(compiler, options);
  addPrecisionOption(compiler, options);
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
  for (const auto &[name, stage] : stageNames())
    names.push_back(name);
  compiler
      ->add_option_function<std::string>(
          "--emit", [=](const std::string &name) { options->stage = stageNames().at(name); },
          "The form to write, by default bin")
      ->check(CLI::IsMember(names).description(""))
      ->type_name("alex|graph|program|kernels|cuda|ptx|llvm|obj|lib|bin");
  addTargetOptions(*compiler, *options);
  compiler
      ->add_option("--ranks", options->ranks,
                   "Let the program train on several machines, started by mpirun; gradients travel "
                   "by MPI, or from GPU to GPU by NCCL")
      ->check(CLI::IsMember({"mpi", "nccl"}).description(""))
      ->type_name("mpi|nccl");
  addPassOptions(*compiler, options->passes);
  compiler->callback([=, &command] { command = [=] { return compile(*options); }; });
}
