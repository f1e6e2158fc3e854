//===- Trace.h - what each thread did, and when -----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRACE_H
#define ALEXC_RUNTIME_TRACE_H

#include "runtime/Network.h"

namespace alexrt {

/// Time that a record took, in seconds from the trace's begin.
struct Span {
  size_t record;
  double begin, end;
};

/// Records runs of one entry, as they are without anybody looking.
class Trace {
public:
  /// Of a program on devices that have so many threads each; none where they are
  /// not of this process.
  Trace(const AlexrtProgram &program, uint32_t devices, size_t threads)
      : program(program), deviceCount(devices), ofDevice(threads), threadSpans(devices * threads) {}

  /// Runs the program's entry and takes note.
  void run(Network &network, const Entry &entry);

  /// Of the whole records in order, run after run.
  const std::vector<Span> &records() const { return recordSpans; }
  /// What each thread had of them, one device's threads after the other's.
  const std::vector<std::vector<Span>> &threads() const { return threadSpans; }
  size_t threadsOfDevice() const { return ofDevice; }
  uint32_t devices() const { return deviceCount; }
  uint32_t deviceOf(size_t record) const { return program.records[record].queue % deviceCount; }
  /// Whether the record is of the queue that moves what comes from other devices.
  bool isTransfer(size_t record) const { return program.records[record].queue >= deviceCount; }
  uint32_t actionOf(size_t record) const { return program.records[record].action; }

private:
  using Time = Devices::Time;

  double secondsAt(Time time) const { return std::chrono::duration<double>(time - start).count(); }

  const AlexrtProgram &program;
  uint32_t deviceCount;
  size_t ofDevice;
  Time start = Time::clock::now();
  std::vector<Span> recordSpans;
  std::vector<std::vector<Span>> threadSpans;
};

/// What a record does each time it runs.
struct RecordWork {
  std::string layer, kernel;
  int64_t macs = 0;
  uint64_t bytes = 0; ///< that it reads or writes
};

/// Writes the trace as JSON for chrome://tracing and Perfetto: a line for the
/// launches and one for each thread, and where there are several devices a group
/// of lines for each, with one more for what comes from the others. Throws Error
/// naming the file.
void writeTrace(const std::string &path, const std::string &network,
                const std::vector<RecordWork> &works, const Trace &trace);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRACE_H
