//===- StartWeights.cpp - begin with another network's weights ------------===//

#include "runtime/training/StartWeights.h"
#include "runtime/File.h"
#include "runtime/Safetensors.h"
#include "runtime/Suggestion.h"
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace alexrt;

/// "fc8" of "fc8.weight".
static std::string layerOf(const std::string &parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

static void checkLayers(const Description &description, const std::vector<std::string> &reinit) {
  std::vector<std::string> known;
  for (const Parameter &parameter : description.params)
    if (known.empty() || known.back() != layerOf(parameter.name))
      known.push_back(layerOf(parameter.name));
  for (const std::string &layer : reinit)
    if (std::find(known.begin(), known.end(), layer) == known.end())
      throw Error(fmt::format("--reinit: no layer {} has parameters{}", inQuotes(layer),
                              suggestion(layer, known)));
}

/// Why a parameter cannot come from `file`; empty where it can.
static std::string refusal(const Parameter &parameter, const Safetensors &file,
                           const std::vector<std::string> &reinit) {
  if (std::find(reinit.begin(), reinit.end(), layerOf(parameter.name)) != reinit.end())
    return "initialised again";
  auto found = file.tensors().find(parameter.name);
  if (found == file.tensors().end())
    return "not in the file";
  if (found->second.shape != parameter.shape)
    return fmt::format("shape {} there, {} here", toString(found->second.shape),
                       toString(parameter.shape));
  return "";
}

std::vector<TakenParameter> alexrt::takeWeights(Network &network, const std::string &path,
                                                const std::vector<std::string> &reinit) {
  const std::vector<Parameter> &params = network.description().params;
  checkLayers(network.description(), reinit);
  Safetensors file(path);
  std::vector<TakenParameter> result;
  for (size_t i = 0; i < params.size(); ++i) {
    std::string reason = refusal(params[i], file, reinit);
    result.push_back({params[i].name, reason.empty(), reason});
    if (reason.empty())
      std::memcpy(network.parameterData(i), file.find(params[i].name, params[i].shape),
                  size_t(elementCount(params[i].shape)) * sizeof(float));
  }
  network.parametersChanged();
  bool isAnyTaken = std::any_of(result.begin(), result.end(),
                                [](const TakenParameter &taken) { return taken.isTaken; });
  if (!isAnyTaken)
    throw Error(fmt::format("{}: no parameter has a name and shape of network {}", path,
                            inQuotes(network.description().name)));
  return result;
}

std::vector<std::string> alexrt::toLines(const std::vector<TakenParameter> &parameters,
                                         const std::string &path) {
  std::vector<std::string> taken, lines;
  for (const TakenParameter &parameter : parameters)
    if (parameter.isTaken)
      taken.push_back(parameter.name);
  lines.push_back(fmt::format("taken from {}: {}", path, fmt::join(taken, ", ")));
  for (const TakenParameter &parameter : parameters)
    if (!parameter.isTaken)
      lines.push_back(fmt::format("not taken: {}: {}", parameter.name, parameter.reason));
  return lines;
}
