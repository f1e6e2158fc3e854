//===- Confusion.cpp - which classes are taken for which ------------------===//

#include "runtime/training/Confusion.h"

using namespace alexrt;

void Confusion::add(const float *scores, int32_t label) {
  size_t best = 0;
  for (size_t k = 1; k < size; ++k)
    if (scores[k] > scores[best])
      best = k;
  ++counts[size_t(label) * size + best];
}

/// In quotes where the name would break the row (RFC 4180).
static std::string csvField(const std::string &name) {
  if (name.find_first_of(",\"\r\n") == name.npos)
    return name;
  std::string field = "\"";
  for (char c : name)
    field += c == '"' ? "\"\"" : std::string(1, c);
  return field + "\"";
}

std::string Confusion::toCsv(const std::vector<std::string> &names) const {
  std::string text = "label";
  for (const std::string &name : names)
    text += "," + csvField(name);
  text += "\n";
  for (size_t label = 0; label < size; ++label) {
    text += csvField(names[label]);
    for (size_t predicted = 0; predicted < size; ++predicted)
      text += "," + std::to_string(count(label, predicted));
    text += "\n";
  }
  return text;
}
