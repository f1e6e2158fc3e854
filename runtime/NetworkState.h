//===- NetworkState.h - what a network holds --------------------*- C++ -*-===//
//
// For the files that implement Network alone: Network.cpp runs entries,
// NetworkValues.cpp reads what layers have computed, NetworkWeights.cpp has
// parameters and what training adds to them.

#ifndef ALEXC_RUNTIME_NETWORKSTATE_H
#define ALEXC_RUNTIME_NETWORKSTATE_H

#include "runtime/Accelerators.h"
#include "runtime/Arena.h"
#include "runtime/Mirror.h"
#include "runtime/Network.h"

namespace alexrt {

inline uint64_t bytesOf(const Parameter &parameter) {
  return static_cast<uint64_t>(elementCount(parameter.shape)) * sizeof(float);
}

/// Of elements that have four bytes, as all in ALEXRT_IO have.
inline uint64_t bytesOf(const Port &port) {
  return static_cast<uint64_t>(elementCount(port.shape)) * sizeof(float);
}

struct Network::State {
  State(const AlexrtNetwork &table, const NetworkOptions &options);

  Program *findProgram(const std::string &name);
  void chooseEntries(const std::vector<std::string> &kinds);
  /// Bytes of the segment that the programs that are needed share.
  uint64_t segmentBytes(uint32_t device, AlexrtSegment segment) const;
  /// Of the segment that devices have in common.
  uint64_t ioBytes() const;
  void makeCpuDevices(const AlexrtNetwork &table, LaunchMode mode);
  void allocateSegments();
  void makeAccelerators(const AlexrtNetwork &table, const NetworkOptions &options);
  bool anyUses(AlexrtSegment segment) const;
  /// Memory for all parameters, and the address of each in it.
  Arena allocate(std::vector<float *> &addresses) const;
  void adopt(std::vector<const float *> parameters, Arena ownParameters,
             std::shared_ptr<const Safetensors> weightsFile);
  void adoptCopies(const std::vector<const void *> &data,
                   std::shared_ptr<const Safetensors> weightsFile);
  void bind();
  bool hasWeights() const { return memory.parameters.size() == description.params.size(); }
  void requireWeights() const;
  void checkLabels(const Entry &entry) const;
  void run(const Program &program, const RunOptions &options);
  /// Images [first, first + count) of the piece, in logical order.
  std::vector<float> readPiece(const ValuePiece &piece, int64_t first, int64_t count) const;
  template <typename Element>
  Element *inIo(const Port &port) const {
    return reinterpret_cast<Element *>(memory.segments[0][ALEXRT_IO] + port.offset);
  }
  /// The same, to be read or written by the host.
  template <typename Element>
  const Element *upToDate(const Port &port) const;
  template <typename Element>
  Element *toWrite(const Port &port) const;
  /// A tensor, to be read or written by the host; null where there is none.
  float *upToDate(AlexrtSegment kind, size_t index) const;
  float *toWrite(AlexrtSegment kind, size_t index) const;

  Description description;
  uint32_t deviceCount;
  ThreadPool threads;                              ///< of device 0, and the host's own work
  std::vector<std::unique_ptr<ThreadPool>> others; ///< of the other devices, on the CPU
  std::unique_ptr<Devices> devices;
  std::unique_ptr<Mirror> mirror;      ///< null on the CPU, which works on `memory` itself
  std::vector<Program> programs;       ///< all of the table
  std::vector<Program *> runs;         ///< of each entry of the description; null: not to be run
  std::vector<Program *> needed;       ///< those of `runs`, and `load` where one depends on it
  Program *load = nullptr;             ///< packs parameters; null where none are packed
  std::vector<size_t> inferEntries;    ///< numbers of the "infer" entries, largest batch first
  Memory memory;                       ///< the host's; no parameters: there are no weights yet
  std::vector<Arena> weights, scratch; ///< of each device
  Arena io;
  alignas(64) AlexrtStep step = {};
  bool isPackingDue = false; ///< parameters have changed since `load` ran
  // Where the parameters live: in the mapped file or in memory of our own.
  std::shared_ptr<const Safetensors> weightsFile;
  Arena ownParameters;
  bool isTrainable = false; ///< ownParameters, and what follows, are there
  Arena momenta, gradients;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_NETWORKSTATE_H
