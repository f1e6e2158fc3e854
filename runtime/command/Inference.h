//===- Inference.h - any number of images through a network -----*- C++ -*-===//

#ifndef ALEXC_RUNTIME_INFERENCE_H
#define ALEXC_RUNTIME_INFERENCE_H

#include "runtime/Network.h"
#include "runtime/Npy.h"

namespace alexrt {

/// A layer whose value goes to a file.
struct Dump {
  std::string layer, path;
  Array value = {}; ///< (N, ...) of all images so far
};

/// Runs images through the compiled batch sizes, the largest that fits first,
/// and gathers outputs and dumped values in the order of the images.
class Inference {
public:
  /// Throws Error where a dumped layer is unknown or has no value in memory.
  Inference(Network &network, std::vector<Dump> dumps);

  /// Runs `count` images (count, C, H, W).
  void append(const float *input, size_t count);
  /// (all images, classes)
  const std::vector<float> &outputs() const { return allOutputs; }
  /// The largest number of images that run at once.
  size_t largestBatch() const { return size_t(entries.front()->batch); }
  void writeDumps() const;
  /// Hands out what dump number `number` has gathered.
  Array takeValue(size_t number) { return std::move(dumps[number].value); }

private:
  Network &network;
  std::vector<const Entry *> entries; ///< largest batch first
  std::vector<Dump> dumps;
  std::vector<float> allOutputs;

  void checkDumps() const;
  const Entry &entryFor(size_t count) const;
  void runSome(const Entry &entry, const float *input, size_t count);
  void gather(const Entry &entry, size_t record, size_t count);
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_INFERENCE_H
