//===- Device.h - what runs a program's records -----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_DEVICE_H
#define ALEXC_RUNTIME_DEVICE_H

#include "runtime/ThreadPool.h"
#include "runtime/alexrt.h"
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace alexrt {

/// Runs records one after the other, either at once or, where a queue does so,
/// by the time that `synchronize` returns. All functions throw Error.
class Device {
public:
  virtual ~Device() = default;

  /// "2 threads", "NVIDIA H100 (CUDA device 0)"
  virtual std::string name() const = 0;

  /// Runs the record's kernel on `arguments`, which `declared` describes. An
  /// observer is told what threads of this process did for it.
  virtual void launch(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments,
                      const WorkObserver *observer) = 0;
  /// Copies within the device's memory.
  virtual void copy(void *target, const void *source, uint64_t bytes) = 0;
  /// Returns when all that was asked for has ended.
  virtual void synchronize() = 0;

  /// Takes down the time at which what was asked for so far has ended, under a
  /// number of the caller's.
  virtual void mark(size_t number) = 0;
  /// Between two marks.
  virtual double seconds(size_t begin, size_t end) = 0;

  /// Does `enqueue`, which asks for the same each time that it comes with the
  /// same key: a device may keep it and ask itself instead.
  virtual void repeat(const void *key, const std::function<void()> &enqueue) = 0;
};

/// How kernels are called: on their arguments, or as GuardedLaunch.h says.
enum class LaunchMode { direct, guarded };

/// Threads of this process, on its own memory.
class CpuDevice : public Device {
public:
  CpuDevice(const AlexrtKernel *kernels, ThreadPool &threads, LaunchMode mode = LaunchMode::direct)
      : kernels(kernels), threads(threads), mode(mode) {}

  std::string name() const override;
  void launch(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments,
              const WorkObserver *observer) override;
  void copy(void *target, const void *source, uint64_t bytes) override;
  void synchronize() override {}
  void mark(size_t number) override;
  double seconds(size_t begin, size_t end) override;
  void repeat(const void *key, const std::function<void()> &enqueue) override { enqueue(); }

private:
  using Clock = std::chrono::steady_clock;

  const AlexrtKernel *kernels;
  ThreadPool &threads;
  LaunchMode mode;
  std::vector<Clock::time_point> marks;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_DEVICE_H
