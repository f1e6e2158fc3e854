//===- Monitor.h - notices when training goes wrong -------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_MONITOR_H
#define ALEXC_RUNTIME_TRAINING_MONITOR_H

#include "runtime/Network.h"
#include "runtime/training/MetricsLog.h"
#include <functional>
#include <set>

namespace alexrt {

/// What a layer's values of one batch are like.
struct LayerLook {
  std::string layer;
  bool isFinite = true;
  bool isZero = false;  ///< everywhere
  double variation = 0; ///< mean deviation between images over mean size
};

/// Looks at a layer's values of one batch, some images at a time.
class LayerLooker {
public:
  /// `features`: values of one image.
  LayerLooker(std::string layer, size_t features);

  /// `values` (images, features) of some images more.
  void add(const std::vector<float> &values);
  /// Of all that was added.
  LayerLook look() const;

private:
  LayerLook found;
  std::vector<double> sums, squares; ///< of each feature over the images
  double size = 0;                   ///< sum of absolute values
  size_t images = 0;
};

/// The entropy of a distribution in nats, from counts.
double entropyOf(const std::vector<int64_t> &counts);

/// Looks at layers' values now and then, and at the loss of each step.
class Monitor {
public:
  /// Steps after which the mean loss is compared with the labels' entropy.
  static constexpr uint64_t windowSteps = 50;

  /// `warn` gets one line that names the layer; not twice the same.
  Monitor(Network &network, std::function<void(const std::string &)> warn);

  /// What to run step number `step` (from 0) with: where it is time to look, or
  /// the loss has grown much, every layer's value is looked at.
  RunOptions optionsFor(uint64_t step, const Entry &entry);

  /// Takes note of a step. Throws Error that names the layer where the loss is
  /// not finite.
  void endStep(uint64_t step, const Tally &tally, const std::vector<int32_t> &labels);

  /// Mean sizes of parameters and of their last updates. Throws Error that
  /// names the parameter where one is not finite: it must not reach a checkpoint.
  std::vector<ParameterMetrics> measureParameters(uint64_t step) const;

private:
  bool isTimeToLook(uint64_t step) const;
  void look(const Entry &entry, size_t record);
  void warnOnce(const std::string &warning);
  void endWindow();
  [[noreturn]] void failNotFinite(uint64_t step, double loss) const;

  Network &network;
  std::function<void(const std::string &)> warn;
  std::set<std::string> layers, relus; ///< of the spec
  std::set<std::string> warned;
  std::vector<LayerLook> looks; ///< at the last step that was looked at, in order
  bool isLooking = false;
  double firstLoss = 0, lastLoss = 0;
  uint64_t steps = 0; ///< that this monitor has seen

  // Since the last window's end.
  Tally window;
  std::vector<int64_t> labelCounts;
  int flatWindows = 0; ///< in a row
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_MONITOR_H
