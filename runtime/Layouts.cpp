//===- Layouts.cpp - values of the arena in logical order -----------------===//

#include "runtime/Layouts.h"

using namespace alexrt;

namespace {

/// A shape as (N, C, H, W), with 1 for what it lacks.
struct Extents {
  explicit Extents(const Shape &shape) {
    int64_t *members[] = {&n, &c, &h, &w};
    for (size_t i = 0; i < shape.size(); ++i)
      *members[i < 4 ? i : 3] *= shape[i];
  }
  int64_t n = 1, c = 1, h = 1, w = 1;
};

/// Addresses of a value whose images come first.
struct ImageMajor {
  ImageMajor(const Extents &extents, const ValueLayout &layout)
      : block(layout.channelBlock), blocks(extents.c / block), top(layout.halo[0]),
        left(layout.halo[1]), rows(extents.h + layout.halo[0] + layout.halo[2]),
        columns(extents.w + layout.halo[1] + layout.halo[3]) {}

  int64_t operator()(int64_t n, int64_t c, int64_t h, int64_t w) const {
    int64_t plane = n * blocks + c / block;
    return ((plane * rows + top + h) * columns + left + w) * block + c % block;
  }

  int64_t block, blocks, top, left, rows, columns;
};

/// Addresses of a value whose features come first, within a block of images.
struct FeatureMajor {
  FeatureMajor(const Extents &extents, const ValueLayout &layout)
      : block(layout.batchBlock), features(extents.c) {}

  int64_t operator()(int64_t n, int64_t c, int64_t, int64_t) const {
    return (n / block * features + c) * block + n % block;
  }

  int64_t block, features;
};

} // namespace

int64_t alexrt::physicalElementCount(const Shape &shape, const ValueLayout &layout) {
  Extents extents(shape);
  if (layout.batchBlock == 0) {
    ImageMajor address(extents, layout);
    return extents.n * extents.c * address.rows * address.columns;
  }
  int64_t blocks = (extents.n + layout.batchBlock - 1) / layout.batchBlock;
  return blocks * extents.c * layout.batchBlock;
}

template <typename Address>
static std::vector<float> gather(const float *source, const Extents &extents, Address address,
                                 int64_t first, int64_t count) {
  std::vector<float> result;
  result.reserve(count * extents.c * extents.h * extents.w);
  for (int64_t n = first; n < first + count; ++n)
    for (int64_t c = 0; c < extents.c; ++c)
      for (int64_t h = 0; h < extents.h; ++h)
        for (int64_t w = 0; w < extents.w; ++w)
          result.push_back(source[address(n, c, h, w)]);
  return result;
}

std::vector<float> alexrt::toLogicalOrder(const float *source, const Shape &shape,
                                          const ValueLayout &layout, int64_t first, int64_t count) {
  Extents extents(shape);
  if (layout.batchBlock == 0)
    return gather(source, extents, ImageMajor(extents, layout), first, count);
  return gather(source, extents, FeatureMajor(extents, layout), first, count);
}
