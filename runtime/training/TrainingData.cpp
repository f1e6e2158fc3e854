//===- TrainingData.cpp - what a run learns from --------------------------===//

#include "runtime/training/TrainingData.h"

using namespace alexrt;

TrainingData::TrainingData(const Description &description, const DatasetParts &parts, int threads,
                           std::function<void(const BrokenImage &)> onBroken)
    : preprocessor(description), augmentation(description.training->augmentation),
      measuredMean(description.preprocess.measureMean), threads(threads),
      onBroken(std::move(onBroken)) {
  checkLabels(*parts.training, description.classes);
  training = std::make_shared<const Canvases>(parts.training, preprocessor);
  if (!parts.validation)
    return;
  checkLabels(*parts.validation, description.classes);
  validation = std::make_shared<const Canvases>(parts.validation, preprocessor);
}

int64_t TrainingData::validationImages() const {
  return validation ? int64_t(validation->dataset().size()) : 0;
}

void TrainingData::measure() {
  if (!needsMean() && !needsColours())
    return;
  PixelStatistics statistics = training->measure(threads);
  if (needsMean()) {
    mean = preprocessor.meanOf(statistics, measuredMean == "image");
    preprocessor.useMean(*mean);
  }
  if (needsColours()) {
    coloursArray = toArray(statistics.colours);
    colours = toColours(coloursArray); // the bits that a resumed run has
  }
}

void TrainingData::restore(const Safetensors &checkpoint) {
  if (needsMean()) {
    mean = readTensor(checkpoint, meanTensor);
    preprocessor.useMean(*mean);
  }
  if (needsColours()) {
    coloursArray = readTensor(checkpoint, coloursTensor);
    colours = toColours(coloursArray);
  }
}

static void broadcast(Ranks &ranks, Array &array) {
  ranks.broadcast(array.shape);
  ranks.broadcast(array.data);
}

void TrainingData::share(Ranks &ranks) {
  if (needsMean()) {
    mean = mean.value_or(Array());
    broadcast(ranks, *mean);
    preprocessor.useMean(*mean);
  }
  if (needsColours()) {
    broadcast(ranks, coloursArray);
    colours = toColours(coloursArray);
  }
}

std::vector<TensorView> TrainingData::tensors() const {
  std::vector<TensorView> tensors;
  if (mean)
    tensors.push_back({meanTensor, mean->shape, mean->data.data()});
  if (colours)
    tensors.push_back({coloursTensor, coloursArray.shape, coloursArray.data.data()});
  return tensors;
}

LoaderOptions TrainingData::loaderOptions(int64_t batch) const {
  LoaderOptions options;
  options.batch = batch;
  options.threads = threads;
  options.onBroken = onBroken;
  return options;
}

std::unique_ptr<Loader> TrainingData::trainingLoader(const TrainingOrder &order,
                                                     int64_t batch) const {
  return std::make_unique<Loader>(training, preprocessor, augmentation, colours, order,
                                  loaderOptions(batch));
}

std::unique_ptr<Loader> TrainingData::validationLoader(int64_t batch) const {
  return std::make_unique<Loader>(validation, preprocessor, Crops::centre, loaderOptions(batch));
}
