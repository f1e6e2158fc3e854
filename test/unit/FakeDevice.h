//===- FakeDevice.h - a device in the host's memory -------------*- C++ -*-===//
//
// It does what a queue may: everything as late as possible, when somebody waits.
// Its memory is not at the addresses that it hands out, and holds NaN until it
// is written. It counts calls and fails on demand.

#ifndef ALEXC_TEST_UNIT_FAKEDEVICE_H
#define ALEXC_TEST_UNIT_FAKEDEVICE_H

#include "DeviceTable.h"
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace fake {

using Command = std::function<void()>;

/// What the one device has done and is told to do.
struct State {
  int devices = 1;
  std::map<std::string, int> calls;    ///< of each function, and "kernel"
  std::map<std::string, int> failures; ///< the error code that a function is to return
  std::string failedCall;
  uint64_t uploaded = 0, downloaded = 0; ///< bytes
  int live = 0;                          ///< handles that were not given back
  std::deque<Command> queue;
  std::vector<Command> *capture = nullptr;
};
inline State state;

/// The error to return from `function`; counts the call.
inline int enter(const std::string &function) {
  ++state.calls[function];
  auto failure = state.failures.find(function);
  if (failure == state.failures.end())
    return 0;
  state.failedCall = "fake::" + function;
  return failure->second;
}

inline int enqueue(const std::string &function, Command command) {
  if (int code = enter(function))
    return code;
  if (state.capture)
    state.capture->push_back(std::move(command));
  else
    state.queue.push_back(std::move(command));
  return 0;
}

inline void drain() {
  while (!state.queue.empty()) {
    Command command = std::move(state.queue.front());
    state.queue.pop_front();
    command();
  }
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// No address of a process: a host that touches what is the device's dies.
constexpr uint64_t away = uint64_t(1) << 62;

template <typename Pointer>
Pointer real(Pointer address) {
  return reinterpret_cast<Pointer>(reinterpret_cast<uint64_t>(address) - away);
}

inline int allocate(uint64_t bytes, void **memory) {
  if (int code = enter("allocate"))
    return code;
  void *start = malloc(bytes);
  memset(start, 0xff, bytes);
  *memory = reinterpret_cast<void *>(reinterpret_cast<uint64_t>(start) + away);
  ++state.live;
  return 0;
}

inline int release(void *memory) {
  free(real(memory));
  --state.live;
  return 0;
}

inline int allocateHost(uint64_t bytes, void **memory) {
  *memory = malloc(bytes);
  ++state.live;
  return enter("allocateHost");
}

inline int releaseHost(void *memory) {
  free(memory);
  --state.live;
  return 0;
}

inline int upload(void *, void *target, const void *source, uint64_t bytes) {
  state.uploaded += bytes;
  return enqueue("upload", [=] { memcpy(real(target), source, bytes); });
}

inline int download(void *, void *target, const void *source, uint64_t bytes) {
  state.downloaded += bytes;
  return enqueue("download", [=] { memcpy(target, real(source), bytes); });
}

inline int copy(void *, void *target, const void *source, uint64_t bytes) {
  return enqueue("copy", [=] { memcpy(real(target), real(source), bytes); });
}

inline int copyPeer(void *, void *target, int, const void *source, int, uint64_t bytes) {
  return enqueue("copyPeer", [=] { memcpy(real(target), real(source), bytes); });
}

inline int fill(void *, void *target, int byte, uint64_t bytes) {
  return enqueue("fill", [=] { memset(real(target), byte, bytes); });
}

//===----------------------------------------------------------------------===//
// Queues, events and graphs
//===----------------------------------------------------------------------===//

template <typename Object>
int create(const char *function, void **handle) {
  *handle = new Object();
  ++state.live;
  return enter(function);
}

template <typename Object>
int destroy(void *handle) {
  delete static_cast<Object *>(handle);
  --state.live;
  return 0;
}

inline int synchronize(void *) {
  drain();
  return enter("synchronize");
}

struct Event {
  double seconds = 0;
};

inline int recordEvent(void *, void *event) {
  static double clock = 0;
  return enqueue("recordEvent", [=] { static_cast<Event *>(event)->seconds = clock += 0.5; });
}

inline int elapsed(void *begin, void *end, float *milliseconds) {
  double seconds = static_cast<Event *>(end)->seconds - static_cast<Event *>(begin)->seconds;
  *milliseconds = static_cast<float>(1e3 * seconds);
  return enter("elapsed");
}

using Graph = std::vector<Command>;

inline int beginCapture(void *) {
  state.capture = new Graph();
  return enter("beginCapture");
}

inline int endCapture(void *, void **graph) {
  std::unique_ptr<Graph> captured(std::exchange(state.capture, nullptr));
  if (int code = enter("endCapture"))
    return code;
  *graph = captured.release();
  ++state.live;
  return 0;
}

inline int launchGraph(void *, void *graph) {
  const Graph &commands = *static_cast<Graph *>(graph);
  return enqueue("launchGraph", [&commands] {
    for (const Command &command : commands)
      command();
  });
}

inline int describe(int, AlexrtDeviceInfo *info) {
  *info = {"Fake 1", 2'000'000'000};
  return enter("describe");
}

inline const AlexrtDeviceApi api = {
    "FAKE",
    [](int code) { return code == 2 ? "out of memory" : "something is wrong"; },
    [] { return state.failedCall.c_str(); },
    [](int *count) {
      *count = state.devices;
      return enter("countDevices");
    },
    describe,
    [](int) { return enter("use"); },
    allocate,
    release,
    allocateHost,
    releaseHost,
    [](void **queue) { return create<int>("createQueue", queue); },
    destroy<int>,
    synchronize,
    upload,
    download,
    copy,
    copyPeer,
    fill,
    /*enablePeer=*/nullptr, // which one device that plays several does not need
    [](void **event) { return create<Event>("createEvent", event); },
    destroy<Event>,
    recordEvent,
    [](void *, void *) { return enter("waitEvent"); }, // one queue does all in order
    synchronize,                                       // of an event
    elapsed,
    beginCapture,
    endCapture,
    launchGraph,
    destroy<Graph>,
};

//===----------------------------------------------------------------------===//
// The handwritten network for it
//===----------------------------------------------------------------------===//

struct Launcher {
  template <AlexrtKernel kernel, int64_t work, size_t count>
  static int run(void *const *args, void *) {
    std::array<void *, count> addresses;
    std::transform(args, args + count, addresses.begin(),
                   [](void *address) { return real(address); });
    return enqueue("kernel", [=] { kernel(addresses.data(), 0, work); });
  }
};

struct Table : handwritten::DeviceTable<Launcher> {
  Table() : DeviceTable(api) {}
};

} // namespace fake

#endif // ALEXC_TEST_UNIT_FAKEDEVICE_H
