//===- Program.h - executes a program's records -----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PROGRAM_H
#define ALEXC_RUNTIME_PROGRAM_H

#include "runtime/Devices.h"
#include <array>
#include <functional>
#include <vector>

namespace alexrt {

/// When a record ran.
struct RecordTime {
  Devices::Time begin, end;

  double seconds() const { return std::chrono::duration<double>(end - begin).count(); }
};

/// Told what thread number `thread` of the record's device did for a launch, 0
/// being the one that runs the queue. Called on that thread.
using RecordObserver =
    std::function<void(size_t record, size_t thread, Devices::Time begin, Devices::Time end)>;

/// What to do during a run.
struct RunOptions {
  /// Called when record number `record` has ended and no other runs; may call
  /// Network::readValue.
  std::function<void(size_t record)> afterRecord;
  /// Where not null, becomes the times of all records of the program.
  RecordTime *recordTimes = nullptr;
  /// Where not empty, told of launches, before afterRecord; on the CPU only.
  /// Several threads may call it at once.
  RecordObserver afterWork;

  /// Where not empty, told that a record has ended, or on devices with queues of their
  /// own that it was asked for; on the thread of the record's queue, while others run.
  std::function<void(size_t record)> recordEnded;

  /// Whether someone looks at single records.
  bool looksInside() const { return afterRecord || recordTimes || afterWork || recordEnded; }
};

/// Where an instance has its memory. A null address, or a list that is empty,
/// is for programs that do without.
struct Memory {
  using Segments = std::array<char *, ALEXRT_SEGMENTS>;

  std::vector<Segments> segments; ///< of each device, those that offsets in bytes lead into
  std::vector<const float *> parameters;
  std::vector<float *> momenta, gradients; ///< of each parameter

  char *address(uint32_t device, uint32_t segment, uint64_t offset) const;
};

/// A record that reads or writes a parameter's gradient.
struct GradientUse {
  size_t record, parameter;
  uint32_t queue; ///< of the record
  const AlexrtArg *argument;
  char *address; ///< on a device with memory of its own; else null
};

/// A part of a table.
struct Arguments {
  const AlexrtArg *first, *last;

  const AlexrtArg *begin() const { return first; }
  const AlexrtArg *end() const { return last; }
};

/// A program of the table with its arguments' addresses.
class Program {
public:
  /// Checks the program as checkProgram does. Throws Error: the table is broken.
  Program(const AlexrtNetwork &network, const AlexrtProgram &program,
          const std::vector<uint64_t> &parameterBytes);

  const char *name() const { return program->name; }
  size_t recordCount() const { return program->recordCount; }
  /// Bytes of a segment that it needs on a device.
  uint64_t segmentBytes(uint32_t device, AlexrtSegment segment) const {
    return program->segmentBytes[device][segment];
  }
  /// All arguments of its records, in their order.
  Arguments arguments() const { return {program->args, program->args + addresses.size()}; }
  /// Whether it has an argument in `segment`, or one that it writes there.
  bool uses(AlexrtSegment segment) const;
  bool writes(AlexrtSegment segment) const;
  /// Those of gradients that it writes, in the order of its records.
  std::vector<GradientUse> gradientUses() const;

  /// Takes the address of each argument from an instance's memory; before the
  /// first run and whenever they change, which they may not where devices repeat
  /// the program.
  void bind(const std::function<char *(const AlexrtArg &argument)> &addressOf);
  /// Runs all records, each queue's in order, or leaves them to the devices'
  /// queues. Allocates nothing, unless guarded. Throws Error that names the record;
  /// the others have ended or were left out then.
  void run(Devices &devices, const RunOptions &options = {}) const;

private:
  void execute(size_t record, Devices &devices, const WorkObserver *observer) const;
  void runRecord(size_t record, Devices &devices, const RunOptions &options) const;
  void runInOrder(Devices &devices, const RunOptions &options) const;
  void runQueues(QueueThreads &threads, Devices &devices, const RunOptions &options) const;

  const AlexrtProgram *program;
  uint32_t deviceCount;
  std::vector<void *> addresses;              ///< of program->args
  std::vector<std::vector<size_t>> recordsOf; ///< each queue
  std::vector<uint32_t> queues;               ///< those that have records
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_PROGRAM_H
