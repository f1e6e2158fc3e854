// How the emulator runs: every knob is an environment variable, read once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace alexc::emulator {

enum class Order { Forward, Reverse, Random };

struct Options {
  /// ALEXC_EMULATOR_WORKERS: OS threads that run blocks. With 1, the default, atomic additions
  /// happen in the same order in every run.
  unsigned workers;
  /// ALEXC_EMULATOR_ORDER=forward|reverse|SEED: which ready thread of a block runs next; SEED is a
  /// number and shuffles.
  Order order;
  uint64_t orderSeed;
  /// ALEXC_EMULATOR_STREAMS=eager|SEED: work of streams runs when it is enqueued, or late and in a
  /// random order that the streams and events allow.
  std::optional<uint64_t> streamSeed;
  /// ALEXC_EMULATOR_COPIES=late|eager: cp.async copies at the wait for it (default) or at once.
  bool eagerCopies;
  /// ALEXC_EMULATOR_PROTECT=on|off: device memory is out of reach but for kernels that may use it.
  bool protect;
  /// ALEXC_EMULATOR_POISON=on|off|trap: fresh device and shared memory holds signaling NaNs; with
  /// trap arithmetic on one is an error.
  bool poison, trap;
  /// ALEXC_EMULATOR_DEVICES: number of devices, at most 8; 2 by default.
  unsigned devices;
  /// ALEXC_EMULATOR_PEERS=on|off: devices can have access to each other.
  bool peers;
  /// ALEXC_EMULATOR_FAIL: this wait of the host for a stream, and all behind it, find
  /// that a kernel has failed; 0: none does.
  uint64_t failingWait;
  /// ALEXC_EMULATOR_STACK: bytes of stack of a CUDA thread.
  size_t stackBytes;
};

constexpr unsigned maxDevices = 8;

/// Ends the program with status 1 where a variable is wrong.
const Options &options();

} // namespace alexc::emulator
