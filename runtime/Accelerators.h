//===- Accelerators.h - devices with memory of their own --------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_ACCELERATORS_H
#define ALEXC_RUNTIME_ACCELERATORS_H

#include "runtime/Accelerator.h"
#include "runtime/Devices.h"

namespace alexrt {

/// The network's device d is number firstDevice + d of those that are there, modulo
/// their count: one can play several, with queues and memory of each. Throws Error as
/// Accelerator does.
class Accelerators : public Devices {
public:
  Accelerators(const AlexrtNetwork &network, const AcceleratorOptions &options);
  ~Accelerators() override;

  uint32_t count() const { return uint32_t(accelerators.size()); }
  Accelerator &operator[](uint32_t device) { return *accelerators[device]; }
  /// Calls `action(device, accelerator)`. Where there are several, an Error names
  /// the device.
  void forEach(const std::function<void(uint32_t device, Accelerator &accelerator)> &action);

  std::string name() const override;
  void launch(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments,
              const WorkObserver *observer) override;
  void copy(const AlexrtRecord &record, const AlexrtArg *declared, void *const *arguments) override;
  void signal(const AlexrtRecord &record) override;
  void wait(const AlexrtRecord &record) override;
  void synchronize() override;
  void startClock(size_t marks) override;
  void mark(uint32_t queue, size_t number) override;
  Time timeOf(size_t number) override;
  /// Lets all queues begin when what was
  /// asked of any has ended, and what comes next when all have.
  /// Runs what comes for the first time (a device may have to load kernels),
  /// captures it at the second, and then launches the graph.
  void repeat(const void *key, const std::function<void()> &enqueue) override;

  //===--------------------------------------------------------------------===//
  // Ranks
  //===--------------------------------------------------------------------===//

  /// What is asked of the device's queue `ranks` from now on begins when what was asked
  /// of a program's queue so far has ended.
  void letRanksWait(uint32_t device, uint32_t queue);
  /// What is asked of work queues from now on begins when what was asked of the queues
  /// `ranks` so far has ended.
  void awaitRanks();

private:
  /// Events of one device, made when they are needed.
  struct Events {
    std::vector<Handle> ofPrograms, marks;
    Handle start, ofWork, ofPeers, ofUse, ofRanks;
    Time begun; ///< when `start` was recorded
  };
  /// What comes again and again.
  struct Repeated {
    bool isKnown = false, isRefused = false; ///< it came once; it cannot be captured
    Handle graph;
  };

  uint32_t deviceOf(uint32_t queue) const { return queue % accelerators.size(); }
  Queue kindOf(uint32_t queue) const {
    return queue < accelerators.size() ? Queue::work : Queue::peers;
  }
  void record(std::vector<Handle> Events::*list, std::vector<uint32_t> &devices, size_t number,
              uint32_t queue);
  void fork();
  void join();
  void repeatKnown(Repeated &known, const std::function<void()> &enqueue);

  AcceleratorOptions options;
  std::vector<std::unique_ptr<Accelerator>> accelerators; ///< of each device
  std::vector<Events> events;                             ///< the same
  std::vector<uint32_t> signalledBy, markedBy;            ///< devices, by numbers of events
  std::map<const void *, Repeated> repeated;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_ACCELERATORS_H
