//===- StartWeights.h - begin with another network's weights ----*- C++ -*-===//

#ifndef ALEXC_RUNTIME_TRAINING_STARTWEIGHTS_H
#define ALEXC_RUNTIME_TRAINING_STARTWEIGHTS_H

#include "runtime/Network.h"

namespace alexrt {

/// What became of a parameter.
struct TakenParameter {
  std::string name;
  bool isTaken = false;
  std::string reason; ///< why it was not
};

/// Copies parameters of the same name and shape from a weights file into a
/// network that can be trained; those of the layers `reinit`, and those that
/// the file lacks or has in another shape, stay as they are. Throws Error where
/// nothing fits, or a layer of `reinit` has no parameters.
std::vector<TakenParameter> takeWeights(Network &network, const std::string &path,
                                        const std::vector<std::string> &reinit);

/// What was taken and what not, a line each.
std::vector<std::string> toLines(const std::vector<TakenParameter> &parameters,
                                 const std::string &path);

} // namespace alexrt

#endif // ALEXC_RUNTIME_TRAINING_STARTWEIGHTS_H
