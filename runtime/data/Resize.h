//===- Resize.h - scale images as Pillow does -------------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_RESIZE_H
#define ALEXC_RUNTIME_RESIZE_H

#include "runtime/data/Image.h"

namespace alexrt {

struct Size {
  int64_t height = 0;
  int64_t width = 0;
};

/// A rectangle of pixels.
struct Window {
  int64_t top = 0;
  int64_t left = 0;
  Size size;
};

/// `inner` in the middle of `outer`; where the border is odd, its larger half
/// lies at the bottom and right. `inner` must fit.
Window centreWindow(Size outer, Size inner);

/// The whole size of a picture of `size` whose shorter side becomes `shorter`;
/// the longer one is rounded down.
Size sizeWithShorterSide(Size size, int64_t shorter);

/// Scales `image` to `full` and returns the part inside `window`, the only one
/// that is computed. Bilinear with antialiasing; the pixels are those of
/// Pillow's Image.resize with Resampling.BILINEAR, bit for bit.
Image resizeImage(const Image &image, Size full, const Window &window);

} // namespace alexrt

#endif // ALEXC_RUNTIME_RESIZE_H
