//===- Suggestion.h - the name that was probably meant ----------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_SUGGESTION_H
#define ALEXC_RUNTIME_SUGGESTION_H

#include <string>
#include <vector>

namespace alexrt {

/// The end of an error about an unknown name: "; did you mean 'conv1'?" with
/// the nearest of `known`, or nothing where none is near.
std::string suggestion(const std::string &name, const std::vector<std::string> &known);

} // namespace alexrt

#endif // ALEXC_RUNTIME_SUGGESTION_H
