//===- Program.cpp - executes a program's records -------------------------===//

#include "runtime/Program.h"
#include "runtime/Error.h"
#include "runtime/GuardedLaunch.h"
#include <algorithm>
#include <chrono>
#include <cstring>
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
    : network(&network), program(&program) {
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

void Program::execute(const AlexrtRecord &record, ThreadPool &threads, LaunchMode mode,
                      const WorkObserver &afterWork) const {
  void *const *arguments = addresses.data() + record.firstArg;
  const AlexrtArg *declared = program->args + record.firstArg;
  if (record.action == ALEXRT_COPY)
    memcpy(arguments[1], arguments[0], declared[0].bytes);
  else if (mode == LaunchMode::guarded)
    launchGuarded(network->kernels[record.kernel], record, declared, arguments, threads);
  else
    threads.parallelFor(record.work, network->kernels[record.kernel], arguments,
                        afterWork ? &afterWork : nullptr);
}

void Program::run(ThreadPool &threads, const RunOptions &options, LaunchMode mode) const {
  using Clock = std::chrono::steady_clock;
  for (size_t i = 0; i < program->recordCount; ++i) {
    Clock::time_point start = options.recordSeconds ? Clock::now() : Clock::time_point();
    execute(program->records[i], threads, mode, options.afterWork);
    if (options.recordSeconds)
      options.recordSeconds[i] += std::chrono::duration<double>(Clock::now() - start).count();
    if (options.afterRecord)
      options.afterRecord(i);
  }
}
