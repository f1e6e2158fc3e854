//===- SpecEditTest.cpp - specs that extend others, and edits of them ------===//

#include "compiler/spec/SpecEdit.h"
#include "compiler/spec/Spec.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace alexc;

namespace {
/// Specs in a folder of their own. An error's place is printed without it.
class SpecEditTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("alexc-spec", folder));
    write("base.json", R"({"name": "base", "input": {"channels": 3, "height": 8, "width": 8},
"layers": [
{"name": "a", "op": "relu"},
{"name": "b.c", "op": "conv2d", "filters": 4, "kernel": 3, "padding": 1},
{"name": "d", "op": "relu"},
{"name": "e", "op": "add", "inputs": ["a", "d"]}]})");
  }
  void TearDown() override { (void)llvm::sys::fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) { return (folder + "/" + name).str(); }

  void write(llvm::StringRef name, llvm::StringRef text) {
    std::error_code error;
    llvm::raw_fd_ostream(path(name), error) << text;
    ASSERT_FALSE(error);
  }

  /// The error of a spec, or its layers: `a(input) d(a)`.
  std::string load(llvm::StringRef name, llvm::ArrayRef<SpecEdit> edits = {}) {
    SpecErrors errors;
    auto tree = loadSpec(path(name), edits, errors);
    if (llvm::succeeded(tree)) {
      auto read = readSpec(*tree, errors);
      if (llvm::succeeded(read)) {
        spec = *read;
        return layersOf(spec);
      }
    }
    std::string error = errors.get().where.str() + ": " + errors.get().message;
    for (size_t at; (at = error.find(path(""))) != std::string::npos;)
      error.erase(at, path("").size());
    return error;
  }

  std::string set(const std::string &argument) {
    return load("base.json", SpecEdit{SpecEdit::Kind::set, argument});
  }
  std::string without(const std::string &argument) {
    return load("base.json", SpecEdit{SpecEdit::Kind::without, argument});
  }
  /// Loads a spec that extends the base with `members` on its second line.
  std::string extend(const std::string &members) {
    write("x.json", "{\"extends\": \"base.json\", \"name\": \"x\",\n" + members + "}");
    return load("x.json");
  }

  static std::string layersOf(const Spec &spec) {
    std::string text;
    for (const LayerSpec &layer : spec.layers) {
      auto names = llvm::map_range(layer.inputs, [](const InputName &input) { return input.name; });
      text += (text.empty() ? "" : " ") + layer.name + "(" + llvm::join(names, ",") + ")";
    }
    return text;
  }

  llvm::SmallString<128> folder;
  Spec spec; ///< the last one that was right
};
} // namespace

TEST_F(SpecEditTest, SetsSettings) {
  set("b.c.filters=7");
  EXPECT_EQ(std::get<Conv2dSpec>(spec.layers[1].settings).filters, 7);
  set("b.c.padding={\"top\": 2}");
  EXPECT_EQ(std::get<Conv2dSpec>(spec.layers[1].settings).padding[0], 2);
  set("b.c.init.bias={\"kind\": \"constant\", \"value\": 3}");
  EXPECT_EQ(spec.layers[1].initializers.bias->value, 3);
  set("input.height=9");
  EXPECT_EQ(spec.input.height, 9);
  set("name=other");
  EXPECT_EQ(spec.name, "other");
  EXPECT_EQ(set("e.inputs=[\"d\", \"d\"]"), "a(input) b.c(a) d(b.c) e(d,d)");
}

TEST_F(SpecEditTest, PlacesErrorsAtTheEdit) {
  EXPECT_EQ(set("b.c.filters=two"), "--set b.c.filters=two: layer 'b.c': filters: expected a "
                                    "positive integer, got \"two\"");
  EXPECT_EQ(set("b.c.filers=2"),
            "--set b.c.filers=2: layer 'b.c': unknown key \"filers\"; did you mean 'filters'?");
  EXPECT_EQ(set("bb.filters=2"), "--set bb.filters=2: no layer or setting \"bb\"");
  EXPECT_EQ(set("b.c.padding.top=2"), "--set b.c.padding.top=2: 'b.c.padding' is 1, which has no "
                                      "'top'");
  EXPECT_EQ(set("b.c=2"),
            "--set b.c=2: 'b.c' is a layer; name one of its settings, as in 'b.c.inputs'");
  EXPECT_EQ(set("b.c.filters"), "--set b.c.filters: expected SETTING=VALUE");
  EXPECT_EQ(set("=2"), "--set =2: expected SETTING=VALUE");
  EXPECT_EQ(set("b.c.name=\xff"), "--set b.c.name=\xff: expected UTF-8 text");
}

TEST_F(SpecEditTest, RewiresReadersOfALayerThatGoes) {
  EXPECT_EQ(without("d"), "a(input) b.c(a) e(a,b.c)");
  EXPECT_EQ(without("a"), "b.c(input) d(b.c) e(input,d)");
}

TEST_F(SpecEditTest, RefusesToLeaveOutWhatItCannot) {
  EXPECT_EQ(without("f"), "--without f: no layer \"f\"");
  EXPECT_EQ(without("e"), "--without e: layer 'e' has 2 inputs, so it cannot be left out: its "
                          "readers would not know which of them to read");
}

TEST_F(SpecEditTest, Extends) {
  EXPECT_EQ(extend(R"("set": {"b.c.filters": 5})"), "a(input) b.c(a) d(b.c) e(a,d)");
  EXPECT_EQ(spec.name, "x");
  EXPECT_EQ(std::get<Conv2dSpec>(spec.layers[1].settings).filters, 5);
  EXPECT_EQ(extend(R"("remove": ["d", "b.c.padding"])"), "a(input) b.c(a) e(a,b.c)");
  EXPECT_EQ(std::get<Conv2dSpec>(spec.layers[1].settings).padding[0], 0);
  EXPECT_EQ(
      extend(R"("replace": {"d": [{"name": "f", "op": "tanh"}, {"name": "g", "op": "relu"}]})"),
      "a(input) b.c(a) f(b.c) g(f) e(a,g)");
  EXPECT_EQ(extend(R"("insert": [{"after": "a", "layers": {"name": "f", "op": "tanh"}}])"),
            "a(input) f(a) b.c(f) d(b.c) e(f,d)");
  EXPECT_EQ(extend(R"("insert": [{"after": "input", "layers": {"name": "f", "op": "tanh"}}])"),
            "f(input) a(f) b.c(a) d(b.c) e(a,d)");
  EXPECT_EQ(extend(R"("insert": [{"before": "d", "layers": [{"name": "f", "op": "tanh"}]}])"),
            "a(input) b.c(a) f(b.c) d(f) e(a,d)");
}

TEST_F(SpecEditTest, ExtendsInSteps) {
  write("middle.json", R"({"extends": "base.json", "name": "m", "remove": ["d"]})");
  write("top.json", R"({"extends": "middle.json", "name": "t", "set": {"b.c.filters": 6}})");
  EXPECT_EQ(load("top.json"), "a(input) b.c(a) e(a,b.c)");
  EXPECT_EQ(spec.name, "t");
}

TEST_F(SpecEditTest, RefusesBadExtensions) {
  EXPECT_EQ(extend(R"("layers": [])"), "x.json:2:1: key 'layers' does not go with 'extends'; use "
                                       "'set', 'remove', 'replace' or 'insert'");
  EXPECT_EQ(extend(R"("input": {})"),
            "x.json:2:1: key 'input' does not go with 'extends'; use 'set'");
  EXPECT_EQ(extend(R"("removed": [])"),
            "x.json:2:1: unknown key \"removed\"; did you mean 'remove'?");
  EXPECT_EQ(extend(R"("set": [])"), "x.json:2:8: set: expected an object, got an empty list");
  EXPECT_EQ(extend(R"("remove": "d")"), "x.json:2:11: remove: expected a list of names, got \"d\"");
  EXPECT_EQ(extend(R"("remove": [1])"), "x.json:2:12: remove: expected a name, got 1");
  EXPECT_EQ(extend(R"("remove": ["b.c.groups"])"), "x.json:2:12: no setting \"b.c.groups\"");
  EXPECT_EQ(extend(R"("replace": 1)"), "x.json:2:12: replace: expected an object, got 1");
  EXPECT_EQ(extend(R"("replace": {"d": []})"),
            "x.json:2:13: expected at least one layer, got none");
  EXPECT_EQ(extend(R"("insert": {})"), "x.json:2:11: insert: expected a list, got an object");
  EXPECT_EQ(extend(R"("insert": [{"layers": []}])"), "x.json:2:12: insert: missing key 'after'");
  EXPECT_EQ(extend(R"("insert": [{"before": "e", "layers": []}])"),
            "x.json:2:23: layer 'e' has 2 inputs: insert behind one of them instead");
  EXPECT_EQ(extend(R"("insert": [{"after": "d", "layers": 3}])"),
            "x.json:2:37: layers: expected an object, got 3");
}

TEST_F(SpecEditTest, RefusesBasesThatAreNotThere) {
  write("x.json", R"({"extends": "no.json"})");
  EXPECT_EQ(load("x.json"), "x.json:1:13: extends: no file 'no.json'");
  write("x.json", R"({"extends": "a\nb"})");
  EXPECT_EQ(load("x.json"), "x.json:1:13: extends: no file 'a\\x0ab'");
  write("x.json", R"({"extends": 3})");
  EXPECT_EQ(load("x.json"), "x.json:1:13: extends: expected the name of a file, got 3");
}

TEST_F(SpecEditTest, RefusesSpecsThatExtendThemselves) {
  write("x.json", R"({"extends": "y.json"})");
  write("y.json", R"({"extends": "x.json"})");
  EXPECT_EQ(load("x.json"), "y.json:1:13: extends: 'x.json' extends itself");
}
