//===- Program.cpp - executes a program's records -------------------------===//

#include "runtime/Program.h"
#include "runtime/Error.h"
#include "runtime/GuardedLaunch.h"
#include <chrono>
#include <cstring>
#include <fmt/format.h>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// Checks of the table
//===----------------------------------------------------------------------===//

/// Whether `argument` lies in its segment.
static bool liesInside(const AlexrtArg &argument, const AlexrtNetwork &network,
                       const std::vector<uint64_t> &parameterBytes) {
  if (argument.segment >= ALEXRT_SEGMENTS)
    return false;
  if (argument.segment == ALEXRT_PARAM)
    return argument.offset < parameterBytes.size() && !argument.written &&
           argument.bytes <= parameterBytes[argument.offset];
  uint64_t size = network.segmentBytes[argument.segment];
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
      if (!liesInside(arguments[j], network, parameterBytes))
        throw Error(fmt::format("program {}: record {}: argument {} lies outside its segment",
                                program.name, i, j));
    argumentCount = std::max<size_t>(argumentCount, record.firstArg + record.argCount);
  }
  addresses.resize(argumentCount);
}

void Program::bind(const Memory &memory) {
  for (size_t i = 0; i < addresses.size(); ++i) {
    const AlexrtArg &argument = program->args[i];
    if (argument.segment == ALEXRT_PARAM) // never written, as the constructor has checked
      addresses[i] = const_cast<float *>(memory.parameters[argument.offset]);
    else
      addresses[i] = memory.segments[argument.segment] + argument.offset;
  }
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

void Program::execute(const AlexrtRecord &record, ThreadPool &threads, LaunchMode mode) const {
  void *const *arguments = addresses.data() + record.firstArg;
  const AlexrtArg *declared = program->args + record.firstArg;
  if (record.action == ALEXRT_COPY)
    memcpy(arguments[1], arguments[0], declared[0].bytes);
  else if (mode == LaunchMode::guarded)
    launchGuarded(network->kernels[record.kernel], record, declared, arguments, threads);
  else
    threads.parallelFor(record.work, network->kernels[record.kernel], arguments);
}

void Program::run(ThreadPool &threads, const RunOptions &options, LaunchMode mode) const {
  using Clock = std::chrono::steady_clock;
  for (size_t i = 0; i < program->recordCount; ++i) {
    Clock::time_point start = options.recordSeconds ? Clock::now() : Clock::time_point();
    execute(program->records[i], threads, mode);
    if (options.recordSeconds)
      options.recordSeconds[i] += std::chrono::duration<double>(Clock::now() - start).count();
    if (options.afterRecord)
      options.afterRecord(i);
  }
}
