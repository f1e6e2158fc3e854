//===- Dataset.h - labelled pictures, wherever they come from ---*- C++ -*-===//

#ifndef ALEXC_RUNTIME_DATASET_H
#define ALEXC_RUNTIME_DATASET_H

#include "runtime/data/Resize.h"

#include <memory>

namespace alexrt {

struct PixelStatistics;

/// A list of labelled pictures that are read when they are asked for. All
/// methods may be called by several threads at once.
class Dataset {
public:
  virtual ~Dataset() = default;

  /// Where the set is, as the user named it.
  virtual const std::string &path() const = 0;
  virtual size_t size() const = 0;
  /// In the order of the labels; empty where the format has no names.
  virtual const std::vector<std::string> &classNames() const = 0;
  /// At least 0; checkLabels compares it with a network's classes.
  virtual int32_t label(size_t index) const = 0;
  /// What errors call a picture: its file, or "FILE[17]" inside a larger one.
  virtual std::string nameOf(size_t index) const = 0;
  /// Reads and decodes a picture. Throws Error, beginning with nameOf(index),
  /// where that fails; it may succeed another time.
  virtual Image load(size_t index) const = 0;
  /// The picture's JPEG or PNG file; empty where the set holds bare pixels.
  /// Throws Error as load does.
  virtual std::vector<uint8_t> encoded(size_t index) const { return {}; }
  /// Height and width of all pictures where the set holds bare pixels in memory,
  /// else 0: load then costs no decoding.
  virtual Size pixelSize() const { return {}; }
  /// Mean and colours of the whole set where it carries them, else null.
  virtual const PixelStatistics *statistics() const { return nullptr; }
};

using DatasetPointer = std::shared_ptr<const Dataset>;

/// What a path holds: pictures to train on, and others to validate with.
struct DatasetParts {
  DatasetPointer training;
  DatasetPointer validation; ///< null where the path holds one set only
};

struct DatasetOptions {
  std::string imageFolder; ///< what a list's paths are relative to; empty: the list's folder
  /// The training set's classes: a folder's labels are places in this list.
  /// Empty: its own folders' sorted names.
  std::vector<std::string> classes;
};

/// Opens a data set in any of these forms, told apart by what is there:
///  - a folder with one folder of JPEG and PNG files for each class; sorted
///    names are the classes in order. Below train/ and, for validation, val/ or
///    test/, two such sets; the classes are those of train/.
///  - a text file with a "path label" on each line, as ImageNet's validation
///    set is distributed;
///  - CIFAR-10 or CIFAR-100, a folder of their binary files;
///  - a folder of MNIST's IDX files, gzipped or not: train-* and t10k-*;
///  - a folder made by `alexc pack`.
/// Throws Error naming the file and, inside it, the index or line.
DatasetParts openDataset(const std::string &path, const DatasetOptions &options = {});

/// Where `train` finds what it validates with.
struct ValidationOptions {
  std::string path;    ///< a set of its own; empty: see below
  double fraction = 0; ///< of the training set, held out where neither `path` nor
                       ///< the training set has a validation part
};

/// Opens what to train on and what to validate with; validation is null where
/// nothing was asked for and the path has no part for it. What is held out
/// depends on the set's size and the fraction alone. Throws Error.
DatasetParts openForTraining(const std::string &path, const ValidationOptions &validation,
                             const DatasetOptions &options = {});

/// Opens what to evaluate on: the path's validation part, or the one set that
/// is there. Throws Error.
DatasetPointer openForEvaluation(const std::string &path, const DatasetOptions &options = {});

/// Decodes `file`, which holds the picture at `index`. Throws Error that begins
/// with its name.
Image decodePicture(const Dataset &dataset, size_t index, const std::vector<uint8_t> &file);

/// Throws the Error of a set none of whose pictures can be read.
[[noreturn]] void throwUnreadable(const Dataset &dataset);

/// Throws Error naming the first picture whose label is not one of `classes`.
void checkLabels(const Dataset &dataset, int64_t classes);

/// The pictures of `dataset` at `indices`, in that order.
DatasetPointer selectFrom(DatasetPointer dataset, std::vector<size_t> indices);

} // namespace alexrt

#endif // ALEXC_RUNTIME_DATASET_H
