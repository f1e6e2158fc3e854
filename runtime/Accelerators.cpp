//===- Accelerators.cpp - devices with memory of their own ----------------===//

#include "runtime/Accelerators.h"
#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

Accelerators::Accelerators(const AlexrtNetwork &network, const AcceleratorOptions &options)
    : options(options), events(network.deviceCount) {
  int count = countDevices(*network.device);
  for (uint32_t device = 0; device < network.deviceCount; ++device)
    accelerators.push_back(
        std::make_unique<Accelerator>(network, int(options.firstDevice + device) % count, options));
  if (accelerators.size() == 1)
    return;
  for (auto &accelerator : accelerators)
    for (auto &other : accelerators)
      accelerator->enablePeer(*other);
  forEach([&](uint32_t device, Accelerator &accelerator) {
    events[device].ofWork = accelerator.createEvent();
    events[device].ofPeers = accelerator.createEvent();
  });
}

/// Nothing may be released that is still at work.
Accelerators::~Accelerators() {
  try {
    synchronize();
  } catch (const Error &) { // it will not be at work then
  }
}

void Accelerators::forEach(const std::function<void(uint32_t, Accelerator &)> &action) {
  for (uint32_t device = 0; device < accelerators.size(); ++device)
    try {
      action(device, *accelerators[device]);
    } catch (const Error &error) {
      if (accelerators.size() == 1)
        throw;
      throw Error(fmt::format("device {}: {}", device, error.what()));
    }
}

std::string Accelerators::name() const {
  std::string first = accelerators.front()->name(), last = accelerators.back()->name();
  if (accelerators.size() == 1)
    return first;
  return first == last ? fmt::format("{} devices on {}", accelerators.size(), first)
                       : fmt::format("{} devices from {} on", accelerators.size(), first);
}

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

void Accelerators::launch(const AlexrtRecord &record, const AlexrtArg *declared,
                          void *const *arguments, const WorkObserver *) {
  accelerators[record.queue]->launch(record, declared, arguments);
}

void Accelerators::copy(const AlexrtRecord &record, const AlexrtArg *declared,
                        void *const *arguments) {
  Accelerator &source = *accelerators[declared[0].device];
  Accelerator &target = *accelerators[declared[1].device];
  Queue queue = kindOf(record.queue);
  if (&source == &target)
    target.copy(arguments[1], arguments[0], declared->bytes, queue);
  else
    target.copyFrom(source, arguments[1], arguments[0], declared->bytes, queue);
}

/// Records an event of the queue's device, under a number.
void Accelerators::record(std::vector<Handle> Events::*list, std::vector<uint32_t> &devices,
                          size_t number, uint32_t queue) {
  uint32_t device = deviceOf(queue);
  std::vector<Handle> &handles = events[device].*list;
  while (handles.size() <= number)
    handles.push_back(accelerators[device]->createEvent());
  accelerators[device]->record(handles[number], kindOf(queue));
  devices.resize(std::max(devices.size(), number + 1));
  devices[number] = device;
}

void Accelerators::signal(const AlexrtRecord &record) {
  this->record(&Events::ofPrograms, signalledBy, record.kernel, record.queue);
}

void Accelerators::wait(const AlexrtRecord &record) {
  const Handle &event = events[signalledBy[record.kernel]].ofPrograms[record.kernel];
  accelerators[deviceOf(record.queue)]->letWait(kindOf(record.queue), event);
}

void Accelerators::synchronize() {
  forEach([&](uint32_t, Accelerator &accelerator) {
    accelerator.synchronize(Queue::work);
    if (accelerators.size() > 1)
      accelerator.synchronize(Queue::peers);
  });
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

/// Devices and the host have no clock in common: when all are idle each records where its
/// time begins, so that times of two devices are moments apart from what they were.
void Accelerators::startClock(size_t) {
  synchronize();
  forEach([&](uint32_t device, Accelerator &accelerator) {
    Handle &event = events[device].start;
    if (!event)
      event = accelerator.createEvent();
    accelerator.record(event);
    events[device].begun = Time::clock::now();
  });
}

void Accelerators::mark(uint32_t queue, size_t number) {
  record(&Events::marks, markedBy, number, queue);
}

Devices::Time Accelerators::timeOf(size_t number) {
  uint32_t device = markedBy[number];
  const Events &own = events[device];
  std::chrono::duration<double> seconds(
      accelerators[device]->seconds(own.start, own.marks[number]));
  return own.begun + std::chrono::duration_cast<Time::duration>(seconds);
}

//===----------------------------------------------------------------------===//
// Several queues
//===----------------------------------------------------------------------===//

/// All queues wait for the first device's work queue.
void Accelerators::fork() {
  Handle &event = events.front().ofWork;
  accelerators.front()->record(event);
  forEach([&](uint32_t device, Accelerator &accelerator) {
    if (device > 0)
      accelerator.letWait(Queue::work, event);
    accelerator.letWait(Queue::peers, event);
  });
}

/// The first device's work queue waits for all others.
void Accelerators::join() {
  forEach([&](uint32_t device, Accelerator &accelerator) {
    accelerator.record(events[device].ofPeers, Queue::peers);
    accelerators.front()->letWait(Queue::work, events[device].ofPeers);
    if (device == 0)
      return;
    accelerator.record(events[device].ofWork);
    accelerators.front()->letWait(Queue::work, events[device].ofWork);
  });
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

void Accelerators::letRanksWait(uint32_t device, uint32_t queue) {
  uint32_t user = deviceOf(queue);
  Handle &event = events[user].ofUse;
  if (!event)
    event = accelerators[user]->createEvent();
  accelerators[user]->record(event, kindOf(queue));
  accelerators[device]->letWait(Queue::ranks, event);
}

void Accelerators::awaitRanks() {
  forEach([&](uint32_t device, Accelerator &accelerator) {
    Handle &event = events[device].ofRanks;
    if (!event)
      event = accelerator.createEvent();
    accelerator.record(event, Queue::ranks);
    accelerator.letWait(Queue::work, event);
  });
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

void Accelerators::repeatKnown(Repeated &known, const std::function<void()> &enqueue) {
  bool isFirst = !known.isKnown;
  known.isKnown = true;
  if (isFirst || known.isRefused)
    return enqueue();
  if (!known.graph)
    try {
      known.graph = accelerators.front()->capture(enqueue);
    } catch (const Error &) {
      if (accelerators.size() == 1)
        throw;
      known.isRefused = true; // one graph of several devices is more than some devices can do
      return enqueue();
    }
  accelerators.front()->launchGraph(known.graph);
}

void Accelerators::repeat(const void *key, const std::function<void()> &enqueue) {
  bool captures = key && options.capturesGraphs && !options.guardsArguments;
  auto run = [&](const std::function<void()> &records) {
    if (captures)
      repeatKnown(repeated[key], records);
    else
      records();
  };
  if (accelerators.size() == 1)
    return run(enqueue);
  auto apart = [&] {
    fork();
    enqueue();
    join();
  };
  join(); // also with what the host has asked of queues since the last run
  run(std::ref(apart));
  fork(); // what the host asks for next
}
