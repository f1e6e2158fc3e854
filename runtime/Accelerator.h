//===- Accelerator.h - a device with memory of its own ----------*- C++ -*-===//
//
// The functions of AlexrtDeviceApi with errors thrown and handles released.

#ifndef ALEXC_RUNTIME_ACCELERATOR_H
#define ALEXC_RUNTIME_ACCELERATOR_H

#include "runtime/Device.h"
#include "runtime/Error.h"
#include <array>
#include <map>
#include <memory>
#include <string>

namespace alexrt {

/// Which device of a network's kind, and how it is used.
struct AcceleratorOptions {
  int number = 0;
  /// Launch what repeats as a graph, which costs less than kernel by kernel.
  bool capturesGraphs = true;
  /// Run every kernel on buffers of its arguments' sizes, so that a device that
  /// guards its memory sees an access out of bounds, and wait for it. Slow: for
  /// tests.
  bool guardsArguments = false;
};

/// Gives a handle back to the device.
struct ReleaseHandle {
  const AlexrtDeviceApi *api = nullptr;
  int device = 0;
  int (*release)(void *handle) = nullptr;

  void operator()(void *handle) const {
    api->use(device);
    release(handle); // nobody is there who could hear of an error
  }
};

/// Memory, a queue, an event or a graph. The device must outlive it.
using Handle = std::unique_ptr<void, ReleaseHandle>;

/// "NVIDIA H100 (CUDA device 0), 80.0 GB", or why there is none. Does not throw.
std::string describeDevice(const AlexrtDeviceApi &api, int number);

/// What an accelerator does one after the other. Only events order the two.
enum class Queue : uint8_t {
  work,     ///< programs, and all transfers but
  transfers ///< those beside them
};

/// One device, used from one thread at a time. All functions but `synchronize`
/// and `waitFor` return before what they ask for has ended. Throws Error that
/// says what could not be done, where, and the failed call with its error's
/// code and text.
class Accelerator : public Device {
public:
  /// Throws Error also where there is no such device.
  Accelerator(const AlexrtNetwork &network, const AcceleratorOptions &options);
  ~Accelerator() override;

  /// Aligned to 256 bytes, not cleared; null for no bytes.
  Handle allocate(uint64_t bytes);
  /// Host memory for transfers; null for no bytes.
  Handle allocateHost(uint64_t bytes);
  void upload(void *target, const void *source, uint64_t bytes, Queue queue = Queue::work);
  void download(void *target, const void *source, uint64_t bytes);
  void fill(void *target, int byte, uint64_t bytes);

  Handle createEvent();
  /// The event happens when what was asked of the queue so far has ended.
  void record(const Handle &event, Queue queue = Queue::work);
  /// What is asked of the queue from now on begins when the event, which was recorded, has
  /// happened.
  void letWait(Queue queue, const Handle &event);
  /// Returns when the event has happened.
  void waitFor(const Handle &event);

  std::string name() const override;
  void launch(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments,
              const WorkObserver *observer) override;
  void copy(void *target, const void *source, uint64_t bytes) override;
  void synchronize() override;
  void mark(size_t number) override;
  double seconds(size_t begin, size_t end) override;
  /// Runs what comes for the first time (a device may have to load kernels),
  /// captures it at the second, and then launches the graph.
  void repeat(const void *key, const std::function<void()> &enqueue) override;

private:
  void use() const;
  /// Throws Error where `code` is one: "CUDA device 0: cannot <what>: <text> ...".
  void check(int code, const char *what) const;
  Handle adopt(void *handle, int (*release)(void *)) const;
  Handle createQueue();
  void *handleOf(Queue queue) const { return queues[size_t(queue)].get(); }
  Handle capture(const std::function<void()> &enqueue);
  void enqueue(const AlexrtRecord &record, void *const *arguments);
  void launchGuarded(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments);

  const AlexrtNetwork &network;
  const AlexrtDeviceApi &api;
  AcceleratorOptions options;
  AlexrtDeviceInfo info = {};
  std::array<Handle, 2> queues; ///< Queue
  std::vector<Handle> marks;
  std::map<const void *, Handle> graphs; ///< null: came once
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_ACCELERATOR_H
