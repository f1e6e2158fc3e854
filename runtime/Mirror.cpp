//===- Mirror.cpp - an instance's memory on a device ----------------------===//

#include "runtime/Mirror.h"
#include <algorithm>
#include <cstring>

using namespace alexrt;

static constexpr AlexrtSegment tensorKinds[] = {ALEXRT_PARAM, ALEXRT_MOMENTUM, ALEXRT_GRADIENT};

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

namespace {
/// Offsets into a piece of memory that is still to be allocated.
class Layout {
public:
  /// Room for `bytes`, aligned as devices like it.
  uint64_t add(uint64_t bytes) {
    constexpr uint64_t alignment = 256;
    uint64_t offset = size;
    size += (bytes + alignment - 1) / alignment * alignment;
    return offset;
  }
  std::vector<uint64_t> add(const std::vector<uint64_t> &sizes) {
    std::vector<uint64_t> offsets;
    for (uint64_t bytes : sizes)
      offsets.push_back(add(bytes));
    return offsets;
  }

  uint64_t size = 0;
};
} // namespace

/// What lies at `offsets`.
template <typename Pointer>
static std::vector<Pointer> addressesOf(const std::vector<uint64_t> &offsets, char *start) {
  std::vector<Pointer> addresses;
  for (uint64_t offset : offsets)
    addresses.push_back(reinterpret_cast<Pointer>(start + offset));
  return addresses;
}

Mirror::Mirror(Accelerator &device, const DeviceNeeds &needs)
    : device(device), parameterBytes(needs.parameterBytes), ioBytes(needs.segmentBytes[ALEXRT_IO]),
      hostIo(device.allocateHost(needs.segmentBytes[ALEXRT_IO])),
      hostStep(device.allocateHost(needs.segmentBytes[ALEXRT_STEP])), sent(device.createEvent()),
      sentAhead(device.createEvent()) {
  Layout layout;
  std::vector<uint64_t> none;
  std::vector<uint64_t> segments(needs.segmentBytes.begin(), needs.segmentBytes.end());
  std::vector<uint64_t> segmentOffsets = layout.add(segments);
  std::vector<uint64_t> parameters = layout.add(parameterBytes);
  std::vector<uint64_t> momenta = layout.add(needs.momenta ? parameterBytes : none);
  std::vector<uint64_t> gradients = layout.add(needs.gradients ? parameterBytes : none);
  arena = device.allocate(layout.size);
  auto *start = static_cast<char *>(arena.get());
  memory.segments.emplace_back();
  for (size_t i = 0; i < segments.size(); ++i)
    memory.segments[0][i] = segments[i] > 0 ? start + segmentOffsets[i] : nullptr;
  memory.parameters = addressesOf<const float *>(parameters, start);
  memory.momenta = addressesOf<float *>(momenta, start);
  memory.gradients = addressesOf<float *>(gradients, start);
  newer[ALEXRT_PARAM].resize(parameters.size());
  newer[ALEXRT_MOMENTUM].resize(momenta.size());
  newer[ALEXRT_GRADIENT].resize(gradients.size());
  if (hostIo)
    memset(hostIo.get(), 0, needs.segmentBytes[ALEXRT_IO]);
  if (hostStep)
    memset(hostStep.get(), 0xff, needs.segmentBytes[ALEXRT_STEP]); // not sent yet
}

/// Nothing may be released that is still at work.
Mirror::~Mirror() {
  try {
    device.synchronize();
  } catch (const Error &) { // it will not be at work then
  }
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

void Mirror::clear(AlexrtSegment kind) {
  for (size_t i = 0; i < newer[kind].size(); ++i)
    device.fill(tensor(kind, i), 0, parameterBytes[i]);
  std::fill(newer[kind].begin(), newer[kind].end(), Newer::nowhere);
}

void Mirror::hostWrote(AlexrtSegment kind, size_t index) { newer[kind][index] = Newer::host; }

void Mirror::hostWrote(AlexrtSegment kind) {
  std::fill(newer[kind].begin(), newer[kind].end(), Newer::host);
}

void Mirror::hostWroteAgain(AlexrtSegment kind) {
  std::replace(newer[kind].begin(), newer[kind].end(), Newer::nowhere, Newer::host);
}

void Mirror::deviceWrote(AlexrtSegment kind) {
  std::fill(newer[kind].begin(), newer[kind].end(), Newer::device);
}

void Mirror::fetch(AlexrtSegment kind, size_t index, float *host) {
  if (newer[kind][index] != Newer::device)
    return;
  read(tensor(kind, index), host, parameterBytes[index]);
  newer[kind][index] = Newer::nowhere;
}

/// From memory that may be a file's, or change after this.
void Mirror::sendTensors(const Memory &host) {
  bool isAnySent = false;
  for (AlexrtSegment kind : tensorKinds)
    for (size_t i = 0; i < newer[kind].size(); ++i) {
      if (newer[kind][i] != Newer::host)
        continue;
      device.upload(tensor(kind, i), host.address(0, kind, i), parameterBytes[i]);
      newer[kind][i] = Newer::nowhere;
      isAnySent = true;
    }
  if (isAnySent)
    device.synchronize();
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

/// Returns when the host may write to what was sent.
void Mirror::awaitSent() {
  if (isSending)
    device.waitFor(sent);
  isSending = false;
}

/// The same of what was sent ahead.
void Mirror::awaitSentAhead() {
  if (isSendingAhead)
    device.waitFor(sentAhead);
  isSendingAhead = false;
}

/// Whether `ranges` has this one; if not, it is added.
template <typename Range>
static bool testAndAdd(std::vector<Range> &ranges, Range range) {
  bool isThere = std::any_of(ranges.begin(), ranges.end(), [&](const Range &other) {
    return other.offset == range.offset && other.bytes == range.bytes;
  });
  if (!isThere)
    ranges.push_back(range);
  return isThere;
}

void Mirror::hostWritesIo(uint64_t offset, uint64_t bytes) {
  awaitSent();
  awaitSentAhead();
  testAndAdd(written, {offset, bytes});
}

void Mirror::fetchIo(uint64_t offset, uint64_t bytes) {
  if (!testAndAdd(fetched, {offset, bytes}))
    read(memory.address(0, ALEXRT_IO, offset), io() + offset, bytes);
}

void Mirror::read(const void *address, void *target, uint64_t bytes) {
  device.download(target, address, bytes);
  device.synchronize();
}

char *Mirror::addressAhead(const Range &range) const {
  return static_cast<char *>(aheadIo.get()) + range.offset;
}

void Mirror::sendAhead(const Program &program) {
  if (written.empty())
    return;
  if (aheadOf != &program)
    ahead.clear();
  aheadOf = &program;
  if (!aheadIo)
    aheadIo = device.allocate(ioBytes);
  for (const Range &range : written) { // before which the last run has taken what was ahead
    device.upload(addressAhead(range), io() + range.offset, range.bytes, Queue::ahead);
    testAndAdd(ahead, range);
  }
  device.record(sentAhead, Queue::ahead);
  isSendingAhead = true;
  written.clear();
}

bool Mirror::takeAhead() {
  if (ahead.empty())
    return false;
  device.letWait(Queue::work, sentAhead);
  for (const Range &range : ahead)
    device.copy(memory.address(0, ALEXRT_IO, range.offset), addressAhead(range), range.bytes);
  ahead.clear();
  return true;
}

bool Mirror::sendIo() {
  for (const Range &range : written)
    device.upload(memory.address(0, ALEXRT_IO, range.offset), io() + range.offset, range.bytes);
  bool isAnySent = !written.empty();
  written.clear();
  return isAnySent;
}

/// The caller's numbers may change before the device has taken them.
bool Mirror::sendStep(const AlexrtStep &step) {
  if (!hostStep || memcmp(hostStep.get(), &step, sizeof step) == 0)
    return false;
  awaitSent();
  memcpy(hostStep.get(), &step, sizeof step);
  device.upload(memory.segments[0][ALEXRT_STEP], hostStep.get(), sizeof step);
  return true;
}

void Mirror::send(const Program &program, const Memory &host, const AlexrtStep &step) {
  sendTensors(host);
  bool isAnySent = sendStep(step);
  if (aheadOf == &program)
    isAnySent |= takeAhead();
  isAnySent |= sendIo(); // the newer, where there are both
  if (isAnySent)
    device.record(sent);
  isSending |= isAnySent;
  fetched.clear();
}
