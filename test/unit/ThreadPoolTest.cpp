//===- ThreadPoolTest.cpp - the threads of one network --------------------===//

#include "runtime/ThreadPool.h"
#include "RuntimeTesting.h"
#include <chrono>
#include <numeric>
#include <set>

using namespace alexrt;
using testing::Each;

namespace {

/// How often each item of a job was done.
std::vector<int> countItems(ThreadPool &pool, int64_t work) {
  std::vector<int> counts(work, 0);
  pool.parallelFor(work, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      ++counts[i];
  });
  return counts;
}

TEST(ThreadPoolTest, DoesEveryItemOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (int64_t work : {0, 1, 2, 3, 7, 64, 1000})
      EXPECT_THAT(countItems(pool, work), Each(1)) << threads << " threads, " << work << " items";
  }
}

TEST(ThreadPoolTest, TakesOneThreadForEachCpu) { EXPECT_EQ(ThreadPool().size(), availableCpus()); }

TEST(ThreadPoolTest, RefusesWrongCounts) {
  EXPECT_EQ(errorOf([] { ThreadPool pool(-1); }), "expected 0 to 1024 threads, got -1");
  EXPECT_EQ(errorOf([] { ThreadPool pool(1025); }), "expected 0 to 1024 threads, got 1025");
}

/// Whether two items that wait for each other are at work at the same time, which
/// they never are on one thread.
bool meet(ThreadPool &pool) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::atomic<int> arrived{0}, alone{0};
  pool.parallelFor(2, [&](int64_t begin, int64_t end) {
    arrived += static_cast<int>(end - begin);
    while (arrived < 2 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    alone += arrived < 2;
  });
  return alone == 0;
}

TEST(ThreadPoolTest, RunsOnSeveralThreads) {
  ThreadPool pool(2);
  EXPECT_TRUE(meet(pool));
}

TEST(ThreadPoolTest, RunsManySmallJobs) {
  ThreadPool pool(4);
  std::atomic<int64_t> sum{0};
  for (int job = 0; job < 20000; ++job)
    pool.parallelFor(5, [&](int64_t begin, int64_t end) { sum += end - begin; });
  EXPECT_EQ(sum, 5 * 20000);
}

TEST(ThreadPoolTest, TellsWhatEachThreadDid) {
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::vector<int> reports(threads, 0);
    std::vector<double> seconds(threads, 0);
    WorkObserver observer = [&](size_t thread, auto begin, auto end) {
      ++reports[thread];
      seconds[thread] += std::chrono::duration<double>(end - begin).count();
    };
    auto kernel = [](void *const *, int64_t, int64_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    };
    pool.parallelFor(1, kernel, nullptr, &observer);
    EXPECT_EQ(std::accumulate(reports.begin(), reports.end(), 0), 1); // who got the item
    pool.parallelFor(60, kernel, nullptr, &observer);
    for (int thread = 0; thread < threads; ++thread) {
      EXPECT_GE(reports[thread], 1);
      EXPECT_GE(seconds[thread], 0.002 * reports[thread]);
    }
    std::vector<int> before = reports;
    pool.parallelFor(60, kernel, nullptr); // nobody listens
    EXPECT_EQ(reports, before);
  }
}

TEST(ThreadPoolTest, WakesSleepingWorkers) {
  ThreadPool pool(2);
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2)); // far beyond the spinning
    EXPECT_THAT(countItems(pool, 100), Each(1));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_TRUE(meet(pool));
}

TEST(ThreadPoolTest, CallsAKernelWithItsArguments) {
  ThreadPool pool(2);
  std::vector<float> values(100, 1.0f);
  void *args[] = {values.data()};
  AlexrtKernel twice = [](void *const *args, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      static_cast<float *>(args[0])[i] *= 2;
  };
  pool.parallelFor(100, twice, args);
  EXPECT_THAT(values, Each(2.0f));
}

TEST(ThreadPoolTest, PoolsAreIndependent) {
  auto useOwnPool = [] {
    ThreadPool pool(2);
    for (int i = 0; i < 200; ++i)
      ASSERT_THAT(countItems(pool, 17), Each(1));
  };
  std::thread other(useOwnPool);
  useOwnPool();
  other.join();
}

} // namespace
