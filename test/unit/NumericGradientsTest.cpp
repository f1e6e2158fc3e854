//===- NumericGradientsTest.cpp - gradients against central differences ------===//
//
// What each op builds through DifferentiableOpInterface, run by the oracle,
// against differences of the op's own values. A new op is one line.

#include "mlir/IR/Verifier.h"
#include "test/unit/InterpreterTest.h"
#include <numeric>

using namespace mlir;
using namespace alexc;

namespace {
struct GradientCase {
  std::string name;
  std::string expression; ///< as InterpreterTest::parseExpression takes it
};

void PrintTo(const GradientCase &test, std::ostream *out) { *out << test.expression; }

class NumericGradients : public InterpreterTest, public testing::WithParamInterface<GradientCase> {
protected:
  /// The sum over i of seeds[i] * results[i]: what the gradients are of.
  double loss(func::FuncOp function, ArrayRef<Data> arguments, ArrayRef<Data> seeds);
  void compare(unsigned argument, const Data &gradient, std::vector<Data> arguments,
               ArrayRef<Data> seeds);
};
} // namespace

static DifferentiableOpInterface operationOf(func::FuncOp function) {
  return *function.getOps<DifferentiableOpInterface>().begin();
}

static bool isDifferentiable(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.getElementType().isF32();
}

/// Values from -2 to 2 that are all apart from each other and from zero, by far
/// more than a difference: so no maximum and no sign changes. In an order
/// without pattern; `salt` tells operands apart.
static Data scattered(size_t count, size_t salt) {
  Data data;
  size_t stride = 7919 + salt; // coprime to no count by chance: see the loop
  while (std::gcd(stride, count) != 1)
    ++stride;
  for (size_t i = 0; i < count; ++i)
    data.push_back(4 * (double((i + 1) * stride % count) + 0.5 + 0.01 * salt) / count - 2);
  return data;
}

static Data valueOf(Type type, size_t salt) {
  if (isa<StepType>(type))
    return {0.1, 0.9, 0.01, 7, 5, 3, 1000, 0};
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.getElementType().isF32())
    return scattered(tensor.getNumElements(), salt);
  return counting(tensor.getNumElements(), 0); // labels
}

/// Turns the function of an op into that of its gradients: of arguments and a
/// gradient for each result that has one, to a gradient for each argument.
static LogicalResult differentiate(func::FuncOp function) {
  auto op = operationOf(function);
  Block &block = function.getBody().front();
  SmallVector<Value> seeds;
  for (auto [number, result] : llvm::enumerate(op->getResults()))
    seeds.push_back(isa<SoftmaxCrossEntropyOp>(op) && number == 1
                        ? Value()
                        : block.addArgument(result.getType(), op.getLoc()));
  Operation *end = block.getTerminator();
  OpBuilder builder(end);
  auto gradients = op.buildGradient(builder, seeds);
  if (failed(gradients))
    return failure();
  llvm::erase_if(*gradients, [](Value value) { return !value; });
  end->setOperands(*gradients);
  function.setType(
      builder.getFunctionType(block.getArgumentTypes(), ValueRange(*gradients).getTypes()));
  return verify(function);
}

double NumericGradients::loss(func::FuncOp function, ArrayRef<Data> arguments,
                              ArrayRef<Data> seeds) {
  std::vector<Data> results = runAll(function, arguments);
  double sum = 0;
  for (auto [result, seed] : llvm::zip(results, seeds))
    sum += std::inner_product(result.begin(), result.end(), seed.begin(), 0.0);
  return sum;
}

void NumericGradients::compare(unsigned argument, const Data &gradient, std::vector<Data> arguments,
                               ArrayRef<Data> seeds) {
  SCOPED_TRACE("operand " + std::to_string(argument));
  func::FuncOp function = parseExpression(GetParam().expression);
  constexpr double step = 1e-5; // error about step^2, rounding about 1e-16 / step
  ASSERT_EQ(gradient.size(), arguments[argument].size());
  for (size_t i = 0; i < gradient.size(); ++i) {
    double &x = arguments[argument][i], at = x;
    x = at + step;
    double above = loss(function, arguments, seeds);
    x = at - step;
    double below = loss(function, arguments, seeds);
    x = at;
    ASSERT_NEAR(gradient[i], (above - below) / (2 * step), 1e-7) << "element " << i;
  }
}

TEST_P(NumericGradients, AgreeWithCentralDifferences) {
  func::FuncOp function = parseExpression(GetParam().expression);
  ASSERT_TRUE(function);
  std::vector<Data> arguments, seeds;
  for (auto [number, type] : llvm::enumerate(function.getArgumentTypes()))
    arguments.push_back(valueOf(type, number));
  size_t count = arguments.size();
  SmallVector<Type> types(function.getArgumentTypes());
  ASSERT_TRUE(succeeded(differentiate(function)));
  for (Type type : function.getArgumentTypes().drop_front(count))
    seeds.push_back(valueOf(type, 10 + seeds.size()));
  std::vector<Data> all = arguments;
  all.insert(all.end(), seeds.begin(), seeds.end());
  std::vector<Data> gradients = runAll(function, all);
  unsigned number = 0;
  for (unsigned argument = 0; argument < count; ++argument)
    if (isDifferentiable(types[argument])) {
      ASSERT_LT(number, gradients.size()) << "operand " << argument << " has no gradient";
      compare(argument, gradients[number++], arguments, seeds);
    }
  EXPECT_EQ(number, gradients.size());
}

static const std::vector<GradientCase> cases{
    {"conv2d", "alex.conv2d %0, %1, %2 : (tensor<2x3x4x5xf32>, tensor<4x3x3x2xf32>, tensor<4xf32>) "
               "-> tensor<2x4x2x4xf32>"},
    {"conv2d_without_bias", "alex.conv2d %0, %1 : (tensor<1x2x3x3xf32>, tensor<2x2x2x2xf32>) -> "
                            "tensor<1x2x2x2xf32>"},
    {"conv2d_groups", "alex.conv2d %0, %1, %2 groups 2 : (tensor<2x4x3x3xf32>, "
                      "tensor<6x2x2x2xf32>, tensor<6xf32>) -> tensor<2x6x2x2xf32>"},
    {"conv2d_stride_and_uneven_pad",
     "alex.conv2d %0, %1 stride [3, 2] pad [0, 2, 3, 1] : (tensor<1x2x7x6xf32>, "
     "tensor<3x2x4x3xf32>) -> tensor<1x3x3x4xf32>"},
    {"conv2d_that_reads_not_all", "alex.conv2d %0, %1 stride [3, 3] : (tensor<1x1x6x6xf32>, "
                                  "tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>"},
    {"relu", "alex.relu %0 : (tensor<4x9xf32>) -> tensor<4x9xf32>"},
    {"tanh", "alex.tanh %0 : (tensor<4x9xf32>) -> tensor<4x9xf32>"},
    {"sigmoid", "alex.sigmoid %0 : (tensor<4x9xf32>) -> tensor<4x9xf32>"},
    {"lrn_across", "alex.lrn %0 across size 5 k 2.0 alpha 0.3 beta 0.75 : (tensor<1x7x2x2xf32>) -> "
                   "tensor<1x7x2x2xf32>"},
    {"lrn_across_groups", "alex.lrn %0 across size 3 k 1.0 alpha 0.5 beta 0.75 groups 2 : "
                          "(tensor<2x6x1x2xf32>) -> tensor<2x6x1x2xf32>"},
    {"lrn_across_even_mean", "alex.lrn %0 across size 4 k 1.0 alpha 2.0 beta 0.5 alpha_is mean : "
                             "(tensor<1x6x1x2xf32>) -> tensor<1x6x1x2xf32>"},
    {"lrn_within", "alex.lrn %0 within size 3 k 1.0 alpha 0.3 beta 0.75 : (tensor<1x2x4x5xf32>) -> "
                   "tensor<1x2x4x5xf32>"},
    {"lrn_within_even_mean", "alex.lrn %0 within size 2 k 1.0 alpha 2.0 beta 0.75 alpha_is mean : "
                             "(tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>"},
    {"max_pool", "alex.max_pool %0 window [3, 3] stride [2, 2] : (tensor<1x2x7x5xf32>) -> "
                 "tensor<1x2x3x2xf32>"},
    {"max_pool_ceil_and_pad", "alex.max_pool %0 window [2, 3] stride [2, 2] pad [1, 1, 0, 1] ceil "
                              ": (tensor<2x1x4x4xf32>) -> tensor<2x1x3x3xf32>"},
    {"max_pool_with_gaps", "alex.max_pool %0 window [1, 1] stride [2, 2] : (tensor<1x1x5x5xf32>) "
                           "-> tensor<1x1x3x3xf32>"},
    {"avg_pool", "alex.avg_pool %0 window [3, 3] stride [2, 2] : (tensor<1x2x7x5xf32>) -> "
                 "tensor<1x2x3x2xf32>"},
    {"avg_pool_ceil_and_pad", "alex.avg_pool %0 window [2, 3] stride [2, 2] pad [1, 1, 0, 1] ceil "
                              ": (tensor<2x1x4x4xf32>) -> tensor<2x1x3x3xf32>"},
    {"flatten", "alex.flatten %0 : (tensor<2x3x2x2xf32>) -> tensor<2x12xf32>"},
    {"linear", "alex.linear %0, %1, %2 : (tensor<3x4xf32>, tensor<5x4xf32>, tensor<5xf32>) -> "
               "tensor<3x5xf32>"},
    {"linear_without_bias",
     "alex.linear %0, %1 : (tensor<3x4xf32>, tensor<5x4xf32>) -> tensor<3x5xf32>"},
    {"dropout_paper", "alex.dropout %0, %1 rate 0.5 form paper stream \"a\" : (tensor<2x9xf32>, "
                      "!alex.step) -> tensor<2x9xf32>"},
    {"dropout_inverted", "alex.dropout %0, %1 rate 0.25 form inverted stream \"b\" : "
                         "(tensor<2x2x3x3xf32>, !alex.step) -> tensor<2x2x3x3xf32>"},
    {"dropout_at_inference",
     "alex.dropout %0 rate 0.25 form paper : (tensor<2x9xf32>) -> tensor<2x9xf32>"},
    {"scale", "alex.scale %0 by -3.0 : (tensor<2x9xf32>) -> tensor<2x9xf32>"},
    {"softmax", "alex.softmax %0 : (tensor<3x5xf32>) -> tensor<3x5xf32>"},
    {"softmax_cross_entropy", "alex.softmax_cross_entropy %0, %1 : (tensor<3x5xf32>, "
                              "tensor<3xi32>) -> (tensor<3xf32>, tensor<3x5xf32>)"},
    {"concat", "alex.concat %0, %1, %2 : (tensor<2x1x2x2xf32>, tensor<2x3x2x2xf32>, "
               "tensor<2x2x2x2xf32>) -> tensor<2x6x2x2xf32>"},
    {"slice", "alex.slice %0 from 1 size 2 : (tensor<2x4x2x1xf32>) -> tensor<2x2x2x1xf32>"},
    {"concat_of_images", "alex.concat %0, %1 dim 0 : (tensor<2x3xf32>, tensor<1x3xf32>) -> "
                         "tensor<3x3xf32>"},
    {"slice_of_images",
     "alex.slice %0 dim 0 from 1 size 2 : (tensor<4x2x2x1xf32>) -> tensor<2x2x2x1xf32>"},
    {"transfer", "\"alex.transfer\"(%0) : (tensor<2x3xf32, #alex.on<0>>) -> "
                 "tensor<2x3xf32, #alex.on<1>>"},
    {"slice_of_rows", "alex.slice %0 from 1 size 2 : (tensor<2x4xf32>) -> tensor<2x2xf32>"},
    {"add", "alex.add %0, %1 : (tensor<2x9xf32>, tensor<2x9xf32>) -> tensor<2x9xf32>"},
};

INSTANTIATE_TEST_SUITE_P(Ops, NumericGradients, testing::ValuesIn(cases),
                         [](const auto &info) { return info.param.name; });

TEST_F(InterpreterTest, EveryDifferentiableOpIsComparedWithDifferences) {
  auto hasCase = [](StringRef op) {
    return llvm::any_of(cases, [&](const GradientCase &test) {
      StringRef expression(test.expression);
      return expression.starts_with((op + " ").str()) ||
             expression.starts_with(("\"" + op + "\"").str());
    });
  };
  for (RegisteredOperationName name : context.getRegisteredOperations())
    if (name.hasInterface<DifferentiableOpInterface>() &&
        name.getStringRef() != ConvertOp::getOperationName()) // see below
      EXPECT_TRUE(hasCase(name.getStringRef())) << name.getStringRef().str() << " has no case";
}

/// Its values are steps, of which differences tell nothing: rounding has no part in the
/// gradient.
TEST_F(InterpreterTest, ConvertHasTheGradientOfItsScale) {
  func::FuncOp function = parseExpression(
      "\"alex.convert\"(%0) {scale = 4.0 : f64} : (tensor<1x3xf32>) -> tensor<1x3xf16>");
  ASSERT_TRUE(function);
  ASSERT_TRUE(succeeded(differentiate(function)));
  std::vector<Data> gradients = runAll(function, {{0.1, 0.2, 0.3}, {1, -0.5, 3}});
  EXPECT_EQ(gradients, (std::vector<Data>{{4, -2, 12}}));
}

TEST_F(InterpreterTest, MaxPoolOfALargeWindowHasNoGradient) {
  std::string error;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diag) { error = diag.str(); });
  func::FuncOp function = parseExpression(
      "alex.max_pool %0 window [16, 17] : (tensor<1x1x16x17xf32>) -> tensor<1x1x1x1xf32>");
  ASSERT_TRUE(function);
  EXPECT_TRUE(failed(differentiate(function)));
  EXPECT_EQ(error, "'alex.max_pool' op has no gradient: a byte does not tell 272 pixels apart");
}
