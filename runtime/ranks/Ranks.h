//===- Ranks.h - processes that train one network together ------*- C++ -*-===//
//
// Each rank has a copy of the network and a part of each step's images. How they
// talk is a matter of a library of its own (MpiRanks.h), which only binaries have
// that were compiled with --ranks.

#ifndef ALEXC_RUNTIME_RANKS_RANKS_H
#define ALEXC_RUNTIME_RANKS_RANKS_H

#include "runtime/ranks/DeviceSums.h"
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace alexrt {

/// The ranks as one of them sees them. What all take part in is called by all in
/// the same order, by one thread at a time. Throws Error that names the rank that
/// has ended, or does not answer.
class Ranks {
public:
  virtual ~Ranks() = default;

  /// The own number, from 0, of `count`.
  virtual int rank() const = 0;
  virtual int count() const = 0;
  /// The number among the ranks of this machine.
  virtual int localRank() const = 0;
  /// CPUs for this rank alone.
  virtual int cpus() const = 0;

  /// Makes `bytes` at `data` what they are on rank 0, for which all wait however long
  /// it takes.
  virtual void broadcast(void *data, size_t bytes) = 0;
  /// Brings the `bytes` of each rank to `all` of rank 0, in the order of ranks.
  virtual void gather(const void *own, size_t bytes, void *all) = 0;
  /// Makes `data` the sum over all ranks, added in their order, times `scale`: the
  /// same bits everywhere, and each time.
  virtual void addUp(float *data, size_t count, float scale) = 0;
  /// How devices do that where gradients are; null: they do not.
  virtual const AlexrtDeviceSums *deviceSums() const { return nullptr; }
  /// From any thread: whoever waits for other ranks, now or later, gets an Error.
  virtual void abandon() = 0;

  template <typename Value>
  void broadcast(Value &value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    broadcast(&value, sizeof value);
  }
  template <typename Element>
  void broadcast(std::vector<Element> &list) {
    size_t size = list.size();
    broadcast(size);
    list.resize(size);
    broadcast(list.data(), size * sizeof(Element));
  }
  /// What each rank says; empty on all but rank 0.
  template <typename Value>
  std::vector<Value> gather(const Value &own) {
    static_assert(std::is_trivially_copyable_v<Value>);
    std::vector<Value> all(rank() == 0 ? size_t(count()) : 0);
    gather(&own, sizeof own, all.data());
    return all;
  }
  /// Returns when all have come here.
  void meet() {
    gather(rank());
    int all = count();
    broadcast(all);
  }
};

/// Joins the ranks that were started together. `patience`: seconds after which a rank
/// that does not answer is given up. Throws Error.
using JoinRanks = std::function<std::unique_ptr<Ranks>(double patience)>;

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANKS_RANKS_H
