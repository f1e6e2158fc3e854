// How the lanes of a warp meet.
#pragma once

#include "emulator/Execution.h"

namespace alexc::emulator {

enum class WarpOperation { Sync, Shuffle, Ballot, MultiplyBf16, MultiplyTf32, LoadMatrices };

inline Warp &currentWarp() { return currentBlock->warp[currentThread->linear / 32]; }

/// Waits for the lanes of `mask`. True for the last one, BEFORE the others go on: it computes for
/// all of them and then calls releaseWarp.
bool gatherWarp(unsigned mask, WarpOperation operation, Site where);
void releaseWarp();

} // namespace alexc::emulator
