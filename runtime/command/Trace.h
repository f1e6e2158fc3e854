//===- Trace.h - what each thread did, and when -----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRACE_H
#define ALEXC_RUNTIME_TRACE_H

#include "runtime/Network.h"
#include <chrono>

namespace alexrt {

/// Time that a record took, in seconds from the trace's begin.
struct Span {
  size_t record;
  double begin, end;
};

/// Records runs of one entry.
class Trace {
public:
  explicit Trace(size_t threads) : threadSpans(threads), pending(threads) {}

  /// Runs the entry and takes note.
  void run(Network &network, const Entry &entry);

  /// Of the whole records in order, run after run.
  const std::vector<Span> &records() const { return recordSpans; }
  /// What each thread had of them.
  const std::vector<std::vector<Span>> &threads() const { return threadSpans; }

private:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start = Clock::now();
  std::vector<Span> recordSpans;
  std::vector<std::vector<Span>> threadSpans;
  std::vector<std::vector<Span>> pending; ///< of the record that runs

  double secondsAt(Clock::time_point time) const {
    return std::chrono::duration<double>(time - start).count();
  }
  void endRecord(size_t record, double begin);
};

/// What a record does each time it runs.
struct RecordWork {
  std::string layer, kernel;
  int64_t macs = 0;
  uint64_t bytes = 0; ///< that it reads or writes
};

/// Writes the trace as JSON for chrome://tracing and Perfetto: a line for the
/// launches and one for each thread. Throws Error naming the file.
void writeTrace(const std::string &path, const std::string &network,
                const std::vector<RecordWork> &works, const Trace &trace);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRACE_H
