//===- DifferentiateTest.cpp - the gradients of a whole network --------------===//
//
// tiny.json, which has every op, in the interpreter: what alex-differentiate
// builds against central differences of the loss, and against itself after each
// fusion and in two halves.

#include "compiler/Interpreter.h"
#include "compiler/Passes.h"
#include "compiler/Pipelines.h"
#include "compiler/spec/Import.h"
#include "gmock/gmock.h"
#include <random>

using namespace mlir;
using namespace alexc;

using Values = llvm::StringMap<TensorValue>; ///< of an entry, by role: "momentum conv1.weight"

/// What an argument or a result is: "state conv1.weight", "input", "loss", ...
static std::string roleOf(DictionaryAttr attributes) {
  for (StringRef role : {"state", "momentum", "gradient"})
    if (auto name =
            attributes ? attributes.getAs<StringAttr>(("alex." + role).str()) : StringAttr())
      return (role + " " + name.getValue()).str();
  if (!attributes || attributes.empty())
    return "step";
  auto output = attributes.getAs<StringAttr>("alex.output");
  return output ? output.str() : attributes.contains("alex.input") ? "input" : "labels";
}

namespace {
/// Imports tiny.json and runs its entries on the same random numbers.
class DifferentiateTest : public testing::Test {
protected:
  /// The network after the first `count` graph phases.
  OwningOpRef<ModuleOp> import(size_t count) {
    ImportOptions options;
    options.edits = {{SpecEdit::Kind::set, "training.batch=2"}};
    OwningOpRef<ModuleOp> module = importSpec(context, ALEXC_MODELS "/tiny.json", options);
    std::vector<Phase> phases = graphPhases();
    EXPECT_TRUE(succeeded(runPhases(*module, ArrayRef(phases).take_front(count), {})));
    return module;
  }

  /// Runs entry `name` on `given`, and on random numbers for what is not in it.
  Values run(ModuleOp module, StringRef name, Values &given);

  MLIRContext context{MLIRContext::Threading::DISABLED};

private:
  TensorValue random(Type type, StringRef role);

  std::mt19937 generator{7};
};
} // namespace

TensorValue DifferentiateTest::random(Type type, StringRef role) {
  if (role == "step") // learning rate, momentum, weight decay, seed, step, first image
    return TensorValue({8}, {0.5, 0.875, 0.25, 3, 5, 11, 2, 0});
  if (role == "labels")
    return TensorValue({2}, {1, 6});
  TensorValue value(cast<RankedTensorType>(type).getShape());
  std::normal_distribution<double> normal(0, 0.3);
  llvm::for_each(value.data, [&](double &element) { element = normal(generator); });
  return value;
}

Values DifferentiateTest::run(ModuleOp module, StringRef name, Values &given) {
  auto entry = module.lookupSymbol<func::FuncOp>(name);
  SmallVector<const TensorValue *> arguments;
  for (BlockArgument argument : entry.getArguments()) {
    std::string role = roleOf(entry.getArgAttrDict(argument.getArgNumber()));
    if (!given.contains(role))
      given[role] = random(argument.getType(), role);
    arguments.push_back(&given.find(role)->second);
  }
  auto results = interpret(entry, arguments);
  EXPECT_TRUE(succeeded(results));
  Values values;
  for (auto [number, result] : llvm::enumerate(*results))
    values[roleOf(entry.getResultAttrDict(number))] = std::move(result);
  return values;
}

/// Expects the same results, up to the last bits.
static void expectSame(const Values &got, const Values &wanted) {
  EXPECT_EQ(got.size(), wanted.size());
  for (const auto &entry : wanted) {
    auto found = got.find(entry.first());
    ASSERT_NE(found, got.end()) << entry.first().str();
    EXPECT_THAT(found->second.data,
                testing::Pointwise(testing::DoubleNear(1e-13), entry.second.data))
        << entry.first().str();
  }
}

static double meanLoss(const Values &values) {
  const std::vector<double> &loss = values.find("loss")->second.data;
  return std::accumulate(loss.begin(), loss.end(), 0.0) / double(loss.size());
}

TEST_F(DifferentiateTest, AgreesWithCentralDifferences) {
  OwningOpRef<ModuleOp> forward = import(1), both = import(2);
  Values given;
  Values values = run(*both, "gradients_2", given);
  constexpr double step = 1e-6;
  for (const auto &entry : values) {
    StringRef name = entry.first();
    if (!name.consume_front("gradient "))
      continue;
    std::vector<double> &parameter = given.find(("state " + name).str())->second.data;
    for (size_t i = 0; i < parameter.size(); i += parameter.size() / 4 + 1) {
      double middle = parameter[i];
      parameter[i] = middle + step;
      double above = meanLoss(run(*forward, "gradients_2", given));
      parameter[i] = middle - step;
      double below = meanLoss(run(*forward, "gradients_2", given));
      parameter[i] = middle;
      EXPECT_NEAR(entry.second.data[i], (above - below) / (2 * step), 1e-8) << name.str() << i;
    }
  }
}

TEST_F(DifferentiateTest, GivesEveryParameterAGradient) {
  OwningOpRef<ModuleOp> module = import(2);
  auto params = (*module)->getAttrOfType<DictionaryAttr>("alex.network").getAs<ArrayAttr>("params");
  Values given;
  EXPECT_EQ(run(*module, "gradients_2", given).size(), params.size() + 2); // and loss, prob
}

TEST_F(DifferentiateTest, UpdatesAsItsTwoHalvesDo) {
  OwningOpRef<ModuleOp> module = import(2);
  Values given;
  Values whole = run(*module, "train_step_2", given);
  Values gradients = run(*module, "gradients_2", given);
  EXPECT_EQ(gradients.find("loss")->second.data, whole.find("loss")->second.data);
  whole.erase("loss");
  whole.erase("prob");
  for (auto &entry : gradients)
    given[entry.first()] = entry.second;
  expectSame(run(*module, "apply", given), whole);
}

TEST_F(DifferentiateTest, KeepsItsNumbersWhenFused) {
  OwningOpRef<ModuleOp> plain = import(2), fused = import(3);
  Values given;
  for (StringRef name : {"train_step_2", "gradients_2", "evaluate_2"})
    expectSame(run(*fused, name, given), run(*plain, name, given));
}
