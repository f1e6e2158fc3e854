//===- BenchCommand.cpp - how fast the binary is --------------------------===//

#include "runtime/Clock.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Entries.h"
#include "runtime/command/Format.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace alexrt;
using Json = nlohmann::ordered_json;

namespace {
struct BenchOptions {
  std::string kind = "infer";
  int64_t batch = 0; ///< 0: the smallest there is
  int threads = 0;
  double seconds = 2;
  ParameterSource parameters;
  bool layers = false, json = false, noGraph = false;
};

struct Measurement {
  std::vector<double> runSeconds;    ///< sorted
  std::vector<double> recordSeconds; ///< mean of a run; empty where not asked for

  double median() const { return runSeconds[runSeconds.size() / 2]; }
};
} // namespace

/// Runs for a tenth of the time to warm up, then for all of it, but at least
/// three times.
static Measurement measure(Network &network, const Entry &entry, const BenchOptions &options) {
  double start = now();
  do {
    network.run(entry);
    network.synchronize();
  } while (now() - start < options.seconds / 10);

  Measurement result;
  std::vector<RecordTime> times(options.layers ? entry.records.size() : 0);
  result.recordSeconds.resize(times.size());
  RunOptions runOptions;
  runOptions.recordTimes = options.layers ? times.data() : nullptr;
  start = now();
  do {
    double before = now();
    network.run(entry, runOptions);
    network.synchronize();
    result.runSeconds.push_back(now() - before);
    for (size_t i = 0; i < times.size(); ++i)
      result.recordSeconds[i] += times[i].seconds();
  } while (now() - start < options.seconds || result.runSeconds.size() < 3);
  std::sort(result.runSeconds.begin(), result.runSeconds.end());
  for (double &seconds : result.recordSeconds)
    seconds /= double(result.runSeconds.size());
  return result;
}

//===----------------------------------------------------------------------===//
// Reporting
//===----------------------------------------------------------------------===//

static int64_t macsOf(const Entry &entry) {
  int64_t macs = 0;
  for (const RecordInfo &record : entry.records)
    macs += record.macs;
  return macs;
}

/// Whether a record only lets queues wait for each other.
static bool isEvent(const RecordInfo &record) {
  return record.kernel == "signal" || record.kernel == "wait";
}

static void print(const Network &network, const Entry &entry, const Measurement &result) {
  const Description &description = network.description();
  double median = result.median();
  fmt::print("{}, {}{}: {:.3f} ms (median of {} runs)", printable(description.name),
             entry.batch ? fmt::format("batch {}, ", entry.batch) : "", network.device(),
             median * 1e3, result.runSeconds.size());
  if (entry.batch) // the update of the parameters has no images
    fmt::print(", {:.1f} images/s, {:.1f} GFLOP/s", double(entry.batch) / median,
               gflops(macsOf(entry), median));
  fmt::print("\n");
  if (result.recordSeconds.empty())
    return;
  Table table;
  table.addColumn("layers");
  table.addColumn("kernel");
  for (const char *title : {"ms", "%", "GFLOP/s"})
    table.addColumn(title, Align::right);
  for (size_t i = 0; i < entry.records.size(); ++i) {
    const RecordInfo &record = entry.records[i];
    if (isEvent(record))
      continue;
    double seconds = result.recordSeconds[i];
    table.addRow({record.layer, record.kernel, fmt::format("{:.4f}", seconds * 1e3),
                  fmt::format("{:.1f}", seconds / median * 100),
                  record.macs ? fmt::format("{:.1f}", gflops(record.macs, seconds)) : ""});
  }
  fmt::print("\n{}", table.toString());
}

static void printJson(const Network &network, const Entry &entry, const Measurement &result) {
  double median = result.median();
  Json report = {{"network", network.description().name},
                 {"batch", entry.batch},
                 {"device", network.device()},
                 {"threads", network.threads()},
                 {"runs", result.runSeconds.size()},
                 {"ms", median * 1e3},
                 {"min_ms", result.runSeconds.front() * 1e3},
                 {"images_per_second", double(entry.batch) / median},
                 {"gflops", gflops(macsOf(entry), median)}};
  if (!result.recordSeconds.empty())
    report["layers"] = Json::array();
  for (size_t i = 0; i < result.recordSeconds.size(); ++i) {
    const RecordInfo &record = entry.records[i];
    if (isEvent(record))
      continue;
    report["layers"].push_back({{"layer", record.layer},
                                {"kernel", record.kernel},
                                {"device", record.device},
                                {"ms", result.recordSeconds[i] * 1e3},
                                {"gflops", gflops(record.macs, result.recordSeconds[i])}});
  }
  fmt::print("{}\n", report.dump(2, ' ', false, Json::error_handler_t::replace));
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void runBench(const Binary &binary, BenchOptions options) {
  chooseEntry(binary.description, options.kind, options.batch); // before the weights are made
  NetworkOptions networkOptions = optionsFor(options.kind, options.threads);
  networkOptions.captureGraphs = !options.noGraph;
  Network network(binary.table, networkOptions);
  if (options.parameters.weights.empty() && !options.parameters.seed)
    options.parameters.seed = 1; // speed does not depend on values
  setParameters(network, options.parameters);
  const Entry &entry = chooseEntry(network.description(), options.kind, options.batch);
  prepare(network, entry);
  Measurement result = measure(network, entry, options);
  options.json ? printJson(network, entry, result) : print(network, entry, result);
}

void alexrt::addBenchCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand("bench", "Measure inference or training");
  auto options = std::make_shared<BenchOptions>();
  addEntryOptions(*command, options->kind, options->batch);
  command->add_option("--seconds", options->seconds, "How long to measure, 2 by default")
      ->type_name("S")
      ->check(CLI::Range(0.0, 3600.0).description(""));
  command->add_flag("--layers", options->layers, "Show each kernel's share");
  command->add_flag("--no-graph", options->noGraph,
                    "On a device, launch kernel by kernel instead of a graph of them");
  command->add_flag("--json", options->json, "Print JSON");
  addParameterOptions(*command, options->parameters);
  addThreadsOption(*command, options->threads);
  command->footer("Examples:\n"
                  "  bench --layers\n"
                  "  bench --batch 128 --threads 2 --seconds 5 --json\n"
                  "  bench --entry train_step\n"
                  "Without --weights and --init the parameters are random.");
  command->callback([options, &binary] { runBench(binary, *options); });
}
