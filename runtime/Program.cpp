//===- Program.cpp - executes a program's records -------------------------===//

#include "runtime/Program.h"
#include "runtime/Error.h"
#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// Checks of the table
//===----------------------------------------------------------------------===//

/// Whether offsets into the segment are parameters' numbers.
static bool isByParameter(uint32_t segment) {
  return segment == ALEXRT_PARAM || segment == ALEXRT_MOMENTUM || segment == ALEXRT_GRADIENT;
}

/// Whether `argument` lies in its segment.
static bool liesInside(const AlexrtArg &argument, const AlexrtProgram &program,
                       const std::vector<uint64_t> &parameterBytes) {
  if (argument.segment >= ALEXRT_SEGMENTS)
    return false;
  if (isByParameter(argument.segment))
    return argument.offset < parameterBytes.size() &&
           argument.bytes <= parameterBytes[argument.offset];
  uint64_t size = program.segmentBytes[argument.segment];
  return argument.offset <= size && argument.bytes <= size - argument.offset;
}

/// Whether the record's action is known and has what it needs.
static bool isComplete(const AlexrtRecord &record, const AlexrtNetwork &network,
                       const AlexrtArg *arguments) {
  if (record.action == ALEXRT_LAUNCH)
    return record.kernel < network.kernelCount;
  return record.action == ALEXRT_COPY && record.argCount == 2 &&
         arguments[0].bytes == arguments[1].bytes;
}

Program::Program(const AlexrtNetwork &network, const AlexrtProgram &program,
                 const std::vector<uint64_t> &parameterBytes)
    : program(&program) {
  size_t argumentCount = 0;
  for (size_t i = 0; i < program.recordCount; ++i) {
    const AlexrtRecord &record = program.records[i];
    const AlexrtArg *arguments = program.args + record.firstArg;
    if (!isComplete(record, network, arguments))
      throw Error(fmt::format("program {}: record {} is broken", program.name, i));
    for (size_t j = 0; j < record.argCount; ++j)
      if (!liesInside(arguments[j], program, parameterBytes))
        throw Error(fmt::format("program {}: record {}: argument {} lies outside its segment",
                                program.name, i, j));
    argumentCount = std::max<size_t>(argumentCount, record.firstArg + record.argCount);
  }
  addresses.resize(argumentCount);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

char *Memory::address(uint32_t segment, uint64_t offset) const {
  auto ofParameter = [=](const std::vector<float *> &list) {
    return list.empty() ? nullptr : reinterpret_cast<char *>(list[offset]);
  };
  switch (segment) {
  case ALEXRT_PARAM: // whoever writes asks first whether they are the instance's own
    return parameters.empty() ? nullptr
                              : reinterpret_cast<char *>(const_cast<float *>(parameters[offset]));
  case ALEXRT_MOMENTUM:
    return ofParameter(momenta);
  case ALEXRT_GRADIENT:
    return ofParameter(gradients);
  default:
    return segments[segment] ? segments[segment] + offset : nullptr;
  }
}

void Program::bind(const Memory &memory) {
  for (size_t i = 0; i < addresses.size(); ++i)
    addresses[i] = memory.address(program->args[i].segment, program->args[i].offset);
}

bool Program::uses(AlexrtSegment segment) const {
  return std::any_of(program->args, program->args + addresses.size(),
                     [=](const AlexrtArg &argument) { return argument.segment == segment; });
}

bool Program::writes(AlexrtSegment segment) const {
  return std::any_of(
      program->args, program->args + addresses.size(),
      [=](const AlexrtArg &argument) { return argument.segment == segment && argument.written; });
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

void Program::execute(size_t number, Device &device, const WorkObserver *observer) const {
  const AlexrtRecord &record = program->records[number];
  void *const *arguments = addresses.data() + record.firstArg;
  const AlexrtArg *declared = program->args + record.firstArg;
  try {
    if (record.action == ALEXRT_COPY)
      device.copy(arguments[1], arguments[0], declared[0].bytes);
    else
      device.launch(record, declared, arguments, observer);
  } catch (const Error &error) {
    throw Error(fmt::format("program {}: record {}: {}", program->name, number, error.what()));
  }
}

/// A record's marks are twice its number and the one behind that.
void Program::runRecords(Device &device, const RunOptions &options) const {
  const WorkObserver *observer = options.afterWork ? &options.afterWork : nullptr;
  for (size_t i = 0; i < program->recordCount; ++i) {
    if (options.recordSeconds)
      device.mark(2 * i);
    execute(i, device, observer);
    if (options.recordSeconds)
      device.mark(2 * i + 1);
    if (!options.afterRecord)
      continue;
    device.synchronize();
    options.afterRecord(i);
  }
}

void Program::run(Device &device, const RunOptions &options) const {
  auto records = [&] { runRecords(device, options); };
  if (!options.looksInside())
    return device.repeat(this, std::ref(records)); // a copy would be allocated
  records();
  for (size_t i = 0; options.recordSeconds && i < program->recordCount; ++i)
    options.recordSeconds[i] += device.seconds(2 * i, 2 * i + 1);
}
