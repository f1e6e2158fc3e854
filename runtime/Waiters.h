//===- Waiters.h - threads that wait for something --------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_WAITERS_H
#define ALEXC_RUNTIME_WAITERS_H

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace alexrt {

/// Tells the CPU that a loop waits.
inline void spinPause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

/// Longer than the gap between two launches of a program, far shorter than
/// what anybody would notice of an idle process.
constexpr std::chrono::microseconds spinTime(100);

/// Threads that wait until something holds: awake for a moment, then asleep.
class Waiters {
public:
  /// Returns when `holds()` is true, which reads atomics in sequential order.
  template <typename Condition>
  void wait(std::chrono::microseconds awake, Condition holds) {
    auto start = std::chrono::steady_clock::now();
    while (!holds() && std::chrono::steady_clock::now() - start < awake)
      for (int i = 0; i < 16; ++i)
        spinPause();
    if (holds())
      return;
    std::unique_lock<std::mutex> lock(mutex);
    ++sleepers; // before the condition is asked again: who wakes reads them in the other order
    wakeUp.wait(lock, holds);
    --sleepers;
  }

  /// To be called after something has been made true.
  void wake() {
    if (sleepers == 0)
      return;
    // Taking the lock lets a thread that just found nothing true fall asleep
    // first, so that it hears the notification.
    { std::lock_guard<std::mutex> lock(mutex); }
    wakeUp.notify_all();
  }

private:
  alignas(64) std::atomic<int> sleepers{0};
  std::mutex mutex;
  std::condition_variable wakeUp;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_WAITERS_H
