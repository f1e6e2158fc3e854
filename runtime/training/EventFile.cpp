//===- EventFile.cpp - scalars for TensorBoard ----------------------------===//

#include "runtime/training/EventFile.h"
#include "runtime/training/Crc32c.h"
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// Protobuf: a field is its number and kind, then the value
//===----------------------------------------------------------------------===//

namespace {
enum WireKind { varint = 0, eightBytes = 1, lengthAndBytes = 2, fourBytes = 5 };
} // namespace

static void appendVarint(std::string &message, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    message += static_cast<char>(value | 0x80);
  message += static_cast<char>(value);
}

static void appendKey(std::string &message, int field, WireKind kind) {
  appendVarint(message, static_cast<uint64_t>(field << 3 | kind));
}

/// The value's bytes, least significant first as on all machines of ours.
template <typename Number>
static void appendFixed(std::string &message, Number value) {
  char bytes[sizeof(value)];
  memcpy(bytes, &value, sizeof(value));
  message.append(bytes, sizeof(value));
}

static void appendBytes(std::string &message, int field, const std::string &bytes) {
  appendKey(message, field, lengthAndBytes);
  appendVarint(message, bytes.size());
  message += bytes;
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

static double secondsSince1970() {
  using namespace std::chrono;
  return duration<double>(system_clock::now().time_since_epoch()).count();
}

/// Event { double wall_time = 1; int64 step = 2; ... }
static std::string beginEvent(uint64_t step) {
  std::string event;
  appendKey(event, 1, eightBytes);
  appendFixed(event, secondsSince1970());
  appendKey(event, 2, varint);
  appendVarint(event, step);
  return event;
}

/// Event { string file_version = 3; }
static std::string versionEvent() {
  std::string event = beginEvent(0);
  appendBytes(event, 3, "brain.Event:2");
  return event;
}

/// Event { SessionLog session_log = 7; }, SessionLog { SessionStatus status = 1; }, START = 1:
/// what other files say of later steps is void.
static std::string startEvent(uint64_t step) {
  std::string log;
  appendKey(log, 1, varint);
  appendVarint(log, 1);
  std::string event = beginEvent(step);
  appendBytes(event, 7, log);
  return event;
}

/// Event { Summary summary = 5; }, Summary { repeated Value value = 1; },
/// Value { string tag = 1; float simple_value = 2; }
static std::string scalarsEvent(uint64_t step, const std::vector<Scalar> &scalars) {
  std::string summary;
  for (const Scalar &scalar : scalars) {
    std::string value;
    appendBytes(value, 1, scalar.tag);
    appendKey(value, 2, fourBytes);
    appendFixed(value, static_cast<float>(scalar.value));
    appendBytes(summary, 1, value);
  }
  std::string event = beginEvent(step);
  appendBytes(event, 5, summary);
  return event;
}

//===----------------------------------------------------------------------===//
// EventFile
//===----------------------------------------------------------------------===//

static std::string eventFileName(const std::string &folder) {
  return fmt::format("{}/events.out.tfevents.{:.6f}.{}.alexc", folder, secondsSince1970(),
                     getpid());
}

EventFile::EventFile(const std::string &folder, uint64_t step) : file(eventFileName(folder)) {
  appendRecord(versionEvent());
  appendRecord(startEvent(step));
  file.flush();
}

void EventFile::append(uint64_t step, const std::vector<Scalar> &scalars) {
  appendRecord(scalarsEvent(step, scalars));
}

void EventFile::appendRecord(const std::string &event) {
  std::string record;
  appendFixed(record, uint64_t(event.size()));
  appendFixed(record, maskedCrc32c(record));
  record += event;
  appendFixed(record, maskedCrc32c(event));
  file.append(record);
}
