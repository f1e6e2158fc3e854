//===- Loader.h - batches, ahead of who needs them --------------*- C++ -*-===//
//
// Threads of the loader's own read, crop and normalise into a ring of batches
// while the network computes. What is in a batch depends on the seed, the epoch
// and the step alone: not on the number of threads, nor on where a run began.

#ifndef ALEXC_RUNTIME_LOADER_H
#define ALEXC_RUNTIME_LOADER_H

#include "runtime/data/Augment.h"
#include "runtime/data/Canvases.h"

#include <functional>

namespace alexrt {

/// A picture that could not be read.
struct BrokenImage {
  size_t index;       ///< in the data set
  std::string reason; ///< begins with its name
};

/// What a network's step reads.
struct Batch {
  std::vector<float> inputs;   ///< (count * crops, C, H, W); crops of a picture side by side
  std::vector<int32_t> labels; ///< (count)
  std::vector<size_t> indices; ///< (count) in the data set
  int64_t epoch = 0;           ///< from 0
  int64_t step = 0;            ///< of the epoch, from 0
  int64_t firstSample = 0;     ///< of the step: not 0 in the later parts of an accumulated one

  size_t count() const { return labels.size(); }
};

/// What training and evaluation have in common.
struct LoaderOptions {
  int64_t batch = 1;
  int threads = 0; ///< 0: one for each CPU
  /// Batches that are made before they are needed; by default a few small ones, or
  /// one large one.
  std::optional<int> ahead;
  /// Called by next() for each picture that cannot be read, once for all loaders of
  /// the same canvases.
  std::function<void(const BrokenImage &)> onBroken;
};

/// A training run's place in its data.
struct TrainingOrder {
  uint64_t seed = 0;
  int64_t accumulate = 1;      ///< batches of a rank that make up a step
  int64_t epoch = 0, step = 0; ///< where to begin
  int64_t ranks = 1, rank = 0; ///< that share each step, and which of them reads

  int64_t batchesPerStep() const { return ranks * accumulate; }
};

class Loader {
public:
  /// For training, without end: each epoch in an order of its own, drawn from
  /// (seed, epoch), without the pictures that do not fill a step. A broken
  /// picture is replaced by the next good one of the data set. Throws Error
  /// where the set does not fill one step.
  Loader(std::shared_ptr<const Canvases> canvases, const Preprocessor &preprocessor,
         const Augmentation &augmentation, const std::optional<ColourComponents> &colours,
         const TrainingOrder &order, const LoaderOptions &options);

  /// For evaluation: each picture once, in the data set's order; the last batch
  /// may be smaller. Broken pictures are left out.
  Loader(std::shared_ptr<const Canvases> canvases, const Preprocessor &preprocessor, Crops crops,
         const LoaderOptions &options);

  ~Loader();
  Loader(const Loader &) = delete;
  Loader &operator=(const Loader &) = delete;

  /// The next batch, valid until the next call; null at the end of evaluation.
  /// Throws Error where no picture of the set can be read, or the set is gone.
  const Batch *next();

  /// Steps of an epoch of training, batches of an evaluation.
  int64_t stepsPerEpoch() const;
  /// Seconds that next() has waited for data in all.
  double secondsWaited() const;
  /// Bytes at most of the batches that are ahead or in use, and of the decoded pictures that are
  /// kept.
  uint64_t bytesHeld() const;
  /// Pictures of the set that could not be read so far, by this loader or another.
  size_t brokenImages() const;

private:
  class Implementation;
  std::unique_ptr<Implementation> implementation;
};

/// The order of epoch `epoch`: a permutation of 0 .. size - 1, drawn from the
/// counter RNG with key = seed, counter = (index / 4, 0, epoch, "data:order").
std::vector<uint32_t> drawOrder(size_t size, uint64_t seed, int64_t epoch);

} // namespace alexrt

#endif // ALEXC_RUNTIME_LOADER_H
