//===- StopSignal.h - end at the next step, not in the midst ----*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_STOPSIGNAL_H
#define ALEXC_RUNTIME_TRAINING_STOPSIGNAL_H

#include <csignal>

namespace alexrt {

/// While this lives, the first SIGINT or SIGTERM is only noted; the second ends
/// the process as usual. One at a time.
class StopSignal {
public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal &) = delete;
  StopSignal &operator=(const StopSignal &) = delete;

  static bool isRequested();
  /// Does what a signal does.
  static void request();

private:
  struct sigaction interrupt, terminate; ///< as they were
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_STOPSIGNAL_H
