//===- Evaluator.cpp - what a network says of a whole set -----------------===//

#include "runtime/training/Evaluator.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace alexrt;

Tally alexrt::tallyOf(const float *prob, const int32_t *labels, size_t images, size_t classes) {
  std::vector<float> loss(images);
  for (size_t n = 0; n < images; ++n) {
    float right = prob[n * classes + size_t(labels[n])];
    // a probability that was rounded to 0 is less than this, and still not 0
    loss[n] = -std::log(right == 0 ? std::numeric_limits<float>::min() : right);
  }
  Tally tally;
  tally.add(images, classes, loss.data(), prob, labels);
  return tally;
}

static const Entry *largestEntry(const Description &description, const std::string &kind) {
  const Entry *largest = nullptr;
  for (const Entry &entry : description.entries)
    if (entry.kind == kind && (!largest || entry.batch > largest->batch))
      largest = &entry;
  return largest;
}

std::vector<std::string> Evaluator::kindsOf(const Description &description) {
  for (const char *kind : {"evaluate", "infer"})
    if (largestEntry(description, kind))
      return {kind};
  return {};
}

Evaluator::Evaluator(Network &network)
    : network(network), classes(size_t(network.description().classes)),
      imageSize(size_t(elementCount(network.description().input))) {
  for (const std::string &kind : kindsOf(network.description()))
    entry = largestEntry(network.description(), kind);
  if (!entry)
    throw Error("the network was compiled without an entry for evaluation or inference");
}

int64_t Evaluator::batchFor(Crops crops) const {
  return std::max<int64_t>(1, entry->batch / cropCount(crops));
}

/// Runs `count` inputs, at most the entry's batch.
void Evaluator::runRows(const float *inputs, size_t count, float *prob) {
  auto batch = size_t(entry->batch);
  float *end = std::copy_n(inputs, count * imageSize, network.input(*entry));
  std::fill_n(end, (batch - count) * imageSize, 0.0f);
  if (!entry->labels.shape.empty()) // the losses of these are not looked at
    std::fill_n(network.labels(*entry), batch, 0);
  network.run(*entry);
  std::copy_n(network.output(*entry), count * classes, prob);
}

void Evaluator::averageCrops(size_t images, size_t crops) {
  for (size_t n = 0; n < images; ++n)
    for (size_t k = 0; k < classes; ++k) {
      float sum = 0;
      for (size_t crop = 0; crop < crops; ++crop)
        sum += rows[(n * crops + crop) * classes + k];
      rows[n * classes + k] = sum / float(crops); // lies behind what is still to be read
    }
  rows.resize(images * classes);
}

/// Leaves the pictures' probabilities in `rows`.
void Evaluator::runBatch(const Batch &batch) {
  size_t count = batch.inputs.size() / imageSize;
  rows.resize(count * classes);
  for (size_t begin = 0; begin < count; begin += size_t(entry->batch)) {
    size_t part = std::min(count - begin, size_t(entry->batch));
    runRows(batch.inputs.data() + begin * imageSize, part, rows.data() + begin * classes);
  }
  if (batch.count() > 0)
    averageCrops(batch.count(), count / batch.count());
}

Predictions Evaluator::predict(Loader &loader, const std::function<bool()> &isStopped) {
  Predictions predictions;
  predictions.classes = classes;
  while (const Batch *batch = loader.next()) {
    runBatch(*batch);
    auto append = [](auto &to, const auto &from) { to.insert(to.end(), from.begin(), from.end()); };
    append(predictions.prob, rows);
    append(predictions.labels, batch->labels);
    append(predictions.indices, batch->indices);
    if (isStopped && isStopped())
      break;
  }
  return predictions;
}

std::optional<Tally> Evaluator::evaluate(Loader &loader, const std::function<bool()> &isStopped) {
  Tally tally;
  while (const Batch *batch = loader.next()) {
    runBatch(*batch);
    tally.add(tallyOf(rows.data(), batch->labels.data(), batch->count(), classes));
    if (isStopped && isStopped())
      return std::nullopt;
  }
  return tally;
}
