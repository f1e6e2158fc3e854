//===- Clock.h - how long something takes -----------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_CLOCK_H
#define ALEXC_RUNTIME_CLOCK_H

#include <chrono>

namespace alexrt {

/// Seconds of a clock that never goes back; only differences mean something.
inline double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

} // namespace alexrt

#endif // ALEXC_RUNTIME_CLOCK_H
