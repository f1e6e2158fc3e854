//===- GradientExchange.h - add up gradients while others are made -*- C++ -*-===//

#ifndef ALEXC_RUNTIME_RANKS_GRADIENTEXCHANGE_H
#define ALEXC_RUNTIME_RANKS_GRADIENTEXCHANGE_H

#include "runtime/Network.h"
#include "runtime/Waiters.h"
#include "runtime/ranks/Ranks.h"
#include <deque>
#include <thread>

namespace alexrt {

/// Makes each gradient the mean over all ranks: on a thread of its own, as soon as
/// nothing in the run of the entry has to do with it any more. All ranks take the
/// gradients in one order, that of the records that are the last to use them.
/// Where devices have memory of their own this begins when the run has ended.
class GradientExchange {
public:
  /// Gives the gradient that shall be added up, in place.
  using TakeGradient = std::function<float *(size_t parameter)>;

  /// For runs of `entry`; each sum is multiplied by `scale`.
  GradientExchange(Network &network, const Entry &entry, Ranks &ranks, float scale,
                   TakeGradient take);
  ~GradientExchange();
  GradientExchange(const GradientExchange &) = delete;
  GradientExchange &operator=(const GradientExchange &) = delete;

  /// Before a run: the exchange listens to it, beside what `options` asks for already.
  RunOptions begin(const RunOptions &options);
  /// After the run: returns when all gradients are exchanged. Throws what Ranks throws.
  void finish();
  /// Seconds that `finish` has taken in all.
  double secondsWaited() const { return waited; }

private:
  /// A gradient, and the uses that it waits for.
  struct Turn {
    explicit Turn(size_t parameter) : parameter(parameter) {}
    size_t parameter, uses = 0;
    std::atomic<size_t> missing{0}; ///< uses that are still to come in this run
  };

  void findTurns(const std::vector<GradientUse> &uses);
  void recordEnded(size_t record);
  void threadMain();
  void exchange(const Turn &turn);
  void exchangeAll();

  const Description &description;
  Ranks &ranks;
  float scale;
  TakeGradient take;
  std::deque<Turn> turns;                   ///< in their order
  std::vector<std::vector<Turn *>> turnsOf; ///< each record
  std::thread thread;                       ///< on the CPU
  std::atomic<uint64_t> begun{0}, ended{0}; ///< runs
  std::atomic<bool> stopping{false};
  std::exception_ptr failure; ///< of the run that has ended
  Waiters waiters;
  double waited = 0;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANKS_GRADIENTEXCHANGE_H
