//===- ProfileCommand.cpp - where the time goes ---------------------------===//

#include "runtime/command/Commands.h"
#include "runtime/command/Entries.h"
#include "runtime/command/Format.h"
#include "runtime/command/Trace.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <map>

using namespace alexrt;

namespace {
struct ProfileOptions {
  std::string output, kind = "infer";
  int64_t batch = 0; ///< 0: the smallest there is
  int64_t repeat = 10;
  ParameterSource parameters;
  int threads = 0;
};

/// What one row of a table sums up.
struct Total {
  int64_t calls = 0;
  double seconds = 0;
  int64_t macs = 0;
  uint64_t bytes = 0;

  void add(const RecordWork &work, double recordSeconds) {
    ++calls;
    seconds += recordSeconds;
    macs += work.macs;
    bytes += work.bytes;
  }
};
} // namespace

/// The entry's program; the network was made, so it is there.
static const AlexrtProgram &programOf(const AlexrtNetwork &table, const Entry &entry) {
  return *std::find_if(table.programs, table.programs + table.programCount,
                       [&](const AlexrtProgram &program) { return program.name == entry.program; });
}

/// What the program says of each record of the entry.
static std::vector<RecordWork> worksOf(const AlexrtProgram &program, const Entry &entry) {
  std::vector<RecordWork> works;
  for (const RecordInfo &record : entry.records)
    works.push_back({record.layer, record.kernel, record.macs, 0});
  works.resize(program.recordCount);
  for (size_t i = 0; i < works.size(); ++i)
    for (size_t j = 0; j < program.records[i].argCount; ++j)
      works[i].bytes += program.args[program.records[i].firstArg + j].bytes;
  return works;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

static void addNumberColumns(Table &table) {
  for (const char *title : {"calls", "ms", "%", "GFLOP/s", "GB/s"})
    table.addColumn(title, Align::right);
}

/// Milliseconds are of one run.
static void addRow(Table &table, std::vector<std::string> cells, const Total &total,
                   double allSeconds, int64_t runs) {
  cells.push_back(fmt::format("{}", total.calls));
  cells.push_back(fmt::format("{:.4f}", total.seconds / double(runs) * 1e3));
  cells.push_back(fmt::format("{:.1f}", total.seconds / allSeconds * 100));
  cells.push_back(total.macs ? fmt::format("{:.1f}", gflops(total.macs, total.seconds)) : "");
  cells.push_back(fmt::format("{:.1f}", 1e-9 * double(total.bytes) / total.seconds));
  table.addRow(std::move(cells));
}

/// A table whose rows begin with these columns, after the device where there are several.
static Table tableOf(const Trace &trace, const std::vector<const char *> &columns) {
  Table table;
  if (trace.devices() > 1)
    table.addColumn("device", Align::right);
  for (const char *column : columns)
    table.addColumn(column);
  addNumberColumns(table);
  return table;
}

namespace {
/// What the tables show. What only orders records is in none of them.
struct Summary {
  std::vector<Total> ofRecords;
  std::map<std::pair<uint32_t, std::string>, Total> ofKernels; ///< of each device
  std::vector<double> working, waiting;                        ///< seconds, of each device
  double seconds = 0;
};
} // namespace

static Summary summarize(const std::vector<RecordWork> &works, const Trace &trace) {
  Summary sum;
  sum.ofRecords.resize(works.size());
  sum.working.resize(trace.devices());
  sum.waiting.resize(trace.devices());
  for (const Span &span : trace.records()) {
    double seconds = std::max(span.end - span.begin, 1e-9); // the clock's own step
    uint32_t device = trace.deviceOf(span.record), action = trace.actionOf(span.record);
    if (action == ALEXRT_WAIT && !trace.isTransfer(span.record))
      sum.waiting[device] += seconds;
    if (action == ALEXRT_WAIT || action == ALEXRT_SIGNAL)
      continue;
    if (action == ALEXRT_LAUNCH)
      sum.working[device] += seconds;
    const RecordWork &work = works[span.record];
    sum.ofRecords[span.record].add(work, seconds);
    sum.ofKernels[{device, work.kernel}].add(work, seconds);
    sum.seconds += seconds;
  }
  return sum;
}

/// How busy each device is, where there are several.
static void printDevices(const Summary &sum, int64_t runs) {
  for (size_t device = 0; device < sum.working.size() && sum.working.size() > 1; ++device)
    fmt::print("device {}: of a run {:.4f} ms of kernels, {:.4f} ms of waiting\n", device,
               sum.working[device] / double(runs) * 1e3, sum.waiting[device] / double(runs) * 1e3);
}

static void print(const std::vector<RecordWork> &works, const Trace &trace, int64_t runs) {
  Summary sum = summarize(works, trace);
  auto cells = [&](uint32_t device, std::vector<std::string> own) {
    if (trace.devices() > 1)
      own.insert(own.begin(), fmt::format("{}", device));
    return own;
  };
  Table records = tableOf(trace, {"layers", "kernel"}), kernels = tableOf(trace, {"kernel"});
  for (size_t i = 0; i < works.size(); ++i)
    if (sum.ofRecords[i].calls > 0)
      addRow(records, cells(trace.deviceOf(i), {works[i].layer, works[i].kernel}), sum.ofRecords[i],
             sum.seconds, runs);
  for (const auto &[key, total] : sum.ofKernels)
    addRow(kernels, cells(key.first, {key.second}), total, sum.seconds, runs);
  fmt::print("{}\n{}", records.toString(), kernels.toString());
  printDevices(sum, runs);
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void runProfile(const Binary &binary, ProfileOptions options) {
  chooseEntry(binary.description, options.kind, options.batch); // before the weights are made
  Network network(binary.table, optionsFor(options.kind, options.threads));
  if (options.parameters.weights.empty() && !options.parameters.seed)
    options.parameters.seed = 1; // speed does not depend on values
  setParameters(network, options.parameters);
  const Entry &entry = chooseEntry(network.description(), options.kind, options.batch);
  prepare(network, entry);
  network.run(entry); // the first run touches memory for the first time
  const AlexrtProgram &program = programOf(binary.table, entry);
  Trace trace(program, binary.table.deviceCount,
              binary.table.device ? 0 : size_t(network.threads()));
  for (int64_t i = 0; i < options.repeat; ++i)
    trace.run(network, entry);
  std::vector<RecordWork> works = worksOf(program, entry);
  writeTrace(options.output, fmt::format("{} {}", binary.description.name, entry.program), works,
             trace);
  fmt::print("{}, {} of batch {}, {}, {} runs -> {}\n\n", printable(binary.description.name),
             entry.kind, entry.batch, network.device(), options.repeat, printable(options.output));
  print(works, trace, options.repeat);
}

void alexrt::addProfileCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand("profile", "Show when each kernel runs on each thread");
  auto options = std::make_shared<ProfileOptions>();
  command
      ->add_option("-o,--output", options->output,
                   "The trace to write, JSON for chrome://tracing and Perfetto")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--entry", options->kind,
                   "What to run: infer (by default), evaluate, train_step, ...")
      ->type_name("KIND");
  command->add_option("--batch", options->batch, "A compiled batch size; the smallest by default")
      ->type_name("N")
      ->check(between(1, INT64_MAX));
  command->add_option("--repeat", options->repeat, "How often to run, 10 by default")
      ->type_name("N")
      ->check(between(1, 100000));
  addParameterOptions(*command, options->parameters);
  addThreadsOption(*command, options->threads);
  command->footer("Example:\n"
                  "  profile --batch 128 -o trace.json\n"
                  "Without --weights and --init the parameters are random.");
  command->callback([options, &binary] { runProfile(binary, *options); });
}
