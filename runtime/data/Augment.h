//===- Augment.h - the random variety of training pictures ------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_AUGMENT_H
#define ALEXC_RUNTIME_AUGMENT_H

#include "runtime/data/PixelStatistics.h"
#include "runtime/data/Preprocess.h"

#include <optional>

namespace alexrt {

/// Draws crops, mirror images and colours from the counter RNG (Random.h): key
/// = seed, counter = (0, sample, step, "augment:crop" | "augment:mirror" |
/// "augment:colour"). A crop's top and left come from words 0 and 1, the mirror
/// from word 0, the three normals of the colour from all four. What `share`
/// consecutive samples share is drawn for sample / share.
class Augmenter {
public:
  /// Crops of `preprocessor`'s size are cut from its canvas; `colours` must be
  /// there where `settings` has colour. Throws Error otherwise.
  Augmenter(const Augmentation &settings, const Preprocessor &preprocessor, uint64_t seed,
            const std::optional<ColourComponents> &colours = std::nullopt);

  /// The view of the `sample`-th picture of training step `step`.
  View draw(uint32_t sample, uint32_t step) const;

private:
  Augmentation settings;
  View centre;
  Size room; ///< how many places a random crop may have, each way
  uint64_t seed;
  /// What one standard normal adds to red, green and blue.
  std::array<std::array<float, 3>, 3> colourSteps = {};

  void drawCrop(uint32_t sample, uint32_t step, View &view) const;
  void drawColour(uint32_t sample, uint32_t step, View &view) const;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_AUGMENT_H
