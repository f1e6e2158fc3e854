//===- CpuFeatures.cpp - what this machine's CPU can do -------------------===//

#include "runtime/CpuFeatures.h"
#include <algorithm>
#include <cstdint>
#include <iterator>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

using namespace alexrt;

#if defined(__x86_64__)

namespace {

enum Register { eax, ebx, ecx, edx };

/// Bits of XCR0: which registers the operating system saves.
constexpr uint64_t anyState = 0, avxState = 0x6, avx512State = 0xe6;

/// Where CPUID says whether a feature exists.
struct Feature {
  const char *name;
  uint32_t leaf, subleaf;
  Register where;
  int bit;
  uint64_t state; ///< what of XCR0 it needs
};

constexpr Feature features[] = {
    {"sse3", 1, 0, ecx, 0, anyState},
    {"pclmul", 1, 0, ecx, 1, anyState},
    {"ssse3", 1, 0, ecx, 9, anyState},
    {"fma", 1, 0, ecx, 12, avxState},
    {"cx16", 1, 0, ecx, 13, anyState},
    {"sse4.1", 1, 0, ecx, 19, anyState},
    {"sse4.2", 1, 0, ecx, 20, anyState},
    {"movbe", 1, 0, ecx, 22, anyState},
    {"popcnt", 1, 0, ecx, 23, anyState},
    {"aes", 1, 0, ecx, 25, anyState},
    {"avx", 1, 0, ecx, 28, avxState},
    {"f16c", 1, 0, ecx, 29, avxState},
    {"bmi", 7, 0, ebx, 3, anyState},
    {"avx2", 7, 0, ebx, 5, avxState},
    {"bmi2", 7, 0, ebx, 8, anyState},
    {"avx512f", 7, 0, ebx, 16, avx512State},
    {"avx512dq", 7, 0, ebx, 17, avx512State},
    {"adx", 7, 0, ebx, 19, anyState},
    {"avx512ifma", 7, 0, ebx, 21, avx512State},
    {"avx512cd", 7, 0, ebx, 28, avx512State},
    {"sha", 7, 0, ebx, 29, anyState},
    {"avx512bw", 7, 0, ebx, 30, avx512State},
    {"avx512vl", 7, 0, ebx, 31, avx512State},
    {"avx512vbmi", 7, 0, ecx, 1, avx512State},
    {"avx512vbmi2", 7, 0, ecx, 6, avx512State},
    {"gfni", 7, 0, ecx, 8, anyState},
    {"vaes", 7, 0, ecx, 9, avxState},
    {"vpclmulqdq", 7, 0, ecx, 10, avxState},
    {"avx512vnni", 7, 0, ecx, 11, avx512State},
    {"avx512bitalg", 7, 0, ecx, 12, avx512State},
    {"avx512vpopcntdq", 7, 0, ecx, 14, avx512State},
    {"movdiri", 7, 0, ecx, 27, anyState},
    {"avx512vp2intersect", 7, 0, edx, 8, avx512State},
    {"avx512fp16", 7, 0, edx, 23, avx512State},
    {"avxvnni", 7, 1, eax, 4, avxState},
    {"avx512bf16", 7, 1, eax, 5, avx512State},
    {"avxifma", 7, 1, eax, 23, avxState},
    {"avxvnniint8", 7, 1, edx, 4, avxState},
    {"avxneconvert", 7, 1, edx, 5, avxState},
    {"sahf", 0x80000001, 0, ecx, 0, anyState},
    {"lzcnt", 0x80000001, 0, ecx, 5, anyState},
    {"sse4a", 0x80000001, 0, ecx, 6, anyState},
    {"xop", 0x80000001, 0, ecx, 11, avxState},
    {"fma4", 0x80000001, 0, ecx, 16, avxState},
    {"tbm", 0x80000001, 0, ecx, 21, anyState},
};

} // namespace

/// XCR0, or 0 where the operating system does not use it.
static uint64_t savedState() {
  uint32_t a, b, c, d;
  constexpr uint32_t osxsave = 1u << 27;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & osxsave))
    return 0;
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

static bool isSupported(const Feature &feature) {
  uint32_t registers[4] = {};
  __get_cpuid_count(feature.leaf, feature.subleaf, &registers[eax], &registers[ebx],
                    &registers[ecx], &registers[edx]);
  return (registers[feature.where] >> feature.bit & 1) &&
         (savedState() & feature.state) == feature.state;
}

static bool isMissing(const std::string &name) {
  const Feature *feature = std::find_if(std::begin(features), std::end(features),
                                        [&](const Feature &f) { return f.name == name; });
  return feature != std::end(features) && !isSupported(*feature);
}

#else

static bool isMissing(const std::string &) { return false; }

#endif

std::vector<std::string> alexrt::missingCpuFeatures(const std::vector<std::string> &features) {
  std::vector<std::string> missing;
  std::copy_if(features.begin(), features.end(), std::back_inserter(missing), isMissing);
  return missing;
}
