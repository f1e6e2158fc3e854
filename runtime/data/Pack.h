//===- Pack.h - a data set made ready for training --------------*- C++ -*-===//
//
// `alexc pack` writes a folder:
//   pack.json               what it is: size, classes, shards and their checksums
//   shard-00000.alexshard   JPEG files back to back and a table of them (Shard.h)
//   statistics.safetensors  preprocess.mean (3, H, W) and preprocess.pca (4, 3)
// or, from a set with two parts, two such folders, train/ and val/.

#ifndef ALEXC_RUNTIME_PACK_H
#define ALEXC_RUNTIME_PACK_H

#include "runtime/data/Dataset.h"
#include "runtime/data/Loader.h"

#include <functional>

namespace alexrt {

struct PackOptions {
  int64_t size = 256; ///< height and width of the pictures
  int64_t shards = 0; ///< 0: one for each 1,024 pictures
  int quality = 95;   ///< of the pictures that must be encoded again
  int threads = 0;    ///< 0: one for each CPU
  /// Called after each picture, by one thread at a time.
  std::function<void(size_t done, size_t total)> onProgress;
  /// Called for each picture that is left out, by one thread at a time.
  std::function<void(const BrokenImage &)> onBroken;
};

struct PackResult {
  size_t images = 0;  ///< in the pack
  size_t broken = 0;  ///< left out
  size_t copied = 0;  ///< JPEG files that had the size already
  size_t resumed = 0; ///< pictures that an earlier, interrupted run had packed
  uint64_t bytes = 0; ///< of all shards

  PackResult &operator+=(const PackResult &other);
};

/// Packs the pictures of `dataset`, shuffled, into the folder `output`: the
/// shorter side is scaled to the size, the middle square is kept, and what has
/// the size already is copied byte for byte. The folder is filled under the
/// name `output`.partial and renamed when it is complete; a run that was
/// interrupted goes on from its last complete shard. Throws Error.
PackResult packDataset(const Dataset &dataset, const std::string &output,
                       const PackOptions &options);
/// The same for one part or both.
PackResult packDataset(const DatasetParts &parts, const std::string &output,
                       const PackOptions &options);

/// Opens what packDataset has written from one set. Throws Error naming the file.
DatasetPointer openPack(const std::string &path);

} // namespace alexrt

#endif // ALEXC_RUNTIME_PACK_H
