//===- Canvases.h - a data set at the size that crops are cut from -*- C++ -*-===//

#ifndef ALEXC_RUNTIME_CANVASES_H
#define ALEXC_RUNTIME_CANVASES_H

#include "runtime/data/Dataset.h"
#include "runtime/data/PixelStatistics.h"
#include "runtime/data/Preprocess.h"

#include <atomic>

namespace alexrt {

/// The pictures of a data set, decoded and scaled. A set that fits in
/// `memoryLimit` is decoded once and then kept; bare pixels are not kept twice. Several threads may
/// read, and several loaders share one.
class Canvases {
public:
  static constexpr uint64_t defaultMemoryLimit = uint64_t(512) << 20;

  Canvases(DatasetPointer dataset, const Preprocessor &preprocessor,
           uint64_t memoryLimit = defaultMemoryLimit);

  const Dataset &dataset() const { return *pictures; }
  /// Bytes of a canvas (H, W, C).
  size_t bytes() const { return canvasBytes; }
  /// Bytes of all that are kept, once all have been read; 0 for a set that does not fit.
  size_t bytesKept() const { return states.size() * canvasBytes; }
  /// Copies a canvas (H, W, C) to `canvas`. Throws Error as Dataset::load does.
  void read(size_t index, uint8_t *canvas) const;

  /// Remembers for all loaders that a picture cannot be read. True the first
  /// time.
  bool markBroken(size_t index) const;
  bool isBroken(size_t index) const { return broken[index].load(); }
  size_t brokenImages() const { return brokenCount.load(); }

  /// Mean and colours over all pictures that can be read, on `threads` threads
  /// (0: all CPUs): those that the data set carries, where they were measured
  /// at this size. Throws Error where no picture can be read.
  PixelStatistics measure(int threads = 0) const;

private:
  DatasetPointer pictures;
  Preprocessor preprocessor;
  size_t canvasBytes;
  mutable std::vector<std::atomic<bool>> broken;
  mutable std::atomic<size_t> brokenCount{0};
  mutable std::vector<std::atomic<uint8_t>> states; ///< empty: nothing is kept
  mutable std::unique_ptr<uint8_t[]> kept;

  void sumSome(size_t first, size_t stride, PixelSums &sums) const;
  PixelStatistics measureAll(int threads) const;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_CANVASES_H
