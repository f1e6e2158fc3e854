//===- TileSheet.h - small pictures side by side ----------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TILESHEET_H
#define ALEXC_RUNTIME_TILESHEET_H

#include "runtime/data/Resize.h"

namespace alexrt {

/// Places of one size in rows and columns, on a white ground with a gap around
/// each.
class TileSheet {
public:
  /// Throws Error where the sheet would be too large a picture.
  TileSheet(Size tile, int64_t rows, int64_t columns, int64_t gap = 1);

  /// Copies a picture, which must fit, to the middle of a place.
  void put(int64_t row, int64_t column, const Image &picture);
  const Image &image() const { return sheet; }

private:
  Size tile;
  int64_t gap;
  Image sheet;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_TILESHEET_H
