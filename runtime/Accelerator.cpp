//===- Accelerator.cpp - a device with memory of its own ------------------===//

#include "runtime/Accelerator.h"
#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

//===----------------------------------------------------------------------===//
// Which device
//===----------------------------------------------------------------------===//

/// "out of memory (cudaMalloc, error 2)"
static std::string errorText(const AlexrtDeviceApi &api, int code) {
  return fmt::format("{} ({}, error {})", api.errorText(code), api.failedCall(), code);
}

int alexrt::countDevices(const AlexrtDeviceApi &api) {
  int count = 0;
  if (int code = api.countDevices(&count))
    throw Error(fmt::format("no {} device can be used: {}", api.name, errorText(api, code)));
  if (count == 0)
    throw Error(fmt::format("no {} device was found", api.name));
  return count;
}

/// Throws Error where there is no device of the number.
static AlexrtDeviceInfo find(const AlexrtDeviceApi &api, int number) {
  int count = countDevices(api);
  if (number >= count)
    throw Error(fmt::format("no {} device {}: there are {}", api.name, number, count));
  AlexrtDeviceInfo info = {};
  if (int code = api.describe(number, &info))
    throw Error(
        fmt::format("{} device {} cannot be used: {}", api.name, number, errorText(api, code)));
  return info;
}

static std::string nameOf(const AlexrtDeviceApi &api, int number, const AlexrtDeviceInfo &info) {
  return fmt::format("{} ({} device {})", info.name, api.name, number);
}

std::string alexrt::describeDevice(const AlexrtDeviceApi &api, int number) {
  try {
    AlexrtDeviceInfo info = find(api, number);
    return fmt::format("{}, {:.1f} GB", nameOf(api, number, info), 1e-9 * double(info.memoryBytes));
  } catch (const Error &error) {
    return error.what();
  }
}

Accelerator::Accelerator(const AlexrtNetwork &network, int number,
                         const AcceleratorOptions &options)
    : network(network), api(*network.device), ownNumber(number), options(options),
      info(find(api, number)) {
  use();
  for (Queue queue : {Queue::work, Queue::peers, Queue::ahead})
    handleOf(queue);
}

/// Nothing may be released that is still at work.
Accelerator::~Accelerator() {
  api.use(ownNumber);
  for (const Handle &queue : queues)
    if (queue)
      api.synchronize(queue.get());
}

std::string Accelerator::name() const { return nameOf(api, ownNumber, info); }

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

void Accelerator::use() const { check(api.use(ownNumber), "use it"); }

void Accelerator::check(int code, const char *what) const {
  if (code != 0)
    throw Error(fmt::format("{} device {}: cannot {}: {}", api.name, ownNumber, what,
                            errorText(api, code)));
}

Handle Accelerator::adopt(void *handle, int (*release)(void *)) const {
  return Handle(handle, {&api, ownNumber, release});
}

Handle Accelerator::createQueue() {
  void *queue = nullptr;
  check(api.createQueue(&queue), "create a queue");
  return adopt(queue, api.destroyQueue);
}

void *Accelerator::handleOf(Queue queue) {
  Handle &handle = queues[size_t(queue)];
  if (!handle) {
    use();
    handle = createQueue();
  }
  return handle.get();
}

Handle Accelerator::allocate(uint64_t bytes) {
  void *memory = nullptr;
  use();
  if (bytes > 0)
    check(api.allocate(bytes, &memory), fmt::format("allocate {} bytes", bytes).c_str());
  return adopt(memory, api.release);
}

Handle Accelerator::allocateHost(uint64_t bytes) {
  void *memory = nullptr;
  use();
  if (bytes > 0)
    check(api.allocateHost(bytes, &memory),
          fmt::format("allocate {} bytes of the host's memory", bytes).c_str());
  return adopt(memory, api.releaseHost);
}

void Accelerator::upload(void *target, const void *source, uint64_t bytes, Queue queue) {
  use();
  check(api.upload(handleOf(queue), target, source, bytes), "upload");
}

void Accelerator::download(void *target, const void *source, uint64_t bytes) {
  use();
  check(api.download(handleOf(Queue::work), target, source, bytes), "download");
}

void Accelerator::copy(void *target, const void *source, uint64_t bytes, Queue queue) {
  use();
  check(api.copy(handleOf(queue), target, source, bytes), "copy");
}

void Accelerator::copyFrom(const Accelerator &other, void *target, const void *source,
                           uint64_t bytes, Queue queue) {
  use();
  check(api.copyPeer(handleOf(queue), target, ownNumber, source, other.ownNumber, bytes),
        fmt::format("copy from device {}", other.ownNumber).c_str());
}

void Accelerator::enablePeer(const Accelerator &other) {
  if (ownNumber == other.ownNumber)
    return;
  int isEnabled = 0; // if not, copyPeer goes through the host
  use();
  check(api.enablePeer(other.ownNumber, &isEnabled),
        fmt::format("reach device {}", other.ownNumber).c_str());
}

void Accelerator::fill(void *target, int byte, uint64_t bytes) {
  use();
  check(api.fill(handleOf(Queue::work), target, byte, bytes), "fill memory");
}

void Accelerator::synchronize(Queue queue) {
  use();
  check(api.synchronize(handleOf(queue)), "end what it runs");
}

Handle Accelerator::createEvent() {
  void *event = nullptr;
  use();
  check(api.createEvent(&event), "create an event");
  return adopt(event, api.destroyEvent);
}

void Accelerator::record(const Handle &event, Queue queue) {
  use();
  check(api.recordEvent(handleOf(queue), event.get()), "record an event");
}

void Accelerator::letWait(Queue queue, const Handle &event) {
  use();
  check(api.waitEvent(handleOf(queue), event.get()), "wait for an event");
}

void Accelerator::waitFor(const Handle &event) {
  use();
  check(api.synchronizeEvent(event.get()), "end what it runs");
}

double Accelerator::seconds(const Handle &begin, const Handle &end) {
  float milliseconds = 0;
  waitFor(end);
  check(api.elapsed(begin.get(), end.get(), &milliseconds), "measure time");
  return 1e-3 * double(milliseconds);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

void Accelerator::launch(const AlexrtRecord &record, const AlexrtArg *declared,
                         void *const *arguments) {
  use();
  if (options.guardsArguments)
    return launchGuarded(record, declared, arguments);
  enqueue(record, arguments);
}

void Accelerator::enqueue(const AlexrtRecord &record, void *const *arguments) {
  int code = network.deviceKernels[record.kernel](arguments, handleOf(Queue::work));
  if (code != 0) // the call is in generated code, and not the back end's last
    throw Error(fmt::format("{} device {}: cannot launch a kernel: {} (error {})", api.name,
                            ownNumber, api.errorText(code), code));
}

/// Arguments that are one buffer stay one: an update works in place.
void Accelerator::launchGuarded(const AlexrtRecord &record, const AlexrtArg *declared,
                                void *const *arguments) {
  std::map<std::pair<void *, uint64_t>, Handle> buffers;
  std::vector<void *> copies;
  auto transfer = [&](bool back, uint32_t written) {
    for (size_t i = 0; i < record.argCount; ++i)
      if (declared[i].written == written)
        copy(back ? arguments[i] : copies[i], back ? copies[i] : arguments[i], declared[i].bytes);
  };
  for (size_t i = 0; i < record.argCount; ++i) {
    Handle &buffer = buffers[{arguments[i], declared[i].bytes}];
    if (!buffer)
      buffer = allocate(declared[i].bytes);
    copies.push_back(buffer.get());
  }
  transfer(/*back=*/false, /*written=*/0);
  enqueue(record, copies.data());
  transfer(/*back=*/true, /*written=*/1);
  synchronize();
}

Handle Accelerator::capture(const std::function<void()> &enqueue) {
  void *graph = nullptr;
  use();
  check(api.beginCapture(handleOf(Queue::work)), "begin to capture a graph");
  try {
    enqueue();
  } catch (const Error &) {
    use();
    if (api.endCapture(handleOf(Queue::work), &graph) == 0 && graph)
      api.destroyGraph(graph);
    throw;
  }
  use();
  check(api.endCapture(handleOf(Queue::work), &graph), "capture a graph");
  return adopt(graph, api.destroyGraph);
}

void Accelerator::launchGraph(const Handle &graph) {
  use();
  check(api.launchGraph(handleOf(Queue::work), graph.get()), "launch a graph");
}
