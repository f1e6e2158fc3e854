//===- JsonReader.cpp - JSON with the position of each value ---------------===//
//
// nlohmann's parser keeps no positions. Its events come right behind a token,
// so an iterator that records how far it was read tells where the token ends;
// it begins after the separators that follow the token before.

#include "compiler/spec/JsonReader.h"
#include "runtime/TrackingIterator.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"

#include <iterator>
#include <nlohmann/json.hpp>

using namespace alexc;
using llvm::failure;
using llvm::FailureOr;
using llvm::StringRef;
using llvm::Twine;

std::string SourcePosition::str() const {
  if (!line)
    return *source;
  return *source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

/// `text` on one line: a path or a name in it may hold line feeds.
static std::string withoutControls(StringRef text) {
  std::string printable;
  for (char character : text)
    if (llvm::isPrint(character) || (character & 0x80))
      printable += character;
    else
      printable += "\\x" + llvm::utohexstr(static_cast<unsigned char>(character), true, 2);
  return printable;
}

void SpecErrors::report(const SourcePosition &where, const Twine &message) {
  if (!first)
    first = {where, withoutControls(message.str())};
}

//===----------------------------------------------------------------------===//
// JsonValue
//===----------------------------------------------------------------------===//

JsonValue *JsonValue::find(StringRef key) {
  for (JsonMember &member : members)
    if (member.key == key)
      return &member.value;
  return nullptr;
}

const JsonValue *JsonValue::find(StringRef key) const {
  return const_cast<JsonValue *>(this)->find(key);
}

void JsonValue::set(StringRef key, JsonValue value) {
  if (JsonValue *old = find(key))
    *old = std::move(value);
  else
    members.push_back({key.str(), value.where, std::move(value)});
}

std::string JsonValue::describe() const {
  constexpr size_t longest = 40;
  switch (kind) {
  case Kind::null:
    return "null";
  case Kind::boolean:
    return boolean ? "true" : "false";
  case Kind::list:
    return elements.empty() ? "an empty list" : "a list";
  case Kind::object:
    return "an object";
  case Kind::string:
    if (text.size() > longest)
      return "a string of " + std::to_string(text.size()) + " bytes";
    return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false,
                                     nlohmann::json::error_handler_t::replace);
  case Kind::integer:
  case Kind::real:
    return text.size() > longest ? "a number of " + std::to_string(text.size()) + " digits" : text;
  }
  return "";
}

JsonValue alexc::makeString(StringRef text, SourcePosition where) {
  JsonValue value;
  value.kind = JsonValue::Kind::string;
  value.text = text.str();
  value.where = std::move(where);
  return value;
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {
using Kind = JsonValue::Kind;

/// Builds the tree from nlohmann's events. An event returns false to stop.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
public:
  TreeBuilder(StringRef text, StringRef source, SpecErrors &errors)
      : text(text), reached(text.begin()), tokenEnd(text.begin()),
        source(std::make_shared<const std::string>(source)), errors(errors) {
    lineStarts.push_back(text.begin());
    for (const char &character : text)
      if (character == '\n')
        lineStarts.push_back(&character + 1);
  }

  bool parse() {
    return nlohmann::json::sax_parse(alexrt::TrackingIterator{text.begin(), &reached},
                                     alexrt::TrackingIterator{text.end(), &reached}, this);
  }
  JsonValue takeRoot() { return std::move(root); }

  bool null() override { return add(Kind::null) != nullptr; }
  bool boolean(bool value) override {
    add(Kind::boolean)->boolean = value;
    return true;
  }
  bool number_integer(number_integer_t value) override { return addInteger(value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= number_unsigned_t(std::numeric_limits<int64_t>::max()))
      return addInteger(int64_t(value));
    return number_float(double(value), std::to_string(value));
  }
  bool number_float(number_float_t value, const string_t &written) override {
    JsonValue *number = add(Kind::real);
    number->real = value;
    number->text = written;
    return true;
  }
  bool string(string_t &value) override {
    add(Kind::string)->text = std::move(value);
    return true;
  }
  bool binary(binary_t &) override { return false; } // text has none
  bool start_object(size_t) override { return open(Kind::object); }
  bool start_array(size_t) override { return open(Kind::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t &name) override;
  bool parse_error(size_t, const std::string &, const nlohmann::json::exception &error) override;

private:
  bool addInteger(int64_t value) {
    JsonValue *number = add(Kind::integer);
    number->integer = value;
    number->real = double(value);
    number->text = std::to_string(value);
    return true;
  }
  bool open(Kind kind);
  bool close();
  JsonValue *add(Kind kind);
  SourcePosition nextToken();
  SourcePosition positionOf(const char *place) const;

  StringRef text;
  const char *reached;  // how far the parser read
  const char *tokenEnd; // how far it had read at the event before
  std::vector<const char *> lineStarts;
  std::shared_ptr<const std::string> source;
  SpecErrors &errors;
  JsonValue root;
  std::vector<JsonValue *> openValues;
  std::vector<llvm::StringSet<>> openKeys; // of openValues
};
} // namespace

SourcePosition TreeBuilder::positionOf(const char *place) const {
  auto line = std::prev(llvm::upper_bound(lineStarts, place));
  return {source, unsigned(line - lineStarts.begin()) + 1, unsigned(place - *line) + 1};
}

/// Where the token that was just read begins.
SourcePosition TreeBuilder::nextToken() {
  StringRef byteOrderMark = "\xEF\xBB\xBF";
  StringRef rest(tokenEnd, text.end() - tokenEnd);
  if (tokenEnd == text.begin())
    rest.consume_front(byteOrderMark);
  const char *begin = rest.ltrim(" \t\r\n,:").begin();
  tokenEnd = reached;
  return positionOf(begin);
}

/// The place for a value of `kind` in the tree.
JsonValue *TreeBuilder::add(Kind kind) {
  JsonValue *value = &root;
  if (!openValues.empty()) {
    JsonValue *parent = openValues.back();
    if (parent->is(Kind::list))
      value = &parent->elements.emplace_back();
    else
      value = &parent->members.back().value;
  }
  value->kind = kind;
  value->where = nextToken();
  return value;
}

bool TreeBuilder::open(Kind kind) {
  constexpr size_t deepest = 100;
  JsonValue *value = add(kind);
  if (openValues.size() == deepest) {
    errors.report(value->where, "nested more than " + Twine(deepest) + " levels deep");
    return false;
  }
  openValues.push_back(value);
  openKeys.emplace_back();
  return true;
}

bool TreeBuilder::close() {
  tokenEnd = reached;
  openValues.pop_back();
  openKeys.pop_back();
  return true;
}

bool TreeBuilder::key(string_t &name) {
  SourcePosition where = nextToken();
  if (!openKeys.back().insert(name).second) {
    errors.report(where, "key " + makeString(name, where).describe() + " is given twice");
    return false;
  }
  openValues.back()->members.push_back({name, where, {}});
  return true;
}

bool TreeBuilder::parse_error(size_t, const std::string &, const nlohmann::json::exception &error) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: TEXT"
  StringRef message = StringRef(error.what()).split("] ").second;
  if (message.starts_with("parse error at"))
    message = message.split(": ").second;
  constexpr size_t longest = 200;
  bool isNumber = message.consume_front("number overflow parsing ");
  if (isNumber)
    errors.report(nextToken(), "the number " + message.take_front(longest) + " is too large");
  else
    errors.report(positionOf(std::max(text.begin(), reached - 1)), message.take_front(longest));
  return false;
}

FailureOr<JsonValue> alexc::readJson(StringRef text, StringRef source, SpecErrors &errors) {
  TreeBuilder builder(text, source, errors);
  if (!builder.parse())
    return failure();
  return builder.takeRoot();
}

FailureOr<JsonValue> alexc::readJsonFile(StringRef path, SpecErrors &errors) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (std::error_code error = buffer.getError()) {
    errors.report({std::make_shared<const std::string>(path)},
                  "cannot read: " + StringRef(error.message()).lower());
    return failure();
  }
  return readJson((*buffer)->getBuffer(), path, errors);
}
