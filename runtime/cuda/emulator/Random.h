// A small generator of random choices, the same on every machine.
#pragma once

#include <cstdint>

namespace alexc::emulator {

class Random {
public:
  /// Any seed will do: it is mixed first.
  explicit Random(uint64_t seed = 0) {
    seed += 0x9e3779b97f4a7c15ull;
    seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ull;
    seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebull;
    state = (seed ^ (seed >> 31)) | 1;
  }
  /// A number below `count`.
  unsigned below(unsigned count) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return static_cast<unsigned>((state >> 11) % count);
  }

private:
  uint64_t state;
};

} // namespace alexc::emulator
