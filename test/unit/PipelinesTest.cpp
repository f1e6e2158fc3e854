//===- PipelinesTest.cpp - phases and what users change about them -----------===//

#include "compiler/Pipelines.h"
#include "codegen/Catalog.h"
#include "compiler/Passes.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Transforms/Passes.h"
#include "gmock/gmock.h"

using namespace mlir;
using namespace alexc;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

static std::string checked(const PipelineOptions &options) {
  registerAlexPasses();
  registerTransformsPasses();
  return llvm::toString(checkOptions(graphPhases(), options));
}

TEST(CheckOptions, AcceptsWhatExists) {
  PipelineOptions options;
  options.disabledPasses = {"alex-fuse-lrn-pool", "canonicalize", "alex-verify-phase"};
  options.insertAfter = {"fuse=cse", "differentiate=func.func(cse)", "select=builtin.module(cse)"};
  EXPECT_EQ(checked(options), "");
  options = PipelineOptions();
  options.passPipeline = "builtin.module(func.func(alex-fuse-conv-relu{max-epilogue-ops=1}),cse)";
  EXPECT_EQ(checked(options), "");
}

TEST(CheckOptions, NamesThePassesThatExist) {
  PipelineOptions options;
  options.disabledPasses = {"fuse"};
  EXPECT_EQ(checked(options),
            "no pass 'fuse' to disable; the passes are alex-mark-layers, canonicalize, cse, "
            "alex-verify-phase, alex-differentiate, alex-place, alex-insert-transfers, "
            "alex-split-filter-grad, alex-fuse-conv-relu, alex-fuse-lrn-pool, "
            "alex-fuse-linear-relu, alex-fuse-lrn-pool-grad, alex-fuse-relu-grad, "
            "alex-fuse-update, alex-select, alex-extract-load, alex-plan-memory");
}

TEST(CheckOptions, NamesThePhasesThatExist) {
  PipelineOptions options;
  options.insertAfter = {"fusion=cse"};
  EXPECT_EQ(checked(options), "no phase 'fusion'; the phases are import, differentiate, partition, "
                              "fuse, select, plan-memory");
}

TEST(CheckOptions, WantsAPhaseAndAPipelineToInsert) {
  PipelineOptions options;
  options.insertAfter = {"fuse"};
  EXPECT_EQ(checked(options), "expected PHASE=PIPELINE to insert, got 'fuse'");
}

TEST(CheckOptions, SaysInOneLineWhatIsWrongWithAPipeline) {
  PipelineOptions options;
  options.passPipeline = "no-such-pass";
  EXPECT_EQ(checked(options), "pass pipeline 'no-such-pass': 'no-such-pass' does not refer to a "
                              "registered pass or pass pipeline");
  options.passPipeline = "builtin.module(cse";
  EXPECT_EQ(checked(options), "pass pipeline 'builtin.module(cse': expected ')' at the end");
  options.passPipeline = "";
  options.insertAfter = {"fuse=cse{no-such-option=1}"};
  EXPECT_THAT(checked(options),
              AllOf(HasSubstr("no such option no-such-option"), Not(HasSubstr("\n"))));
}

TEST(CheckOptions, RefusesToInsertAfterAReplacedPhase) {
  PipelineOptions options;
  options.passPipeline = "cse";
  options.insertAfter = {"fuse=cse"};
  EXPECT_EQ(checked(options),
            "cannot insert passes after phase 'fuse', which the pass pipeline replaces");
}

TEST(LoadPassPlugin, SaysWhichFileAndWhy) {
  std::string error = llvm::toString(loadPassPlugin("no/such/plug-in.so"));
  EXPECT_THAT(error, HasSubstr("cannot load pass plug-in 'no/such/plug-in.so': "));
  EXPECT_THAT(error, HasSubstr("No such file"));
  EXPECT_THAT(error, Not(HasSubstr("\n")));
}

//===----------------------------------------------------------------------===//
// What is built
//===----------------------------------------------------------------------===//

static std::string built(ArrayRef<Phase> phases, const PipelineOptions &options) {
  EXPECT_EQ(checked(options), "");
  OpPassManager passes(ModuleOp::getOperationName());
  buildPhases(passes, phases, options);
  std::string text;
  llvm::raw_string_ostream stream(text);
  passes.printAsTextualPipeline(stream);
  return text;
}

TEST(BuildPhases, InsertsBeforeThePhaseIsVerified) {
  PipelineOptions options;
  options.insertAfter = {"fuse=func.func(cse)"};
  options.disabledPasses = {"alex-fuse-lrn-pool"};
  EXPECT_THAT(built(graphPhases()[3], options),
              HasSubstr("func.func(cse),alex-verify-phase{phase=fuse}"));
}

TEST(BuildPhases, LeavesOutDisabledPasses) {
  PipelineOptions options;
  options.disabledPasses = {"alex-fuse-conv-relu", "alex-verify-phase"};
  std::string text = built(graphPhases()[3], options);
  EXPECT_THAT(text, HasSubstr("alex-fuse-lrn-pool"));
  EXPECT_THAT(text, Not(HasSubstr("alex-fuse-conv-relu")));
  EXPECT_THAT(text, Not(HasSubstr("alex-verify-phase")));
}

//===----------------------------------------------------------------------===//
// Where the IR stands
//===----------------------------------------------------------------------===//

namespace {
/// A network of two layers, in a context with the kernels of a CPU or without.
struct Network {
  explicit Network(bool hasCatalog = true) {
    DialectRegistry registry;
    registry.insert<AlexDialect, func::FuncDialect>();
    if (hasCatalog)
      registerKernelCatalog(registry);
    context.appendDialectRegistry(registry);
    module = parseSourceString<ModuleOp>(text, &context);
  }

  unsigned fusedOps() {
    unsigned count = 0;
    module->walk([&](FusedOp) { ++count; });
    return count;
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  OwningOpRef<ModuleOp> module;

  static constexpr StringRef text = R"(
    module attributes {alex.cpu = "x86-64", alex.network = {params = [{name = "w"}]}} {
      func.func @infer_1(%x: tensor<1x8xf32> {alex.input}, %w: tensor<4x8xf32> {alex.state = "w"})
          -> tensor<1x4xf32> attributes {alex.entry = "infer", alex.batch = 1 : i64} {
        %0 = alex.linear %x, %w : (tensor<1x8xf32>, tensor<4x8xf32>) -> tensor<1x4xf32>
        %1 = alex.relu %0 : (tensor<1x4xf32>) -> tensor<1x4xf32>
        return %1 : tensor<1x4xf32>
      }
    })";
};
} // namespace

static std::string errorOf(Network &network, const PipelineOptions &options) {
  std::string error;
  ScopedDiagnosticHandler handler(&network.context,
                                  [&](Diagnostic &diagnostic) { error += diagnostic.str(); });
  EXPECT_TRUE(failed(runGraphPhases(*network.module, options)));
  return error;
}

TEST(RunGraphPhases, RunsAllOfThem) {
  Network network;
  ASSERT_TRUE(network.module);
  EXPECT_EQ(reachedPhase(*network.module), "");
  EXPECT_TRUE(succeeded(runGraphPhases(*network.module, {})));
  EXPECT_EQ(reachedPhase(*network.module), "plan-memory");
  EXPECT_EQ(network.fusedOps(), 1u);
}

TEST(RunGraphPhases, LeavesAPlannedNetworkAlone) {
  Network network;
  ASSERT_TRUE(succeeded(runGraphPhases(*network.module, {})));
  EXPECT_TRUE(succeeded(runGraphPhases(*network.module, {})));
}

TEST(RunGraphPhases, ChecksAPlannedNetwork) {
  Network network;
  ASSERT_TRUE(succeeded(runGraphPhases(*network.module, {})));
  network.module->walk([](func::FuncOp entry) { entry->removeAttr("alex.scratch"); });
  EXPECT_EQ(errorOf(network, {}), "expected an attribute alex.scratch");
}

TEST(RunGraphPhases, RunsWhatAPassPipelineLeftUndone) {
  Network network;
  PipelineOptions options;
  options.passPipeline = "cse";
  ASSERT_EQ(checked(options), "");
  EXPECT_TRUE(succeeded(runGraphPhases(*network.module, options)));
  EXPECT_EQ(reachedPhase(*network.module), "plan-memory");
  EXPECT_EQ(network.fusedOps(), 0u);
}

TEST(RunGraphPhases, PreparesEachPassManager) {
  Network network;
  PipelineOptions options;
  options.passPipeline = "cse";
  ASSERT_EQ(checked(options), "");
  int prepared = 0;
  options.configure = [&](PassManager &) { return ++prepared, success(); };
  EXPECT_TRUE(succeeded(runGraphPhases(*network.module, options)));
  EXPECT_EQ(prepared, 3); // import, the pipeline, what it left undone
}

TEST(RunGraphPhases, FailsWithoutCatalog) {
  Network network(/*hasCatalog=*/false);
  EXPECT_EQ(errorOf(network, {}), "no kernel catalog: this tool has no code generator");
}

TEST(RunGraphPhases, RefusesWhatComesTooLate) {
  Network network;
  ASSERT_TRUE(succeeded(runGraphPhases(*network.module, {})));
  PipelineOptions options;
  options.keepLayers = {"relu"};
  EXPECT_EQ(errorOf(network, options),
            "cannot keep or not fuse layers: the network has phase 'plan-memory' behind it");
  options = PipelineOptions();
  options.insertAfter = {"fuse=cse"};
  EXPECT_EQ(errorOf(network, options), "cannot insert passes after phase 'fuse': the network has "
                                       "phase 'plan-memory' behind it");
}
