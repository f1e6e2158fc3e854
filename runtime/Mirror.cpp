//===- Mirror.cpp - an instance's memory on devices -----------------------===//

#include "runtime/Mirror.h"
#include "runtime/ProgramChecks.h"
#include <algorithm>
#include <cstring>

using namespace alexrt;

static constexpr AlexrtSegment tensorKinds[] = {ALEXRT_PARAM, ALEXRT_MOMENTUM, ALEXRT_GRADIENT};

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// Of a segment that is one for all devices.
static uint64_t mostBytes(const std::vector<const Program *> &programs, uint32_t deviceCount,
                          AlexrtSegment segment) {
  uint64_t most = 0;
  for (const Program *program : programs)
    for (uint32_t device = 0; device < deviceCount; ++device)
      most = std::max(most, program->segmentBytes(device, segment));
  return most;
}

Mirror::Mirror(Accelerators &devices, uint32_t deviceCount,
               const std::vector<const Program *> &programs, size_t tensorCount)
    : devices(devices) {
  devices.forEach([&](uint32_t device, Accelerator &accelerator) {
    memories.push_back(std::make_unique<DeviceMemory>(accelerator, device, programs, tensorCount));
  });
  uint64_t ioBytes = mostBytes(programs, deviceCount, ALEXRT_IO);
  uint64_t stepBytes = mostBytes(programs, deviceCount, ALEXRT_STEP);
  hostIo = devices[0].allocateHost(ioBytes);
  hostStep = devices[0].allocateHost(stepBytes);
  if (hostIo)
    memset(hostIo.get(), 0, ioBytes);
  if (hostStep)
    memset(hostStep.get(), 0xff, stepBytes); // not sent yet
  findWriters(programs, tensorCount);
}

/// Nothing may be released that is still at work.
Mirror::~Mirror() {
  try {
    devices.synchronize();
  } catch (const Error &) { // it will not be at work then
  }
}

void Mirror::findWriters(const std::vector<const Program *> &programs, size_t tensorCount) {
  for (AlexrtSegment kind : tensorKinds) {
    newer[kind].resize(tensorCount);
    writers[kind].resize(tensorCount);
  }
  for (const Program *program : programs)
    for (const AlexrtArg &argument : program->arguments()) {
      if (!argument.written || !isByParameter(argument.segment))
        continue;
      std::vector<AlexrtArg> &list = writers[argument.segment][argument.offset];
      auto isSame = [&](const AlexrtArg &other) { // which this one writes over
        return other.start == argument.start && other.bytes == argument.bytes;
      };
      list.erase(std::remove_if(list.begin(), list.end(), isSame), list.end());
      list.push_back(argument);
    }
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

void Mirror::clear(AlexrtSegment kind) {
  for (size_t i = 0; i < newer[kind].size(); ++i)
    for (auto &memory : memories)
      memory->clearTensor(kind, i);
  std::fill(newer[kind].begin(), newer[kind].end(), Newer::nowhere);
}

void Mirror::hostWrote(AlexrtSegment kind, size_t index) { newer[kind][index] = Newer::host; }

void Mirror::hostWrote(AlexrtSegment kind) {
  std::fill(newer[kind].begin(), newer[kind].end(), Newer::host);
}

void Mirror::hostWroteAgain(AlexrtSegment kind) {
  std::replace(newer[kind].begin(), newer[kind].end(), Newer::nowhere, Newer::host);
}

void Mirror::deviceWrote(const Program &program) {
  lastRun = &program;
  for (const AlexrtArg &argument : program.arguments())
    if (argument.written && isByParameter(argument.segment))
      newer[argument.segment][argument.offset] = Newer::device;
}

void Mirror::fetch(AlexrtSegment kind, size_t index, float *host) {
  if (newer[kind][index] != Newer::device)
    return;
  for (const AlexrtArg &part : writers[kind][index])
    memories[part.device]->accelerator.download(reinterpret_cast<char *>(host) + part.start,
                                                address(part), part.bytes);
  devices.synchronize();
  newer[kind][index] = Newer::nowhere;
}

/// From memory that may be a file's, or change after this.
void Mirror::sendTensors(const Memory &host) {
  bool isAnySent = false;
  for (AlexrtSegment kind : tensorKinds)
    for (size_t i = 0; i < newer[kind].size(); ++i) {
      if (newer[kind][i] != Newer::host)
        continue;
      for (auto &memory : memories)
        memory->uploadTensor(kind, i, host.address(0, kind, i));
      newer[kind][i] = Newer::nowhere;
      isAnySent = true;
    }
  if (isAnySent)
    devices.synchronize();
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

/// Returns when the host may write to what was sent.
void Mirror::awaitSent() {
  for (auto &memory : memories)
    memory->awaitSent();
}

/// The same of what was sent ahead.
void Mirror::awaitSentAhead() {
  for (auto &memory : memories)
    memory->awaitSentAhead();
}

/// Whether `ranges` has this one; if not, it is added.
static bool testAndAdd(std::vector<Range> &ranges, const Range &range) {
  bool isThere = std::find(ranges.begin(), ranges.end(), range) != ranges.end();
  if (!isThere)
    ranges.push_back(range);
  return isThere;
}

void Mirror::hostWritesIo(uint64_t offset, uint64_t bytes) {
  awaitSent();
  awaitSentAhead();
  testAndAdd(written, {offset, offset + bytes});
}

void Mirror::fetchIo(uint64_t offset, uint64_t bytes) {
  Range wanted = {offset, offset + bytes};
  if (testAndAdd(fetched, wanted) || !lastRun)
    return;
  for (const AlexrtArg &argument : lastRun->arguments()) {
    if (argument.segment != ALEXRT_IO || !argument.written)
      continue;
    Range part = intersect(wanted, {argument.offset, argument.offset + argument.bytes});
    DeviceMemory &memory = *memories[argument.device];
    if (part.size() > 0)
      memory.accelerator.download(io() + part.begin, memory.address(ALEXRT_IO, part.begin),
                                  part.size());
  }
  devices.synchronize();
}

void Mirror::read(uint32_t device, AlexrtSegment segment, uint64_t offset, void *target,
                  uint64_t bytes) {
  devices[device].download(target, memories[device]->address(segment, offset), bytes);
  devices[device].synchronize();
}

void Mirror::sendAhead(const Program &program) {
  if (written.empty())
    return;
  if (aheadOf != &program)
    ahead.clear();
  aheadOf = &program;
  for (auto &memory : memories) // before which the last run has taken what was ahead
    memory->sendAhead(written, io());
  for (const Range &range : written)
    testAndAdd(ahead, range);
  written.clear();
}

bool Mirror::takeAhead() {
  if (ahead.empty())
    return false;
  for (auto &memory : memories)
    memory->takeAhead(ahead);
  ahead.clear();
  return true;
}

bool Mirror::sendIo() {
  for (auto &memory : memories)
    memory->uploadIo(written, io());
  bool isAnySent = !written.empty();
  written.clear();
  return isAnySent;
}

/// The caller's numbers may change before the devices have taken them.
bool Mirror::sendStep(const AlexrtStep &step) {
  if (!hostStep || memcmp(hostStep.get(), &step, sizeof step) == 0)
    return false;
  awaitSent();
  memcpy(hostStep.get(), &step, sizeof step);
  for (auto &memory : memories)
    memory->uploadStep(*static_cast<const AlexrtStep *>(hostStep.get()));
  return true;
}

void Mirror::send(const Program &program, const Memory &host, const AlexrtStep &step) {
  sendTensors(host);
  bool isAnySent = sendStep(step);
  if (aheadOf == &program)
    isAnySent |= takeAhead();
  isAnySent |= sendIo(); // the newer, where there are both
  for (auto &memory : memories)
    if (isAnySent)
      memory->endSending();
  fetched.clear();
}
