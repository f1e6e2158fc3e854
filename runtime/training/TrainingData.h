//===- TrainingData.h - what a run learns from ------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_TRAININGDATA_H
#define ALEXC_RUNTIME_TRAINING_TRAININGDATA_H

#include "runtime/Safetensors.h"
#include "runtime/data/Loader.h"
#include "runtime/ranks/Ranks.h"

namespace alexrt {

/// The training and validation sets of a run, and what was measured on the
/// former.
class TrainingData {
public:
  /// `onBroken` gets each picture that cannot be read. Throws Error where a
  /// label is not one of the network's classes.
  TrainingData(const Description &description, const DatasetParts &parts, int threads,
               std::function<void(const BrokenImage &)> onBroken);

  const std::vector<std::string> &classNames() const { return training->dataset().classNames(); }
  int64_t images() const { return int64_t(training->dataset().size()); }
  bool hasValidation() const { return validation != nullptr; }
  int64_t validationImages() const;

  /// Measures the mean and the colours of the training set where the spec asks
  /// for them. Throws Error.
  void measure();
  /// Takes them from a checkpoint instead. Throws Error naming the tensor.
  void restore(const Safetensors &checkpoint);
  /// Takes rank 0's, and gives them to the others.
  void share(Ranks &ranks);
  /// Does without, for steps whose results nobody uses.
  void assumeColours() { colours = ColourComponents(); }
  /// What a checkpoint holds of them.
  std::vector<TensorView> tensors() const;

  // Loaders live no longer than this. Each throws Error.
  std::unique_ptr<Loader> trainingLoader(const TrainingOrder &order, int64_t batch) const;
  /// Only where there is validation.
  std::unique_ptr<Loader> validationLoader(int64_t batch) const;

  /// Pictures of batches and errors: the training set's.
  std::string nameOf(size_t index) const { return training->dataset().nameOf(index); }

private:
  bool needsMean() const { return !measuredMean.empty(); }
  bool needsColours() const { return augmentation.colour.has_value(); }
  LoaderOptions loaderOptions(int64_t batch) const;

  Preprocessor preprocessor;
  Augmentation augmentation;
  std::string measuredMean; ///< "image", "channel" or ""
  int threads;
  std::function<void(const BrokenImage &)> onBroken;
  std::shared_ptr<const Canvases> training, validation;
  std::optional<Array> mean;
  std::optional<ColourComponents> colours;
  Array coloursArray; ///< `colours` as checkpoints hold them
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_TRAININGDATA_H
