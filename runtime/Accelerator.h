//===- Accelerator.h - a device with memory of its own ----------*- C++ -*-===//
//
// The functions of AlexrtDeviceApi with errors thrown and handles released.

#ifndef ALEXC_RUNTIME_ACCELERATOR_H
#define ALEXC_RUNTIME_ACCELERATOR_H

#include "runtime/Error.h"
#include "runtime/alexrt.h"
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace alexrt {

/// How devices are used.
struct AcceleratorOptions {
  /// Launch what repeats as a graph, which costs less than kernel by kernel.
  bool capturesGraphs = true;
  /// Run every kernel on buffers of its arguments' sizes, so that a device that
  /// guards its memory sees an access out of bounds, and wait for it. Slow: for
  /// tests.
  bool guardsArguments = false;
  /// The number that device 0 of the network has.
  uint32_t firstDevice = 0;
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

/// How many devices there are. Throws Error where there are none.
int countDevices(const AlexrtDeviceApi &api);
/// "NVIDIA H100 (CUDA device 0), 80.0 GB", or why there is none. Does not throw.
std::string describeDevice(const AlexrtDeviceApi &api, int number);

/// What an accelerator does one after the other. Only events order the four.
enum class Queue : uint8_t {
  work,  ///< what the device computes, and all transfers but
  peers, ///< what comes from other devices beside it
  ahead, ///< what comes from the host beside it
  ranks  ///< what is added up over ranks beside it
};

/// One device, used from one thread at a time. All functions but `synchronize`
/// and `waitFor` return before what they ask for has ended. Throws Error that
/// says what could not be done, where, and the failed call with its error's
/// code and text.
class Accelerator {
public:
  /// Throws Error also where there is no device of the number.
  Accelerator(const AlexrtNetwork &network, int number, const AcceleratorOptions &options);
  ~Accelerator();

  /// "NVIDIA H100 (CUDA device 0)"
  std::string name() const;
  int number() const { return ownNumber; }
  /// Lets copies reach the other device's memory directly, where they can.
  void enablePeer(const Accelerator &other);

  /// Lets calls of this thread that are not made here act for the device.
  void use() const;
  /// The queue `ranks`, for those who add up.
  void *rankQueue() { return handleOf(Queue::ranks); }

  /// Aligned to 256 bytes, not cleared; null for no bytes.
  Handle allocate(uint64_t bytes);
  /// Host memory for transfers; null for no bytes.
  Handle allocateHost(uint64_t bytes);
  void upload(void *target, const void *source, uint64_t bytes, Queue queue = Queue::work);
  void download(void *target, const void *source, uint64_t bytes);
  void copy(void *target, const void *source, uint64_t bytes, Queue queue = Queue::work);
  void copyFrom(const Accelerator &other, void *target, const void *source, uint64_t bytes,
                Queue queue);
  void fill(void *target, int byte, uint64_t bytes);
  /// Runs the record's kernel on `arguments`, which `declared` describes.
  void launch(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments);

  Handle createEvent();
  /// The event happens when what was asked of the queue so far has ended.
  void record(const Handle &event, Queue queue = Queue::work);
  /// What is asked of the queue from now on begins when the event, which was recorded, has
  /// happened.
  void letWait(Queue queue, const Handle &event);
  /// Returns when the event has happened.
  void waitFor(const Handle &event);
  /// Between two events of this device, the second of which it waits for.
  double seconds(const Handle &begin, const Handle &end);
  /// Returns when the queue has done all.
  void synchronize(Queue queue = Queue::work);

  /// Makes a graph of what `enqueue` asks of the work queue, and of queues that wait for it.
  Handle capture(const std::function<void()> &enqueue);
  void launchGraph(const Handle &graph);

private:
  /// Throws Error where `code` is one: "CUDA device 0: cannot <what>: <text> ...".
  void check(int code, const char *what) const;
  Handle adopt(void *handle, int (*release)(void *)) const;
  Handle createQueue();
  void *handleOf(Queue queue);
  void enqueue(const AlexrtRecord &record, void *const *arguments);
  void launchGuarded(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments);

  const AlexrtNetwork &network;
  const AlexrtDeviceApi &api;
  int ownNumber;
  AcceleratorOptions options;
  AlexrtDeviceInfo info = {};
  std::array<Handle, 4> queues; ///< Queue; `ranks` is made when it is needed
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_ACCELERATOR_H
