//===- HostExchange.h - hosts add up gradients ------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_RANKS_HOSTEXCHANGE_H
#define ALEXC_RUNTIME_RANKS_HOSTEXCHANGE_H

#include "runtime/Waiters.h"
#include "runtime/ranks/GradientExchange.h"
#include <deque>
#include <thread>

namespace alexrt {

/// Makes each gradient the mean over all ranks in the host's memory: on a thread of its
/// own, as soon as nothing in the run has to do with it any more. Where devices have
/// memory of their own this begins when the run has ended.
class HostExchange : public GradientExchange {
public:
  /// Gives the gradient that shall be added up, in place.
  using TakeGradient = std::function<float *(size_t parameter)>;

  /// For runs of `entry`; each sum is multiplied by `scale`.
  HostExchange(Network &network, const Entry &entry, Ranks &ranks, float scale, TakeGradient take);
  ~HostExchange() override;
  HostExchange(const HostExchange &) = delete;
  HostExchange &operator=(const HostExchange &) = delete;

  RunOptions begin(const RunOptions &options) override;
  void finish() override;

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
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANKS_HOSTEXCHANGE_H
