//===- Program.cpp - executes a program's records -------------------------===//

#include "runtime/Program.h"
#include "runtime/Error.h"
#include "runtime/ProgramChecks.h"
#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

Program::Program(const AlexrtNetwork &network, const AlexrtProgram &program,
                 const std::vector<uint64_t> &parameterBytes)
    : program(&program), addresses(checkProgram(network, program, parameterBytes)) {}

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
  for (size_t i = 0; i < addresses.size(); ++i) {
    const AlexrtArg &argument = program->args[i];
    char *address = memory.address(argument.segment, argument.offset);
    addresses[i] = address ? address + argument.start : nullptr;
  }
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
