//===- Devices.h - what runs a program's records ----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_DEVICES_H
#define ALEXC_RUNTIME_DEVICES_H

#include "runtime/QueueThreads.h"
#include "runtime/ThreadPool.h"
#include "runtime/alexrt.h"
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace alexrt {

/// The devices of a network. Records come in a program's order, or each queue's
/// from a thread of its own; they are run at once or, where queues do so, by the
/// time that `synchronize` returns. All functions throw Error.
class Devices {
public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~Devices() = default;

  /// "2 threads", "NVIDIA H100 (CUDA device 0)", "2 devices of 1 thread"
  virtual std::string name() const = 0;

  /// Runs the record's kernel on `arguments`, which `declared` describes. An
  /// observer is told what threads of this process did for it.
  virtual void launch(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments,
                      const WorkObserver *observer) = 0;
  /// Copies the record's first argument to the second.
  virtual void copy(const AlexrtRecord &record, const AlexrtArg *declared,
                    void *const *arguments) = 0;
  virtual void signal(const AlexrtRecord &record) = 0;
  virtual void wait(const AlexrtRecord &record) = 0;
  /// Returns when all that was asked for has ended.
  virtual void synchronize() = 0;
  /// What runs queues at the same time; null where records are to come in the
  /// program's order, or one thread does all.
  virtual QueueThreads *queueThreads() { return nullptr; }

  /// Begins to measure time, for marks of numbers less than `marks`.
  virtual void startClock(size_t marks) = 0;
  /// Takes down the time at which what was asked of the queue so far has ended.
  virtual void mark(uint32_t queue, size_t number) = 0;
  /// The time of a mark.
  virtual Time timeOf(size_t number) = 0;

  /// Does `enqueue`, which asks for one run of a program, and for the same each time
  /// that it comes with the same key: devices may keep it and ask themselves instead.
  /// A run without a key, which is null, is asked for as it is.
  virtual void repeat(const void *key, const std::function<void()> &enqueue) = 0;
};

/// How kernels are called: on their arguments, or as GuardedLaunch.h says.
enum class LaunchMode { direct, guarded };

/// Threads of this process, on its own memory.
class CpuDevices : public Devices {
public:
  /// `pools` has the threads of each device.
  CpuDevices(const AlexrtNetwork &network, std::vector<ThreadPool *> pools,
             LaunchMode mode = LaunchMode::direct);

  std::string name() const override;
  void launch(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments,
              const WorkObserver *observer) override;
  void copy(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments) override;
  void signal(const AlexrtRecord &record) override;
  void wait(const AlexrtRecord &record) override;
  void synchronize() override {}
  QueueThreads *queueThreads() override { return threads.get(); }
  void startClock(size_t marks) override;
  void mark(uint32_t queue, size_t number) override;
  Time timeOf(size_t number) override { return marks[number]; }
  void repeat(const void *key, const std::function<void()> &enqueue) override { enqueue(); }

private:
  const AlexrtKernel *kernels;
  std::vector<ThreadPool *> pools;
  LaunchMode mode;
  std::unique_ptr<QueueThreads> threads; ///< of several devices
  std::vector<Time> marks;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_DEVICES_H
