//===- PixelDataset.cpp - pictures held as bare pixels --------------------===//

#include "runtime/data/PixelDataset.h"

#include <algorithm>
#include <fmt/format.h>

using namespace alexrt;

void PixelDataset::add(const uint8_t *picture, int32_t label) {
  pixels.insert(pixels.end(), picture, picture + channels * pictureSize.height * pictureSize.width);
  labels.push_back(label);
}

std::string PixelDataset::nameOf(size_t index) const {
  auto next = std::upper_bound(files.begin(), files.end(), index,
                               [](size_t index, const File &file) { return index < file.first; });
  const File &file = *std::prev(next);
  return fmt::format("{}[{}]", file.name, index - file.first);
}

Image PixelDataset::load(size_t index) const {
  auto area = size_t(pictureSize.height * pictureSize.width);
  const uint8_t *planes = &pixels[index * area * size_t(channels)];
  Image image = allocateImage(pictureSize.height, pictureSize.width);
  for (size_t channel = 0; channel < 3; ++channel) {
    const uint8_t *plane = planes + (channels == 3 ? channel * area : 0);
    for (size_t i = 0; i < area; ++i)
      image.pixels[3 * i + channel] = plane[i];
  }
  return image;
}
