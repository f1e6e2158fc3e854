//===- Progress.cpp - a run's numbers, for people -------------------------===//

#include "runtime/training/Progress.h"
#include <fmt/format.h>
#include <unistd.h>

using namespace alexrt;

std::string alexrt::clockText(double seconds) {
  auto whole = static_cast<int64_t>(seconds + 0.5);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

static std::string lossAndError(const Tally &tally, const char *separator) {
  return fmt::format("loss {:.4f}{}error {:.2f} %", tally.loss(), separator,
                     100 * tally.top1Error());
}

std::string alexrt::toString(const ProgressReport &report) {
  std::string step = std::to_string(report.step);
  if (report.steps > 0)
    step += fmt::format("/{}", report.steps);
  return fmt::format("epoch {}/{}  step {}  {}  {:.0f} images/s  ETA {}", report.epoch,
                     report.epochs, step, lossAndError(report.tally, "  "), report.imagesPerSecond,
                     clockText(report.secondsLeft));
}

std::string alexrt::toString(const EpochMetrics &metrics) {
  std::string text =
      fmt::format("epoch {}: training {}", metrics.epoch, lossAndError(metrics.training, " "));
  if (metrics.validation)
    text += fmt::format(", validation {}", lossAndError(*metrics.validation, " "));
  return text + fmt::format(", lr {:g}, {:.1f} s", metrics.lr, metrics.seconds);
}

Progress::Progress(bool looksForTerminal) : isTerminal(looksForTerminal && isatty(STDOUT_FILENO)) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (hasLine)
    std::fputs("\r\x1b[K", stdout); // to the line's start, and empty it
  hasLine = false;
  std::fflush(stdout);
}

void Progress::show(const ProgressReport &report, double now) {
  clear();
  fmt::print("{}{}", toString(report), isTerminal ? "" : "\n");
  std::fflush(stdout);
  hasLine = isTerminal;
  nextReport = now + (isTerminal ? 0.2 : 10);
}

void Progress::print(const std::string &line) {
  clear();
  fmt::print("{}\n", line);
  std::fflush(stdout);
}
