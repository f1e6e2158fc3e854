//===- Normal.h - normal numbers from random words --------------*- C++ -*-===//
//
// Only additions, multiplications and square roots, for files that are compiled
// without contraction: no libm, whose last bits differ from machine to machine.

#ifndef ALEXC_RUNTIME_NORMAL_H
#define ALEXC_RUNTIME_NORMAL_H

#include <cmath>
#include <cstdint>
#include <cstring>

namespace alexrt {

/// The natural logarithm of a normal x > 0; coefficients of Cephes' logf.
inline float logarithm(float x) {
  constexpr int32_t rootOfHalf = 0x3f3504f3;
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  int32_t exponent = (bits - rootOfHalf) >> 23;
  bits -= exponent * (1 << 23);
  float mantissa; // sqrt(1/2) to sqrt(2)
  std::memcpy(&mantissa, &bits, sizeof mantissa);
  float f = mantissa - 1.0f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float tail = p * f * f * f - 0.5f * f * f;
  return f + tail + static_cast<float>(exponent) * 0.693147181f;
}

/// Sine and cosine of `turn` full turns, 0 <= turn < 1; coefficients of Cephes.
inline void sineAndCosine(float turn, float &sine, float &cosine) {
  auto quarter = static_cast<int32_t>(turn * 4.0f + 0.5f);
  float angle = (turn * 4.0f - static_cast<float>(quarter)) * 1.57079632679f;
  float z = angle * angle;
  float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * angle + angle;
  float c =
      ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
      0.5f * z + 1.0f;
  float swappedSine = quarter & 1 ? c : s;
  float swappedCosine = quarter & 1 ? s : c;
  sine = quarter & 2 ? -swappedSine : swappedSine;
  cosine = (quarter + 1) & 2 ? -swappedCosine : swappedCosine;
}

/// 24 random bits as a float, exactly.
inline float topBits(uint32_t word) { return static_cast<float>(static_cast<int32_t>(word >> 8)); }

/// Two independent normals, mean 0 and deviation 1, from two random words (Box
/// and Muller).
inline void drawNormals(uint32_t word0, uint32_t word1, float &first, float &second) {
  constexpr float ulp = 1.0f / (1 << 24);
  float radius = std::sqrt(-2.0f * logarithm((topBits(word0) + 1.0f) * ulp));
  float sine, cosine;
  sineAndCosine(topBits(word1) * ulp, sine, cosine);
  first = radius * cosine;
  second = radius * sine;
}

} // namespace alexrt

#endif // ALEXC_RUNTIME_NORMAL_H
