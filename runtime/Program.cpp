//===- Program.cpp - executes a program's records -------------------------===//

#include "runtime/Program.h"
#include "runtime/Error.h"
#include "runtime/ProgramChecks.h"
#include <algorithm>
#include <fmt/format.h>
#include <set>

using namespace alexrt;

Program::Program(const AlexrtNetwork &network, const AlexrtProgram &program,
                 const std::vector<uint64_t> &parameterBytes)
    : program(&program), deviceCount(network.deviceCount),
      addresses(checkProgram(network, program, parameterBytes)),
      recordsOf(2 * size_t(network.deviceCount)) {
  for (size_t i = 0; i < program.recordCount; ++i)
    recordsOf[program.records[i].queue].push_back(i);
  for (uint32_t queue = 0; queue < recordsOf.size(); ++queue)
    if (!recordsOf[queue].empty())
      queues.push_back(queue);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

char *Memory::address(uint32_t device, uint32_t segment, uint64_t offset) const {
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
    return segments[device][segment] ? segments[device][segment] + offset : nullptr;
  }
}

void Program::bind(const std::function<char *(const AlexrtArg &)> &addressOf) {
  std::transform(program->args, program->args + addresses.size(), addresses.begin(), addressOf);
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

std::vector<GradientUse> Program::gradientUses() const {
  std::vector<GradientUse> uses;
  std::set<uint64_t> written;
  for (size_t i = 0; i < program->recordCount; ++i) {
    const AlexrtRecord &record = program->records[i];
    for (uint32_t k = 0; k < record.argCount; ++k) {
      const AlexrtArg &argument = program->args[record.firstArg + k];
      if (argument.segment == ALEXRT_GRADIENT)
        uses.push_back({i, argument.offset, record.queue, &argument, nullptr});
      if (argument.segment == ALEXRT_GRADIENT && argument.written)
        written.insert(argument.offset);
    }
  }
  auto isOnlyRead = [&](const GradientUse &use) { return written.count(use.parameter) == 0; };
  uses.erase(std::remove_if(uses.begin(), uses.end(), isOnlyRead), uses.end());
  return uses;
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

void Program::execute(size_t number, Devices &devices, const WorkObserver *observer) const {
  const AlexrtRecord &record = program->records[number];
  void *const *arguments = addresses.data() + record.firstArg;
  const AlexrtArg *declared = program->args + record.firstArg;
  switch (record.action) {
  case ALEXRT_COPY:
    return devices.copy(record, declared, arguments);
  case ALEXRT_SIGNAL:
    return devices.signal(record);
  case ALEXRT_WAIT:
    return devices.wait(record);
  default:
    return devices.launch(record, declared, arguments, observer);
  }
}

/// A record's marks are twice its number and the one behind that.
void Program::runRecord(size_t number, Devices &devices, const RunOptions &options) const {
  uint32_t queue = program->records[number].queue;
  WorkObserver observer;
  if (options.afterWork)
    observer = [&options, number](size_t thread, auto begin, auto end) {
      options.afterWork(number, thread, begin, end);
    };
  try {
    if (options.recordTimes)
      devices.mark(queue, 2 * number);
    execute(number, devices, observer ? &observer : nullptr);
    if (options.recordTimes)
      devices.mark(queue, 2 * number + 1);
    if (options.recordEnded)
      options.recordEnded(number);
  } catch (const Error &error) {
    std::string device =
        deviceCount > 1 ? fmt::format("device {}: ", queue % deviceCount) : std::string();
    throw Error(
        fmt::format("{}program {}: record {}: {}", device, program->name, number, error.what()));
  }
}

void Program::runInOrder(Devices &devices, const RunOptions &options) const {
  for (size_t i = 0; i < program->recordCount; ++i) {
    runRecord(i, devices, options);
    if (!options.afterRecord)
      continue;
    devices.synchronize();
    options.afterRecord(i);
  }
}

void Program::runQueues(QueueThreads &threads, Devices &devices, const RunOptions &options) const {
  auto runQueue = [&](uint32_t queue) {
    for (size_t record : recordsOf[queue]) {
      if (threads.isStopping())
        return;
      runRecord(record, devices, options);
    }
  };
  threads.run(queues, std::ref(runQueue)); // a copy would be allocated
}

void Program::run(Devices &devices, const RunOptions &options) const {
  auto records = [&] {
    QueueThreads *threads = options.afterRecord ? nullptr : devices.queueThreads();
    if (threads)
      runQueues(*threads, devices, options);
    else
      runInOrder(devices, options);
  };
  if (options.recordTimes)
    devices.startClock(2 * program->recordCount);
  devices.repeat(options.looksInside() ? nullptr : this, std::ref(records));
  for (size_t i = 0; options.recordTimes && i < program->recordCount; ++i)
    options.recordTimes[i] = {devices.timeOf(2 * i), devices.timeOf(2 * i + 1)};
}
