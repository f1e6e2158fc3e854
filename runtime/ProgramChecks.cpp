//===- ProgramChecks.cpp - whether a program can run ----------------------===//

#include "runtime/ProgramChecks.h"
#include "runtime/Error.h"
#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

bool alexrt::isByParameter(uint32_t segment) {
  return segment == ALEXRT_PARAM || segment == ALEXRT_MOMENTUM || segment == ALEXRT_GRADIENT;
}

namespace {
class Checker {
public:
  Checker(const AlexrtNetwork &network, const AlexrtProgram &program,
          const std::vector<uint64_t> &parameterBytes)
      : network(network), program(program), parameterBytes(parameterBytes),
        isSignalled(program.eventCount) {}

  size_t check();

private:
  bool liesInside(const AlexrtArg &argument) const;
  bool isComplete(const AlexrtRecord &record) const;
  bool isComputed(const AlexrtRecord &record) const;
  void checkArguments(size_t number) const;
  void checkEvent(size_t number);
  [[noreturn]] void fail(size_t record, const std::string &what) const {
    throw Error(fmt::format("program {}: record {}{}", program.name, record, what));
  }

  const AlexrtNetwork &network;
  const AlexrtProgram &program;
  const std::vector<uint64_t> &parameterBytes;
  std::vector<bool> isSignalled; ///< of each event
};
} // namespace

/// Whether `argument` lies in its segment.
bool Checker::liesInside(const AlexrtArg &argument) const {
  if (argument.segment >= ALEXRT_SEGMENTS || argument.device >= network.deviceCount)
    return false;
  auto isRange = [&](uint64_t start, uint64_t size) {
    return start <= size && argument.bytes <= size - start;
  };
  if (isByParameter(argument.segment))
    return argument.offset < parameterBytes.size() &&
           isRange(argument.start, parameterBytes[argument.offset]);
  return argument.start == 0 &&
         isRange(argument.offset, program.segmentBytes[argument.device][argument.segment]);
}

/// Whether a launch is on the queue of its arguments' device.
bool Checker::isComputed(const AlexrtRecord &record) const {
  const AlexrtArg *arguments = program.args + record.firstArg;
  return record.queue < network.deviceCount &&
         std::all_of(arguments, arguments + record.argCount,
                     [&](const AlexrtArg &argument) { return argument.device == record.queue; });
}

/// Whether the record's action is known and has what it needs.
bool Checker::isComplete(const AlexrtRecord &record) const {
  const AlexrtArg *arguments = program.args + record.firstArg;
  if (record.queue >= 2 * uint64_t(network.deviceCount))
    return false;
  switch (record.action) {
  case ALEXRT_LAUNCH:
    return record.kernel < network.kernelCount && isComputed(record);
  case ALEXRT_COPY:
    return record.argCount == 2 && arguments[0].bytes == arguments[1].bytes &&
           arguments[1].device == record.queue % network.deviceCount;
  case ALEXRT_SIGNAL:
  case ALEXRT_WAIT:
    return record.kernel < program.eventCount && record.argCount == 0;
  default:
    return false;
  }
}

void Checker::checkArguments(size_t number) const {
  const AlexrtRecord &record = program.records[number];
  for (size_t i = 0; i < record.argCount; ++i)
    if (!liesInside(program.args[record.firstArg + i]))
      fail(number, fmt::format(": argument {} lies outside its segment", i));
}

/// An order in which all records could run one by one leaves no two that wait
/// for each other.
void Checker::checkEvent(size_t number) {
  const AlexrtRecord &record = program.records[number];
  if (record.action == ALEXRT_WAIT && !isSignalled[record.kernel])
    fail(number, " waits for an event that no record before it signals");
  if (record.action != ALEXRT_SIGNAL)
    return;
  if (isSignalled[record.kernel])
    fail(number, " signals an event that a record before it has signalled");
  isSignalled[record.kernel] = true;
}

size_t Checker::check() {
  size_t argumentCount = 0;
  for (size_t i = 0; i < program.recordCount; ++i) {
    const AlexrtRecord &record = program.records[i];
    if (!isComplete(record))
      fail(i, " is broken");
    checkArguments(i);
    checkEvent(i);
    argumentCount = std::max<size_t>(argumentCount, record.firstArg + record.argCount);
  }
  return argumentCount;
}

size_t alexrt::checkProgram(const AlexrtNetwork &network, const AlexrtProgram &program,
                            const std::vector<uint64_t> &parameterBytes) {
  return Checker(network, program, parameterBytes).check();
}
