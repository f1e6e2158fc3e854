//===- Bench.cpp - alexc against its peers, fairly -----------------------------===//
//
// What tools/bench runs. Each side is a process of its own (both keep spinning
// threads), the two alternate in one run, and a round counts only if the rest
// of the machine was quiet meanwhile. Prints medians and ratios: a ratio above
// 1 means that alexc is faster.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using Json = nlohmann::ordered_json;

namespace {
struct Options {
  std::string alexnet;            ///< the binary made from models/alexnet.json
  std::string peer;               ///< bench-onednn
  std::vector<std::string> torch; ///< runs torch_alexnet.py, where torch is installed
  std::string one;                ///< the binary for one device, where `alexnet` is for several
  std::vector<int> batches = {1, 16, 128};
  int threads = 2;
  int rounds = 5;
  double seconds = 2;
  std::string json;
  bool isTraining = false; ///< a step of training instead of a forward pass
};

/// Whom alexc is measured against.
struct Peer {
  std::string name, title;
  std::vector<std::string> command;
};

/// What one process printed, and whether the machine was its own meanwhile.
struct Outcome {
  Json result;
  bool quiet = false;
};
} // namespace

//===----------------------------------------------------------------------===//
// Processes
//===----------------------------------------------------------------------===//

/// CPU seconds that all processes of the machine have used.
static double busySeconds() {
  std::ifstream stat("/proc/stat");
  std::string label;
  double user, nice, system, idle, wait, irq, softirq;
  stat >> label >> user >> nice >> system >> idle >> wait >> irq >> softirq;
  return (user + nice + system + irq + softirq) / sysconf(_SC_CLK_TCK);
}

static double seconds(const timeval &time) { return time.tv_sec + 1e-6 * time.tv_usec; }

static double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

/// In the child: becomes the command, its output going to `output`.
[[noreturn]] static void become(const std::vector<std::string> &command, int output) {
  dup2(output, STDOUT_FILENO);
  std::vector<char *> arguments;
  for (const std::string &word : command)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

static std::string readAll(int file) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(file, buffer, sizeof buffer)) > 0;)
    text.append(buffer, count);
  return text;
}

/// Runs the command and parses its output. It was quiet if all other processes
/// together used less than 4 % of the machine.
static Outcome run(const std::vector<std::string> &command) {
  int ends[2];
  if (pipe(ends))
    throw std::runtime_error("no pipe");
  double busy = busySeconds(), start = now();
  pid_t child = fork();
  if (child == 0)
    become(command, ends[1]);
  close(ends[1]);
  std::string text = readAll(ends[0]);
  close(ends[0]);
  int status = 0;
  rusage usage = {};
  wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status))
    throw std::runtime_error(fmt::format("{} failed", fmt::join(command, " ")));
  double others = busySeconds() - busy - seconds(usage.ru_utime) - seconds(usage.ru_stime);
  double capacity = (now() - start) * sysconf(_SC_NPROCESSORS_ONLN);
  return {Json::parse(text), others < 0.04 * capacity + 0.02};
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

static double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

namespace {
/// The two sides' milliseconds by case, of the quiet rounds.
struct Duel {
  std::map<std::string, std::vector<double>> alexc, peer;
  int quietRounds = 0, rounds = 0;
};
} // namespace

/// The layers that both sides time, in the network's order.
static const std::vector<std::string> &timedLayers() {
  static const std::vector<std::string> layers = {
      "conv1", "lrn1", "conv2", "lrn2", "conv3", "conv4", "conv5", "pool5", "fc6", "fc7", "fc8"};
  return layers;
}

/// The layer whose kernel or primitive `name` is: the first of a kernel. The
/// peer's pool1 and pool2 count as part of alexc's lrn1+pool1 and lrn2+pool2.
static std::string timedLayer(const std::string &name) {
  std::string first = name.substr(0, name.find('+'));
  if (first == "pool1" || first == "pool2")
    return first == "pool1" ? "lrn1" : "lrn2";
  bool isTimed = std::count(timedLayers().begin(), timedLayers().end(), first);
  return isTimed ? first : "";
}

using Command = std::vector<std::string>;

static Command operator+(Command command, const Command &more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

static Command withSizes(const Command &command, const Options &options, int batch) {
  return command +
         Command{"--batch", std::to_string(batch), "--seconds", std::to_string(options.seconds)};
}

static Command alexcCommand(const std::string &binary, const Options &options) {
  return {binary,   "bench",    "--entry",   options.isTraining ? "train_step" : "infer",
          "--json", "--layers", "--threads", std::to_string(options.threads)};
}

/// Torch is a peer of the training step alone: in inference others are faster.
static std::vector<Peer> peersOf(const Options &options) {
  if (!options.one.empty())
    return {{"one device", "alexc on one device", alexcCommand(options.one, options)}};
  if (!options.isTraining)
    return {{"oneDNN", "oneDNN direct chain", {options.peer, "chain"}}};
  Command threads = {"--threads", std::to_string(options.threads)};
  std::vector<Peer> peers = {
      {"oneDNN", "oneDNN training step", Command{options.peer, "train"} + threads}};
  if (!options.torch.empty())
    peers.push_back({"torch", "torch training step", options.torch + threads});
  return peers;
}

/// The milliseconds of a run by case: "whole", and each layer.
static std::map<std::string, double> casesOf(const Json &result) {
  std::map<std::string, double> cases = {{"whole", result.at("ms")}};
  for (const Json &kernel : result.at("layers"))
    if (std::string layer = timedLayer(kernel.at("layer")); !layer.empty())
      cases[layer] += kernel.at("ms").get<double>();
  return cases;
}

/// Alternates the two sides until enough rounds were quiet, or for four times
/// as many; then takes what there is and says so.
static Duel fight(const Options &options, const Peer &opponent, int batch) {
  Duel quiet, all;
  while (quiet.rounds < options.rounds && all.rounds < 4 * options.rounds) {
    Outcome alexc = run(withSizes(alexcCommand(options.alexnet, options), options, batch));
    Outcome peer = run(withSizes(opponent.command, options, batch));
    for (Duel *duel : {&quiet, &all}) {
      if (duel == &quiet && !(alexc.quiet && peer.quiet))
        continue;
      ++duel->rounds;
      for (auto [name, ms] : casesOf(alexc.result))
        duel->alexc[name].push_back(ms);
      for (auto [name, ms] : casesOf(peer.result))
        duel->peer[name].push_back(ms);
    }
  }
  Duel &result = quiet.rounds ? quiet : all;
  result.quietRounds = quiet.rounds;
  return result;
}

static double peakGflops(const Options &options) {
  Outcome outcome =
      run({options.peer, "peak", "--threads", std::to_string(options.threads), "--seconds", "1"});
  return outcome.result.at("gflops");
}

//===----------------------------------------------------------------------===//
// Reporting
//===----------------------------------------------------------------------===//

static Json row(const Options &options, const Peer &opponent, const std::string &name, int batch,
                const Duel &duel) {
  const char *whole = options.isTraining ? "training step" : "forward";
  double alexc = median(duel.alexc.at(name)), peer = median(duel.peer.at(name));
  return {{"model", "alexnet"},
          {"case", name == "whole" ? whole : name},
          {"batch", batch},
          {"threads", options.threads},
          {"alexc_ms", alexc},
          {"peer", opponent.title},
          {"peer_ms", peer},
          {"ratio", peer / alexc},
          {"quiet_rounds", duel.quietRounds}};
}

static void print(const Json &row, const Peer &opponent) {
  fmt::print("{:13} batch {:3}  alexc {:9.3f} ms  {} {:9.3f} ms  ratio {:5.2f}",
             row["case"].get<std::string>(), row["batch"].get<int>(), row["alexc_ms"].get<double>(),
             opponent.name, row["peer_ms"].get<double>(), row["ratio"].get<double>());
  if (row.contains("peak_fraction"))
    fmt::print("  {:5.1f} % of the FMA peak", 100 * row["peak_fraction"].get<double>());
  if (row["quiet_rounds"].get<int>() == 0)
    fmt::print("  (machine was busy)");
  fmt::print("\n");
  fflush(stdout); // a run takes minutes: each row as it comes
}

/// Multiply-adds per image of alexnet.json's convolutions, by layer.
static double convMacs(const std::string &layer) {
  static const std::map<std::string, double> macs = {{"conv1", 105.4152e6},
                                                     {"conv2", 223.9488e6},
                                                     {"conv3", 149.520384e6},
                                                     {"conv4", 112.140288e6},
                                                     {"conv5", 74.760192e6}};
  auto found = macs.find(layer);
  return found == macs.end() ? 0 : found->second;
}

static Json whole(const Options &options) {
  Json rows = Json::array();
  for (int batch : options.batches)
    for (const Peer &peer : peersOf(options)) {
      rows.push_back(row(options, peer, "whole", batch, fight(options, peer, batch)));
      print(rows.back(), peer);
    }
  return rows;
}

static Json layers(const Options &options) {
  if (!options.one.empty())
    throw std::runtime_error("layers are compared on one device only");
  Json rows = Json::array();
  double peak = peakGflops(options);
  const Peer peer = peersOf(options).front();
  fmt::print("FMA peak on {} threads: {:.0f} GFLOP/s\n", options.threads, peak);
  for (int batch : options.batches) {
    Duel duel = fight(options, peer, batch);
    for (const std::string &name : timedLayers()) {
      Json result = row(options, peer, name, batch, duel);
      if (double macs = convMacs(name))
        result["peak_fraction"] = 2e-6 * macs * batch / result["alexc_ms"].get<double>() / peak;
      rows.push_back(result);
      print(rows.back(), peer);
    }
  }
  return rows;
}

int main(int argc, char **argv) {
  Options options;
  CLI::App app("alexc's kernels against a chain of oneDNN primitives, and torch");
  app.add_option("--alexnet", options.alexnet, "binary of models/alexnet.json")->required();
  app.add_option("--peer", options.peer, "the peer's program");
  app.add_option("--torch", options.torch, "a program and its arguments: torch's training step")
      ->allow_extra_args(false);
  app.add_option("--batch", options.batches, "batch sizes")->delimiter(',');
  app.add_option("--one", options.one, "binary for one device, in place of other peers");
  app.add_option("--threads", options.threads, "threads of each device");
  app.add_option("--rounds", options.rounds, "quiet rounds wanted");
  app.add_option("--seconds", options.seconds, "length of one process's measurement");
  app.add_option("--json", options.json, "write the rows to FILE");
  app.add_subcommand("forward", "the whole net")->fallthrough();
  auto *byLayer =
      app.add_subcommand("layers", "each layer, and the share of the FMA peak")->fallthrough();
  auto *training = app.add_subcommand("train", "a training step, whole")->fallthrough();
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) ? 2 : 0;
  }
  setenv("OMP_NUM_THREADS", std::to_string(options.threads).c_str(), 1);
  try {
    options.isTraining = bool(*training);
    Json rows = *byLayer ? layers(options) : whole(options);
    if (!options.json.empty())
      std::ofstream(options.json) << rows.dump(2) << "\n";
  } catch (const std::exception &error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
  return 0;
}
