// What the programs of test/cuda share: checked calls, buffers, a hash of results.
#pragma once

#include "alexc_cuda.cuh"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

inline void check(cudaError_t error, const char *call, int line) {
  if (error == cudaSuccess)
    return;
  printf("line %d: %s: %s\n", line, call, cudaGetErrorString(error));
  exit(2);
}
#define CHECK(call) check((call), #call, __LINE__)

/// `count` floats on the current device, filled with small numbers that repeat late.
inline float *input(size_t count, unsigned seed) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(static_cast<int>((i * 31 + seed * 17) % 101) - 50) * 0.015625f;
  float *buffer;
  CHECK(cudaMalloc(&buffer, count * sizeof(float)));
  CHECK(cudaMemcpy(buffer, values.data(), count * sizeof(float), cudaMemcpyHostToDevice));
  return buffer;
}

inline float *output(size_t count) {
  float *buffer;
  CHECK(cudaMalloc(&buffer, count * sizeof(float)));
  return buffer;
}

inline std::vector<float> fetch(const float *buffer, size_t count) {
  std::vector<float> values(count);
  CHECK(cudaMemcpy(values.data(), buffer, count * sizeof(float), cudaMemcpyDeviceToHost));
  return values;
}

/// Prints a hash of the bits.
inline void print(const char *name, const std::vector<float> &values) {
  unsigned long long hash = 14695981039346656037ull;
  for (float value : values) {
    unsigned bits;
    memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 1099511628211ull;
  }
  printf("%s %016llx\n", name, hash);
}

/// Compares with what the host computed; ends the program where they differ.
template <typename Expected>
void compare(const char *name, const std::vector<float> &values, float tolerance,
             Expected expected) {
  for (size_t i = 0; i < values.size(); ++i) {
    float wanted = expected(i), difference = fabsf(values[i] - wanted);
    if (difference <= tolerance)
      continue;
    printf("%s[%zu]: expected %g, got %g\n", name, i, wanted, values[i]);
    exit(1);
  }
  print(name, values);
}
