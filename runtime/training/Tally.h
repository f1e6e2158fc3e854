//===- Tally.h - what a network got right so far ---------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_TALLY_H
#define ALEXC_RUNTIME_TRAINING_TALLY_H

#include <cstddef>
#include <cstdint>

namespace alexrt {

/// Loss and errors over some images.
struct Tally {
  int64_t images = 0;
  int64_t top1Errors = 0;
  int64_t top5Errors = 0;
  double lossSum = 0;

  /// Counts images with their losses (N), probabilities (N, classes) and labels.
  void add(size_t count, size_t classes, const float *loss, const float *prob,
           const int32_t *labels);
  void add(const Tally &other);

  // Means over the images; 0 where there are none.
  double loss() const { return mean(lossSum); }
  double top1Error() const { return mean(double(top1Errors)); }
  double top5Error() const { return mean(double(top5Errors)); }

private:
  double mean(double sum) const { return images > 0 ? sum / double(images) : 0; }
};

/// How many classes score higher than `label`, or as high and come first. A
/// score that is not a number is the lowest.
int64_t rankOf(const float *scores, size_t classes, int32_t label);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_TALLY_H
