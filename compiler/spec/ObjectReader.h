//===- ObjectReader.h - typed, strict reading of a JSON object --*- C++ -*-===//

#ifndef ALEXC_COMPILER_OBJECTREADER_H
#define ALEXC_COMPILER_OBJECTREADER_H

#include "compiler/spec/JsonReader.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <array>

namespace alexc {

/// Reads the members of one object, each by its name, and reports what is wrong
/// with them in the user's words. A wrong member is replaced by a stand-in.
/// `finish` refuses the keys that nobody asked for.
class ObjectReader {
public:
  /// `prefix` begins each message: `layer 'conv3': `, or `input: `.
  ObjectReader(const JsonValue &object, std::string prefix, SpecErrors &errors);

  /// Member `key`, or null; a missing one is an error if it is `required`.
  const JsonValue *optional(llvm::StringRef key);
  const JsonValue *required(llvm::StringRef key);

  /// An integer from `least` up; without `fallback` the member is required.
  int64_t integer(llvm::StringRef key, int64_t least, std::optional<int64_t> fallback = {});
  int64_t positive(llvm::StringRef key, std::optional<int64_t> fallback = {}) {
    return integer(key, 1, fallback);
  }
  /// A positive integer of at most `most`.
  int64_t positiveUpTo(llvm::StringRef key, int64_t most, std::optional<int64_t> fallback = {});
  /// A number for which `accepts` is true; `wanted` describes it.
  double number(llvm::StringRef key, llvm::StringRef wanted,
                llvm::function_ref<bool(double)> accepts, std::optional<double> fallback = {});
  double positiveNumber(llvm::StringRef key, std::optional<double> fallback = {});
  double atLeastZero(llvm::StringRef key, std::optional<double> fallback = {});
  bool boolean(llvm::StringRef key, std::optional<bool> fallback = {});
  std::string text(llvm::StringRef key, std::optional<std::string> fallback = {});
  /// An integer from `least` up for both, or [vertical, horizontal].
  std::array<int64_t, 2> pair(llvm::StringRef key, int64_t least,
                              std::optional<std::array<int64_t, 2>> fallback = {});
  /// A list of numbers for which `accepts` is true; empty if there is none.
  std::vector<double> numbers(llvm::StringRef key, llvm::StringRef wanted,
                              llvm::function_ref<bool(double)> accepts);

  /// One of some words, each of which stands for a value.
  template <typename Value>
  using Choices = std::initializer_list<std::pair<llvm::StringRef, Value>>;
  template <typename Value>
  Value choice(llvm::StringRef key, Choices<Value> choices, std::optional<Value> fallback = {}) {
    Value standIn = fallback.value_or(choices.begin()->second);
    const JsonValue *value = fallback ? optional(key) : required(key);
    if (!value)
      return standIn;
    llvm::SmallVector<llvm::StringRef> words;
    for (const auto &[word, meaning] : choices) {
      if (value->is(JsonValue::Kind::string) && value->text == word)
        return meaning;
      words.push_back(word);
    }
    refuseWord(key, *value, words);
    return standIn;
  }

  /// Whether `value` is an integer from `least` up; reports it under `key` if not.
  bool checkInteger(llvm::StringRef key, const JsonValue &value, int64_t least);
  /// Reports `KEY: expected WANTED, got VALUE`.
  void refuse(llvm::StringRef key, const JsonValue &value, const llvm::Twine &wanted);
  /// Reports `MESSAGE` at the object.
  void fail(const llvm::Twine &message);
  /// Reports the first key that nobody asked for, then the first missing one.
  void finish();

  const JsonValue &object() const { return *source; }
  SpecErrors &sink() { return errors; }
  const std::string &prefix() const { return context; }

private:
  void refuseWord(llvm::StringRef key, const JsonValue &value,
                  llvm::ArrayRef<llvm::StringRef> words);

  const JsonValue *source;
  std::string context;
  SpecErrors &errors;
  llvm::SmallVector<std::string> known; ///< keys asked for
  std::string missing;                  ///< the first required key that is not there
};

} // namespace alexc

#endif // ALEXC_COMPILER_OBJECTREADER_H
