//===- Confusion.h - which classes are taken for which ----------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_CONFUSION_H
#define ALEXC_RUNTIME_TRAINING_CONFUSION_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace alexrt {

/// How many images of each class (row) were taken for each class (column).
class Confusion {
public:
  explicit Confusion(size_t classes) : size(classes), counts(classes * classes, 0) {}

  /// Counts an image of class `label` with these scores (classes); the highest
  /// wins, the first of equal ones.
  void add(const float *scores, int32_t label);

  size_t classes() const { return size; }
  int64_t count(size_t label, size_t predicted) const { return counts[label * size + predicted]; }

  /// Comma-separated, with `names` as first row and column.
  std::string toCsv(const std::vector<std::string> &names) const;

private:
  size_t size;
  std::vector<int64_t> counts; ///< (classes, classes)
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_CONFUSION_H
