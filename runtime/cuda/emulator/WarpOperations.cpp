// Warp operations: the last lane to arrive computes for all.
#include "emulator/Warps.h"

#include "emulator/Diagnostics.h"

namespace alexc::emulator {

static constexpr unsigned allLanes = 0xffffffff;

void syncWarp(unsigned mask, Site where) {
  if (gatherWarp(mask, WarpOperation::Sync, where))
    releaseWarp();
}

unsigned long long shuffle(unsigned mask, unsigned long long value, unsigned source, Site where) {
  Warp &warp = currentWarp();
  unsigned me = lane();
  if (!(mask >> source & 1))
    failAt(where, "shuffle reads lane %u, which is not in its mask %08x", source, mask);
  warp.values[me] = value;
  warp.sources[me] = source;
  if (gatherWarp(mask, WarpOperation::Shuffle, where)) {
    unsigned long long results[32];
    for (unsigned i = 0; i < 32; ++i)
      results[i] = warp.values[warp.sources[i] & 31];
    for (unsigned i = 0; i < 32; ++i)
      if (mask >> i & 1)
        warp.values[i] = results[i];
    releaseWarp();
  }
  return warp.values[me];
}

unsigned ballot(unsigned mask, bool vote, Site where) {
  Warp &warp = currentWarp();
  unsigned me = lane();
  warp.values[me] = vote;
  if (gatherWarp(mask, WarpOperation::Ballot, where)) {
    unsigned long long votes = 0;
    for (unsigned i = 0; i < 32; ++i)
      if (mask >> i & 1)
        votes |= warp.values[i] << i;
    for (unsigned i = 0; i < 32; ++i)
      if (mask >> i & 1)
        warp.values[i] = votes;
    releaseWarp();
  }
  return static_cast<unsigned>(warp.values[me]);
}

namespace {
/// The operands of one mma, gathered from the fragments of 32 lanes. Lane 4 * g + t holds rows g
/// and g + 8 of a and d, and column g of b.
struct Tile {
  float a[16][16], b[16][8], d[16][8];
};
} // namespace

static void gatherResult(Tile &tile, unsigned lane, const float *d) {
  unsigned g = lane / 4, t = lane % 4;
  for (unsigned i = 0; i < 4; ++i)
    tile.d[g + i / 2 * 8][2 * t + i % 2] = d[i];
}

static void scatterResult(const Tile &tile, unsigned lane, float *d) {
  unsigned g = lane / 4, t = lane % 4;
  for (unsigned i = 0; i < 4; ++i)
    d[i] = tile.d[g + i / 2 * 8][2 * t + i % 2];
}

static float highHalf(uint32_t pair) { return __uint_as_float(pair & 0xffff0000u); }
static float lowHalf(uint32_t pair) { return __uint_as_float(pair << 16); }

static void gatherBf16(Tile &tile, unsigned lane, const uint32_t *a, const uint32_t *b) {
  unsigned g = lane / 4, t = lane % 4;
  for (unsigned i = 0; i < 4; ++i) {
    float *row = &tile.a[g + i % 2 * 8][2 * t + i / 2 * 8];
    row[0] = lowHalf(a[i]);
    row[1] = highHalf(a[i]);
  }
  for (unsigned i = 0; i < 2; ++i) {
    tile.b[2 * t + i * 8][g] = lowHalf(b[i]);
    tile.b[2 * t + i * 8 + 1][g] = highHalf(b[i]);
  }
}

static void gatherTf32(Tile &tile, unsigned lane, const uint32_t *a, const uint32_t *b) {
  constexpr uint32_t mantissa = 0xffffe000u; // the device ignores the rest
  unsigned g = lane / 4, t = lane % 4;
  for (unsigned i = 0; i < 4; ++i)
    tile.a[g + i % 2 * 8][t + i / 2 * 4] = __uint_as_float(a[i] & mantissa);
  for (unsigned i = 0; i < 2; ++i)
    tile.b[t + i * 4][g] = __uint_as_float(b[i] & mantissa);
}

static void multiply(Tile &tile, unsigned depth) {
  for (unsigned m = 0; m < 16; ++m)
    for (unsigned k = 0; k < depth; ++k)
      for (unsigned n = 0; n < 8; ++n)
        tile.d[m][n] += tile.a[m][k] * tile.b[k][n];
}

template <typename Gather>
static void multiplyFragments(float *d, const uint32_t *a, const uint32_t *b, unsigned depth,
                              WarpOperation operation, Site where, Gather gather) {
  Warp &warp = currentWarp();
  void **mine = warp.pointers[lane()];
  mine[0] = d;
  mine[1] = const_cast<uint32_t *>(a);
  mine[2] = const_cast<uint32_t *>(b);
  if (!gatherWarp(allLanes, operation, where))
    return;
  Tile tile;
  for (unsigned i = 0; i < 32; ++i) {
    gather(tile, i, static_cast<uint32_t *>(warp.pointers[i][1]),
           static_cast<uint32_t *>(warp.pointers[i][2]));
    gatherResult(tile, i, static_cast<float *>(warp.pointers[i][0]));
  }
  multiply(tile, depth);
  for (unsigned i = 0; i < 32; ++i)
    scatterResult(tile, i, static_cast<float *>(warp.pointers[i][0]));
  releaseWarp();
}

void multiplyBf16(float *d, const uint32_t *a, const uint32_t *b, Site where) {
  multiplyFragments(d, a, b, 16, WarpOperation::MultiplyBf16, where, gatherBf16);
}

void multiplyTf32(float *d, const uint32_t *a, const uint32_t *b, Site where) {
  multiplyFragments(d, a, b, 8, WarpOperation::MultiplyTf32, where, gatherTf32);
}

/// The pair of elements of a matrix that lane `lane` gets.
static uint32_t matrixElement(const Warp &warp, unsigned matrix, unsigned lane, bool transposed) {
  auto element = [&](unsigned row, unsigned column) -> uint32_t {
    return static_cast<const uint16_t *>(warp.pointers[matrix * 8 + row][1])[column];
  };
  unsigned row = lane / 4, column = lane % 4 * 2;
  if (transposed)
    return element(column, row) | element(column + 1, row) << 16;
  return element(row, column) | element(row, column + 1) << 16;
}

void loadMatrices(uint32_t *fragments, const void *row, unsigned count, bool transposed,
                  Site where) {
  Warp &warp = currentWarp();
  unsigned me = lane();
  if (me < 8 * count && reinterpret_cast<uintptr_t>(row) % 16)
    failAt(where, "ldmatrix: the row's address is not a multiple of 16");
  warp.pointers[me][0] = fragments;
  warp.pointers[me][1] = const_cast<void *>(row);
  if (!gatherWarp(allLanes, WarpOperation::LoadMatrices, where))
    return;
  for (unsigned i = 0; i < 32; ++i)
    for (unsigned matrix = 0; matrix < count; ++matrix)
      static_cast<uint32_t *>(warp.pointers[i][0])[matrix] =
          matrixElement(warp, matrix, i, transposed);
  releaseWarp();
}

} // namespace alexc::emulator
