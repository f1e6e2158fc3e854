//===- Augment.cpp - crops, mirror images and colours by chance -----------===//

#include "runtime/data/Augment.h"
#include "runtime/Error.h"
#include "runtime/Normal.h"
#include "runtime/Random.h"

using namespace alexrt;

/// What one standard normal times `shift.deviation` adds along a component of
/// variance `variance`, in pixels from 0 to 255. Of pixels from 0 to R, the
/// variance is (R / 255)^2 as large, and a step 255 / R as long on ours.
static double stepOf(const ColourShift &shift, double variance) {
  double range = shift.pixelRange / 255;
  double step = shift.usesEigenvalues ? variance * range : std::sqrt(variance);
  return shift.deviation * step;
}

Augmenter::Augmenter(const Augmentation &settings, const Preprocessor &preprocessor, uint64_t seed,
                     const std::optional<ColourComponents> &colours)
    : settings(settings), centre(preprocessor.views(Crops::centre).front()), seed(seed) {
  Size canvas = preprocessor.canvasSize(), crop = preprocessor.cropSize();
  room = {canvas.height - crop.height + 1, canvas.width - crop.width + 1};
  if (!settings.colour)
    return;
  if (!colours)
    throw Error("colour augmentation needs the principal components of the set's colours");
  for (size_t component = 0; component < 3; ++component)
    for (size_t channel = 0; channel < 3; ++channel)
      colourSteps[component][channel] =
          float(stepOf(*settings.colour, colours->variances[component]) *
                colours->vectors[component][channel]);
}

static std::array<uint32_t, 4> drawWords(uint64_t seed, uint32_t sample, uint32_t step,
                                         const char *purpose) {
  PhiloxBlock<1> words = {{{0}, {sample}, {step}, {streamOf("augment", purpose)}}};
  philox(words, seed);
  return {words[0][0], words[1][0], words[2][0], words[3][0]};
}

/// 0 .. count - 1.
static int64_t choose(uint32_t word, int64_t count) {
  return int64_t((uint64_t(word) * uint64_t(count)) >> 32);
}

View Augmenter::draw(uint32_t sample, uint32_t step) const {
  View view = centre;
  auto sharer = uint32_t(sample / uint64_t(settings.share));
  if (settings.randomCrop)
    drawCrop(sharer, step, view);
  if (settings.mirror)
    view.mirrored = drawWords(seed, sharer, step, "mirror")[0] >> 31;
  if (settings.colour)
    drawColour(sample, step, view);
  return view;
}

void Augmenter::drawCrop(uint32_t sample, uint32_t step, View &view) const {
  std::array<uint32_t, 4> words = drawWords(seed, sample, step, "crop");
  view.top = choose(words[0], room.height);
  view.left = choose(words[1], room.width);
}

void Augmenter::drawColour(uint32_t sample, uint32_t step, View &view) const {
  std::array<uint32_t, 4> words = drawWords(seed, sample, step, "colour");
  std::array<float, 4> normals;
  drawNormals(words[0], words[1], normals[0], normals[1]);
  drawNormals(words[2], words[3], normals[2], normals[3]);
  for (size_t channel = 0; channel < 3; ++channel) {
    view.colour[channel] = 0;
    for (size_t component = 0; component < 3; ++component)
      view.colour[channel] += normals[component] * colourSteps[component][channel];
  }
}
