//===- Pictures.h - many pictures for a network to look at ------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PICTURES_H
#define ALEXC_RUNTIME_PICTURES_H

#include "runtime/command/Neighbours.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/Preprocess.h"
#include <functional>

namespace alexrt {

class Network;

/// Pictures by number, wherever they come from.
struct Pictures {
  size_t count = 0;
  std::function<std::string(size_t)> nameOf;
  /// May be called by several threads. Throws Error that begins with the name.
  std::function<Image(size_t)> load;
};

Pictures picturesOf(std::vector<std::string> files);
Pictures picturesOf(DatasetPointer dataset);

/// What has been read of pictures. Broken ones are reported and left out.
struct PictureRows {
  std::vector<size_t> numbers; ///< of the pictures behind the rows
  Rows rows;
  Shape shape; ///< of all rows together
};

/// The network's inputs, one row each, read on `threads` threads.
PictureRows readPixels(const Pictures &pictures, const Preprocessor &preprocessor, int threads);

/// The values of `layer`, one row each. Throws Error where the layer is unknown
/// or its value is not in memory.
PictureRows readFeatures(const Pictures &pictures, const Preprocessor &preprocessor,
                         Network &network, const std::string &layer);

} // namespace alexrt

#endif // ALEXC_RUNTIME_PICTURES_H
