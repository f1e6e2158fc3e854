//===- JsonReader.h - JSON with the position of each value ------*- C++ -*-===//
//
// A spec as a tree in which each value knows where it was written, so that
// every later error can say so. Knows nothing of networks and of no IR.

#ifndef ALEXC_COMPILER_JSONREADER_H
#define ALEXC_COMPILER_JSONREADER_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/LogicalResult.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace alexc {

/// Where something of a spec was written: a place in a file, or, with line 0,
/// an edit on the command line.
struct SourcePosition {
  std::shared_ptr<const std::string> source; ///< a path, or "--set conv3.filters=256"
  unsigned line = 0;                         ///< from 1
  unsigned column = 0;                       ///< from 1, in bytes

  /// `alexnet.json:41:15`, or the edit.
  std::string str() const;
};

/// Collects what is wrong with a spec. Keeps the first error: a reader goes on
/// with a stand-in value, so what follows may be wrong for the same reason.
class SpecErrors {
public:
  /// `message` becomes one line: control characters in it are written as \x0a.
  void report(const SourcePosition &where, const llvm::Twine &message);
  bool any() const { return first.has_value(); }

  struct Error {
    SourcePosition where;
    std::string message;
  };
  /// The first error; only where there is `any`.
  const Error &get() const { return *first; }

private:
  std::optional<Error> first;
};

struct JsonMember;

/// A JSON value. Which of the fields count follows from `kind`.
struct JsonValue {
  enum class Kind { null, boolean, integer, real, string, list, object };

  Kind kind = Kind::null;
  SourcePosition where; ///< the value's first character
  bool boolean = false;
  int64_t integer = 0;
  double real = 0;                 ///< of a `real` and of an `integer`
  std::string text;                ///< of a `string`; a number as it was written
  std::vector<JsonValue> elements; ///< of a `list`
  std::vector<JsonMember> members; ///< of an `object`, in order

  bool is(Kind wanted) const { return kind == wanted; }
  bool isNumber() const { return is(Kind::integer) || is(Kind::real); }
  /// The value of member `key`, or null.
  JsonValue *find(llvm::StringRef key);
  const JsonValue *find(llvm::StringRef key) const;
  /// Gives member `key` a value, after the others if there is none yet.
  void set(llvm::StringRef key, JsonValue value);
  /// The value for an error's "got": `"two"`, `2.5`, `a list`.
  std::string describe() const;
};

/// A name and a value of an object.
struct JsonMember {
  std::string key;
  SourcePosition where; ///< the key's opening quote
  JsonValue value;
};

/// A string value that stands at `where`.
JsonValue makeString(llvm::StringRef text, SourcePosition where);

/// Reads the file at `path`. Errors: no such file; no JSON; a key twice in one
/// object; more than 100 levels of nesting.
llvm::FailureOr<JsonValue> readJsonFile(llvm::StringRef path, SpecErrors &errors);

/// Reads `text`, positions counted from `source`. Errors as for a file.
llvm::FailureOr<JsonValue> readJson(llvm::StringRef text, llvm::StringRef source,
                                    SpecErrors &errors);

} // namespace alexc

#endif // ALEXC_COMPILER_JSONREADER_H
