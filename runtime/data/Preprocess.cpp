//===- Preprocess.cpp - scale, crop, normalise ----------------------------===//

#include "runtime/data/Preprocess.h"
#include "runtime/Error.h"
#include "runtime/Safetensors.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <fmt/format.h>
#include <numeric>

using namespace alexrt;

namespace {

/// The weights of red, green and blue in grey (ITU-R 601), in 16-bit fixed
/// point: Pillow's convert("L"). Equal channels keep their value.
void makeGrey(Image &image) {
  for (auto pixel = image.pixels.begin(); pixel != image.pixels.end(); pixel += 3) {
    uint32_t sum = 19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] + 32768u;
    std::fill_n(pixel, 3, uint8_t(sum >> 16));
  }
}

/// `perChannel` repeated for each pixel.
std::vector<float> spread(const std::vector<float> &perChannel, Size size) {
  std::vector<float> values;
  for (float value : perChannel)
    values.insert(values.end(), size.height * size.width, value);
  return values;
}

} // namespace

//===----------------------------------------------------------------------===//
// Settings
//===----------------------------------------------------------------------===//

Preprocessor::Preprocessor(const Description &description)
    : settings(description.preprocess), channelCount(settings.channels == "grey" ? 1 : 3),
      canvas{settings.resizeExact[0], settings.resizeExact[1]}, crop{settings.crop[0],
                                                                     settings.crop[1]} {
  if (settings.resizeShorter > 0)
    canvas = {settings.resizeShorter, settings.resizeShorter};
  Shape made = {channelCount, crop.height, crop.width};
  if (description.input != made)
    throw Error(fmt::format("preprocessing makes images of {}, but the network takes {}",
                            toString(made), toString(description.input)));
  if (crop.height > canvas.height || crop.width > canvas.width)
    throw Error(fmt::format("a crop of {}x{} does not fit an image scaled to {}x{}", crop.height,
                            crop.width, canvas.height, canvas.width));
  settings.mean.resize(channelCount, 0.0);
  settings.std.resize(channelCount, 1.0);
  mean = spread({settings.mean.begin(), settings.mean.end()}, canvas);
}

void Preprocessor::useMean(const Array &measured) {
  Shape perPixel = {channelCount, canvas.height, canvas.width};
  if (measured.shape == Shape{channelCount})
    mean = spread(measured.data, canvas);
  else if (measured.shape == perPixel)
    mean = measured.data;
  else
    throw Error(fmt::format("{}: expected {} or {}, got {}", meanTensor, toString({channelCount}),
                            toString(perPixel), toString(measured.shape)));
}

void Preprocessor::useMeanOf(const Safetensors &weights) {
  auto found = weights.tensors().find(meanTensor);
  if (found == weights.tensors().end())
    return;
  if (found->second.shape != Shape{channelCount}) // or the Error names the file
    weights.find(meanTensor, {channelCount, canvas.height, canvas.width});
  useMean(readTensor(weights, meanTensor));
}

Array Preprocessor::meanOf(const PixelStatistics &statistics, bool perPixel) const {
  assert(statistics.channels == channelCount && "measured with another preprocessor");
  int64_t area = statistics.size.height * statistics.size.width;
  Array result{{channelCount}, {}};
  if (perPixel)
    result.shape = {channelCount, statistics.size.height, statistics.size.width};
  for (int64_t channel = 0; channel < channelCount; ++channel) {
    const float *begin = &statistics.mean[sourceOf(channel) * area];
    if (perPixel)
      for (int64_t i = 0; i < area; ++i)
        result.data.push_back(float(begin[i] * settings.scale));
    else
      result.data.push_back(
          float(std::accumulate(begin, begin + area, 0.0) / double(area) * settings.scale));
  }
  return result;
}

/// The channel of a canvas that becomes the network's.
int64_t Preprocessor::sourceOf(int64_t channel) const {
  return settings.channels == "bgr" ? 2 - channel : channel;
}

//===----------------------------------------------------------------------===//
// Canvases
//===----------------------------------------------------------------------===//

/// Grey alone, where all channels are equal.
static std::vector<uint8_t> firstChannel(std::vector<uint8_t> pixels) {
  for (size_t i = 0; i < pixels.size() / 3; ++i)
    pixels[i] = pixels[3 * i];
  pixels.resize(pixels.size() / 3);
  return pixels;
}

std::vector<uint8_t> Preprocessor::makeCanvas(Image image) const {
  if (channelCount == 1)
    makeGrey(image);
  Size full = canvas;
  if (settings.resizeShorter > 0)
    full = sizeWithShorterSide({image.height, image.width}, settings.resizeShorter);
  bool hasSize = image.height == canvas.height && image.width == canvas.width;
  if (!hasSize)
    image = resizeImage(image, full, centreWindow(full, canvas));
  return channelCount == 1 ? firstChannel(std::move(image.pixels)) : std::move(image.pixels);
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

std::vector<View> Preprocessor::views(Crops crops) const {
  Window centre = centreWindow(canvas, crop);
  if (crops == Crops::centre)
    return {{centre.top, centre.left}};
  std::vector<View> views;
  for (bool mirrored : {false, true}) {
    for (int64_t top : {int64_t(0), canvas.height - crop.height})
      for (int64_t left : {int64_t(0), canvas.width - crop.width})
        views.push_back({top, left, mirrored});
    views.push_back({centre.top, centre.left, mirrored});
  }
  return views;
}

void Preprocessor::cut(const uint8_t *pixels, const View &view, float *input) const {
  for (int64_t channel = 0; channel < channelCount; ++channel)
    cutChannel(pixels, view, channel, input + channel * crop.height * crop.width);
}

/// What `view` adds to a pixel of the canvas's channel `source`.
static float colourOf(const View &view, int64_t source, int64_t channels) {
  const auto &[red, green, blue] = view.colour;
  return channels == 1 ? 0.299f * red + 0.587f * green + 0.114f * blue : view.colour[source];
}

void Preprocessor::cutChannel(const uint8_t *pixels, const View &view, int64_t channel,
                              float *output) const {
  int64_t source = sourceOf(channel);
  float colour = colourOf(view, source, channelCount);
  auto factor = float(settings.scale), deviation = float(settings.std[channel]);
  const float *shifts = &mean[channel * canvas.height * canvas.width];
  for (int64_t h = view.top; h < view.top + crop.height; ++h, output += crop.width) {
    int64_t first = h * canvas.width + view.left;
    for (int64_t w = 0; w < crop.width; ++w) {
      float pixel = float(pixels[(first + w) * channelCount + source]) + colour;
      output[w] = (pixel * factor - shifts[first + w]) / deviation;
    }
    if (view.mirrored)
      std::reverse(output, output + crop.width);
  }
}

void Preprocessor::append(const Image &image, Crops crops, std::vector<float> &inputs) const {
  std::vector<uint8_t> pixels = makeCanvas(image);
  for (const View &view : views(crops)) {
    inputs.resize(inputs.size() + inputElements());
    cut(pixels.data(), view, inputs.data() + inputs.size() - inputElements());
  }
}

//===----------------------------------------------------------------------===//
// Tensors of a weights file
//===----------------------------------------------------------------------===//

Array alexrt::readTensor(const Safetensors &weights, const std::string &name) {
  auto found = weights.tensors().find(name);
  Shape shape = found == weights.tensors().end() ? Shape{} : found->second.shape;
  const void *data = weights.find(name, shape); // the file need not align it
  Array array{shape, std::vector<float>(elementCount(shape))};
  std::memcpy(array.data.data(), data, array.data.size() * sizeof(float));
  return array;
}

Array alexrt::toArray(const ColourComponents &colours) {
  Array array{{4, 3}, {colours.variances.begin(), colours.variances.end()}};
  for (const auto &vector : colours.vectors)
    array.data.insert(array.data.end(), vector.begin(), vector.end());
  return array;
}

ColourComponents alexrt::toColours(const Array &array) {
  if (array.shape != Shape{4, 3})
    throw Error(fmt::format("{}: expected [4, 3], got {}", coloursTensor, toString(array.shape)));
  ColourComponents colours;
  std::copy_n(array.data.begin(), 3, colours.variances.begin());
  for (size_t component = 0; component < 3; ++component)
    std::copy_n(array.data.begin() + 3 + 3 * int64_t(component), 3,
                colours.vectors[component].begin());
  return colours;
}
