//===- CommandLine.cpp - what alexc's commands share ---------------------------===//

#include "tools/CommandLine.h"
#include "codegen/Catalog.h"
#include "codegen/CpuTarget.h"
#include "codegen/ObjectCode.h"
#include "codegen/cuda/CudaPtx.h"
#include "codegen/cuda/VariableNames.h"
#include "compiler/Diagnostics.h"
#include "compiler/partition/Plan.h"
#include "compiler/spec/Spec.h"
#include "dialect/Alexrt.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

void alexc::addInputOptions(CLI::App &command, InputOptions &options, bool withBatch) {
  command.add_option("SPEC", options.path, "A spec (.json), or IR that --emit wrote")
      ->required()
      ->type_name("");
  // one at a time, for the order of edits counts across the two options
  auto addEdit = [&](const char *name, SpecEdit::Kind kind, const char *help) {
    command
        .add_option_function<std::string>(
            name,
            [&options, kind](const std::string &text) {
              options.edits.push_back({kind, text});
            },
            help)
        ->trigger_on_parse()
        ->take_last()
        ->type_name(kind == SpecEdit::Kind::set ? "PATH=VALUE" : "LAYER");
  };
  addEdit("--set", SpecEdit::Kind::set, "Change a setting: conv3.filters=256");
  addEdit("--without", SpecEdit::Kind::without, "Leave out a layer");
  if (withBatch)
    command.add_option("--batch", options.batches, "Batch sizes, each an entry: 1,128")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Range(int64_t(1), int64_t(1) << 20).description(""))
        ->type_name("N,...");
}

void alexc::addLinkPrecisionOption(CLI::App &command, std::string &precision) {
  command
      .add_option("--link-precision", precision,
                  "What crosses between devices is rounded to this; by default it is not")
      ->check(CLI::IsMember({"fp16", "bf16"}).description(""))
      ->type_name("fp16|bf16");
}

void alexc::addPassOptions(CLI::App &command, PassOptions &options) {
  PipelineOptions &pipeline = options.pipeline;
  command.add_option("--mcpu", pipeline.cpu, "CPU to compile for: native, x86-64-v3, x86-64, ...")
      ->type_name("CPU");
  command
      .add_option("--devices", pipeline.devices, "Devices to run on; by default what the spec says")
      ->check(CLI::Range(int64_t(1), mostDevices).description(""))
      ->type_name("N");
  command
      .add_option("--plan", pipeline.plan,
                  "How they share the work: none, paper, data, owt, auto or a plan file (.json)")
      ->type_name("PLAN");
  addLinkPrecisionOption(command, pipeline.linkPrecision);
  command.add_flag("--remarks", options.remarks, "Tell what each pass did and refused");
  command.add_option("--keep", pipeline.keepLayers, "Keep a layer's value in memory")
      ->type_name("LAYER")
      ->allow_extra_args(false);
  // a flag: only '=' gives it a value, "*" stands for none
  command
      .add_flag("--no-fuse{*}", pipeline.noFuseLayers,
                "Fuse nothing; --no-fuse=LAYER: give a layer a kernel of its own")
      ->type_name("");
  command.add_option("--disable-pass", pipeline.disabledPasses, "Leave a pass out")
      ->type_name("PASS")
      ->allow_extra_args(false);
  command.add_option("--insert-after", pipeline.insertAfter, "Run passes behind a phase")
      ->type_name("PHASE=PIPELINE")
      ->allow_extra_args(false);
  command.add_option("--pass-pipeline", pipeline.passPipeline, "Run these passes on the graph")
      ->type_name("PIPELINE");
  command.add_option("--load-pass-plugin", options.plugins, "Load passes from a shared library")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command.allow_extras();
  command.footer("Options --mlir-* are MLIR's, such as --mlir-print-ir-after-all.");
}

//===----------------------------------------------------------------------===//
// Input
//===----------------------------------------------------------------------===//

static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (buffer)
    return std::move(*buffer);
  return llvm::createStringError("cannot read '" + path + "': " + buffer.getError().message());
}

llvm::Expected<InputKind> alexc::recognize(StringRef path) {
  auto buffer = readFile(path);
  if (!buffer)
    return buffer.takeError();
  StringRef text = (*buffer)->getBuffer().ltrim();
  bool isLlvm = text.starts_with("; ModuleID") || text.starts_with("source_filename") ||
                text.starts_with("target ");
  bool isSpec = path.ends_with(".json") || (text.starts_with("{") && !text.starts_with("{-#"));
  return isLlvm ? InputKind::llvm : isSpec ? InputKind::spec : InputKind::mlir;
}

/// Prints a diagnostic and its notes, one line each.
static void print(Diagnostic &diagnostic) {
  static constexpr StringLiteral prefixes[] = {"note: ", "warning: ", "", "remark: "};
  StringRef prefix = prefixes[static_cast<int>(diagnostic.getSeverity())];
  std::string place = describePlace(diagnostic.getLocation());
  llvm::errs() << (place.empty() ? "alexc" : place) << ": " << prefix << diagnostic.str() << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    print(note);
}

static DialectRegistry dialects() {
  DialectRegistry registry;
  registry.insert<AlexDialect, AlexrtDialect, arith::ArithDialect, cf::ControlFlowDialect,
                  func::FuncDialect, gpu::GPUDialect, index::IndexDialect, LLVM::LLVMDialect,
                  math::MathDialect, memref::MemRefDialect, nvgpu::NVGPUDialect, scf::SCFDialect,
                  ub::UBDialect, vector::VectorDialect>();
  registerKernelCatalog(registry);
  registerTranslations(registry);
  registerPtxTranslations(registry);
  return registry;
}

// With MLIR's threads the order of remarks and dumps would change from run to run.
Session::Session()
    : context(dialects(), MLIRContext::Threading::DISABLED),
      diagnostics(&context, [this](Diagnostic &diagnostic) {
        hasError |= diagnostic.getSeverity() == DiagnosticSeverity::Error;
        print(diagnostic);
      }) {
  context.printOpOnDiagnostic(false); // one line, not the whole network
}

LogicalResult Session::explain(LogicalResult result) {
  if (failed(result) && !hasError)
    return report(llvm::createStringError("a pass failed and did not say why"));
  return result;
}

static void checkUsage(ArrayRef<Phase> phases, const PipelineOptions &options) {
  if (llvm::Error error = checkOptions(phases, options))
    throw UsageError(llvm::toString(std::move(error)));
  if (!options.plan.empty())
    if (llvm::Error error = checkPlanName(options.plan))
      throw UsageError(llvm::toString(std::move(error)));
  CpuTarget target;
  std::string error;
  if (!options.cpu.empty() && !CpuTarget::lookup(options.cpu, target, error))
    throw UsageError(error);
}

llvm::Error Session::prepare(PassOptions &options, ArrayRef<Phase> phases) {
  for (const std::string &plugin : options.plugins)
    if (llvm::Error error = loadPassPlugin(plugin))
      return error;
  if (options.remarks)
    remarks.emplace(context);
  llvm::erase_if(options.pipeline.noFuseLayers, [&](const std::string &layer) {
    options.pipeline.noFuse |= layer == "*";
    return layer == "*";
  });
  applyDefaultTimingManagerCLOptions(timing);
  rootTiming = timing.getRootScope();
  options.pipeline.configure = [this](PassManager &passes) {
    passes.enableTiming(rootTiming);
    return applyPassManagerCLOptions(passes);
  };
  checkUsage(phases, options.pipeline);
  return llvm::Error::success();
}

OwningOpRef<ModuleOp> Session::load(const InputOptions &options) {
  llvm::Expected<InputKind> kind = recognize(options.path);
  if (!kind) {
    (void)report(kind.takeError());
    return nullptr;
  }
  OwningOpRef<ModuleOp> module;
  if (*kind == InputKind::spec) {
    ImportOptions import;
    import.edits = options.edits;
    import.training = options.training;
    if (!options.batches.empty())
      import.batches = options.batches;
    module = importSpec(context, options.path, import);
  } else if (!options.edits.empty() || !options.batches.empty()) {
    (void)report(llvm::createStringError("--set, --without and --batch change a spec, and '" +
                                         options.path + "' is IR"));
  } else {
    module = parseWithNames(options.path, &context);
  }
  if (module && remarks)
    remarks->recordProgramOrder(*module);
  return module;
}

void Session::printRemarks() {
  if (remarks)
    remarks->print(llvm::errs());
}

LogicalResult alexc::report(llvm::Error error) {
  if (!error)
    return success();
  llvm::errs() << "alexc: " << llvm::toString(std::move(error)) << "\n";
  return failure();
}

LogicalResult alexc::checkHoldsNetwork(ModuleOp module) {
  auto isEntry = [](func::FuncOp function) { return function->hasAttr("alex.entry"); };
  if (!module.getOps<ProgramOp>().empty() || llvm::any_of(module.getOps<func::FuncOp>(), isEntry))
    return success();
  return module.emitError("holds no entry of a network: no function with alex.entry, no program");
}
