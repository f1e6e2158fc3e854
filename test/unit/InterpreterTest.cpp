//===- InterpreterTest.cpp - the oracle against numbers worked out by hand ---===//

#include "test/unit/InterpreterTest.h"
#include "mlir/Parser/Parser.h"
#include <fmt/ranges.h>
#include <numeric>

using namespace mlir;
using namespace alexc;

Data alexc::counting(size_t count, double from) {
  Data data(count);
  std::iota(data.begin(), data.end(), from);
  return data;
}

void alexc::expectNear(const Data &got, const Data &wanted) {
  EXPECT_THAT(got, testing::Pointwise(testing::DoubleNear(1e-12), wanted));
}

InterpreterTest::InterpreterTest() { context.loadDialect<AlexDialect, func::FuncDialect>(); }

func::FuncOp InterpreterTest::parse(StringRef text) {
  module = parseSourceString<ModuleOp>(text, &context);
  EXPECT_TRUE(module) << text.str();
  return module ? *module->getOps<func::FuncOp>().begin() : nullptr;
}

/// "a, b" of "(a, b)" or of "a, b". An encoding is part of its type.
static std::vector<std::string> listOf(StringRef types) {
  types.consume_front("(");
  types.consume_back(")");
  std::vector<std::string> list;
  for (StringRef rest = types; !rest.empty();) {
    auto [first, others] = rest.split(", ");
    if (!list.empty() && StringRef(list.back()).count('<') > StringRef(list.back()).count('>'))
      list.back() += (", " + first).str();
    else
      list.push_back(first.str());
    rest = others;
  }
  return list;
}

func::FuncOp InterpreterTest::parseExpression(StringRef expression) {
  auto [operandTypes, resultTypes] = expression.substr(expression.find(" : (") + 3).split(" -> ");
  std::vector<std::string> arguments, results, values = listOf(resultTypes);
  for (const std::string &type : listOf(operandTypes))
    arguments.push_back(fmt::format("%{}: {}", arguments.size(), type));
  for (size_t number = 0; number < values.size(); ++number)
    results.push_back(fmt::format("%y#{}", number));
  return parse(fmt::format("func.func @f({}) -> ({}) {{ %y:{} = {} return {} : {} }}",
                           fmt::join(arguments, ", "), fmt::join(values, ", "), values.size(),
                           expression.str(), fmt::join(results, ", "), fmt::join(values, ", ")));
}

std::vector<Data> InterpreterTest::runAll(func::FuncOp function, ArrayRef<Data> arguments) {
  if (!function)
    return {};
  SmallVector<TensorValue> values;
  for (auto [type, data] : llvm::zip_equal(function.getArgumentTypes(), arguments)) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    values.emplace_back(tensor ? tensor.getShape() : ArrayRef<int64_t>(data.size()), data);
  }
  auto pointers = llvm::map_to_vector(values, [](const TensorValue &value) { return &value; });
  auto results = interpret(function, pointers);
  std::vector<Data> data;
  if (succeeded(results))
    for (TensorValue &result : *results)
      data.push_back(std::move(result.data));
  return data;
}

TEST_F(InterpreterTest, Conv2dSlidesTheWindowAndAddsTheBias) {
  // 1 2 3     window 1 2: 1*1 + 2*2 + 4*3 + 5*4 = 37 at the first position
  // 4 5 6            3 4
  // 7 8 9
  expectNear(evaluate("alex.conv2d %0, %1, %2 : (tensor<1x1x3x3xf32>, tensor<1x1x2x2xf32>, "
                      "tensor<1xf32>) -> tensor<1x1x2x2xf32>",
                      {counting(9), counting(4), {100}}),
             {137, 147, 167, 177});
}

TEST_F(InterpreterTest, Conv2dPadsEachSideByItsOwn) {
  // one row below and two columns to the right, nothing above and to the left
  expectNear(evaluate("alex.conv2d %0, %1 pad [0, 0, 1, 2] : (tensor<1x1x2x2xf32>, "
                      "tensor<1x1x2x2xf32>) -> tensor<1x1x2x3xf32>",
                      {{1, 2, 3, 4}, {1, 10, 100, 1000}}),
             {1 + 20 + 300 + 4000, 2 + 400, 0, 3 + 40, 4, 0});
  // the other way round
  expectNear(evaluate("alex.conv2d %0, %1 pad [1, 2, 0, 0] : (tensor<1x1x2x2xf32>, "
                      "tensor<1x1x2x2xf32>) -> tensor<1x1x2x3xf32>",
                      {{1, 2, 3, 4}, {1, 10, 100, 1000}}),
             {0, 1000, 100 + 2000, 0, 10 + 3000, 1 + 20 + 300 + 4000});
}

TEST_F(InterpreterTest, Conv2dStridesDifferPerDimension) {
  expectNear(evaluate("alex.conv2d %0, %1 stride [2, 3] : (tensor<1x1x3x4xf32>, "
                      "tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>",
                      {counting(12), {2}}),
             {2, 8, 18, 24});
}

TEST_F(InterpreterTest, Conv2dGroupsSeeTheirOwnChannels) {
  // two images of four channels, one pixel each; four filters in two groups
  expectNear(evaluate("alex.conv2d %0, %1 groups 2 : (tensor<2x4x1x1xf32>, tensor<4x2x1x1xf32>) "
                      "-> tensor<2x4x1x1xf32>",
                      {counting(8), {1, 0, 0, 1, 1, 0, 1, 1}}),
             {1, 2, 3, 3 + 4, 5, 6, 7, 7 + 8});
}

TEST_F(InterpreterTest, ActivationsAreTheirFormulas) {
  std::string type = " %0 : (tensor<3xf32>) -> tensor<3xf32>";
  expectNear(evaluate("alex.relu" + type, {{-1, 0, 2}}), {0, 0, 2});
  expectNear(evaluate("alex.tanh" + type, {{-1, 0, 2}}), {std::tanh(-1), 0, std::tanh(2)});
  expectNear(evaluate("alex.sigmoid" + type, {{-1000, 0, 1000}}), {0, 0.5, 1});
}

TEST_F(InterpreterTest, LrnAcrossStopsAtTheTowersEdge) {
  // channels 1 2 | 3 4, window of three, k 1, beta 1
  expectNear(evaluate("alex.lrn %0 across size 3 k 1.0 alpha 1.0 beta 1.0 groups 2 : "
                      "(tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>",
                      {counting(4)}),
             {1. / 6, 2. / 6, 3. / 26, 4. / 26});
  expectNear(evaluate("alex.lrn %0 across size 3 k 1.0 alpha 1.0 beta 1.0 : "
                      "(tensor<1x4x1x1xf32>) -> tensor<1x4x1x1xf32>",
                      {counting(4)}),
             {1. / 6, 2. / 15, 3. / 30, 4. / 26});
}

TEST_F(InterpreterTest, LrnOfEvenSizeLooksFurtherBack) {
  expectNear(evaluate("alex.lrn %0 across size 2 k 1.0 alpha 1.0 beta 1.0 : "
                      "(tensor<1x3x1x1xf32>) -> tensor<1x3x1x1xf32>",
                      {counting(3)}),
             {1. / 2, 2. / 6, 3. / 14});
}

TEST_F(InterpreterTest, LrnMeanDividesAlphaAtTheEdgesToo) {
  expectNear(evaluate("alex.lrn %0 across size 5 k 2.0 alpha 5.0 beta 0.75 alpha_is mean : "
                      "(tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>",
                      {{1, 3}}),
             {std::pow(12, -0.75), 3 * std::pow(12, -0.75)});
}

TEST_F(InterpreterTest, LrnWithinOneMapIgnoresTheOthers) {
  // 1 2 3 in the first map, zeros in the second
  expectNear(evaluate("alex.lrn %0 within size 3 k 1.0 alpha 9.0 beta 1.0 alpha_is mean : "
                      "(tensor<1x2x1x3xf32>) -> tensor<1x2x1x3xf32>",
                      {{1, 2, 3, 0, 0, 0}}),
             {1. / 6, 2. / 15, 3. / 14, 0, 0, 0});
}

TEST_F(InterpreterTest, MaxPoolOverlapsItsWindows) {
  expectNear(evaluate("alex.max_pool %0 window [3, 3] stride [2, 2] : (tensor<1x1x5x5xf32>) -> "
                      "tensor<1x1x2x2xf32>",
                      {counting(25, -30)}),
             {-18, -16, -8, -6});
}

TEST_F(InterpreterTest, MaxPoolIgnoresThePadding) {
  expectNear(evaluate("alex.max_pool %0 window [2, 2] stride [2, 2] pad [1, 1, 1, 1] : "
                      "(tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>",
                      {{-4, -3, -2, -1}}),
             {-4, -3, -2, -1});
}

TEST_F(InterpreterTest, AvgPoolCountsPixelsOfTheImageOnly) {
  // ceil: the last window of each dimension holds one row or column
  expectNear(evaluate("alex.avg_pool %0 window [2, 2] stride [2, 2] ceil : (tensor<1x1x3x3xf32>) "
                      "-> tensor<1x1x2x2xf32>",
                      {counting(9)}),
             {3, 4.5, 7.5, 9});
  expectNear(evaluate("alex.avg_pool %0 window [2, 2] stride [2, 2] pad [1, 0, 0, 1] : "
                      "(tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>",
                      {counting(4)}),
             {1.5});
}

TEST_F(InterpreterTest, FlattenKeepsTheOrder) {
  expectNear(evaluate("alex.flatten %0 : (tensor<2x2x1x2xf32>) -> tensor<2x4xf32>", {counting(8)}),
             counting(8));
}

TEST_F(InterpreterTest, LinearMultipliesRowsByRows) {
  expectNear(evaluate("alex.linear %0, %1, %2 : (tensor<2x2xf32>, tensor<3x2xf32>, tensor<3xf32>) "
                      "-> tensor<2x3xf32>",
                      {{1, 2, 3, 4}, {1, 0, 0, 1, 1, 1}, {10, 20, 30}}),
             {11, 22, 33, 13, 24, 37});
  expectNear(evaluate("alex.linear %0, %1 : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x1xf32>",
                      {{1, 2}, {3, 4}}),
             {11});
}

TEST_F(InterpreterTest, DropoutScalesInThePapersFormOnly) {
  std::string type = " : (tensor<2xf32>) -> tensor<2xf32>";
  expectNear(evaluate("alex.dropout %0 rate 0.25 form paper" + type, {{4, 8}}), {3, 6});
  expectNear(evaluate("alex.dropout %0 rate 0.25 form inverted" + type, {{4, 8}}), {4, 8});
  expectNear(evaluate("alex.scale %0 by 3.0" + type, {{4, 8}}), {12, 24});
}

TEST_F(InterpreterTest, SoftmaxStandsLargeScores) {
  double e = std::exp(1);
  expectNear(
      evaluate("alex.softmax %0 : (tensor<2x2xf32>) -> tensor<2x2xf32>", {{9e4, 9e4 + 1, -9e4, 0}}),
      {1 / (1 + e), e / (1 + e), 0, 1});
}

TEST_F(InterpreterTest, ConcatAndSliceWorkOnChannels) {
  expectNear(evaluate("alex.concat %0, %1 : (tensor<2x1x1x2xf32>, tensor<2x2x1x2xf32>) -> "
                      "tensor<2x3x1x2xf32>",
                      {counting(4), counting(8, 11)}),
             {1, 2, 11, 12, 13, 14, 3, 4, 15, 16, 17, 18});
  expectNear(
      evaluate("alex.slice %0 from 1 size 2 : (tensor<2x3xf32>) -> tensor<2x2xf32>", {counting(6)}),
      {2, 3, 5, 6});
}

TEST_F(InterpreterTest, AddAddsElementwise) {
  expectNear(evaluate("alex.add %0, %1 : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>",
                      {{1, 2}, {10, 20}}),
             {11, 22});
}

TEST_F(InterpreterTest, ReorderKeepsTheValue) {
  expectNear(run(parse(R"(func.func @f(%x: tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32> {
    %y = alex.reorder %x : tensor<1x2x1x2xf32> to tensor<1x2x1x2xf32>
    return %y : tensor<1x2x1x2xf32>
  })"),
                 {counting(4)}),
             counting(4));
}

TEST_F(InterpreterTest, FusedIsWhatItsBodyIsAndTheObserverSeesInside) {
  func::FuncOp function = parse(R"(func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
    %0 = alex.scale %x by 2.0 {layer = "a"} : (tensor<2xf32>) -> tensor<2xf32>
    %1 = alex.fused(%0, %x) {layer = "b+c"} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32> {
    ^bb0(%u: tensor<2xf32>, %v: tensor<2xf32>):
      %2 = alex.relu %u {layer = "b"} : (tensor<2xf32>) -> tensor<2xf32>
      %3 = alex.add %2, %v {layer = "c"} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      alex.yield %3 : tensor<2xf32>
    }
    return %1 : tensor<2xf32>
  })");
  ASSERT_TRUE(function);
  std::vector<std::string> layers;
  TensorValue input({2}, {-1, 5});
  auto results = interpret(function, &input, [&](OpResult result, TensorValue &value) {
    layers.push_back(cast<LayerOpInterface>(result.getOwner()).getLayerName().str());
    if (layers.back() == "b")
      value.data[1] = 100; // changes what the rest reads
  });
  ASSERT_TRUE(succeeded(results));
  expectNear(results->front().data, {-1, 105});
  EXPECT_EQ(layers, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(InterpreterTest, RefusesWhatItDoesNotKnow) {
  context.allowUnregisteredDialects();
  std::string error;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diag) { error = diag.str(); });
  run(parse(R"(func.func @f(%x: tensor<1xf32>) -> tensor<1xf32> {
    %y = "other.op"(%x) : (tensor<1xf32>) -> tensor<1xf32>
    return %y : tensor<1xf32>
  })"),
      {{1}});
  EXPECT_EQ(error, "the interpreter does not know 'other.op'");
  EXPECT_TRUE(failed(interpret(parse("func.func @f(%x: tensor<1xf32>) { return }"), {})));
  EXPECT_EQ(error, "expects 1 arguments, got 0");
  TensorValue two({2});
  EXPECT_TRUE(failed(interpret(parse("func.func @f(%x: tensor<1xf32>) { return }"), &two)));
  EXPECT_EQ(error, "expects argument 0 of type 'tensor<1xf32>', got shape [2]");
  EXPECT_TRUE(failed(interpret(parse("func.func private @f()"), {})));
  EXPECT_EQ(error, "expects a function of one block, got 0");
}
