//===- SpecEdit.cpp - specs that extend others, and edits of them ----------===//

#include "compiler/spec/SpecEdit.h"

#include "compiler/spec/ObjectReader.h"
#include "compiler/spec/SpecEditor.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"

using namespace alexc;
using llvm::failure;
using llvm::FailureOr;
using llvm::SmallString;
using llvm::SmallVector;
using llvm::StringRef;
using Kind = JsonValue::Kind;

//===----------------------------------------------------------------------===//
// Specs that extend others
//===----------------------------------------------------------------------===//

/// The sections of an extending spec, in the order in which they apply.
static void applySet(const JsonValue &section, SpecEditor &editor, SpecErrors &errors) {
  if (!section.is(Kind::object))
    return errors.report(section.where, "set: expected an object, got " + section.describe());
  for (const JsonMember &member : section.members)
    editor.set(member.key, member.value);
}

static void applyRemove(const JsonValue &section, SpecEditor &editor, SpecErrors &errors) {
  if (!section.is(Kind::list))
    return errors.report(section.where,
                         "remove: expected a list of names, got " + section.describe());
  for (const JsonValue &element : section.elements)
    if (element.is(Kind::string))
      editor.remove(element.text, element.where);
    else
      errors.report(element.where, "remove: expected a name, got " + element.describe());
}

static void applyReplace(const JsonValue &section, SpecEditor &editor, SpecErrors &errors) {
  if (!section.is(Kind::object))
    return errors.report(section.where, "replace: expected an object, got " + section.describe());
  for (const JsonMember &member : section.members)
    editor.replace(member.key, member.value, member.where);
}

static void applyInsert(const JsonValue &section, SpecEditor &editor, SpecErrors &errors) {
  if (!section.is(Kind::list))
    return errors.report(section.where, "insert: expected a list, got " + section.describe());
  for (const JsonValue &element : section.elements) {
    ObjectReader reader(element, "insert: ", errors);
    bool isAfter = element.find("after") || !element.find("before");
    StringRef anchorKey = isAfter ? "after" : "before";
    std::string anchor = reader.text(anchorKey);
    const JsonValue *layers = reader.required("layers");
    reader.finish();
    if (errors.any())
      return;
    SourcePosition where = element.find(anchorKey)->where;
    if (isAfter)
      editor.insertAfter(anchor, *layers, where);
    else
      editor.insertBefore(anchor, *layers, where);
  }
}

/// Refuses the keys of a whole spec in one that extends another.
static void checkExtendingKeys(const JsonValue &spec, SpecErrors &errors) {
  for (StringRef key : {"layers", "input", "preprocessing", "loss", "training", "devices"})
    for (const JsonMember &member : spec.members)
      if (member.key == key)
        errors.report(member.where,
                      "key '" + key + "' does not go with 'extends'; use 'set'" +
                          (key == "layers" ? ", 'remove', 'replace' or 'insert'" : ""));
}

/// Applies what `spec` says to `base`, which it extends.
static void applyExtending(const JsonValue &spec, JsonValue &base, SpecErrors &errors) {
  checkExtendingKeys(spec, errors);
  ObjectReader reader(spec, "", errors);
  reader.optional("$schema");
  reader.required("extends");
  SpecEditor editor(base, errors);
  if (const JsonValue *name = reader.required("name"))
    base.set("name", *name);
  if (const JsonValue *description = reader.optional("description"))
    base.set("description", *description);
  using Apply = void (*)(const JsonValue &, SpecEditor &, SpecErrors &);
  std::pair<StringRef, Apply> sections[] = {{"set", applySet},
                                            {"remove", applyRemove},
                                            {"replace", applyReplace},
                                            {"insert", applyInsert}};
  for (auto [key, apply] : sections)
    if (const JsonValue *section = reader.optional(key))
      apply(*section, editor, errors);
  reader.finish();
}

/// The file that `value`, the "extends" of the spec at `path`, names.
static FailureOr<std::string> findBase(StringRef path, const JsonValue &value, SpecErrors &errors) {
  if (!value.is(Kind::string) || value.text.empty()) {
    errors.report(value.where, "extends: expected the name of a file, got " + value.describe());
    return failure();
  }
  SmallString<128> base(llvm::sys::path::parent_path(path));
  if (llvm::sys::path::is_absolute(value.text))
    base.clear();
  llvm::sys::path::append(base, value.text);
  if (llvm::sys::fs::is_regular_file(base))
    return base.str().str();
  errors.report(value.where, "extends: no file '" + base.str() + "'");
  return failure();
}

/// Reads the spec at `path` and what it extends. `readers` are the files that
/// are being read because they extend this one.
static FailureOr<JsonValue> loadExtended(StringRef path, SmallVector<std::string> readers,
                                         SpecErrors &errors) {
  FailureOr<JsonValue> spec = readJsonFile(path, errors);
  if (failed(spec))
    return failure();
  const JsonValue *extends = spec->find("extends");
  if (!extends)
    return spec;
  SmallString<128> realPath;
  if (llvm::sys::fs::real_path(path, realPath))
    realPath = path;
  readers.push_back(realPath.str().str());
  FailureOr<std::string> basePath = findBase(path, *extends, errors);
  if (failed(basePath))
    return failure();
  SmallString<128> realBase;
  if (!llvm::sys::fs::real_path(*basePath, realBase) && llvm::is_contained(readers, realBase)) {
    errors.report(extends->where, "extends: '" + *basePath + "' extends itself");
    return failure();
  }
  FailureOr<JsonValue> base = loadExtended(*basePath, readers, errors);
  if (failed(base))
    return failure();
  applyExtending(*spec, *base, errors);
  base->where = spec->where;
  return base;
}

//===----------------------------------------------------------------------===//
// Edits on the command line
//===----------------------------------------------------------------------===//

/// Places `value` and all in it at `where`.
static void place(JsonValue &value, const SourcePosition &where) {
  value.where = where;
  for (JsonValue &element : value.elements)
    place(element, where);
  for (JsonMember &member : value.members) {
    member.where = where;
    place(member.value, where);
  }
}

/// `text` as JSON, or, where it is none, as a string: --set lrn1.form=within.
static JsonValue parseValue(StringRef text, const SourcePosition &where) {
  SpecErrors ignored;
  FailureOr<JsonValue> value = readJson(text, "", ignored);
  if (failed(value))
    return makeString(text, where);
  place(*value, where);
  return *value;
}

static void applyEdit(const SpecEdit &edit, SpecEditor &editor, SpecErrors &errors) {
  bool isSet = edit.kind == SpecEdit::Kind::set;
  SourcePosition where{
      std::make_shared<const std::string>((isSet ? "--set " : "--without ") + edit.argument)};
  if (!llvm::json::isUTF8(edit.argument))
    return errors.report(where, "expected UTF-8 text");
  if (!isSet)
    return editor.removeLayer(edit.argument, where);
  auto [path, text] = StringRef(edit.argument).split('=');
  if (path.empty() || path.size() == edit.argument.size())
    return errors.report(where, "expected SETTING=VALUE");
  editor.set(path, parseValue(text, where));
}

FailureOr<JsonValue> alexc::loadSpec(StringRef path, llvm::ArrayRef<SpecEdit> edits,
                                     SpecErrors &errors) {
  FailureOr<JsonValue> spec = loadExtended(path, {}, errors);
  if (failed(spec) || errors.any())
    return failure();
  SpecEditor editor(*spec, errors);
  for (const SpecEdit &edit : edits)
    applyEdit(edit, editor, errors);
  if (errors.any())
    return failure();
  return spec;
}
