//===- Mirror.h - an instance's memory on a device --------------*- C++ -*-===//
//
// A device works on memory of its own; the runtime and its users look at the
// host's. A mirror knows what is newer where, and moves it when it is needed.

#ifndef ALEXC_RUNTIME_MIRROR_H
#define ALEXC_RUNTIME_MIRROR_H

#include "runtime/Accelerator.h"
#include "runtime/Program.h"

namespace alexrt {

/// What programs need on a device.
struct DeviceNeeds {
  std::array<uint64_t, ALEXRT_SEGMENTS> segmentBytes = {};
  std::vector<uint64_t> parameterBytes;
  bool momenta = false, gradients = false;
};

/// All of an instance's memory on a device, in one piece, and the host's copy of
/// inputs and outputs. Tensors are those of ALEXRT_PARAM, ALEXRT_MOMENTUM and
/// ALEXRT_GRADIENT; their copies on the host are the caller's. Throws Error
/// where the device does.
class Mirror {
public:
  Mirror(Accelerator &device, const DeviceNeeds &needs);
  ~Mirror();

  /// Where programs find their memory; never changes.
  const Memory &addresses() const { return memory; }

  //===--------------------------------------------------------------------===//
  // Tensors
  //===--------------------------------------------------------------------===//

  /// Makes all of a kind zero, on the device; nowhere newer.
  void clear(AlexrtSegment kind);
  /// The host's is newer: of one tensor, or of all.
  void hostWrote(AlexrtSegment kind, size_t index);
  void hostWrote(AlexrtSegment kind);
  /// The host's is newer where the device's is not: through an address that was
  /// handed out the host has written.
  void hostWroteAgain(AlexrtSegment kind);
  /// A program writes all that there are.
  void deviceWrote(AlexrtSegment kind);
  /// Moves a tensor to `host` where the device's is newer.
  void fetch(AlexrtSegment kind, size_t index, float *host);

  //===--------------------------------------------------------------------===//
  // Inputs and outputs
  //===--------------------------------------------------------------------===//

  /// The host's copy of ALEXRT_IO, zero at first.
  char *io() const { return static_cast<char *>(hostIo.get()); }
  /// These bytes will be written by the host before the next run. Returns when
  /// the last run has taken what was there.
  void hostWritesIo(uint64_t offset, uint64_t bytes);
  /// Brings what the host has written to the device beside the run that is at
  /// work, for the next run of `program`; what was there for another is lost.
  void sendAhead(const Program &program);
  /// Makes the host's copy of these bytes what the last run has left.
  void fetchIo(uint64_t offset, uint64_t bytes);
  /// What lies at an address of the device now.
  void read(const void *address, void *target, uint64_t bytes);

  /// Before `program` is run: moves what is newer on the host to the device.
  /// `host` has the tensors.
  void send(const Program &program, const Memory &host, const AlexrtStep &step);

private:
  /// Where the newer copy of a tensor is.
  enum class Newer : uint8_t { nowhere, host, device };
  /// Bytes of ALEXRT_IO.
  struct Range {
    uint64_t offset, bytes;
  };

  char *addressAhead(const Range &range) const;
  char *tensor(AlexrtSegment kind, size_t index) const { return memory.address(0, kind, index); }
  void sendTensors(const Memory &host);
  bool takeAhead(); ///< whether anything was
  bool sendIo();    ///< whether anything was
  bool sendStep(const AlexrtStep &step);
  void awaitSent();
  void awaitSentAhead();

  Accelerator &device;
  std::vector<uint64_t> parameterBytes;
  uint64_t ioBytes;
  Handle arena, hostIo, hostStep;
  Memory memory;
  std::array<std::vector<Newer>, ALEXRT_SEGMENTS> newer; ///< of tensors
  std::vector<Range> written;                            ///< by the host, not yet sent
  std::vector<Range> ahead;                              ///< sent ahead, not yet taken
  const Program *aheadOf = nullptr;                      ///< what they were sent for
  std::vector<Range> fetched;                            ///< to the host, since the last run
  Handle aheadIo;   ///< of the device, like ALEXRT_IO; null before the first use
  Handle sent;      ///< happens when the last run has what `send` gave it
  Handle sentAhead; ///< happens when aheadIo has what `sendAhead` gave it
  bool isSending = false, isSendingAhead = false;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_MIRROR_H
