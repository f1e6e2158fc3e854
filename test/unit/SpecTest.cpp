//===- SpecTest.cpp - what a spec may say, and what it is told otherwise ---===//

#include "compiler/spec/Spec.h"
#include <gtest/gtest.h>

using namespace alexc;

/// The error of a spec, with its place.
static std::string errorOf(llvm::StringRef text) {
  SpecErrors errors;
  auto tree = readJson(text, "x.json", errors);
  if (llvm::succeeded(tree))
    (void)readSpec(*tree, errors);
  return errors.any() ? errors.get().where.str() + ": " + errors.get().message : "none";
}

/// A spec, all on the first line, with `members` as its last.
static std::string specWith(const std::string &members) {
  return R"({"name": "n", "input": {"channels": 3, "height": 8, "width": 6}, )" + members + "}";
}

/// The error of a spec whose layers stand on the second line from column 1.
static std::string errorOfLayers(const std::string &layers) {
  return errorOf(specWith("\"layers\": [\n" + layers + "]"));
}

/// The error of one more member, on the second line from column 1.
static std::string errorOfMember(const std::string &member) {
  return errorOf(specWith(R"("layers": [{"name": "a", "op": "softmax"}],)"
                          "\n" +
                          member));
}

TEST(Spec, RefusesAnythingButAnObject) {
  EXPECT_EQ(errorOf("[1]"), "x.json:1:1: expected an object, got a list");
}

TEST(Spec, NamesMissingAndUnknownKeys) {
  EXPECT_EQ(errorOf(R"({"name": "n"})"), "x.json:1:1: missing key 'input'");
  EXPECT_EQ(errorOfMember(R"("trainig": 1)"),
            "x.json:2:1: unknown key \"trainig\"; did you mean 'training'?");
  EXPECT_EQ(errorOf(specWith(R"("loss": "softmax_cross_entropy")")),
            "x.json:1:1: missing key 'layers'");
  EXPECT_EQ(errorOfMember(R"("zzzzzzzz": 1)"), "x.json:2:1: unknown key \"zzzzzzzz\"");
  EXPECT_EQ(errorOfLayers(R"({"name": "c", "op": "conv2d", "filers": 3, "kernel": 1})"),
            "x.json:2:31: layer 'c': unknown key \"filers\"; did you mean 'filters'?");
  EXPECT_EQ(errorOfLayers(R"({"name": "c", "op": "conv2d", "kernel": 1})"),
            "x.json:2:1: layer 'c': missing key 'filters'");
}

TEST(Spec, RefusesNetworkNamesThatAreNoFileNames) {
  std::string rule = "name: expected up to 100 letters, digits, '-', '_' or '.', the first a "
                     "letter or digit, got ";
  EXPECT_EQ(errorOf(R"({"name": "../x"})"), "x.json:1:10: " + rule + "\"../x\"");
  EXPECT_EQ(errorOf(R"({"name": ".x"})"), "x.json:1:10: " + rule + "\".x\"");
  EXPECT_EQ(errorOf(R"({"name": ""})"), "x.json:1:10: " + rule + "\"\"");
  EXPECT_EQ(errorOf(R"({"name": 5})"), "x.json:1:10: name: expected a string, got 5");
}

TEST(Spec, RefusesBadInputs) {
  EXPECT_EQ(
      errorOf(R"({"name": "n", "input": {"channels": 0, "height": 1, "width": 1}, "layers": 1})"),
      "x.json:1:37: input: channels: expected a positive integer, got 0");
  EXPECT_EQ(
      errorOf(
          R"({"name": "n", "input": {"channels": 65537, "height": 1, "width": 1}, "layers": 1})"),
      "x.json:1:37: input: channels: expected at most 65536, got 65537");
  EXPECT_EQ(
      errorOf(R"({"name": "n", "input": {"channels": 3e9, "height": 1, "width": 1}, "layers": 1})"),
      "x.json:1:37: input: channels: expected an integer of at most 2147483647, got 3e9");
}

TEST(Spec, RefusesLayersThatAreNone) {
  EXPECT_EQ(errorOf(specWith(R"("layers": {})")),
            "x.json:1:76: layers: expected a list of layers, got an object");
  EXPECT_EQ(errorOfLayers(""), "x.json:1:76: layers: expected a list of layers, got an empty list");
  EXPECT_EQ(errorOfLayers("7"), "x.json:2:1: layers: expected an object, got 7");
  EXPECT_EQ(errorOfLayers(R"({"name": "c"})"), "x.json:2:1: layer 'c': missing key 'op'");
  EXPECT_EQ(errorOfLayers(R"({"name": "c", "op": 3})"),
            "x.json:2:21: layer 'c': op: expected the name of an op, got 3");
  EXPECT_EQ(errorOfLayers(R"({"name": "c", "op": "conv2"})"),
            "x.json:2:21: layer 'c': op: no op \"conv2\"; did you mean 'conv2d'?");
}

TEST(Spec, RefusesBadLayerNames) {
  EXPECT_EQ(errorOfLayers(R"({"op": "relu"})"), "x.json:2:1: layer: missing key 'name'");
  EXPECT_EQ(errorOfLayers(R"({"name": 1})"), "x.json:2:10: layer: name: expected a string, got 1");
  EXPECT_EQ(errorOfLayers(R"({"name": ""})"),
            "x.json:2:10: layer: name: expected at least one character, got none");
  EXPECT_EQ(errorOfLayers(R"({"name": ")" + std::string(10000, 'x') + "\"}"),
            "x.json:2:10: layer: name: expected at most 200 bytes, got 10000");
  EXPECT_EQ(errorOfLayers(R"({"name": "a\nb"})"),
            "x.json:2:10: layer: name: expected no control characters, got \"a\\nb\"");
  EXPECT_EQ(errorOfLayers(R"({"name": "a=b"})"),
            "x.json:2:10: layer: name: expected no '=', got \"a=b\"");
  EXPECT_EQ(errorOfLayers(R"({"name": "a.bias"})"),
            "x.json:2:10: layer: name: names that end in .weight and .bias are those of "
            "parameters, got \"a.bias\"");
  EXPECT_EQ(errorOfLayers(R"({"name": "input"})"),
            "x.json:2:10: layer: name: 'input' is the name of the network's input");
  EXPECT_EQ(errorOfLayers(R"({"name": "a", "op": "relu"}, {"name": "a", "op": "relu"})"),
            "x.json:2:30: layer 'a': the name is taken by the layer at x.json:2:1");
}

TEST(Spec, TakesAnyOtherLayerName) {
  EXPECT_EQ(errorOfLayers(R"({"name": "a\"b $(x) */ '\u00e9", "op": "relu"})"), "none");
}

TEST(Spec, RefusesInputsThatAreNotThere) {
  std::string first = R"({"name": "conv1", "op": "relu"}, )";
  EXPECT_EQ(errorOfLayers(first + R"({"name": "b", "op": "relu", "inputs": ["conf1"]})"),
            "x.json:2:73: layer 'b': inputs: no layer \"conf1\"; did you mean 'conv1'?");
  EXPECT_EQ(errorOfLayers(first + R"({"name": "b", "op": "relu", "inputs": ["b"]})"),
            "x.json:2:73: layer 'b': inputs: the layer cannot read itself");
  EXPECT_EQ(errorOfLayers(R"({"name": "a", "op": "relu", "inputs": ["b"]},
{"name": "b", "op": "relu"})"),
            "x.json:2:40: layer 'a': inputs: layer 'b' comes later, at x.json:3:1");
  EXPECT_EQ(errorOfLayers(R"({"name": "a", "op": "relu", "inputs": []})"),
            "x.json:2:39: layer 'a': inputs: expected a list of layer names, got an empty list");
  EXPECT_EQ(errorOfLayers(R"({"name": "a", "op": "relu", "inputs": [1]})"),
            "x.json:2:40: layer 'a': inputs: expected a layer name, got 1");
  EXPECT_EQ(errorOfLayers(first + R"({"name": "b", "op": "relu", "inputs": ["input"]})"),
            "x.json:2:1: layer 'conv1': no layer reads it");
}

/// The error of `setting` in a layer of `op` whose other settings are `rest`.
static std::string errorOfSetting(const std::string &op, const std::string &setting,
                                  const std::string &rest = "\"bias\": true") {
  std::string error =
      errorOfLayers("{" + setting + ", \"name\": \"l\", \"op\": \"" + op + "\", " + rest + "}");
  llvm::StringRef text = error;
  return text.consume_front("x.json:2:") ? text.split(": layer 'l': ").second.str() : error;
}

TEST(Spec, RefusesBadSettings) {
  std::string conv = R"("filters": 4, "kernel": 3)";
  EXPECT_EQ(errorOfSetting("conv2d", R"("stride": "two")", conv),
            "stride: expected a positive integer, got \"two\"");
  EXPECT_EQ(errorOfSetting("conv2d", R"("stride": [1, 0])", conv),
            "stride: expected a positive integer, got 0");
  EXPECT_EQ(errorOfSetting("conv2d", R"("stride": [1])", conv),
            "stride: expected a positive integer or [vertical, horizontal], got a list");
  EXPECT_EQ(errorOfSetting("conv2d", R"("padding": -1)", conv),
            "padding: expected an integer of at least 0, got -1");
  EXPECT_EQ(errorOfSetting("conv2d", R"("padding": {"topp": 1})", conv),
            "padding: unknown key \"topp\"; did you mean 'top'?");
  EXPECT_EQ(errorOfSetting("conv2d", R"("bias": 1)", conv), "bias: expected true or false, got 1");
  EXPECT_EQ(errorOfSetting("conv2d", R"("groups": 1.5)", conv),
            "groups: expected a positive integer, got 1.5");
  std::string lrn = R"("size": 5, "alpha": 1, "beta": 1, "alpha_is": "sum")";
  EXPECT_EQ(errorOfSetting("lrn", R"("k": 0, "form": "across")", lrn),
            "k: expected a positive number, got 0");
  EXPECT_EQ(errorOfSetting("lrn", R"("k": 1, "form": "acros")", lrn),
            "form: expected 'across' or 'within', got \"acros\"");
  EXPECT_EQ(errorOfSetting("dropout", R"("rate": 1)", R"("form": "paper")"),
            "rate: expected a number from 0 up to, not including, 1, got 1");
}

TEST(Spec, RefusesBadInitializersAndFactors) {
  std::string linear = R"("units": 4)";
  EXPECT_EQ(errorOfSetting("linear", R"("init": {"weight": {"kind": "norml"}})", linear),
            "init: weight: kind: expected 'normal' or 'constant' or 'he' or 'xavier', got "
            "\"norml\"");
  EXPECT_EQ(errorOfSetting("linear", R"("init": {"weight": {"kind": "normal"}})", linear),
            "init: weight: missing key 'std'");
  EXPECT_EQ(
      errorOfSetting("linear", R"("init": {"bias": {"kind": "constant", "value": "a"}})", linear),
      "init: bias: value: expected a number, got \"a\"");
  EXPECT_EQ(errorOfSetting("linear", R"("init": {"gain": 1})", linear),
            "init: unknown key \"gain\"");
  EXPECT_EQ(errorOfSetting("linear", R"("lr_factor": -1)", linear),
            "lr_factor: expected a number of at least 0, got -1");
  EXPECT_EQ(errorOfSetting("linear", R"("decay_factor": {"bias": -1})", linear),
            "decay_factor: bias: expected a number of at least 0, got -1");
}

TEST(Spec, RefusesBadPreprocessing) {
  auto errorIn = [](const std::string &member) {
    return errorOfMember("\"preprocessing\": {" + member + "}");
  };
  EXPECT_EQ(errorIn(R"("resize": {"shorter": 4})"),
            "x.json:2:41: preprocessing: resize: shorter: expected at least the input's size (8), "
            "got 4");
  EXPECT_EQ(errorIn(R"("resize": {"exact": [8, 5]})"),
            "x.json:2:29: preprocessing: resize: exact: expected at least the input's size 8x6, "
            "got 8x5");
  EXPECT_EQ(errorIn(R"("channels": "grey")"),
            "x.json:2:31: preprocessing: channels: expected an order of the input's 3 channels, "
            "got \"grey\"");
  EXPECT_EQ(errorIn(R"("mean": [1])"), "x.json:2:27: preprocessing: mean: expected a number for "
                                       "each of the 3 input channels, got 1");
  EXPECT_EQ(errorIn(R"("mean": [1, 2, "a"])"),
            "x.json:2:34: preprocessing: mean: expected a number, got \"a\"");
  EXPECT_EQ(
      errorIn(R"("measure_mean": "pixel")"),
      "x.json:2:35: preprocessing: measure_mean: expected 'image' or 'channel', got \"pixel\"");
  EXPECT_EQ(errorIn(R"("mean": 1)"),
            "x.json:2:27: preprocessing: mean: expected a list of numbers, got 1");
  EXPECT_EQ(errorIn(R"("std": [1, 2, 0])"),
            "x.json:2:33: preprocessing: std: expected a positive number, got 0");
}

TEST(Spec, RefusesBadTraining) {
  auto errorIn = [](const std::string &schedule) {
    return errorOfMember(R"("training": {"batch": 1, "optimizer": {"kind": "sgd", "lr": 1, )"
                         R"("momentum": 0}, "schedule": )"
                         "\n" +
                         schedule + "}");
  };
  EXPECT_EQ(errorIn(R"({"kind": "constant", "epochs": 1})"), "none");
  EXPECT_EQ(errorIn(R"({"kind": "constant", "epochs": 1, "times": 3})"),
            "x.json:3:35: training: schedule: unknown key \"times\"");
  EXPECT_EQ(errorIn(R"({"kind": "step", "epochs": 3, "at": [2, 2]})"),
            "x.json:3:41: training: schedule: at: expected an epoch after 2, got 2");
  EXPECT_EQ(errorIn(R"({"kind": "step", "epochs": 3, "at": 2})"),
            "x.json:3:37: training: schedule: at: expected a list of epochs, got 2");
  EXPECT_EQ(errorIn(R"({"kind": "step", "epochs": 3, "at": [2], "divide_by": 1})"),
            "x.json:3:55: training: schedule: divide_by: expected a number above 1, got 1");
}

TEST(Spec, ReadsTheLossOfASoftmax) {
  EXPECT_EQ(errorOfMember(R"("loss": "softmax_cross_entropy")"), "none");
  EXPECT_EQ(errorOfMember(R"("loss": 1)"),
            "x.json:2:9: loss: expected 'softmax_cross_entropy', got 1");
  EXPECT_EQ(errorOf(specWith(R"("layers": [{"name": "a", "op": "relu"}],
"loss": "softmax_cross_entropy")")),
            "x.json:2:9: loss: softmax_cross_entropy needs a softmax as the last layer, got 'a' "
            "(relu)");
}

TEST(Spec, ReadsPaddingInEachForm) {
  auto paddingOf = [](const std::string &padding) {
    SpecErrors errors;
    auto tree = readJson(specWith(R"("layers": [{"name": "c", "op": "conv2d", "filters": 1, )"
                                  R"("kernel": 1, "padding": )" +
                                  padding + "}]"),
                         "x.json", errors);
    return std::get<Conv2dSpec>(readSpec(*tree, errors)->layers[0].settings).padding;
  };
  using Sides = std::array<int64_t, 4>;
  EXPECT_EQ(paddingOf("2"), (Sides{2, 2, 2, 2}));
  EXPECT_EQ(paddingOf("[1, 2]"), (Sides{1, 2, 1, 2}));
  EXPECT_EQ(paddingOf(R"({"bottom": 3, "left": 1})"), (Sides{0, 1, 3, 0}));
}
