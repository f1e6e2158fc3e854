//===- JsonReaderTest.cpp - JSON with the position of each value -----------===//

#include "compiler/spec/JsonReader.h"
#include <gtest/gtest.h>

using namespace alexc;

/// The tree of `text`, which has no errors.
static JsonValue read(llvm::StringRef text) {
  SpecErrors errors;
  auto value = readJson(text, "x.json", errors);
  EXPECT_FALSE(errors.any()) << (errors.any() ? errors.get().message : "");
  return llvm::succeeded(value) ? std::move(*value) : JsonValue();
}

/// The error of `text`, with its place.
static std::string errorOf(llvm::StringRef text) {
  SpecErrors errors;
  EXPECT_TRUE(llvm::failed(readJson(text, "x.json", errors)));
  return errors.any() ? errors.get().where.str() + ": " + errors.get().message : "none";
}

TEST(JsonReader, PlacesScalarsOfEachKind) {
  JsonValue root = read("{\n"
                        "  \"text\": \"a\\n\\u00e9b\",\n"
                        "  \"whole\" :12,\"real\":  -2.50e1 ,\n"
                        "  \"yes\": true,\n"
                        "\t\"none\": null}");
  EXPECT_EQ(root.where.str(), "x.json:1:1");
  EXPECT_EQ(root.find("text")->where.str(), "x.json:2:11");
  EXPECT_EQ(root.find("text")->text, "a\n\u00e9b");
  EXPECT_EQ(root.find("whole")->where.str(), "x.json:3:12");
  EXPECT_EQ(root.find("whole")->integer, 12);
  EXPECT_EQ(root.find("real")->where.str(), "x.json:3:24");
  EXPECT_EQ(root.find("real")->text, "-2.50e1");
  EXPECT_EQ(root.find("yes")->where.str(), "x.json:4:10");
  EXPECT_EQ(root.find("none")->where.str(), "x.json:5:10");
}

TEST(JsonReader, PlacesKeysListsAndWhatFollowsNestedValues) {
  JsonValue root = read("{\"a\": [1,[2, 3]\n,{\"b\":4}], \"c\":{} ,\n \"d\": 5}");
  const JsonValue &list = *root.find("a");
  EXPECT_EQ(list.where.str(), "x.json:1:7");
  EXPECT_EQ(list.elements[1].where.str(), "x.json:1:10");
  EXPECT_EQ(list.elements[1].elements[1].where.str(), "x.json:1:14");
  EXPECT_EQ(list.elements[2].where.str(), "x.json:2:2");
  EXPECT_EQ(list.elements[2].members[0].where.str(), "x.json:2:3");
  EXPECT_EQ(root.members[1].where.str(), "x.json:2:12");
  EXPECT_EQ(root.find("c")->where.str(), "x.json:2:16");
  EXPECT_EQ(root.members[2].where.str(), "x.json:3:2");
}

TEST(JsonReader, SkipsAByteOrderMark) { EXPECT_EQ(read("\xEF\xBB\xBF[7]").elements[0].integer, 7); }

TEST(JsonReader, RefusesBrokenText) {
  EXPECT_EQ(errorOf(""), "x.json:1:1: syntax error while parsing value - unexpected end of input; "
                         "expected '[', '{', or a literal");
  EXPECT_EQ(errorOf("{\n \"a\": tru}"), "x.json:2:10: syntax error while parsing value - invalid "
                                        "literal; last read: '\"a\": tru}'");
  EXPECT_EQ(errorOf("[1,\n2"), "x.json:2:1: syntax error while parsing array - unexpected end of "
                               "input; expected ']'");
  EXPECT_EQ(errorOf("[1] 2"), "x.json:1:5: syntax error while parsing value - unexpected number "
                              "literal; expected end of input");
}

TEST(JsonReader, RefusesAKeyGivenTwice) {
  EXPECT_EQ(errorOf("{\"a\": {\"b\": 1,\n \"b\": 2}}"), "x.json:2:2: key \"b\" is given twice");
}

TEST(JsonReader, AllowsAKeyInTwoObjects) {
  EXPECT_EQ(read("[{\"b\": 1}, {\"b\": 2}]").elements[1].find("b")->integer, 2);
}

TEST(JsonReader, RefusesDeepNesting) {
  std::string deep(1000000, '[');
  EXPECT_EQ(errorOf(deep), "x.json:1:101: nested more than 100 levels deep");
}

TEST(JsonReader, SurvivesGiantNumbers) {
  EXPECT_EQ(errorOf("[1e999]"), "x.json:1:2: the number '1e999' is too large");
  JsonValue root = read("[18446744073709551615, 123456789012345678901234567890]");
  EXPECT_TRUE(root.elements[0].is(JsonValue::Kind::real));
  EXPECT_TRUE(root.elements[1].is(JsonValue::Kind::real));
  EXPECT_EQ(root.elements[1].where.str(), "x.json:1:24");
}

TEST(JsonReader, RefusesAFileThatIsNotThere) {
  SpecErrors errors;
  EXPECT_TRUE(llvm::failed(readJsonFile("no/such.json", errors)));
  EXPECT_EQ(errors.get().where.str() + ": " + errors.get().message,
            "no/such.json: cannot read: no such file or directory");
}
