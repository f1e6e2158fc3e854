//===- CpuDevices.cpp - threads of this process ---------------------------===//

#include "runtime/Devices.h"
#include "runtime/GuardedLaunch.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace alexrt;

static size_t mostEvents(const AlexrtNetwork &network) {
  size_t most = 0;
  for (size_t i = 0; i < network.programCount; ++i)
    most = std::max<size_t>(most, network.programs[i].eventCount);
  return most;
}

CpuDevices::CpuDevices(const AlexrtNetwork &network, std::vector<ThreadPool *> pools,
                       LaunchMode mode)
    : kernels(network.kernels), pools(std::move(pools)), mode(mode) {
  if (network.deviceCount > 1 && mode == LaunchMode::direct)
    threads = std::make_unique<QueueThreads>(network.deviceCount, mostEvents(network));
}

std::string CpuDevices::name() const {
  int count = pools.front()->size();
  std::string ofOne = fmt::format("{} thread{}", count, count == 1 ? "" : "s");
  return pools.size() == 1 ? ofOne : fmt::format("{} devices of {}", pools.size(), ofOne);
}

void CpuDevices::launch(const AlexrtRecord &record, const AlexrtArg *declared,
                        void *const *arguments, const WorkObserver *observer) {
  AlexrtKernel kernel = kernels[record.kernel];
  ThreadPool &pool = *pools[record.queue];
  if (mode == LaunchMode::guarded)
    launchGuarded(kernel, record, declared, arguments, pool);
  else
    pool.parallelFor(record.work, kernel, arguments, observer);
}

/// Devices have most of their memory in common.
void CpuDevices::copy(const AlexrtRecord &, const AlexrtArg *declared, void *const *arguments) {
  if (arguments[0] != arguments[1])
    memcpy(arguments[1], arguments[0], declared->bytes);
}

void CpuDevices::signal(const AlexrtRecord &record) {
  if (threads)
    threads->signal(record.kernel);
}

void CpuDevices::wait(const AlexrtRecord &record) {
  if (threads)
    threads->wait(record.queue, record.kernel);
}

void CpuDevices::startClock(size_t count) { marks.resize(std::max(count, marks.size())); }

void CpuDevices::mark(uint32_t, size_t number) { marks[number] = Time::clock::now(); }
