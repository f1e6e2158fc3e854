//===- NetworkValues.cpp - what layers have computed ----------------------===//

#include "runtime/Layouts.h"
#include "runtime/NetworkState.h"
#include <algorithm>

using namespace alexrt;

namespace {
/// Images [first, first + count).
struct Images {
  int64_t first, count;
};

/// A piece's elements as part of the whole: runs of `length` of them, `stride`
/// apart there.
struct Place {
  size_t start, length, stride;
};
} // namespace

/// Those of `images` that are in the piece, counted from the piece's first one.
static Images imagesOf(const ValueInfo &value, const ValuePiece &piece, const Images &images) {
  if (value.dim != 0)
    return images;
  int64_t first = std::max(images.first, piece.begin);
  int64_t end = std::min(images.first + images.count, piece.begin + piece.shape[0]);
  return {first - piece.begin, std::max<int64_t>(end - first, 0)};
}

static size_t countFrom(const Shape &shape, size_t dimension) {
  return static_cast<size_t>(elementCount({shape.begin() + long(dimension), shape.end()}));
}

/// Where the piece's images belong in the whole, of which there are `images`.
static Place placeOf(const ValueInfo &value, const ValuePiece &piece, const Images &images) {
  if (value.dim == 0) {
    int64_t first = std::max(images.first, piece.begin) - images.first;
    size_t all = countFrom(value.shape, 0);
    return {static_cast<size_t>(first) * countFrom(value.shape, 1), all, all};
  }
  size_t inner = countFrom(value.shape, value.dim + 1);
  return {static_cast<size_t>(piece.begin) * inner, countFrom(piece.shape, value.dim),
          countFrom(value.shape, value.dim)};
}

/// Puts runs of elements where they belong.
static void spread(const std::vector<float> &elements, const Place &place,
                   std::vector<float> &whole) {
  for (size_t from = 0, to = place.start; from < elements.size();
       from += place.length, to += place.stride)
    std::copy_n(elements.begin() + long(from), std::min(place.length, elements.size() - from),
                whole.begin() + long(to));
}

std::vector<float> Network::State::readPiece(const ValuePiece &piece, int64_t first,
                                             int64_t count) const {
  if (!mirror)
    return toLogicalOrder(
        reinterpret_cast<const float *>(memory.address(piece.device, piece.segment, piece.offset)),
        piece.shape, piece.layout, first, count);
  // on a device images come first: those that are wanted lie side by side
  Shape shape = piece.shape;
  shape[0] = 1;
  auto size = static_cast<size_t>(physicalElementCount(shape, piece.layout));
  std::vector<float> elements(size * static_cast<size_t>(count));
  uint64_t offset = piece.offset + static_cast<uint64_t>(first) * size * sizeof(float);
  mirror->read(piece.device, piece.segment, offset, elements.data(),
               elements.size() * sizeof(float));
  shape[0] = count;
  return toLogicalOrder(elements.data(), shape, piece.layout, 0, count);
}

std::vector<float> Network::readValue(const ValueInfo &value, int64_t firstImage,
                                      int64_t images) const {
  Images wanted = {firstImage, images};
  std::vector<float> whole(static_cast<size_t>(images) * countFrom(value.shape, 1));
  for (const ValuePiece &piece : value.pieces) {
    Images own = imagesOf(value, piece, wanted);
    if (own.count > 0)
      spread(state->readPiece(piece, own.first, own.count), placeOf(value, piece, wanted), whole);
  }
  return whole;
}

std::vector<float> Network::readValue(const ValueInfo &value) const {
  return readValue(value, 0, value.shape[0]);
}
