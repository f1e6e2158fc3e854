// The memory of the devices, and pinned memory of the host.
//
// An allocation ends at a page that may not be touched and, while no kernel of its device (or of an
// enabled peer) runs, may not be touched itself.
#pragma once

#include <cstddef>
#include <cstdint>

namespace alexc::emulator {

/// Both halves are signaling NaNs of 16 bits, the whole is one of 32. Arithmetic makes it quiet
/// and keeps the rest.
constexpr uint32_t poisonWord = 0x7fa57fa5, quietPoisonWord = 0x7fe57fa5;

size_t pageBytes();

/// Fills memory whose size is a multiple of 4 with poison.
void poison(void *memory, size_t bytes);

struct Allocation {
  char *start;   ///< what the program got
  size_t bytes;  ///< what it asked for
  char *mapping; ///< first page
  size_t mapped; ///< bytes of pages, without the guard page behind them
  unsigned device;
  bool pinned; ///< on the host
};

/// Null where there is no memory.
void *allocate(unsigned device, size_t bytes, bool pinned);
/// False where `address` is not the start of an allocation of that kind. Fails where the bytes
/// around the buffer have been written.
bool release(void *address, bool pinned);
/// The allocation whose pages, guard page included, hold `address`; null if none.
const Allocation *findAllocation(const void *address);
/// Bytes that a device has allocated.
size_t allocatedBytes(unsigned device);

/// Opens what kernels of the device may use.
void exposeTo(unsigned device);
/// Opens all memory, for a copy.
void exposeAll();
/// Closes all memory of devices.
void hideAll();
/// Fails where a launch on `device` wrote into the few bytes between a buffer's end and its guard
/// page.
void checkBufferEnds(unsigned device);

/// Whether kernels of `device` may use the memory of `owner`.
bool hasAccess(unsigned device, unsigned owner);
void setAccess(unsigned device, unsigned owner, bool access);

/// Reports accesses to guarded memory; once for the program and once for each of its threads.
void installFaultHandler();

/// Has the calling thread stop at arithmetic on poison, or not any more.
void enableTraps();
void disableTraps();

} // namespace alexc::emulator
