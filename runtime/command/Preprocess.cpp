//===- Preprocess.cpp - scale, crop, normalise ----------------------------===//

#include "runtime/command/Preprocess.h"
#include "runtime/Error.h"
#include "runtime/Safetensors.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace alexrt {
namespace {

constexpr const char *meanName = "preprocess.mean";

/// The weights of red, green and blue in grey (ITU-R 601), in 16-bit fixed
/// point: Pillow's convert("L"). Equal channels keep their value.
void makeGrey(Image &image) {
  for (auto pixel = image.pixels.begin(); pixel != image.pixels.end(); pixel += 3) {
    uint32_t sum = 19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] + 32768u;
    std::fill_n(pixel, 3, uint8_t(sum >> 16));
  }
}

/// The whole picture's size where its shorter side becomes `shorter`.
Size sizeWithShorterSide(const Image &image, int64_t shorter) {
  return {std::max(shorter, shorter * image.height / image.width),
          std::max(shorter, shorter * image.width / image.height)};
}

/// `perChannel` repeated for each pixel.
std::vector<float> spread(const std::vector<double> &perChannel, Size size) {
  std::vector<float> values;
  for (double value : perChannel)
    values.insert(values.end(), size.height * size.width, float(value));
  return values;
}

/// Where the crops of `crop` lie in a picture of `size`.
std::vector<Window> cropWindows(Crops crops, Size size, Size crop) {
  std::vector<Window> windows;
  if (crops == Crops::ten)
    for (int64_t top : {int64_t(0), size.height - crop.height})
      for (int64_t left : {int64_t(0), size.width - crop.width})
        windows.push_back({top, left, crop});
  windows.push_back(centreWindow(size, crop));
  return windows;
}

} // namespace

Preprocessor::Preprocessor(const Description &description)
    : settings(description.preprocess), channels(settings.channels == "grey" ? 1 : 3),
      scaled{settings.resizeExact[0], settings.resizeExact[1]}, crop{settings.crop[0],
                                                                     settings.crop[1]} {
  if (settings.resizeShorter > 0)
    scaled = {settings.resizeShorter, settings.resizeShorter};
  Shape made = {channels, crop.height, crop.width};
  if (description.input != made)
    throw Error(fmt::format("preprocessing makes images of {}, but the network takes {}",
                            toString(made), toString(description.input)));
  if (crop.height > scaled.height || crop.width > scaled.width)
    throw Error(fmt::format("a crop of {}x{} does not fit an image scaled to {}x{}", crop.height,
                            crop.width, scaled.height, scaled.width));
  settings.mean.resize(channels, 0.0);
  settings.std.resize(channels, 1.0);
  mean = spread(settings.mean, scaled);
}

/// A tensor as numbers; the file need not align it.
static std::vector<float> readTensor(const Safetensors &weights, const std::string &name,
                                     const Shape &shape) {
  std::vector<float> numbers(elementCount(shape));
  std::memcpy(numbers.data(), weights.find(name, shape), numbers.size() * sizeof(float));
  return numbers;
}

void Preprocessor::useMeanOf(const Safetensors &weights) {
  auto found = weights.tensors().find(meanName);
  if (found == weights.tensors().end())
    return;
  Shape perPixel = {channels, scaled.height, scaled.width};
  if (found->second.shape != Shape{channels}) {
    mean = readTensor(weights, meanName, perPixel);
    return;
  }
  std::vector<float> perChannel = readTensor(weights, meanName, {channels});
  mean = spread({perChannel.begin(), perChannel.end()}, scaled);
}

Image Preprocessor::scale(const Image &image) const {
  Size full = scaled;
  if (settings.resizeShorter > 0)
    full = sizeWithShorterSide(image, settings.resizeShorter);
  if (channels == 3)
    return resizeImage(image, full, centreWindow(full, scaled));
  Image grey = image;
  makeGrey(grey);
  return resizeImage(grey, full, centreWindow(full, scaled));
}

void Preprocessor::append(const Image &image, Crops crops, std::vector<float> &inputs) const {
  Image picture = scale(image);
  std::vector<Window> windows = cropWindows(crops, scaled, crop);
  for (const Window &window : windows)
    appendCrop(picture, window, /*mirrored=*/false, inputs);
  if (crops == Crops::ten)
    for (const Window &window : windows)
      appendCrop(picture, window, /*mirrored=*/true, inputs);
}

void Preprocessor::appendCrop(const Image &image, const Window &window, bool mirrored,
                              std::vector<float> &inputs) const {
  auto factor = float(settings.scale);
  for (int64_t channel = 0; channel < channels; ++channel) {
    int64_t source = settings.channels == "bgr" ? 2 - channel : channel;
    auto deviation = float(settings.std[channel]);
    for (int64_t h = window.top; h < window.top + window.size.height; ++h)
      for (int64_t w = 0; w < window.size.width; ++w) {
        int64_t column = window.left + (mirrored ? window.size.width - 1 - w : w);
        int64_t pixel = h * image.width + column;
        float shift = mean[channel * image.height * image.width + pixel];
        inputs.push_back((float(image.pixels[pixel * 3 + source]) * factor - shift) / deviation);
      }
  }
}

} // namespace alexrt
