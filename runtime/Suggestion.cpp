//===- Suggestion.cpp - the name that was probably meant ------------------===//

#include "runtime/Suggestion.h"
#include "runtime/File.h"
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

using namespace alexrt;

/// Letters to insert, remove or replace to get from one to the other.
static size_t editDistance(const std::string &from, const std::string &to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 0; i < from.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < to.size(); ++j) {
      size_t replaced = diagonal + (from[i] != to[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string alexrt::suggestion(const std::string &name, const std::vector<std::string> &known) {
  std::string nearest;
  size_t nearestDistance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string &candidate : known) {
    size_t longer = std::max(name.size(), candidate.size());
    if (longer - std::min(name.size(), candidate.size()) >= nearestDistance)
      continue; // also spares the distance of absurdly long names
    if (size_t distance = editDistance(name, candidate); distance < nearestDistance) {
      nearest = candidate;
      nearestDistance = distance;
    }
  }
  return nearest.empty() ? "" : fmt::format("; did you mean {}?", inQuotes(nearest));
}
