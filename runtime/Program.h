//===- Program.h - executes a program's records -----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PROGRAM_H
#define ALEXC_RUNTIME_PROGRAM_H

#include "runtime/Device.h"
#include <array>

namespace alexrt {

/// What to do during a run.
struct RunOptions {
  /// Called when record number `record` has ended; may call Network::readValue.
  std::function<void(size_t record)> afterRecord;
  /// Where not null, the seconds that each record took are added to these
  /// (one for each record of the program).
  double *recordSeconds = nullptr;
  /// Where not empty, told what each thread did for a launch, before
  /// afterRecord; on the CPU only.
  WorkObserver afterWork;

  /// Whether someone looks at single records.
  bool looksInside() const { return afterRecord || recordSeconds || afterWork; }
};

/// Where an instance has its memory. A null address, or a list that is empty,
/// is for programs that do without.
struct Memory {
  std::array<char *, ALEXRT_SEGMENTS> segments = {}; ///< those that offsets in bytes lead into
  std::vector<const float *> parameters;
  std::vector<float *> momenta, gradients; ///< of each parameter

  char *address(uint32_t segment, uint64_t offset) const;
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
  /// Whether it has an argument in `segment`, or one that it writes there.
  bool uses(AlexrtSegment segment) const;
  bool writes(AlexrtSegment segment) const;

  /// Takes the addresses of an instance's memory; before the first run and
  /// whenever they change, which they may not where a device repeats the program.
  void bind(const Memory &memory);
  /// Runs all records in order, or leaves them to the device's queue. Allocates
  /// nothing, unless guarded. Throws Error that names the record.
  void run(Device &device, const RunOptions &options = {}) const;

private:
  void execute(size_t record, Device &device, const WorkObserver *observer) const;
  void runRecords(Device &device, const RunOptions &options) const;

  const AlexrtProgram *program;
  std::vector<void *> addresses; ///< of program->args
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_PROGRAM_H
