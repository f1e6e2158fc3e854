//===- CpuDevice.cpp - threads of this process ----------------------------===//

#include "runtime/Device.h"
#include "runtime/GuardedLaunch.h"
#include <cstring>

using namespace alexrt;

std::string CpuDevice::name() const {
  return std::to_string(threads.size()) + (threads.size() == 1 ? " thread" : " threads");
}

void CpuDevice::launch(const AlexrtRecord &record, const AlexrtArg *declared,
                       void *const *arguments, const WorkObserver *observer) {
  AlexrtKernel kernel = kernels[record.kernel];
  if (mode == LaunchMode::guarded)
    launchGuarded(kernel, record, declared, arguments, threads);
  else
    threads.parallelFor(record.work, kernel, arguments, observer);
}

void CpuDevice::copy(void *target, const void *source, uint64_t bytes) {
  memcpy(target, source, bytes);
}

void CpuDevice::mark(size_t number) {
  if (number >= marks.size())
    marks.resize(number + 1);
  marks[number] = Clock::now();
}

double CpuDevice::seconds(size_t begin, size_t end) {
  return std::chrono::duration<double>(marks[end] - marks[begin]).count();
}
