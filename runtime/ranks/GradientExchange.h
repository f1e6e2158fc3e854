//===- GradientExchange.h - add up gradients while others are made -*- C++ -*-===//

#ifndef ALEXC_RUNTIME_RANKS_GRADIENTEXCHANGE_H
#define ALEXC_RUNTIME_RANKS_GRADIENTEXCHANGE_H

#include "runtime/Network.h"
#include "runtime/ranks/Ranks.h"

namespace alexrt {

/// Makes each gradient of a run the mean over all ranks. All ranks take the gradients
/// in one order, that of the records that are the last to use them.
class GradientExchange {
public:
  virtual ~GradientExchange() = default;

  /// Before a run: the exchange listens to it, beside what `options` asks for already.
  virtual RunOptions begin(const RunOptions &options) = 0;
  /// After the run, and before another one reads gradients. Throws what Ranks throws.
  virtual void finish() = 0;
  /// Seconds that `finish` has taken in all.
  double secondsWaited() const { return waited; }

protected:
  double waited = 0;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANKS_GRADIENTEXCHANGE_H
