//===- FilterPicture.cpp - a convolution's filters as a picture -----------===//

#include "runtime/command/FilterPicture.h"
#include "runtime/Error.h"
#include "runtime/command/TileSheet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

using namespace alexrt;

namespace {
/// Values from black to white.
struct Range {
  double lowest, highest;

  uint8_t shade(float value) const {
    if (!(highest > lowest))
      return 128; // a filter that is the same everywhere is neither black nor white
    return uint8_t(std::lround((value - lowest) / (highest - lowest) * 255));
  }
};
} // namespace

static Range rangeOf(const float *weights, int64_t count) {
  auto [lowest, highest] = std::minmax_element(weights, weights + count);
  return {*lowest, *highest};
}

/// Draws a plane of (R, S) weights for each of red, green and blue.
static Image drawTile(const std::array<const float *, 3> &planes, int64_t R, int64_t S,
                      const Range &range, int64_t zoom) {
  Image tile = allocateImage(R * zoom, S * zoom);
  uint8_t *pixel = tile.pixels.data();
  for (int64_t y = 0; y < tile.height; ++y)
    for (int64_t x = 0; x < tile.width; ++x)
      for (const float *plane : planes)
        *pixel++ = range.shade(plane[y / zoom * S + x / zoom]);
  return tile;
}

static void checkFinite(const Filters &filters) {
  for (int64_t i = 0; i < elementCount(filters.shape); ++i)
    if (!std::isfinite(filters.weights[i]))
      throw Error(fmt::format("weight {} of the filters is not finite", i));
}

/// Filter after filter, each a tile.
static Image drawTiles(const Filters &filters, const FilterStyle &style, const Range &joint) {
  int64_t K = filters.shape[0], C = filters.shape[1], R = filters.shape[2], S = filters.shape[3];
  int64_t perTower = K / filters.towers, columns = std::min(style.columns, perTower);
  int64_t rowsPerTower = (perTower + columns - 1) / columns;
  TileSheet sheet({R * style.zoom, S * style.zoom}, filters.towers * rowsPerTower, columns);
  for (int64_t k = 0; k < K; ++k) {
    const float *weights = filters.weights + k * C * R * S;
    const float *first = weights, *last = weights + (C - 1) * R * S;
    if (filters.isBgr)
      std::swap(first, last);
    Range range = style.jointly ? joint : rangeOf(weights, C * R * S);
    Image tile = drawTile({first, weights + C / 2 * R * S, last}, R, S, range, style.zoom);
    int64_t place = k % perTower;
    sheet.put(k / perTower * rowsPerTower + place / columns, place % columns, tile);
  }
  return sheet.image();
}

/// Filter under filter, each a row of its channels.
static Image drawRows(const Filters &filters, const FilterStyle &style, const Range &joint) {
  int64_t K = filters.shape[0], C = filters.shape[1], R = filters.shape[2], S = filters.shape[3];
  TileSheet sheet({R * style.zoom, S * style.zoom}, K, C);
  for (int64_t k = 0; k < K; ++k) {
    const float *weights = filters.weights + k * C * R * S;
    Range range = style.jointly ? joint : rangeOf(weights, C * R * S);
    for (int64_t c = 0; c < C; ++c) {
      const float *plane = weights + c * R * S;
      sheet.put(k, c, drawTile({plane, plane, plane}, R, S, range, style.zoom));
    }
  }
  return sheet.image();
}

Image alexrt::draw(const Filters &filters, const FilterStyle &style) {
  checkFinite(filters);
  Range joint = rangeOf(filters.weights, elementCount(filters.shape));
  int64_t C = filters.shape[1];
  return C == 1 || C == 3 ? drawTiles(filters, style, joint) : drawRows(filters, style, joint);
}
