//===- Pipelines.cpp - the phases of the compiler --------------------------===//

#include "compiler/Pipelines.h"
#include "compiler/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// The graph phases
//===----------------------------------------------------------------------===//

static std::unique_ptr<Pass> verify(StringRef phase) {
  VerifyPhasePassOptions options;
  options.phase = phase.str();
  return createVerifyPhasePass(options);
}

static void importPasses(AddPass add, const PipelineOptions &options) {
  // before anything disappears: a mark may name any layer of the spec
  MarkLayersPassOptions marks;
  llvm::append_range(marks.keep, options.keepLayers);
  llvm::append_range(marks.noFuse, options.noFuseLayers);
  add(createMarkLayersPass(marks));
  // dropout becomes a factor or nothing, so that fusions find an elementwise op;
  // layers that no result needs disappear
  add(createCanonicalizerPass());
  // what a file written by hand computes twice would get two kernels
  add(createCSEPass());
}

static void differentiatePasses(AddPass add, const PipelineOptions &options) {
  DifferentiatePassOptions gradients;
  gradients.inputGradient = options.inputGradient;
  // behind the canonicalizer: what it removes needs no gradient
  add(createDifferentiatePass(gradients));
}

static void partitionPasses(AddPass add, const PipelineOptions &options) {
  PlacePassOptions place;
  place.devices = options.devices;
  place.plan = options.plan;
  place.deviceMemory = options.deviceMemory;
  // behind the gradients: they are split by rules of their own, and sums over
  // several devices are made of the same shares on one
  add(createPlacePass(place));
  add(createInsertTransfersPass());
  if (!options.linkPrecision.empty()) {
    CompressTransfersPassOptions compress;
    compress.precision = options.linkPrecision;
    // behind all transfers, and before fusions, which it must not break up
    add(createCompressTransfersPass(compress));
  }
  // behind the plan: it places sums, not their parts
  SplitFilterGradPassOptions split;
  split.target = options.target;
  add(createSplitFilterGradPass(split));
}

static void fusePasses(AddPass add, const PipelineOptions &options) {
  if (options.noFuse)
    return;
  // first: what ends a convolution's kernel no longer looks like a layer
  add(createFuseConvReluPass());
  // behind it: a lrn starts a kernel of its own and never joins a convolution's
  add(createFuseLrnPoolPass());
  add(createFuseLinearReluPass());
  // before alex-fuse-relu-grad: a pool's gradient that goes through a lrn is its
  add(createFuseLrnPoolGradPass());
  add(createFuseReluGradPass());
  add(createFuseUpdatePass());
}

static void selectPasses(AddPass add, const PipelineOptions &options) {
  SelectPassOptions choice;
  choice.target = options.target;
  choice.cpu = options.cpu;
  choice.gpu = options.gpu;
  // behind all fusions: what is in a kernel decides what it costs
  add(createSelectPass(choice));
  // only now it is known in which form the kernels want the parameters
  add(createExtractLoadPass());
}

static void planMemoryPasses(AddPass add, const PipelineOptions &options) {
  // last: any later change of ops or types would change the live ranges
  add(createPlanMemoryPass());
}

std::vector<Phase> alexc::graphPhases() {
  return {
      {"import", importPasses, [] { return verify("import"); }},
      {"differentiate", differentiatePasses, [] { return verify("differentiate"); }},
      {"partition", partitionPasses, [] { return verify("partition"); }},
      {"fuse", fusePasses, [] { return verify("fuse"); }},
      {"select", selectPasses, [] { return verify("select"); }},
      {"plan-memory", planMemoryPasses, [] { return verify("plan-memory"); }},
  };
}

//===----------------------------------------------------------------------===//
// Checks of the options
//===----------------------------------------------------------------------===//

static llvm::Error makeError(const Twine &text) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), text);
}

static SmallVector<std::string> namesOf(ArrayRef<Phase> phases) {
  return llvm::map_to_vector(phases, [](const Phase &phase) { return phase.name; });
}

/// The arguments of all passes that `phases` may run, each once.
static SmallVector<std::string> passNames(ArrayRef<Phase> phases) {
  SmallVector<std::string> names;
  auto note = [&](std::unique_ptr<Pass> pass) {
    if (!llvm::is_contained(names, pass->getArgument()))
      names.push_back(pass->getArgument().str());
  };
  for (const Phase &phase : phases) {
    phase.passes(note, PipelineOptions());
    if (phase.verifier)
      note(phase.verifier());
  }
  return names;
}

/// What is wrong, of the lines that MLIR's parser says.
static std::string parserError(StringRef lines) {
  StringRef first = lines.trim().split('\n').first;
  StringRef afterPlace = first.split("error: ").second;
  return (afterPlace.empty() ? first : afterPlace).str();
}

/// A pipeline as text, with or without `builtin.module(...)` around it.
static llvm::Error parsePipeline(StringRef text, OpPassManager &passes) {
  StringRef body = text.trim();
  if (body.consume_front("builtin.module(") && !body.consume_back(")"))
    return makeError("pass pipeline '" + text + "': expected ')' at the end");
  std::string errors;
  llvm::raw_string_ostream stream(errors);
  if (succeeded(parsePassPipeline(body, passes, stream)))
    return llvm::Error::success();
  return makeError("pass pipeline '" + text + "': " + parserError(errors));
}

static llvm::Error checkInsertion(ArrayRef<Phase> phases, StringRef insertion) {
  auto [name, pipeline] = insertion.split('=');
  if (pipeline.empty())
    return makeError("expected PHASE=PIPELINE to insert, got '" + insertion + "'");
  SmallVector<std::string> names = namesOf(phases);
  if (!llvm::is_contained(names, name))
    return makeError("no phase '" + name + "'; the phases are " + llvm::join(names, ", "));
  OpPassManager passes(ModuleOp::getOperationName(), OpPassManager::Nesting::Implicit);
  return parsePipeline(pipeline, passes);
}

llvm::Error alexc::checkOptions(ArrayRef<Phase> phases, const PipelineOptions &options) {
  SmallVector<std::string> known = passNames(phases);
  for (const std::string &name : options.disabledPasses)
    if (!llvm::is_contained(known, name))
      return makeError("no pass '" + name + "' to disable; the passes are " +
                       llvm::join(known, ", "));
  for (const std::string &insertion : options.insertAfter) {
    if (llvm::Error error = checkInsertion(phases, insertion))
      return error;
    if (!options.passPipeline.empty() && StringRef(insertion).split('=').first == "fuse")
      return makeError("cannot insert passes after phase 'fuse', which the pass pipeline replaces");
  }
  OpPassManager passes(ModuleOp::getOperationName(), OpPassManager::Nesting::Implicit);
  return parsePipeline(options.passPipeline, passes);
}

//===----------------------------------------------------------------------===//
// Building and running
//===----------------------------------------------------------------------===//

/// Adds a pass to the pass manager of the ops that it runs on.
static void addNested(OpPassManager &passes, std::unique_ptr<Pass> pass) {
  std::optional<StringRef> op = pass->getOpName();
  bool isOnModule = !op || *op == passes.getOpAnchorName();
  (isOnModule ? passes : passes.nest(*op)).addPass(std::move(pass));
}

static void addText(OpPassManager &passes, StringRef pipeline) {
  llvm::cantFail(parsePipeline(pipeline, passes), "checkOptions accepted the pipeline");
}

void alexc::buildPhases(OpPassManager &passes, ArrayRef<Phase> phases,
                        const PipelineOptions &options) {
  auto add = [&](std::unique_ptr<Pass> pass) {
    if (!llvm::is_contained(options.disabledPasses, pass->getArgument()))
      addNested(passes, std::move(pass));
  };
  for (const Phase &phase : phases) {
    phase.passes(add, options);
    for (StringRef insertion : options.insertAfter)
      if (insertion.split('=').first == phase.name)
        addText(passes, insertion.split('=').second);
    if (phase.verifier)
      add(phase.verifier());
  }
}

/// Runs the passes that `build` adds.
static LogicalResult run(ModuleOp module, const PipelineOptions &options,
                         llvm::function_ref<void(OpPassManager &)> build) {
  PassManager passes(module.getContext(), ModuleOp::getOperationName(),
                     OpPassManager::Nesting::Implicit);
  build(passes);
  if (options.configure && failed(options.configure(passes)))
    return failure();
  return passes.run(module);
}

LogicalResult alexc::runPhases(ModuleOp module, ArrayRef<Phase> phases,
                               const PipelineOptions &options) {
  return run(module, options, [&](OpPassManager &passes) { buildPhases(passes, phases, options); });
}

//===----------------------------------------------------------------------===//
// From where the IR stands
//===----------------------------------------------------------------------===//

StringRef alexc::reachedPhase(ModuleOp module) {
  bool isPlaced = false, isSelected = false, isPlanned = false;
  for (auto function : module.getOps<func::FuncOp>())
    for (Operation &op : function.getOps()) {
      isPlanned |= op.hasAttr("alex.at");
      isSelected |= op.hasAttr("alex.kernel");
      isPlaced |= op.getNumResults() && deviceOf(op.getResult(0).getType());
    }
  bool isPartitioned = isPlaced && module->hasAttr("alex.devices");
  if (isPlanned)
    return "plan-memory";
  return isSelected || (isPlaced && !isPartitioned) ? "select" : isPartitioned ? "partition" : "";
}

/// An error where the user asks for something in a phase that `module` has
/// behind it.
static LogicalResult refuseLateWishes(ModuleOp module, ArrayRef<Phase> remaining, StringRef reached,
                                      const PipelineOptions &options) {
  bool hasMarks = !options.keepLayers.empty() || !options.noFuseLayers.empty() || options.noFuse;
  if (!reached.empty() && hasMarks)
    return module.emitError("cannot keep or not fuse layers: the network has phase '")
           << reached << "' behind it";
  bool hasDevices = options.devices != 0 || !options.plan.empty() || !options.linkPrecision.empty();
  if (!reached.empty() && hasDevices)
    return module.emitError("cannot spread the network over devices: it has phase '")
           << reached << "' behind it";
  std::vector<Phase> phases = graphPhases();
  for (StringRef insertion : options.insertAfter) {
    StringRef name = insertion.split('=').first;
    auto isNamed = [&](const Phase &phase) { return phase.name == name; };
    if (llvm::any_of(phases, isNamed) && llvm::none_of(remaining, isNamed))
      return module.emitError("cannot insert passes after phase '")
             << name << "': the network has phase '" << reached << "' behind it";
  }
  return success();
}

/// The phases behind `reached`; all if it is empty.
static ArrayRef<Phase> phasesBehind(ArrayRef<Phase> phases, StringRef reached) {
  for (auto [index, phase] : llvm::enumerate(phases))
    if (phase.name == reached)
      return phases.drop_front(index + 1);
  return phases;
}

/// Runs the phases behind `reached`, after a check of what it promises: the
/// module may come from a file, or from passes of the user's.
static LogicalResult runFrom(ModuleOp module, StringRef reached, const PipelineOptions &options) {
  std::vector<Phase> phases = graphPhases();
  return run(module, options, [&](OpPassManager &passes) {
    if (!reached.empty())
      passes.addPass(verify(reached));
    buildPhases(passes, phasesBehind(phases, reached), options);
  });
}

LogicalResult alexc::runGraphPhases(ModuleOp module, const PipelineOptions &options) {
  std::vector<Phase> phases = graphPhases();
  StringRef start = reachedPhase(module);
  if (failed(refuseLateWishes(module, phasesBehind(phases, start), start, options)))
    return failure();
  if (options.passPipeline.empty())
    return runFrom(module, start, options);
  if (start.empty() && failed(runPhases(module, ArrayRef(phases).take_front(3), options)))
    return failure();
  if (failed(run(module, options,
                 [&](OpPassManager &passes) { addText(passes, options.passPipeline); })))
    return failure();
  StringRef reached = reachedPhase(module);
  bool isBeforeFusion = reached.empty() || reached == "partition";
  return runFrom(module, isBeforeFusion ? "fuse" : reached, options);
}

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

llvm::Error alexc::loadPassPlugin(const std::string &path) {
  // the system's loader looks for a name without a slash in its own folders
  bool isHere = path.find('/') == std::string::npos && llvm::sys::fs::exists(path);
  llvm::Expected<PassPlugin> plugin = PassPlugin::load(isHere ? "./" + path : path);
  if (plugin) {
    plugin->registerPassRegistryCallbacks();
    return llvm::Error::success();
  }
  // LLVM and the system's loader both name the file again
  std::string text = llvm::toString(plugin.takeError());
  StringRef reason = text;
  reason.consume_front("Could not load library '" + path + "': ");
  reason.consume_front(path + ": ");
  return makeError("cannot load pass plug-in '" + path + "': " + reason);
}

namespace {
/// The options of `alex-graph-pipeline`, named as alexc's are.
struct GraphPipelineOptions : PassPipelineOptions<GraphPipelineOptions> {
  Option<bool> noFuse{*this, "no-fuse", llvm::cl::desc("Run no fusion"), llvm::cl::init(false)};
  ListOption<std::string> noFuseLayers{*this, "no-fuse-layers",
                                       llvm::cl::desc("Layers that get a kernel of their own")};
  ListOption<std::string> keep{*this, "keep", llvm::cl::desc("Layers whose value stays in memory")};
  ListOption<std::string> disabled{*this, "disable-pass", llvm::cl::desc("Passes to leave out")};
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("CPU to choose kernels for")};
  Option<std::string> target{*this, "target", llvm::cl::desc("Target: cpu or cuda")};
  Option<std::string> gpu{*this, "gpu", llvm::cl::desc("GPU to choose kernels for")};
  Option<int64_t> devices{*this, "devices", llvm::cl::desc("Devices to run on"), llvm::cl::init(0)};
  Option<std::string> plan{*this, "plan", llvm::cl::desc("Name or file of a plan")};
  Option<std::string> linkPrecision{*this, "link-precision",
                                    llvm::cl::desc("fp16 or bf16: what crosses is compressed")};
};
} // namespace

static void buildGraphPipeline(OpPassManager &passes, const GraphPipelineOptions &given) {
  PipelineOptions options;
  options.noFuse = given.noFuse;
  llvm::append_range(options.noFuseLayers, given.noFuseLayers);
  llvm::append_range(options.keepLayers, given.keep);
  llvm::append_range(options.disabledPasses, given.disabled);
  options.cpu = given.cpu;
  options.target = given.target;
  options.gpu = given.gpu;
  options.devices = given.devices;
  options.plan = given.plan;
  options.linkPrecision = given.linkPrecision;
  buildPhases(passes, graphPhases(), options);
}

void alexc::registerGraphPipelines() {
  PassPipelineRegistration<GraphPipelineOptions>(
      "alex-graph-pipeline", "From the spec's layers to placed kernels, as alexc runs it",
      buildGraphPipeline);
}
