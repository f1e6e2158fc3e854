//===- Spec.h - the spec of a network, typed --------------------*- C++ -*-===//
//
// What one JSON file says, checked as far as one layer or setting alone can be
// checked. Shapes are checked by the import. models/alex-model.schema.json
// describes the same language for editors.

#ifndef ALEXC_COMPILER_SPEC_H
#define ALEXC_COMPILER_SPEC_H

#include "compiler/spec/JsonReader.h"
#include "dialect/Dialect.h"

#include <array>
#include <variant>

namespace alexc {

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// How a parameter tensor begins.
struct Initializer {
  enum class Kind {
    normal,   ///< N(0, value^2)
    constant, ///< value everywhere
    he,       ///< N(0, 2 / fan in)
    xavier    ///< uniform, variance 2 / (fan in + fan out)
  };
  Kind kind = Kind::he;
  double value = 0; ///< standard deviation, or the constant
};

/// Something that a layer's weights and biases each have, where given.
template <typename Value>
struct PerParameter {
  std::optional<Value> weight, bias;
};

struct Conv2dSpec {
  int64_t filters = 1;
  std::array<int64_t, 2> kernel = {1, 1}, stride = {1, 1};
  std::array<int64_t, 4> padding = {0, 0, 0, 0}; ///< top, left, bottom, right
  int64_t groups = 1;
  bool bias = true;
};

struct LrnSpec {
  LrnForm form = LrnForm::across;
  int64_t size = 1;
  double k = 1, alpha = 0, beta = 0;
  AlphaForm alphaForm = AlphaForm::sum;
  int64_t groups = 1;
};

struct PoolSpec {
  bool isMax = true;
  std::array<int64_t, 2> size = {1, 1}, stride = {1, 1};
  std::array<int64_t, 4> padding = {0, 0, 0, 0};
  bool roundsUp = false;
};

struct LinearSpec {
  int64_t units = 1;
  bool bias = true;
};

struct DropoutSpec {
  double rate = 0;
  DropoutForm form = DropoutForm::paper;
};

struct SliceSpec {
  int64_t begin = 0, size = 1;
};

/// Layers that nothing but their inputs determines.
struct ReluSpec {};
struct TanhSpec {};
struct SigmoidSpec {};
struct FlattenSpec {};
struct SoftmaxSpec {};
struct ConcatSpec {};
struct AddSpec {};

using LayerSettings =
    std::variant<Conv2dSpec, ReluSpec, TanhSpec, SigmoidSpec, LrnSpec, PoolSpec, FlattenSpec,
                 LinearSpec, DropoutSpec, SoftmaxSpec, ConcatSpec, SliceSpec, AddSpec>;

/// The name of a layer that another one reads; "input" is the network's input.
struct InputName {
  std::string name;
  SourcePosition where;
};

struct LayerSpec {
  SourcePosition where;
  std::string name;
  std::string op; ///< "conv2d"
  std::vector<InputName> inputs;
  LayerSettings settings;
  PerParameter<Initializer> initializers;
  PerParameter<double> rateFactors;  ///< times the learning rate
  PerParameter<double> decayFactors; ///< times the weight decay
};

//===----------------------------------------------------------------------===//
// The network around them
//===----------------------------------------------------------------------===//

struct InputSpec {
  SourcePosition where;
  int64_t channels = 1, height = 1, width = 1;
};

/// From a decoded picture to the network's input. The centre of the resized
/// picture is cut out at the input's size.
struct PreprocessingSpec {
  std::optional<int64_t> shorterSide;              ///< keeps the proportions,
  std::optional<std::array<int64_t, 2>> exactSize; ///< or [height, width]
  std::string channels;                            ///< "rgb", "bgr" or "grey"
  double scale = 1;                                ///< of a pixel value from 0 to 255
  std::vector<double> mean, deviation;             ///< per channel, after scaling
  /// Whether training measures the mean of its set, which then stands in for
  /// `mean`: "image" (each pixel's), "channel", or empty.
  std::string measuredMean;
};

/// v <- momentum v - decay lr w - lr gradient; w <- w + v.
struct OptimizerSpec {
  double rate = 0.01, momentum = 0.9, decay = 0;
  PerParameter<double> rateFactors, decayFactors; ///< of all layers that give none
};

struct ScheduleSpec {
  enum class Kind {
    constant, ///< the same learning rate in all epochs
    step,     ///< divided at the given epochs
    plateau   ///< divided when the validation error stops improving
  };
  Kind kind = Kind::constant;
  int64_t epochs = 1;
  double divideBy = 10;
  std::vector<int64_t> at; ///< step: the epochs
  int64_t times = 0;       ///< plateau: how often at most
  int64_t patience = 1;    ///< plateau: epochs without improvement
};

/// Colours of a picture shifted along the principal components of the set's.
struct ColourSpec {
  bool usesEigenvalues = true; ///< a component's step: its eigenvalue, or the root of that
  double deviation = 0.1;
  double range = 1; ///< the largest pixel value that the components are measured in
};

struct AugmentationSpec {
  bool randomCrop = false, mirror = false;
  std::optional<ColourSpec> colour;
  int64_t share = 1; ///< consecutive images that have one crop and flip
};

struct TrainingSpec {
  int64_t batch = 128;
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  PerParameter<Initializer> initializers; ///< of all layers that give none
  AugmentationSpec augmentation;
};

/// More devices than anybody has; no spec, plan or flag may ask for more.
inline constexpr int64_t mostDevices = 64;

struct DevicesSpec {
  int64_t count = 1;
  std::string plan = "none"; ///< a name, or the path of a plan's file (.json)
};

struct Spec {
  SourcePosition where;
  std::string name;
  InputSpec input;
  PreprocessingSpec preprocessing;
  std::vector<LayerSpec> layers;
  bool hasLoss = false;     ///< softmax_cross_entropy over the last layer, a softmax
  bool hasTraining = false; ///< `training` is the spec's, not a default
  TrainingSpec training;
  DevicesSpec devices;
};

/// Reads the whole of `root`. Errors: unknown and missing keys, wrong types,
/// values out of range, a layer name given twice, an input that names no
/// earlier layer.
llvm::FailureOr<Spec> readSpec(const JsonValue &root, SpecErrors &errors);

/// Reads one layer; `previous` is what it reads if it does not say. (SpecLayers.cpp)
LayerSpec readLayer(const JsonValue &value, llvm::StringRef previous, SpecErrors &errors);

class ObjectReader;
/// Reads `key`, initializers of weights and biases.
PerParameter<Initializer> readInitializers(ObjectReader &reader, llvm::StringRef key);
/// Reads `key`, one number of at least 0 for both, or one for each.
PerParameter<double> readFactors(ObjectReader &reader, llvm::StringRef key);
/// Reads the member "training". (SpecTraining.cpp)
TrainingSpec readTraining(const JsonValue &value, SpecErrors &errors);

} // namespace alexc

#endif // ALEXC_COMPILER_SPEC_H
