//===- Preprocess.h - from a picture to a network's input -------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_PREPROCESS_H
#define ALEXC_RUNTIME_PREPROCESS_H

#include "runtime/Description.h"
#include "runtime/command/Resize.h"

namespace alexrt {

class Safetensors;

/// Which parts of a picture the network sees.
enum class Crops {
  centre, ///< one
  ten,    ///< four corners and the centre, then the mirror images of these
};

constexpr int64_t cropCount(Crops crops) { return crops == Crops::ten ? 10 : 1; }

/// Makes inputs of pictures as `preprocess` of a network's description says.
/// The picture is scaled; where only the shorter side's length is given, the
/// longer one is rounded down and the middle square is all that is used, as in
/// the paper. Crops are cut from that, and a pixel's channel becomes
/// (channel * scale - mean) / std.
class Preprocessor {
public:
  /// Throws Error where no picture can become the network's input.
  explicit Preprocessor(const Description &description);

  /// Takes the measured mean that a weights file may hold as `preprocess.mean`
  /// instead of the description's: (C), or (C, H, W) of the scaled picture.
  /// Throws Error where it has another shape.
  void useMeanOf(const Safetensors &weights);

  /// Appends the crops of `image`, each (C, H, W), to `inputs`.
  void append(const Image &image, Crops crops, std::vector<float> &inputs) const;

private:
  Preprocess settings;
  int64_t channels; ///< 1 or 3
  Size scaled;      ///< what the crops are cut from
  Size crop;
  std::vector<float> mean; ///< (C, H, W) of `scaled`

  Image scale(const Image &image) const;
  void appendCrop(const Image &image, const Window &window, bool mirrored,
                  std::vector<float> &inputs) const;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_PREPROCESS_H
