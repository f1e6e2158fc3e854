//===- TileSheet.cpp - small pictures side by side ------------------------===//

#include "runtime/command/TileSheet.h"

#include <algorithm>
#include <cassert>

using namespace alexrt;

TileSheet::TileSheet(Size tile, int64_t rows, int64_t columns, int64_t gap)
    : tile(tile), gap(gap),
      sheet(allocateImage(rows * (tile.height + gap) + gap, columns * (tile.width + gap) + gap)) {
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), uint8_t(255));
}

void TileSheet::put(int64_t row, int64_t column, const Image &picture) {
  assert(picture.height <= tile.height && picture.width <= tile.width);
  Window middle = centreWindow(tile, {picture.height, picture.width});
  int64_t top = gap + row * (tile.height + gap) + middle.top;
  int64_t left = gap + column * (tile.width + gap) + middle.left;
  for (int64_t y = 0; y < picture.height; ++y)
    std::copy_n(picture.pixels.begin() + y * picture.width * 3, picture.width * 3,
                sheet.pixels.begin() + ((top + y) * sheet.width + left) * 3);
}
