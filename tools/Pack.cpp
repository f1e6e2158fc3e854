//===- Pack.cpp - alexc pack ---------------------------------------------------===//
//
// The work is the runtime's (runtime/data/Pack.h); here are its options, the
// progress bar and the report.

#include "runtime/data/Pack.h"
#include "tools/CommandLine.h"
#include <chrono>
#include <fmt/format.h>
#include <unistd.h>

using namespace mlir;
using namespace alexc;

namespace {

/// One line on a terminal that is written again and again; silent elsewhere.
class ProgressBar {
public:
  ~ProgressBar() { clear(); }

  void show(size_t done, size_t total) {
    if (start == Clock::time_point())
      before = done - 1, start = Clock::now(); // what an earlier run did took no time
    bool isDue = done == total || Clock::now() - shown > std::chrono::milliseconds(100);
    if (!isTerminal || !isDue)
      return;
    shown = Clock::now();
    double rate = double(done - before) / seconds(), left = double(total - done) / rate;
    size_t filled = done * width / total;
    fmt::print(stderr, "\r\x1b[K[{:#<{}}{:.<{}}] {}/{} images, {:.0f}/s, {:.0f} s left", "", filled,
               "", width - filled, done, total, rate, left);
  }

  void clear() {
    if (isTerminal && shown != Clock::time_point())
      fmt::print(stderr, "\r\x1b[K");
  }

private:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t width = 30;

  bool isTerminal = isatty(STDERR_FILENO);
  size_t before = 0;
  Clock::time_point start, shown;

  double seconds() const {
    return std::max(1e-6, std::chrono::duration<double>(Clock::now() - start).count());
  }
};

struct PackCommand {
  std::string input, output;
  alexrt::DatasetOptions dataset;
  alexrt::PackOptions pack;

  LogicalResult run();
};

} // namespace

static void printResult(const PackCommand &command, const alexrt::PackResult &result) {
  fmt::print("{}: {} images of {}x{}, {:.1f} MB", command.output, result.images, command.pack.size,
             command.pack.size, double(result.bytes) / 1e6);
  if (result.copied)
    fmt::print(", {} copied as they are", result.copied);
  if (result.resumed)
    fmt::print(", {} from an earlier run", result.resumed);
  fmt::print("\n");
}

LogicalResult PackCommand::run() {
  ProgressBar bar;
  pack.onProgress = [&](size_t done, size_t total) { bar.show(done, total); };
  pack.onBroken = [&](const alexrt::BrokenImage &image) {
    bar.clear();
    fmt::print(stderr, "alexc: image {} is left out: {}\n", image.index, image.reason);
  };
  alexrt::PackResult result =
      alexrt::packDataset(alexrt::openDataset(input, dataset), output, pack);
  bar.clear();
  printResult(*this, result);
  return success();
}

void alexc::addPackCommand(CLI::App &app, Command &command) {
  auto options = std::make_shared<PackCommand>();
  CLI::App *pack = app.add_subcommand("pack", "Make a data set ready for training");
  pack->add_option("DATA", options->input,
                   "A folder for each class, a list of \"path label\" lines, or the files of CIFAR "
                   "or MNIST")
      ->required();
  pack->add_option("-o,--output", options->output, "The folder to make")->required();
  pack->add_option("--size", options->pack.size, "Height and width of the images, 256 by default")
      ->check(CLI::Range(1, 4096));
  pack->add_option("--shards", options->pack.shards,
                   "Files to spread them over; one for each 1,024 images by default")
      ->check(CLI::Range(1, 99999));
  pack->add_option("--quality", options->pack.quality,
                   "Of JPEG images that must be made anew, 95 by default")
      ->check(CLI::Range(1, 100));
  pack->add_option("--threads", options->pack.threads,
                   "Threads in all; one for each CPU by default")
      ->check(CLI::Range(1, 1024));
  pack->add_option("--images", options->dataset.imageFolder,
                   "Where a list's files are, if not beside it");
  pack->callback([=, &command] { command = [=] { return options->run(); }; });
}
