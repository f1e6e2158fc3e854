//===- Report.cpp - alexc report ------------------------------------------------===//
//
// What kernels cost before they run on any GPU: every figure is a static bound.

#include "codegen/cuda/KernelReport.h"
#include "tools/Lowering.h"
#include "llvm/Support/FileSystem.h"
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace alexc;
using json = nlohmann::ordered_json;

static constexpr const char *label = "static bound, not measured";

namespace {
struct ReportOptions {
  CompileOptions compilation;
  std::vector<std::string> products; ///< of --gpu
  bool withAccesses = false;
  bool asJson = false;
};

/// A GPU, and what the toolkit made for it; nothing where there is none.
struct GpuReport {
  GpuTarget gpu;
  std::optional<NetworkCode> code;

  const KernelResources *resourcesOf(const KernelCost &kernel) const;
  const InnerLoop *loopOf(const KernelCost &kernel) const;
  std::optional<Occupancy> occupancyOf(const KernelCost &kernel) const;
  double secondsOf(const NetworkCost &network, const ProgramCost &program) const;
};

class Report {
public:
  explicit Report(ReportOptions given) : options(std::move(given)), lowering(options.compilation) {}

  LogicalResult run();

private:
  LogicalResult chooseGpus();
  LogicalResult compileKernels(ArrayRef<SourceFile> files);
  void print() const;

  ReportOptions options;
  Lowering lowering;
  NetworkCost network;
  std::vector<GpuReport> reports;
  std::vector<std::string> notes; ///< what is left out, and how to have it
};
} // namespace

//===----------------------------------------------------------------------===//
// Figures
//===----------------------------------------------------------------------===//

template <typename Value>
static const Value *entryOf(const llvm::StringMap<Value> &map, StringRef name) {
  auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

const KernelResources *GpuReport::resourcesOf(const KernelCost &kernel) const {
  return code ? entryOf(code->resources, kernel.name) : nullptr;
}

const InnerLoop *GpuReport::loopOf(const KernelCost &kernel) const {
  return code ? entryOf(code->loops, kernel.name) : nullptr;
}

std::optional<Occupancy> GpuReport::occupancyOf(const KernelCost &kernel) const {
  const KernelResources *resources = resourcesOf(kernel);
  if (!resources)
    return std::nullopt;
  return alexc::occupancyOf(
      {kernel.threads, resources->registers, kernel.sharedBytes + resources->sharedBytes}, gpu);
}

double GpuReport::secondsOf(const NetworkCost &network, const ProgramCost &program) const {
  double seconds = 0;
  for (size_t number : program.launches)
    seconds += network.kernels[number].seconds(gpu);
  return seconds;
}

static StringRef limitOf(const KernelCost &kernel, const GpuTarget &gpu) {
  return kernel.computeSeconds(gpu) > kernel.memorySeconds(gpu) ? "compute" : "memory";
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static std::string microseconds(double seconds) { return fmt::format("{:.2f}", seconds * 1e6); }

/// "1.03", or "1.03?" where some accesses are not known.
static std::string excessText(const KernelCost &kernel, bool ofShared) {
  bool isThere = llvm::any_of(
      kernel.accesses, [&](const MemoryAccess &access) { return access.isShared == ofShared; });
  if (!isThere)
    return "-";
  return fmt::format("{:.2f}{}", kernel.excess(ofShared), kernel.isKnown(ofShared) ? "" : "?");
}

static void printKernel(const GpuReport &report, const KernelCost &kernel, size_t width) {
  const KernelResources *resources = report.resourcesOf(kernel);
  const InnerLoop *loop = report.loopOf(kernel);
  std::optional<Occupancy> occupancy = report.occupancyOf(kernel);
  double share = loop ? loop->shareOfPeak(report.gpu) : 0;
  fmt::print("{:<{}} {:>9} {:>6} {:>6} {:>9} {:>6} {:>8.1f} {:>7.2f} {:>8} {:<7} {:>7} {:>6}\n",
             kernel.name, width, resources ? std::to_string(resources->registers) : "-",
             resources ? std::to_string(resources->spilledBytes) : "-",
             kernel.sharedBytes + (resources ? resources->sharedBytes : 0),
             occupancy ? fmt::format("{:.0f} %", occupancy->share * 100) : "-",
             share > 0 ? fmt::format("{:.0f} %", share * 100) : "-",
             static_cast<double>(kernel.operations) / 1e6, static_cast<double>(kernel.bytes) / 1e6,
             microseconds(kernel.seconds(report.gpu)), limitOf(kernel, report.gpu).str(),
             excessText(kernel, /*ofShared=*/false), excessText(kernel, /*ofShared=*/true));
}

/// Of the column with the kernels' names.
static size_t widthOf(const NetworkCost &network) {
  size_t width = strlen("kernel");
  for (const KernelCost &kernel : network.kernels)
    width = std::max(width, kernel.name.size());
  return width;
}

static void printGpu(const GpuReport &report, const NetworkCost &network) {
  const GpuTarget &gpu = report.gpu;
  size_t width = widthOf(network);
  auto rate = [&](Precision precision) {
    return fmt::format("{:.1f} TFLOP/s", 2 * gpu.multiplyAddsPerSecond(precision) / 1e12);
  };
  fmt::print("\n{} ({}): {} multiprocessors, {}{}, {:.0f} GB/s. Each figure: {}.\n\n", gpu.product,
             gpu.architecture, gpu.multiprocessors, rate(Precision::fp32),
             gpu.precision == Precision::fp32
                 ? ""
                 : fmt::format(", {} in {}", rate(gpu.precision), nameOf(gpu.precision).str()),
             gpu.bytesPerSecond / 1e9, label);
  fmt::print("{:<{}} registers spills shared occupancy   loop    MFLOP      MB bound/us limit   "
             "sectors  banks\n",
             "kernel", width);
  for (const KernelCost &kernel : network.kernels)
    printKernel(report, kernel, width);
  fmt::print("\n{:<{}} launches bound/us\n", "entry", width);
  for (const ProgramCost &program : network.programs)
    fmt::print("{:<{}} {:>8} {:>8}\n", program.name, width, program.launches.size(),
               microseconds(report.secondsOf(network, program)));
}

/// The accesses of `kernel` with those to one array, in one direction, as one.
static std::vector<MemoryAccess> joinAccesses(const KernelCost &kernel) {
  std::vector<MemoryAccess> joined;
  for (const MemoryAccess &access : kernel.accesses) {
    auto same = llvm::find_if(joined, [&](const MemoryAccess &other) {
      return other.array == access.array && other.isWrite == access.isWrite &&
             other.isShared == access.isShared && other.isKnown == access.isKnown;
    });
    if (same == joined.end()) {
      joined.push_back(access);
      continue;
    }
    double requests = same->requests + access.requests;
    auto mean = [&](double MemoryAccess::*units) {
      return ((*same).*units * same->requests + access.*units * access.requests) / requests;
    };
    *same = {access.array,
             access.bytes,
             access.isShared,
             access.isWrite,
             access.isKnown,
             requests,
             mean(&MemoryAccess::units),
             mean(&MemoryAccess::least)};
  }
  return joined;
}

static void printAccess(const KernelCost &kernel, const MemoryAccess &access, size_t width) {
  std::string array = access.array.empty() ? "an array" : access.array;
  std::string figures = "not known";
  if (access.isKnown)
    figures = fmt::format("{:.1f} {} a request where {:.1f} would do", access.units,
                          access.isShared ? "passes" : "sectors", access.least);
  fmt::print("{:<{}} {} {}: {}\n", kernel.name, width, access.isWrite ? "writes" : "reads", array,
             figures);
}

static void printAccesses(const NetworkCost &network, size_t width) {
  fmt::print("\naccesses to memory, by warps\n");
  for (const KernelCost &kernel : network.kernels)
    for (const MemoryAccess &access : joinAccesses(kernel))
      printAccess(kernel, access, width);
}

static constexpr const char *legend = R"(
registers, spills: of a thread; spills in bytes. shared: bytes of a block. occupancy: of the warps that
a multiprocessor can hold. loop: the share of the fp32 peak, or of the tensor cores' if it uses them,
that the instructions of the innermost loop leave. MFLOP, MB: of the layers, each operand read once and
each result written once. bound: the larger of MFLOP and MB by the GPU's rates. sectors: 32-byte sectors
of memory brought for each one that would do; banks: passes through shared memory for each one that
would do; "?": not all are known.
)";

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static json accessJson(const MemoryAccess &access) {
  json result = {{"array", access.array},
                 {"memory", access.isShared ? "shared" : "global"},
                 {"writes", access.isWrite},
                 {"bytes", access.bytes},
                 {"known", access.isKnown}};
  if (access.isKnown)
    result.update({{"requests", access.requests},
                   {access.isShared ? "passes" : "sectors", access.units},
                   {"least", access.least}});
  return result;
}

static json loopJson(const InnerLoop &loop, const GpuTarget &gpu) {
  return {{"instructions", loop.instructions},
          {"multiply_adds", loop.multiplyAdds},
          {"other_float", loop.otherFloat},
          {"tensor", loop.tensor},
          {"shared", loop.shared},
          {"global", loop.global},
          {"special", loop.special},
          {"other", loop.other()},
          {"share_of_peak", loop.shareOfPeak(gpu)}};
}

static json kernelJson(const GpuReport &report, const KernelCost &kernel) {
  json result = {{"kernel", kernel.name},
                 {"layer", kernel.layer},
                 {"blocks", kernel.blocks},
                 {"threads", kernel.threads},
                 {"registers", nullptr},
                 {"spilled_bytes", nullptr},
                 {"shared_bytes", kernel.sharedBytes},
                 {"occupancy", nullptr},
                 {"loop", nullptr},
                 {"flop", kernel.operations},
                 {"bytes", kernel.bytes},
                 {"bound_seconds", kernel.seconds(report.gpu)},
                 {"limit", limitOf(kernel, report.gpu).str()},
                 {"accesses", json::array()}};
  if (const KernelResources *resources = report.resourcesOf(kernel)) {
    Occupancy occupancy = *report.occupancyOf(kernel);
    result["registers"] = resources->registers;
    result["spilled_bytes"] = resources->spilledBytes;
    result["shared_bytes"] = kernel.sharedBytes + resources->sharedBytes;
    result["occupancy"] = {
        {"share", occupancy.share}, {"blocks", occupancy.blocks}, {"limit", occupancy.limit.str()}};
  }
  if (const InnerLoop *loop = report.loopOf(kernel))
    result["loop"] = loopJson(*loop, report.gpu);
  for (const MemoryAccess &access : kernel.accesses)
    result["accesses"].push_back(accessJson(access));
  return result;
}

static json gpuJson(const GpuReport &report, const NetworkCost &network) {
  json kernels = json::array(), programs = json::array();
  for (const KernelCost &kernel : network.kernels)
    kernels.push_back(kernelJson(report, kernel));
  for (const ProgramCost &program : network.programs)
    programs.push_back({{"entry", program.name},
                        {"launches", program.launches.size()},
                        {"bound_seconds", report.secondsOf(network, program)}});
  return {{"gpu", report.gpu.product},
          {"architecture", report.gpu.architecture},
          {"multiprocessors", report.gpu.multiprocessors},
          {"flop_per_second", 2 * report.gpu.multiplyAddsPerSecond()},
          {"precision", nameOf(report.gpu.precision).str()},
          {"product_flop_per_second", 2 * report.gpu.multiplyAddsPerSecond(report.gpu.precision)},
          {"bytes_per_second", report.gpu.bytesPerSecond},
          {"kernels", kernels},
          {"entries", programs}};
}

void Report::print() const {
  if (options.asJson) {
    json gpus = json::array();
    for (const GpuReport &report : reports)
      gpus.push_back(gpuJson(report, network));
    std::cout << json{{"network", network.network},
                      {"label", label},
                      {"notes", notes},
                      {"gpus", gpus}}
                     .dump(2, ' ', false, json::error_handler_t::replace)
              << "\n";
    return;
  }
  fmt::print("{}: {} kernels for CUDA\n", network.network, network.kernels.size());
  for (const GpuReport &report : reports)
    printGpu(report, network);
  if (options.withAccesses)
    printAccesses(network, widthOf(network));
  fmt::print("{}", legend);
  for (const std::string &note : notes)
    fmt::print("note: {}\n", note);
}

//===----------------------------------------------------------------------===//
// The command
//===----------------------------------------------------------------------===//

/// The products of --gpu, or one for each architecture.
LogicalResult Report::chooseGpus() {
  std::string error;
  GpuTarget gpu;
  for (const std::string &product : options.products) {
    if (!GpuTarget::lookupProduct(product, gpu, error))
      return report(llvm::createStringError(error));
    reports.push_back({gpu, std::nullopt});
  }
  if (reports.empty())
    for (const std::string &architecture : options.compilation.architectures) {
      if (!GpuTarget::lookup(architecture, gpu, error))
        return report(llvm::createStringError(error));
      reports.push_back({gpu, std::nullopt});
    }
  for (GpuReport &report : reports) // a name that the option and the kernels have accepted
    (void)readPrecision(options.compilation.precision, report.gpu.precision, error);
  return success();
}

LogicalResult Report::compileKernels(ArrayRef<SourceFile> files) {
  llvm::Expected<CudaCompiler> compiler = CudaCompiler::findNvcc();
  if (!compiler) {
    llvm::consumeError(compiler.takeError());
    notes.push_back("registers, spills, occupancy and loops are left out, for there is no nvcc: "
                    "install the CUDA Toolkit 13 and put nvcc on the path or its folder into "
                    "CUDA_HOME");
    return success();
  }
  int self = 0; // any address of this program
  auto sources = CudaRuntimeFiles::find(llvm::sys::fs::getMainExecutable(nullptr, &self));
  if (!sources)
    return report(sources.takeError());
  std::string disassembler = findDisassembler(*compiler);
  if (disassembler.empty())
    notes.push_back("loops are left out, for there is no nvdisasm: pip install "
                    "nvidia-cuda-nvdisasm and put its folder bin on the path");
  for (GpuReport &gpu : reports) {
    auto code = codeOf(files, *compiler, gpu.gpu.architecture, *sources, disassembler);
    if (!code)
      return report(code.takeError());
    if (!code->disassemblyError.empty())
      notes.push_back("loops are left out for " + gpu.gpu.architecture + ": " +
                      code->disassemblyError);
    gpu.code = std::move(*code);
  }
  return success();
}

LogicalResult Report::run() {
  for (const std::string &product : options.products) {
    GpuTarget gpu;
    std::string error; // none: the option was checked
    (void)GpuTarget::lookupProduct(product, gpu, error);
    options.compilation.architectures.push_back(gpu.architecture);
  }
  if (failed(lowering.prepare()) || failed(lowering.lower()) || failed(chooseGpus()))
    return failure();
  ModuleOp module = lowering.getModule();
  FailureOr<CudaKernels> source = printCudaKernels(module);
  if (failed(source))
    return failure();
  network = costOf(module, *source);
  if (failed(compileKernels(source->files)))
    return failure();
  print();
  return success();
}

void alexc::addReportCommand(CLI::App &app, Command &command) {
  auto options = std::make_shared<ReportOptions>();
  CompileOptions &compilation = options->compilation;
  compilation.stage = Stage::cuda; // the kernels' source is all that it takes
  compilation.input.training = true;
  CLI::App *reporter =
      app.add_subcommand("report", "Tell what kernels cost before they run: static bounds");
  addInputOptions(*reporter, compilation.input);
  reporter->add_flag("--training,!--no-training", compilation.input.training,
                     "With the entries of training, if the spec has them, or without");
  reporter->add_option("--target", compilation.target, "cuda, the only one that has a report")
      ->check(CLI::IsMember({"cuda"}).description(""))
      ->type_name("cuda");
  CLI::Option *architectures = addArchitectureOption(*reporter, compilation);
  addPrecisionOption(*reporter, compilation);
  reporter->add_option("--gpu", options->products, "GPUs to bound the time on, by default an H100")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check([](const std::string &name) {
        GpuTarget gpu;
        std::string error;
        return GpuTarget::lookupProduct(name, gpu, error) ? std::string() : error;
      })
      ->type_name("NAME,...")
      ->excludes(architectures);
  reporter->add_flag("--accesses", options->withAccesses,
                     "Also tell how each kernel reaches each array");
  reporter->add_flag("--json", options->asJson, "Print JSON");
  addPassOptions(*reporter, compilation.passes);
  reporter->callback([=, &command] { command = [=] { return Report(*options).run(); }; });
}
