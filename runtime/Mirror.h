//===- Mirror.h - an instance's memory on devices ---------------*- C++ -*-===//
//
// Devices work on memory of their own; the runtime and its users look at the
// host's. A mirror knows what is newer where, and moves it when it is needed.

#ifndef ALEXC_RUNTIME_MIRROR_H
#define ALEXC_RUNTIME_MIRROR_H

#include "runtime/Accelerators.h"
#include "runtime/DeviceMemory.h"

namespace alexrt {

/// An instance's memory on all of its devices, and the host's copy of inputs and
/// outputs. Tensors are those of ALEXRT_PARAM, ALEXRT_MOMENTUM and
/// ALEXRT_GRADIENT; their copies on the host are the caller's. What the host has
/// goes to every device whose programs read it; the host gets it from the device
/// that wrote it last. Throws Error where a device does.
class Mirror {
public:
  /// For `programs` alone, of `tensorCount` parameters.
  Mirror(Accelerators &devices, uint32_t deviceCount, const std::vector<const Program *> &programs,
         size_t tensorCount);
  ~Mirror();

  /// Where an argument is; never changes.
  char *address(const AlexrtArg &argument) const {
    return memories[argument.device]->address(argument);
  }

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  /// Makes all of a kind zero, on the devices; nowhere newer.
  void clear(AlexrtSegment kind);
  /// The host's is newer: of one tensor, or of all.
  void hostWrote(AlexrtSegment kind, size_t index);
  void hostWrote(AlexrtSegment kind);
  /// The host's is newer where the devices' is not: through an address that was
  /// handed out the host has written.
  void hostWroteAgain(AlexrtSegment kind);
  /// Moves a tensor to `host` where the devices' is newer.
  void fetch(AlexrtSegment kind, size_t index, float *host);

  //===--------------------------------------------------------------------===//
  // Inputs and outputs
  //===--------------------------------------------------------------------===//

  /// The host's copy of ALEXRT_IO, zero at first.
  char *io() const { return static_cast<char *>(hostIo.get()); }
  /// These bytes will be written by the host before the next run. Returns when
  /// the last run has taken what was there.
  void hostWritesIo(uint64_t offset, uint64_t bytes);
  /// Brings what the host has written to the devices beside the run that is at
  /// work, for the next run of `program`; what was there for another is lost.
  void sendAhead(const Program &program);
  /// Makes the host's copy of these bytes what the last run has left.
  void fetchIo(uint64_t offset, uint64_t bytes);
  /// What lies in a device's memory now.
  void read(uint32_t device, AlexrtSegment segment, uint64_t offset, void *target, uint64_t bytes);

  /// Before `program` is run: moves what is newer on the host to the devices.
  /// `host` has the tensors.
  void send(const Program &program, const Memory &host, const AlexrtStep &step);
  /// Where the program has been asked for: what it writes is newer there.
  void deviceWrote(const Program &program);

private:
  /// Where the newer copy of a tensor is.
  enum class Newer : uint8_t { nowhere, host, device };

  void findWriters(const std::vector<const Program *> &programs, size_t tensorCount);
  void sendTensors(const Memory &host);
  bool takeAhead(); ///< whether anything was
  bool sendIo();    ///< whether anything was
  bool sendStep(const AlexrtStep &step);
  void awaitSent();
  void awaitSentAhead();

  Accelerators &devices;
  std::vector<std::unique_ptr<DeviceMemory>> memories; ///< of each device
  Handle hostIo, hostStep;
  std::array<std::vector<Newer>, ALEXRT_SEGMENTS> newer; ///< of tensors
  /// Of each tensor, what programs write: who writes last comes last.
  std::array<std::vector<std::vector<AlexrtArg>>, ALEXRT_SEGMENTS> writers;
  const Program *lastRun = nullptr;
  std::vector<Range> written;       ///< by the host, not yet sent
  std::vector<Range> ahead;         ///< sent ahead, not yet taken
  const Program *aheadOf = nullptr; ///< what they were sent for
  std::vector<Range> fetched;       ///< to the host, since the last run
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_MIRROR_H
