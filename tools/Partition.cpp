//===- Partition.cpp - alexc partition ------------------------------------------===//
//
// Writes the plan for a network, and tells what it costs before anything runs.
// Every time is predicted by the cost model, none measured.

#include "codegen/OutputFile.h"
#include "codegen/cuda/GpuTarget.h"
#include "compiler/Passes.h"
#include "compiler/partition/AutoPlan.h"
#include "compiler/partition/PartitionReport.h"
#include "compiler/spec/Spec.h"
#include "tools/CommandLine.h"
#include "tools/PlanPicture.h"
#include "llvm/Support/SaveAndRestore.h"
#include <fmt/format.h>
#include <iostream>

using namespace mlir;
using namespace alexc;

namespace {
struct PartitionOptions {
  InputOptions input;
  int64_t devices = 0;
  std::string plan, output, architecture, linkPrecision;
  std::string picture; ///< path of an SVG; empty: none
  bool report = false;
  int64_t batch = 0;
  int64_t deviceMemory = 0; ///< bytes; 0: not asked
};

/// What one plan costs.
struct PlanReport {
  std::string name;
  int64_t devices = 1;
  std::optional<PartitionReport> inference, training;
};

class PartitionCommand {
public:
  explicit PartitionCommand(PartitionOptions given) : options(std::move(given)) {}

  LogicalResult run();

private:
  LogicalResult chooseDevices(const OwnDevices &own);
  OwningOpRef<ModuleOp> load(int64_t batch);
  FailureOr<PlanReport> reportOf(StringRef plan, int64_t devices, int64_t batch);
  LogicalResult writePlanFile(const Plan &plan);
  LogicalResult drawPicture(const PlanReport &plan);
  LogicalResult reportPlans();
  LogicalResult reportMemory(int64_t devices);
  FailureOr<int64_t> largestBatch(StringRef plan, int64_t devices, bool training);

  PartitionOptions options;
  Session session;
  bool isTrying = false; ///< a plan that may not fit
};
} // namespace

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

/// The network at a batch size, which is that of its training too.
OwningOpRef<ModuleOp> PartitionCommand::load(int64_t batch) {
  InputOptions input = options.input;
  input.training = true;
  if (batch)
    input.batches = {batch};
  OwningOpRef<ModuleOp> module = session.load(input);
  bool trains = module && llvm::any_of(entriesOf(*module), isTrainingEntry);
  if (batch && trains) {
    input.edits.push_back({SpecEdit::Kind::set, "training.batch=" + std::to_string(batch)});
    module = session.load(input);
  }
  if (!module)
    return module;
  Builder builder(module->getContext());
  bool isGpu = !options.architecture.empty();
  if (isGpu)
    (*module)->setAttr("alex.target", builder.getStringAttr("cuda"));
  (*module)->setAttr(isGpu ? "alex.gpu" : "alex.cpu",
                     builder.getStringAttr(isGpu ? options.architecture : "native"));
  return module;
}

FailureOr<PlanReport> PartitionCommand::reportOf(StringRef plan, int64_t devices, int64_t batch) {
  OwningOpRef<ModuleOp> module = load(batch);
  if (!module)
    return failure();
  PipelineOptions pipeline;
  pipeline.devices = devices;
  pipeline.plan = plan.str();
  pipeline.deviceMemory = options.deviceMemory;
  pipeline.linkPrecision = options.linkPrecision;
  LogicalResult planned = runGraphPhases(*module, pipeline);
  if (failed(isTrying ? planned : session.explain(planned)))
    return failure();
  auto *dialect = module->getContext()->getLoadedDialect<AlexDialect>();
  auto *catalog = dialect->getRegisteredInterface<KernelCatalog>();
  PlanReport result;
  if (auto count = (*module)->getAttrOfType<IntegerAttr>("alex.devices"))
    result.devices = count.getInt();
  auto name = (*module)->getAttrOfType<StringAttr>("alex.plan");
  result.name = name ? name.str() : "none";
  for (func::FuncOp entry : entriesOf(*module)) {
    if (entryKind(entry) == "infer")
      result.inference = reportPartition(entry, *catalog, Machine::of(*module));
    if (entryKind(entry) == "train_step")
      result.training = reportPartition(entry, *catalog, Machine::of(*module));
  }
  return result;
}

LogicalResult PartitionCommand::writePlanFile(const Plan &plan) {
  if (!options.output.empty() && options.output != "-")
    return ::report(writeFile(options.output, writePlan(plan)));
  std::cout << writePlan(plan);
  return success();
}

LogicalResult PartitionCommand::drawPicture(const PlanReport &plan) {
  bool isTraining = plan.training.has_value();
  std::string title = fmt::format("{}, plan {}, {} of batch {}", options.input.path, plan.name,
                                  isTraining ? "training step" : "inference", options.batch);
  return ::report(
      writeFile(options.picture, drawPlan(isTraining ? *plan.training : *plan.inference, title)));
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

static std::string megabytes(int64_t bytes) { return fmt::format("{:.2f} MB", bytes / 1e6); }

/// One line of a table: a title and a figure for each device.
template <typename Figure>
static void printRow(StringRef title, const PartitionReport &report, Figure figure) {
  fmt::print("  {:<28}", title.str());
  for (const DeviceLoad &device : report.devices)
    fmt::print("{:>16}", figure(device));
  fmt::print("\n");
}

static void printDevices(const PartitionReport &report) {
  int64_t macs = 0;
  for (const DeviceLoad &device : report.devices)
    macs += device.macs;
  fmt::print("  {:<28}", "");
  for (size_t number = 0; number < report.devices.size(); ++number)
    fmt::print("{:>16}", fmt::format("device {}", number));
  fmt::print("\n");
  printRow("multiply-adds", report, [&](const DeviceLoad &device) {
    return fmt::format("{:.2f} G {:>3.0f} %", device.macs / 1e9, 100.0 * device.macs / macs);
  });
  printRow("parameters", report,
           [](const DeviceLoad &device) { return megabytes(device.parameters); });
  if (report.devices.front().momenta)
    printRow("momenta", report, [](const DeviceLoad &device) { return megabytes(device.momenta); });
  printRow("inputs and outputs", report,
           [](const DeviceLoad &device) { return megabytes(device.ports); });
  printRow("values between layers", report,
           [](const DeviceLoad &device) { return megabytes(device.scratch); });
  printRow("memory at the worst moment", report,
           [](const DeviceLoad &device) { return megabytes(device.peak()); });
  printRow("computing, predicted", report,
           [](const DeviceLoad &device) { return fmt::format("{:.2f} ms", device.compute * 1e3); });
}

static void printEdges(const PartitionReport &report) {
  if (report.edges.empty()) {
    fmt::print("  nothing crosses\n");
    return;
  }
  fmt::print("  {:<28}{:>14}{:>14}{:>14}\n", "crossing", "devices", "forward", "backward");
  for (const PartitionEdge &edge : report.edges)
    fmt::print("  {:<28}{:>14}{:>14}{:>14}\n",
               edge.source == edge.reader ? edge.source : edge.source + " -> " + edge.reader,
               fmt::format("{} -> {}", edge.from, edge.to), megabytes(edge.forward),
               megabytes(edge.backward));
  fmt::print("  {:<28}{:>14}{:>14}{:>14}\n", "all", "", megabytes(report.bytesForward()),
             megabytes(report.bytesBackward()));
}

static void print(StringRef title, const std::optional<PartitionReport> &report) {
  if (!report)
    return;
  fmt::print("\n{}\n", title.str());
  printDevices(*report);
  printEdges(*report);
  fmt::print("  {:<28}{:>14}\n  {:<28}{:>14}\n", "transfers, predicted",
             fmt::format("{:.2f} ms", report->transfer * 1e3), "all of it, predicted",
             fmt::format("{:.2f} ms", report->step * 1e3));
}

/// One line for each plan.
static void printComparison(ArrayRef<PlanReport> plans) {
  fmt::print("\n{:<10}{:>9}{:>16}{:>16}{:>16}{:>16}{:>18}\n", "plan", "devices", "inference",
             "crossing", "training step", "crossing", "largest memory");
  for (const PlanReport &plan : plans) {
    auto time = [](const std::optional<PartitionReport> &report) {
      return report ? fmt::format("{:.2f} ms", report->step * 1e3) : "-";
    };
    auto crossing = [](const std::optional<PartitionReport> &report) {
      return report ? megabytes(report->bytesForward() + report->bytesBackward()) : "-";
    };
    const auto &largest = plan.training ? plan.training : plan.inference;
    int64_t peak = 0;
    for (const DeviceLoad &device : largest->devices)
      peak = std::max(peak, device.peak());
    fmt::print("{:<10}{:>9}{:>16}{:>16}{:>16}{:>16}{:>18}\n", plan.name, plan.devices,
               time(plan.inference), crossing(plan.inference), time(plan.training),
               crossing(plan.training), megabytes(peak));
  }
}

LogicalResult PartitionCommand::reportPlans() {
  SmallVector<StringRef> names{options.plan};
  if (options.plan == "all") {
    names.assign(planNames().begin(), planNames().end());
    names.push_back("auto");
  }
  SmallVector<PlanReport> plans;
  int64_t most = 1; // devices of any
  for (StringRef name : names) {
    FailureOr<PlanReport> plan = reportOf(name, options.devices, options.batch);
    if (failed(plan))
      return failure();
    most = std::max(most, plan->devices);
    plans.push_back(std::move(*plan));
  }
  std::string machine =
      options.architecture.empty() ? "one core of this CPU for each device" : options.architecture;
  fmt::print("{}, batch {}, times predicted for {}\n", options.input.path, options.batch, machine);
  if (options.plan == "all") {
    printComparison(plans);
  } else {
    print(fmt::format("plan {}: inference", plans[0].name), plans[0].inference);
    print(fmt::format("plan {}: training step", plans[0].name), plans[0].training);
  }
  if (!options.picture.empty() && failed(drawPicture(plans[0])))
    return failure();
  return options.deviceMemory ? reportMemory(most) : success();
}

//===----------------------------------------------------------------------===//
// Which batch fits
//===----------------------------------------------------------------------===//

/// The largest batch, a multiple of the devices, whose memory fits on each device;
/// 0 if none does.
FailureOr<int64_t> PartitionCommand::largestBatch(StringRef plan, int64_t devices, bool training) {
  bool isSearched = plan == "auto"; // which fails where no plan fits
  auto fits = [&](int64_t batch) -> FailureOr<bool> {
    std::optional<ScopedDiagnosticHandler> silence;
    if (isSearched)
      silence.emplace(&session.getContext(), [](Diagnostic &) { return success(); });
    llvm::SaveAndRestore trying(isTrying, isSearched);
    FailureOr<PlanReport> report = reportOf(plan, devices, batch);
    if (failed(report) && isSearched)
      return false;
    if (failed(report))
      return failure();
    const std::optional<PartitionReport> &part = training ? report->training : report->inference;
    return part && llvm::all_of(part->devices, [&](const DeviceLoad &device) {
             return device.peak() <= options.deviceMemory;
           });
  };
  constexpr int64_t most = 1 << 14;
  int64_t good = 0, bad = most; // in units of `devices` images
  for (int64_t units = 16; good < units && units < bad;) {
    FailureOr<bool> isGood = fits(units * devices);
    if (failed(isGood))
      return failure();
    (*isGood ? good : bad) = units;
    units = bad == most ? 2 * units : (good + bad) / 2;
  }
  return good * devices;
}

LogicalResult PartitionCommand::reportMemory(int64_t devices) {
  fmt::print("\nthe largest batch in {:g} GB on each device\n  {:<20}{:>14}{:>14}\n",
             options.deviceMemory / 1e9, "", "inference", "training");
  StringRef plan = options.plan == "all" ? StringRef("paper") : StringRef(options.plan);
  SmallVector<std::pair<StringRef, int64_t>> rows{{"none", 1}};
  if (devices > 1)
    rows.push_back({plan, devices});
  for (auto [name, devices] : rows) {
    FailureOr<int64_t> inference = largestBatch(name, devices, false);
    FailureOr<int64_t> training = largestBatch(name, devices, true);
    if (failed(inference) || failed(training))
      return failure();
    std::string title = devices == 1 ? "one device" : fmt::format("plan {}", name.str());
    fmt::print("  {:<20}{:>14}{:>14}\n", title, *inference, *training);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The command
//===----------------------------------------------------------------------===//

/// What the spec says where the command line says nothing; a plan that is named has
/// its own say about how many devices.
LogicalResult PartitionCommand::chooseDevices(const OwnDevices &own) {
  if (options.plan.empty())
    options.plan = own.planFor(options.devices);
  else if (options.plan != "all")
    return success();
  if (options.devices == 0)
    options.devices = own.count;
  if (options.plan == "all" && options.devices == 1)
    return ::report(llvm::createStringError(
        "--plan all compares how several devices share the work: give --devices N"));
  return success();
}

LogicalResult PartitionCommand::run() {
  if (options.plan == "all" && !options.picture.empty())
    throw UsageError("--picture draws one plan, got all");
  if (options.plan == "all" && !options.report)
    throw UsageError("--plan all is for --report");
  if (!options.plan.empty() && options.plan != "all")
    if (llvm::Error error = checkPlanName(options.plan))
      throw UsageError(llvm::toString(std::move(error)));
  llvm::Expected<InputKind> kind = recognize(options.input.path);
  if (!kind)
    return ::report(kind.takeError());
  if (options.report && *kind != InputKind::spec)
    return ::report(
        llvm::createStringError("--report needs a spec, and '" + options.input.path + "' is IR"));
  OwningOpRef<ModuleOp> module = load(options.batch);
  if (!module)
    return failure();
  if (failed(chooseDevices(devicesOfNetwork(*module))))
    return failure();
  for (func::FuncOp entry : entriesOf(*module))
    if (auto batch = entry->getAttrOfType<IntegerAttr>("alex.batch"); batch && !options.batch)
      options.batch = isTrainingEntry(entry) ? batch.getInt() : 0;
  if (options.batch == 0)
    options.batch = 1;
  if (options.report)
    return reportPlans();
  std::vector<Phase> phases = graphPhases();
  phases.erase(phases.begin() + 2, phases.end()); // what a plan is made for
  if (failed(session.explain(runPhases(*module, phases, {}))))
    return failure();
  FailureOr<Plan> plan = choosePlan(*module, options.plan, options.devices, 0);
  return succeeded(plan) ? writePlanFile(*plan) : failure();
}

/// "3GB" as bytes; a negative number where it is no size.
static double bytesOf(StringRef text) {
  double factor = 1;
  for (auto [unit, value] : {std::pair<StringRef, double>{"GB", 1e9}, {"MB", 1e6}})
    if (text.consume_back(unit))
      factor = value;
  double number = 0;
  return text.trim().getAsDouble(number) || number <= 0 ? -1 : number * factor;
}

void alexc::addPartitionCommand(CLI::App &app, Command &command) {
  auto options = std::make_shared<PartitionOptions>();
  CLI::App *partition =
      app.add_subcommand("partition", "Plan how devices share a network, and tell what it costs");
  addInputOptions(*partition, options->input, /*withBatch=*/false);
  partition->add_option("--devices", options->devices, "How many; by default what the spec says")
      ->check(CLI::Range(int64_t(1), mostDevices).description(""))
      ->type_name("N");
  partition
      ->add_option("--plan", options->plan,
                   "none, paper, data, owt, auto, a plan file, or all for a report")
      ->type_name("PLAN");
  addLinkPrecisionOption(*partition, options->linkPrecision);
  partition->add_option("-o", options->output, "Write the plan here; by default to stdout")
      ->type_name("FILE");
  CLI::Option *report =
      partition->add_flag("--report", options->report, "Tell what the plan costs instead");
  partition->add_option("--batch", options->batch, "Images; by default those of a training step")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 20).description(""))
      ->type_name("N")
      ->needs(report);
  partition
      ->add_option("--gpu-arch", options->architecture,
                   "Predict for a GPU; by default for this CPU")
      ->check([](const std::string &name) {
        GpuTarget gpu;
        std::string error;
        return GpuTarget::lookup(name, gpu, error) ? std::string() : error;
      })
      ->type_name("sm_NN")
      ->needs(report);
  partition->add_option("--gpu", options->architecture, "The same for a GPU's name: H100")
      ->check([](const std::string &name) {
        GpuTarget gpu;
        std::string error;
        return GpuTarget::lookupProduct(name, gpu, error) ? std::string() : error;
      })
      ->type_name("NAME")
      ->needs(report)
      ->excludes("--gpu-arch");
  partition->add_option("--picture", options->picture, "Also draw the plan of a step, as SVG")
      ->type_name("FILE.svg")
      ->needs(report);
  partition
      ->add_option_function<std::string>(
          "--device-memory",
          [=](const std::string &text) { options->deviceMemory = int64_t(bytesOf(text)); },
          "Also tell which batch fits into this: 3GB")
      ->check([](const std::string &text) {
        return bytesOf(text) > 0 ? std::string()
                                 : "expected a size such as 3GB, got '" + text + "'";
      })
      ->type_name("SIZE")
      ->needs(report);
  partition->callback(
      [=, &command] { command = [=] { return PartitionCommand(*options).run(); }; });
}
