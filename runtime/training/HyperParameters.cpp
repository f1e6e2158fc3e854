//===- HyperParameters.cpp - what a person may change during a run --------===//

#include "runtime/training/HyperParameters.h"
#include "runtime/Error.h"
#include "runtime/File.h"
#include "runtime/Suggestion.h"
#include "runtime/TrackingIterator.h"
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>

using namespace alexrt;
using Json = nlohmann::ordered_json;
using Kind = Schedule::Kind;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

[[noreturn]] static void reject(const std::string &wanted, const Json &value) {
  throw Error(fmt::format("expected {}, got {}", wanted,
                          value.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

static double positive(const Json &value) {
  if (!value.is_number() || !(value.get<double>() > 0))
    reject("a positive number", value);
  return value.get<double>();
}

static double notNegative(const Json &value) {
  if (!value.is_number() || !(value.get<double>() >= 0))
    reject("a number of 0 or more", value);
  return value.get<double>();
}

static double momentumOf(const Json &value) {
  if (!value.is_number() || !(value.get<double>() >= 0) || !(value.get<double>() < 1))
    reject("a number from 0 to below 1", value);
  return value.get<double>();
}

static double divisor(const Json &value) {
  if (!value.is_number() || !(value.get<double>() > 1))
    reject("a number above 1", value);
  return value.get<double>();
}

static int64_t positiveInteger(const Json &value) {
  constexpr int64_t most = 1'000'000'000;
  if (!value.is_number_integer() || value.get<int64_t>() < 1 || value.get<int64_t>() > most)
    reject("a positive integer", value);
  return value.get<int64_t>();
}

static std::vector<int64_t> epochList(const Json &value) {
  auto isEpoch = [](const Json &epoch) {
    return epoch.is_number_integer() && epoch.get<int64_t>() >= 1;
  };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), isEpoch))
    reject("a list of positive integers", value);
  return value.get<std::vector<int64_t>>();
}

static Kind kindOf(const Json &value) {
  static const std::map<std::string, Kind> kinds = {
      {"constant", Kind::constant}, {"step", Kind::step}, {"plateau", Kind::plateau}};
  auto found = kinds.find(value.is_string() ? value.get<std::string>() : "");
  if (found == kinds.end())
    reject("constant, step or plateau", value);
  return found->second;
}

static const char *nameOf(Kind kind) {
  return kind == Kind::constant ? "constant" : kind == Kind::step ? "step" : "plateau";
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

using Setter = void (*)(HyperParameters &, const Json &);

/// Sets the value of a key, or throws Error without saying which key.
static const std::map<std::string, Setter> setters = {
    {"optimizer.lr", [](HyperParameters &p, const Json &value) { p.lr = positive(value); }},
    {"optimizer.momentum",
     [](HyperParameters &p, const Json &value) { p.momentum = momentumOf(value); }},
    {"optimizer.weight_decay",
     [](HyperParameters &p, const Json &value) { p.weightDecay = notNegative(value); }},
    {"schedule.kind",
     [](HyperParameters &p, const Json &value) { p.schedule.kind = kindOf(value); }},
    {"schedule.epochs",
     [](HyperParameters &p, const Json &value) { p.schedule.epochs = positiveInteger(value); }},
    {"schedule.divide_by",
     [](HyperParameters &p, const Json &value) { p.schedule.divideBy = divisor(value); }},
    {"schedule.at",
     [](HyperParameters &p, const Json &value) { p.schedule.at = epochList(value); }},
    {"schedule.times",
     [](HyperParameters &p, const Json &value) { p.schedule.times = positiveInteger(value); }},
    {"schedule.patience",
     [](HyperParameters &p, const Json &value) { p.schedule.patience = positiveInteger(value); }},
};

static void set(HyperParameters &parameters, const std::string &key, const Json &value) {
  auto found = setters.find(key);
  if (found == setters.end()) {
    std::vector<std::string> known;
    for (const auto &entry : setters)
      known.push_back(entry.first);
    throw Error(fmt::format("unknown key {}{}", inQuotes(key), suggestion(key, known)));
  }
  try {
    found->second(parameters, value);
  } catch (const Error &error) {
    throw Error(fmt::format("{}: {}", key, error.what()));
  }
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

std::string alexrt::toJson(const HyperParameters &parameters) {
  const Schedule &settings = parameters.schedule;
  Json schedule = {{"kind", nameOf(settings.kind)}, {"epochs", settings.epochs}};
  if (settings.kind != Kind::constant)
    schedule["divide_by"] = settings.divideBy;
  if (settings.kind == Kind::step)
    schedule["at"] = settings.at;
  if (settings.kind == Kind::plateau) {
    schedule["times"] = settings.times;
    schedule["patience"] = settings.patience;
  }
  Json object = {{"optimizer",
                  {{"lr", parameters.lr},
                   {"momentum", parameters.momentum},
                   {"weight_decay", parameters.weightDecay}}},
                 {"schedule", schedule}};
  return object.dump(2) + "\n";
}

namespace {

/// A document of objects in objects, and the line of each key.
class LinedJson {
public:
  /// Throws Error with file and line.
  LinedJson(const std::string &text, const std::string &path);

  const Json &root() const { return document; }
  int lineOf(const std::string &key) const { return lines.at(key); }
  [[noreturn]] void fail(int line, const std::string &message) const {
    throw Error(fmt::format("{}:{}: {}", path, line, message));
  }

private:
  int lineAt(size_t offset) const {
    return 1 + static_cast<int>(std::count(
                   text.begin(), text.begin() + static_cast<int64_t>(std::min(offset, text.size())),
                   '\n'));
  }
  void addKey(int depth, const std::string &key, size_t offset);

  const std::string &text;
  const std::string &path;
  Json document;
  std::vector<std::string> open;    ///< the keys around the place that is read
  std::map<std::string, int> lines; ///< by keys joined with dots
};

} // namespace

LinedJson::LinedJson(const std::string &text, const std::string &path) : text(text), path(path) {
  const char *reached = text.data();
  auto onEvent = [&](int depth, Json::parse_event_t event, Json &value) {
    if (event == Json::parse_event_t::key)
      addKey(depth, value.get<std::string>(), size_t(reached - text.data()));
    return true;
  };
  try {
    document = Json::parse(TrackingIterator{text.data(), &reached},
                           TrackingIterator{text.data() + text.size(), &reached}, onEvent);
  } catch (const Json::exception &) {
    fail(lineAt(std::max<size_t>(reached - text.data(), 1) - 1), "not valid JSON");
  }
  if (!document.is_object())
    fail(1, fmt::format("expected an object, got {}", document.type_name()));
}

void LinedJson::addKey(int depth, const std::string &key, size_t offset) {
  open.resize(static_cast<size_t>(depth - 1));
  std::string path;
  for (const std::string &outer : open)
    path += outer + ".";
  path += key;
  open.push_back(key);
  if (!lines.insert({path, lineAt(offset)}).second)
    fail(lineAt(offset), fmt::format("{} appears twice", inQuotes(path)));
}

HyperParameters alexrt::parseHyperParameters(HyperParameters parameters, const std::string &text,
                                             const std::string &path) {
  LinedJson json(text, path);
  for (const auto &[group, object] : json.root().items()) {
    if (!object.is_object())
      json.fail(json.lineOf(group),
                fmt::format("{}: expected an object, got {}", inQuotes(group), object.type_name()));
    for (const auto &[name, value] : object.items()) {
      std::string key = group + "." + name;
      try {
        set(parameters, key, value);
      } catch (const Error &error) {
        json.fail(json.lineOf(key), error.what());
      }
    }
  }
  return parameters;
}

HyperParameters alexrt::readHyperParameters(const HyperParameters &parameters,
                                            const std::string &path) {
  MappedFile file(path);
  return parseHyperParameters(parameters, std::string(file.data(), file.size()), path);
}

void alexrt::setHyperParameter(HyperParameters &parameters, const std::string &assignment) {
  size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(fmt::format("--set: expected KEY=VALUE, got {}", inQuotes(assignment)));
  std::string key = assignment.substr(0, equals), text = assignment.substr(equals + 1);
  bool isList = key == "schedule.at" && text.rfind("[", 0) != 0;
  Json value = Json::parse(isList ? "[" + text + "]" : text, nullptr, /*allow_exceptions=*/false);
  try {
    set(parameters, key, value.is_discarded() ? Json(text) : value);
  } catch (const Error &error) {
    throw Error(fmt::format("--set: {}", error.what()));
  }
}
