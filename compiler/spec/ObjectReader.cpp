//===- ObjectReader.cpp - typed, strict reading of a JSON object -----------===//

#include "compiler/spec/ObjectReader.h"
#include "compiler/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

#include <limits>

using namespace alexc;
using llvm::ArrayRef;
using llvm::StringRef;
using llvm::Twine;
using Kind = JsonValue::Kind;

/// No size of a network is larger; sums and products of two stay in int64_t.
static constexpr int64_t largestInteger = std::numeric_limits<int32_t>::max();

ObjectReader::ObjectReader(const JsonValue &object, std::string prefix, SpecErrors &errors)
    : source(&object), context(std::move(prefix)), errors(errors) {
  if (!object.is(Kind::object))
    errors.report(object.where, context + "expected an object, got " + object.describe());
}

const JsonValue *ObjectReader::optional(StringRef key) {
  known.push_back(key.str());
  return source->find(key);
}

const JsonValue *ObjectReader::required(StringRef key) {
  const JsonValue *value = optional(key);
  if (!value && missing.empty())
    missing = key.str();
  return value;
}

void ObjectReader::refuse(StringRef key, const JsonValue &value, const Twine &wanted) {
  errors.report(value.where, context + key + ": expected " + wanted + ", got " + value.describe());
}

void ObjectReader::fail(const Twine &message) { errors.report(source->where, context + message); }

void ObjectReader::refuseWord(StringRef key, const JsonValue &value, ArrayRef<StringRef> words) {
  auto quoted = llvm::map_range(words, [](StringRef word) { return ("'" + word + "'").str(); });
  refuse(key, value, llvm::join(quoted, " or "));
}

bool ObjectReader::checkInteger(StringRef key, const JsonValue &value, int64_t least) {
  if (value.isNumber() && value.real > double(largestInteger)) {
    refuse(key, value, "an integer of at most " + Twine(largestInteger));
    return false;
  }
  if (!value.is(Kind::integer) || value.integer < least) {
    refuse(key, value, least == 1 ? "a positive integer" : "an integer of at least 0");
    return false;
  }
  return true;
}

int64_t ObjectReader::integer(StringRef key, int64_t least, std::optional<int64_t> fallback) {
  const JsonValue *value = fallback ? optional(key) : required(key);
  if (!value || !checkInteger(key, *value, least))
    return fallback.value_or(1);
  return value->integer;
}

double ObjectReader::number(StringRef key, StringRef wanted,
                            llvm::function_ref<bool(double)> accepts,
                            std::optional<double> fallback) {
  const JsonValue *value = fallback ? optional(key) : required(key);
  if (!value)
    return fallback.value_or(1);
  if (!value->isNumber() || !accepts(value->real)) {
    refuse(key, *value, wanted);
    return fallback.value_or(1);
  }
  return value->real;
}

int64_t ObjectReader::positiveUpTo(StringRef key, int64_t most, std::optional<int64_t> fallback) {
  int64_t number = positive(key, fallback);
  if (number <= most)
    return number;
  refuse(key, *required(key), "at most " + Twine(most));
  return most;
}

double ObjectReader::positiveNumber(StringRef key, std::optional<double> fallback) {
  return number(
      key, "a positive number", [](double value) { return value > 0; }, fallback);
}

double ObjectReader::atLeastZero(StringRef key, std::optional<double> fallback) {
  return number(
      key, "a number of at least 0", [](double value) { return value >= 0; }, fallback);
}

bool ObjectReader::boolean(StringRef key, std::optional<bool> fallback) {
  const JsonValue *value = fallback ? optional(key) : required(key);
  if (!value)
    return fallback.value_or(false);
  if (!value->is(Kind::boolean))
    refuse(key, *value, "true or false");
  return value->boolean;
}

std::string ObjectReader::text(StringRef key, std::optional<std::string> fallback) {
  const JsonValue *value = fallback ? optional(key) : required(key);
  if (!value)
    return fallback.value_or("");
  if (!value->is(Kind::string))
    refuse(key, *value, "a string");
  return value->text;
}

std::array<int64_t, 2> ObjectReader::pair(StringRef key, int64_t least,
                                          std::optional<std::array<int64_t, 2>> fallback) {
  std::array<int64_t, 2> standIn = fallback.value_or(std::array<int64_t, 2>{1, 1});
  const JsonValue *value = fallback ? optional(key) : required(key);
  if (!value)
    return standIn;
  if (!value->is(Kind::list)) {
    if (!checkInteger(key, *value, least))
      return standIn;
    return {value->integer, value->integer};
  }
  if (value->elements.size() != 2) {
    refuse(key, *value, "a positive integer or [vertical, horizontal]");
    return standIn;
  }
  for (const JsonValue &element : value->elements)
    if (!checkInteger(key, element, least))
      return standIn;
  return {value->elements[0].integer, value->elements[1].integer};
}

std::vector<double> ObjectReader::numbers(StringRef key, StringRef wanted,
                                          llvm::function_ref<bool(double)> accepts) {
  std::vector<double> result;
  const JsonValue *value = optional(key);
  if (!value)
    return result;
  if (!value->is(Kind::list))
    refuse(key, *value, "a list of numbers");
  for (const JsonValue &element : value->elements) {
    if (!element.isNumber() || !accepts(element.real))
      refuse(key, element, wanted);
    result.push_back(element.real);
  }
  return result;
}

void ObjectReader::finish() {
  llvm::SmallVector<StringRef> names(known.begin(), known.end());
  for (const JsonMember &member : source->members)
    if (!llvm::is_contained(names, member.key)) {
      std::string got = makeString(member.key, member.where).describe();
      return errors.report(member.where,
                           context + "unknown key " + got + suggest(member.key, names));
    }
  if (!missing.empty() && source->is(Kind::object))
    fail("missing key '" + missing + "'");
}
