//===- Diagnostics.cpp - errors as the user reads them ---------------------===//

#include "compiler/Diagnostics.h"

using namespace mlir;

/// The name right around a place in a file: a parameter's own name stands
/// around its layer's.
static std::string layerOf(Location loc) {
  std::string layer;
  loc->walk([&](Location inner) {
    auto name = dyn_cast<NameLoc>(inner);
    if (!name || !isa<FileLineColLoc>(name.getChildLoc()))
      return WalkResult::advance();
    layer = name.getName().str();
    return WalkResult::interrupt();
  });
  return layer;
}

std::string alexc::describePlace(Location loc) {
  std::string place;
  if (auto file = loc->findInstanceOf<FileLineColLoc>()) {
    place = file.getFilename().str();
    // an edit on the command line has no lines
    if (file.getLine())
      place += ":" + std::to_string(file.getLine()) + ":" + std::to_string(file.getColumn());
  }
  std::string layer = layerOf(loc);
  if (!layer.empty())
    place += (place.empty() ? "layer '" : ": layer '") + layer + "'";
  return place;
}

std::string alexc::describe(const Diagnostic &diagnostic) {
  std::string place = describePlace(diagnostic.getLocation());
  return place.empty() ? diagnostic.str() : place + ": " + diagnostic.str();
}

std::string alexc::suggest(StringRef name, ArrayRef<StringRef> known) {
  if (name.empty())
    return "";
  StringRef nearest;
  // Half of the letters may differ, but not all.
  unsigned best = std::min(std::max<size_t>(1, name.size() / 2), name.size() - 1) + 1;
  for (StringRef candidate : known) {
    unsigned distance = name.edit_distance(candidate, /*AllowReplacements=*/true, best);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : "; did you mean '" + nearest.str() + "'?";
}
