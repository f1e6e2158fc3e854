//===- DeviceMemory.h - an instance's memory on one device ------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_DEVICEMEMORY_H
#define ALEXC_RUNTIME_DEVICEMEMORY_H

#include "runtime/Accelerator.h"
#include "runtime/Program.h"
#include "runtime/Ranges.h"

namespace alexrt {

/// Room for what programs' arguments on one device name, in one piece: its
/// segments, and of tensors (those of ALEXRT_PARAM, ALEXRT_MOMENTUM and
/// ALEXRT_GRADIENT) the range that they touch. Throws Error where the device does.
class DeviceMemory {
public:
  DeviceMemory(Accelerator &accelerator, uint32_t device,
               const std::vector<const Program *> &programs, size_t tensorCount);

  /// Null where the argument is of another program and has no place.
  char *address(const AlexrtArg &argument) const;
  char *address(AlexrtSegment segment, uint64_t offset) const;

  /// The bytes of a tensor that are here; none where programs do not touch it.
  Range tensorRange(AlexrtSegment kind, size_t index) const { return tensors[kind][index].range; }
  char *tensor(AlexrtSegment kind, size_t index, uint64_t start) const;

  //===--------------------------------------------------------------------===//
  // From the host. `source` stays as it is until the device has taken it.
  //===--------------------------------------------------------------------===//

  void clearTensor(AlexrtSegment kind, size_t index);
  /// The range that is here, of the whole tensor at `source`.
  void uploadTensor(AlexrtSegment kind, size_t index, const char *source);
  /// What programs read here of ranges of ALEXRT_IO, which is at `io`.
  void uploadIo(const std::vector<Range> &ranges, const char *io);
  void uploadStep(const AlexrtStep &source);
  /// Marks the end of uploads.
  void endSending();
  /// Returns when the device has taken what was sent until then.
  void awaitSent();

  /// As uploadIo, beside what the device does and to another place.
  void sendAhead(const std::vector<Range> &ranges, const char *io);
  /// Brings the same ranges from there to ALEXRT_IO.
  void takeAhead(const std::vector<Range> &ranges);
  /// As awaitSent.
  void awaitSentAhead();

  Accelerator &accelerator;

private:
  struct Tensor {
    Range range;
    char *start = nullptr; ///< of the range
  };

  void include(const AlexrtArg &argument);
  void allocate();
  template <typename Action>
  void forEachRead(const std::vector<Range> &ranges, Action action) const;

  std::array<uint64_t, ALEXRT_SEGMENTS> segmentBytes = {};
  std::array<char *, ALEXRT_SEGMENTS> segments = {};
  std::array<std::vector<Tensor>, ALEXRT_SEGMENTS> tensors;
  Ranges read; ///< of ALEXRT_IO
  Handle arena;
  Handle aheadIo; ///< like ALEXRT_IO; null before the first use
  Handle sent, sentAhead;
  bool isSending = false, isSendingAhead = false;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_DEVICEMEMORY_H
