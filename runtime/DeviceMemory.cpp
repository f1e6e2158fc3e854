//===- DeviceMemory.cpp - an instance's memory on one device --------------===//

#include "runtime/DeviceMemory.h"
#include "runtime/ProgramChecks.h"
#include <algorithm>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// Room
//===----------------------------------------------------------------------===//

DeviceMemory::DeviceMemory(Accelerator &accelerator, uint32_t device,
                           const std::vector<const Program *> &programs, size_t tensorCount)
    : accelerator(accelerator), sent(accelerator.createEvent()),
      sentAhead(accelerator.createEvent()) {
  for (AlexrtSegment kind : {ALEXRT_PARAM, ALEXRT_MOMENTUM, ALEXRT_GRADIENT})
    tensors[kind].resize(tensorCount);
  for (const Program *program : programs) {
    for (size_t i = 0; i < segmentBytes.size(); ++i)
      segmentBytes[i] =
          std::max(segmentBytes[i], program->segmentBytes(device, static_cast<AlexrtSegment>(i)));
    for (const AlexrtArg &argument : program->arguments())
      if (argument.device == device)
        include(argument);
  }
  allocate();
}

void DeviceMemory::include(const AlexrtArg &argument) {
  if (argument.segment == ALEXRT_IO && !argument.written)
    read.add({argument.offset, argument.offset + argument.bytes});
  if (!isByParameter(argument.segment))
    return;
  Range &range = tensors[argument.segment][argument.offset].range;
  Range added = {argument.start, argument.start + argument.bytes};
  range = range.size() == 0
              ? added
              : Range{std::min(range.begin, added.begin), std::max(range.end, added.end)};
}

/// Aligned as devices like it.
static uint64_t aligned(uint64_t bytes) {
  constexpr uint64_t alignment = 256;
  return (bytes + alignment - 1) / alignment * alignment;
}

void DeviceMemory::allocate() {
  uint64_t size = 0;
  for (uint64_t bytes : segmentBytes)
    size += aligned(bytes);
  for (const std::vector<Tensor> &list : tensors)
    for (const Tensor &tensor : list)
      size += aligned(tensor.range.size());
  arena = accelerator.allocate(size);
  auto *next = static_cast<char *>(arena.get());
  auto take = [&](uint64_t bytes) {
    char *start = bytes > 0 ? next : nullptr;
    next += aligned(bytes);
    return start;
  };
  for (size_t i = 0; i < segments.size(); ++i)
    segments[i] = take(segmentBytes[i]);
  for (std::vector<Tensor> &list : tensors)
    for (Tensor &tensor : list)
      tensor.start = take(tensor.range.size());
}

char *DeviceMemory::address(AlexrtSegment segment, uint64_t offset) const {
  return segments[segment] ? segments[segment] + offset : nullptr;
}

char *DeviceMemory::tensor(AlexrtSegment kind, size_t index, uint64_t start) const {
  const Tensor &tensor = tensors[kind][index];
  return tensor.start ? tensor.start + (start - tensor.range.begin) : nullptr;
}

char *DeviceMemory::address(const AlexrtArg &argument) const {
  auto segment = static_cast<AlexrtSegment>(argument.segment);
  return isByParameter(segment) ? tensor(segment, argument.offset, argument.start)
                                : address(segment, argument.offset);
}

//===----------------------------------------------------------------------===//
// From the host
//===----------------------------------------------------------------------===//

void DeviceMemory::clearTensor(AlexrtSegment kind, size_t index) {
  const Tensor &tensor = tensors[kind][index];
  if (tensor.start)
    accelerator.fill(tensor.start, 0, tensor.range.size());
}

void DeviceMemory::uploadTensor(AlexrtSegment kind, size_t index, const char *source) {
  const Tensor &tensor = tensors[kind][index];
  if (tensor.start)
    accelerator.upload(tensor.start, source + tensor.range.begin, tensor.range.size());
}

/// Calls `action(part)` for what programs read of the ranges.
template <typename Action>
void DeviceMemory::forEachRead(const std::vector<Range> &ranges, Action action) const {
  for (const Range &range : ranges)
    read.forEachIn(range, action);
}

void DeviceMemory::uploadIo(const std::vector<Range> &ranges, const char *io) {
  forEachRead(ranges, [&](const Range &part) {
    accelerator.upload(address(ALEXRT_IO, part.begin), io + part.begin, part.size());
  });
}

void DeviceMemory::uploadStep(const AlexrtStep &source) {
  if (char *target = address(ALEXRT_STEP, 0))
    accelerator.upload(target, &source, sizeof source);
}

void DeviceMemory::endSending() {
  accelerator.record(sent);
  isSending = true;
}

void DeviceMemory::awaitSent() {
  if (isSending)
    accelerator.waitFor(sent);
  isSending = false;
}

//===----------------------------------------------------------------------===//
// Ahead
//===----------------------------------------------------------------------===//

void DeviceMemory::sendAhead(const std::vector<Range> &ranges, const char *io) {
  if (!aheadIo)
    aheadIo = accelerator.allocate(segmentBytes[ALEXRT_IO]);
  auto *ahead = static_cast<char *>(aheadIo.get());
  forEachRead(ranges, [&](const Range &part) {
    accelerator.upload(ahead + part.begin, io + part.begin, part.size(), Queue::ahead);
  });
  accelerator.record(sentAhead, Queue::ahead);
  isSendingAhead = true;
}

void DeviceMemory::takeAhead(const std::vector<Range> &ranges) {
  accelerator.letWait(Queue::work, sentAhead);
  auto *ahead = static_cast<const char *>(aheadIo.get());
  forEachRead(ranges, [&](const Range &part) {
    accelerator.copy(address(ALEXRT_IO, part.begin), ahead + part.begin, part.size());
  });
}

void DeviceMemory::awaitSentAhead() {
  if (isSendingAhead)
    accelerator.waitFor(sentAhead);
  isSendingAhead = false;
}
