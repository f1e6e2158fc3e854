//===- Stepper.h - one step of training -------------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_STEPPER_H
#define ALEXC_RUNTIME_TRAINING_STEPPER_H

#include "runtime/Network.h"
#include "runtime/data/Loader.h"
#include "runtime/ranks/GradientExchange.h"
#include "runtime/training/Tally.h"

namespace alexrt {

/// The entry of this kind for the training batch. Throws Error where the
/// network was compiled without it.
const Entry &trainingEntry(const Description &description, const std::string &kind);

/// Updates a network's parameters: "train_step" on one batch, or "gradients" on
/// several, here and on other ranks, added in order, and then "apply".
class Stepper {
public:
  /// The kinds of entries that the network must have been made for.
  static std::vector<std::string> kindsFor(int64_t accumulate, const Ranks *ranks);

  /// Throws Error where an entry is missing. `ranks`: null for this process alone.
  Stepper(Network &network, int64_t accumulate, Ranks *ranks = nullptr);

  /// The entry that runs on each batch.
  const Entry &entry() const { return *forward; }
  /// Those of all ranks.
  int64_t imagesPerStep() const { return forward->batch * batchesPerStep(); }
  /// That gradients of other ranks were waited for, in all.
  double secondsWaited() const { return exchange ? exchange->secondsWaited() : 0; }

  /// One step on the loader's next batches, with the numbers in network.step(),
  /// of which it sets firstSample. A device with memory of its own gets the batch
  /// behind them too, so it must always be the same loader. Returns what the network said of the
  /// images before the update, on rank 0 of those of all ranks. Throws Error as Loader::next
  /// and Ranks do; then nothing was updated.
  Tally run(Loader &loader, const RunOptions &options = {});

  /// The labels of the last step's images.
  const std::vector<int32_t> &labels() const { return lastLabels; }

private:
  /// What remains of a batch when its images are where the network wants them.
  struct Prepared {
    std::vector<int32_t> labels;
    uint32_t firstSample = 0;
  };

  void prepare(Loader &loader);
  void prepareAhead(Loader &loader);
  Tally runBatch(Loader &loader, const RunOptions &options);
  int64_t batchesPerStep() const { return accumulate * (ranks ? ranks->count() : 1); }
  std::unique_ptr<GradientExchange> makeExchange();
  void addGradients(bool isFirst);
  float *addLastGradient(size_t parameter);
  void averageGradients();

  Network &network;
  int64_t accumulate;
  Ranks *ranks;
  const Entry *forward = nullptr, *apply = nullptr;
  std::vector<std::vector<float>> sums;       ///< of gradients, where accumulate > 1
  std::unique_ptr<GradientExchange> exchange; ///< with other ranks, where there are some
  std::vector<int32_t> lastLabels;
  std::optional<Prepared> next; ///< the batch that has been prepared
  std::exception_ptr failure;   ///< of preparing it ahead
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_STEPPER_H
