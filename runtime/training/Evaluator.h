//===- Evaluator.h - what a network says of a whole set ---------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_EVALUATOR_H
#define ALEXC_RUNTIME_TRAINING_EVALUATOR_H

#include "runtime/Network.h"
#include "runtime/data/Loader.h"
#include "runtime/training/Tally.h"

namespace alexrt {

/// Probabilities of all pictures of a set, each the mean of its crops'.
struct Predictions {
  size_t classes = 0;
  std::vector<float> prob;     ///< (images, classes)
  std::vector<int32_t> labels; ///< (images)
  std::vector<size_t> indices; ///< (images) in the data set

  size_t images() const { return labels.size(); }
  const float *row(size_t image) const { return prob.data() + image * classes; }
};

/// -log of the label's probability, and ranks, over some images.
Tally tallyOf(const float *prob, const int32_t *labels, size_t images, size_t classes);

/// Runs a network's largest entry for evaluation or inference; what does not
/// fill a batch is filled up with zeros and not counted.
class Evaluator {
public:
  /// The kinds of entries that serve, the better one first, as far as the
  /// network has them.
  static std::vector<std::string> kindsOf(const Description &description);

  /// Throws Error where the network has no entry for it.
  explicit Evaluator(Network &network);

  /// Pictures of `crops` each that a loader should give at once.
  int64_t batchFor(Crops crops) const;

  /// Everything the loader gives. Ends early, with what there is, where
  /// `isStopped` says so.
  Predictions predict(Loader &loader, const std::function<bool()> &isStopped = {});
  /// The same without keeping probabilities; nothing where it was stopped.
  std::optional<Tally> evaluate(Loader &loader, const std::function<bool()> &isStopped = {});

private:
  void runBatch(const Batch &batch);
  void runRows(const float *inputs, size_t count, float *prob);
  void averageCrops(size_t images, size_t crops);

  Network &network;
  const Entry *entry = nullptr;
  size_t classes, imageSize;
  std::vector<float> rows; ///< (crops of a batch, classes), then (pictures, classes)
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_EVALUATOR_H
