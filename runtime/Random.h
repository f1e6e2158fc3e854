//===- Random.h - counter-based random numbers ------------------*- C++ -*-===//
//
// Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011). A number depends on what it is for and on nothing else, so any
// thread can draw any of them: key = seed; counter = (index within the sample
// / 4, sample, step, hash of name and purpose), lane = index mod 4.

#ifndef ALEXC_RUNTIME_RANDOM_H
#define ALEXC_RUNTIME_RANDOM_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace alexrt {

/// `lanes` counters side by side, word by word, so that compilers vectorise.
template <size_t lanes>
using PhiloxBlock = std::array<std::array<uint32_t, lanes>, 4>;

/// Replaces counters by random numbers.
template <size_t lanes>
void philox(PhiloxBlock<lanes> &words, uint64_t seed) {
  auto key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (size_t i = 0; i < lanes; ++i) {
      uint64_t product0 = uint64_t(0xD2511F53) * words[0][i];
      uint64_t product1 = uint64_t(0xCD9E8D57) * words[2][i];
      words[0][i] = static_cast<uint32_t>(product1 >> 32) ^ words[1][i] ^ key0;
      words[1][i] = static_cast<uint32_t>(product1);
      words[2][i] = static_cast<uint32_t>(product0 >> 32) ^ words[3][i] ^ key1;
      words[3][i] = static_cast<uint32_t>(product0);
    }
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
}

/// The fourth word of a counter: FNV-1a of "name:purpose".
inline uint32_t streamOf(const std::string &name, const std::string &purpose) {
  uint32_t hash = 2166136261u;
  for (unsigned char c : name + ":" + purpose)
    hash = (hash ^ c) * 16777619u;
  return hash;
}

} // namespace alexrt

#endif // ALEXC_RUNTIME_RANDOM_H
