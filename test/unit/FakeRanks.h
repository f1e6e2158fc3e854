//===- FakeRanks.h - a rank without others -----------------------*- C++ -*-===//

#ifndef ALEXC_TEST_UNIT_FAKERANKS_H
#define ALEXC_TEST_UNIT_FAKERANKS_H

#include "runtime/ranks/Ranks.h"

/// Rank 0 of two, of which the other says nothing. A test adds what its sums are.
class FakeRanks : public alexrt::Ranks {
public:
  int rank() const override { return 0; }
  int count() const override { return 2; }
  int localRank() const override { return 0; }
  int cpus() const override { return 1; }
  void broadcast(void *, size_t) override {}
  void gather(const void *, size_t, void *) override {}
  void abandon() override {}
};

#endif // ALEXC_TEST_UNIT_FAKERANKS_H
