//===- Preprocess.h - from a picture to a network's input -------*- C++ -*-===//
//
// A picture is scaled to the canvas, a part of it is cut out, and a pixel's
// channel becomes ((channel + colour) * scale - mean) / std.

#ifndef ALEXC_RUNTIME_PREPROCESS_H
#define ALEXC_RUNTIME_PREPROCESS_H

#include "runtime/Npy.h"
#include "runtime/data/PixelStatistics.h"

namespace alexrt {

class Safetensors;

/// Names of measured tensors in a weights file.
constexpr const char *meanTensor = "preprocess.mean";   ///< (C) or (C, H, W) of the canvas
constexpr const char *coloursTensor = "preprocess.pca"; ///< (4, 3)

/// Which parts of a picture the network sees.
enum class Crops {
  centre, ///< one
  ten,    ///< four corners and the centre, then the mirror images of these
};

constexpr int64_t cropCount(Crops crops) { return crops == Crops::ten ? 10 : 1; }

/// One look at a canvas: where the crop lies, and what became of it.
struct View {
  int64_t top = 0, left = 0;
  bool mirrored = false;
  std::array<float, 3> colour = {}; ///< added to red, green and blue from 0 to 255
};

/// Makes inputs of pictures as `preprocess` of a network's description says.
class Preprocessor {
public:
  /// Throws Error where no picture can become the network's input.
  explicit Preprocessor(const Description &description);

  int64_t channels() const { return channelCount; } ///< 1 or 3
  /// What crops are cut from.
  Size canvasSize() const { return canvas; }
  Size cropSize() const { return crop; }
  size_t inputElements() const { return size_t(channelCount * crop.height * crop.width); }

  /// Takes a measured mean instead of the description's: (C), or (C, H, W) of
  /// the canvas, scaled and in the order of the network's channels. Throws
  /// Error where it has another shape.
  void useMean(const Array &mean);
  /// Takes the one that a weights file may hold as `preprocess.mean`.
  void useMeanOf(const Safetensors &weights);
  /// What useMean takes, from a training set's mean image of the canvas's size:
  /// (C, H, W), or its mean colour, (C).
  Array meanOf(const PixelStatistics &statistics, bool perPixel) const;

  /// Scales a picture to the canvas, (H, W, C) with red first. Where only the
  /// shorter side's length is given, the longer one is rounded down and the
  /// middle square is all that is used, as in the paper.
  std::vector<uint8_t> makeCanvas(Image image) const;
  /// The crops of a canvas, in order.
  std::vector<View> views(Crops crops) const;
  /// Writes a view of `canvas` as (C, H, W) of the crop.
  void cut(const uint8_t *canvas, const View &view, float *input) const;
  /// Appends the crops of `image`, each (C, H, W), to `inputs`.
  void append(const Image &image, Crops crops, std::vector<float> &inputs) const;

private:
  Preprocess settings;
  int64_t channelCount;
  Size canvas;
  Size crop;
  std::vector<float> mean; ///< (C, H, W) of the canvas

  int64_t sourceOf(int64_t channel) const;
  void cutChannel(const uint8_t *canvas, const View &view, int64_t channel, float *output) const;
};

/// Colours as (4, 3): the variances, then each component's red, green, blue.
Array toArray(const ColourComponents &colours);
/// Throws Error where `array` is no (4, 3).
ColourComponents toColours(const Array &array);

/// A tensor of a weights file, named in errors. Throws Error where it is
/// missing or is not F32.
Array readTensor(const Safetensors &weights, const std::string &name);

} // namespace alexrt

#endif // ALEXC_RUNTIME_PREPROCESS_H
