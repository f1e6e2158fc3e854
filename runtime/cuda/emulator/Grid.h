// A launch: the blocks of a grid, shared out among workers.
#pragma once

#include "emulator/Types.h"

#include <cstddef>
#include <functional>

namespace alexc::emulator {

constexpr size_t maxSharedBytes = 227 * 1024; ///< of a block, as on sm_90
constexpr unsigned maxThreads = 1024;         ///< of a block

struct Launch {
  const void *kernel; ///< the function, for messages
  unsigned device;
  std::function<void()> body; ///< one thread of it
  dim3 grid, block;
  size_t sharedBytes;
  void *raceStart = nullptr, *raceEnd = nullptr; ///< marks for ThreadSanitizer
};

/// Runs all blocks and returns when they are done.
void runGrid(Launch launch);

/// The launch that runs or ran last, or null.
const Launch *currentLaunch();

} // namespace alexc::emulator
