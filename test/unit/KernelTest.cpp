//===- KernelTest.cpp - compare a kernel with the oracle ----------------------===//

#include "test/unit/KernelTest.h"
#include "codegen/Catalog.h"
#include "codegen/ObjectCode.h"
#include "dialect/Alexrt.h"
#include "mlir/Parser/Parser.h"
#include <cmath>
#include <random>

using namespace mlir;
using namespace alexc;

static DialectRegistry createRegistry() {
  DialectRegistry registry;
  registry.insert<AlexDialect, AlexrtDialect, func::FuncDialect>();
  registerTranslations(registry);
  registerKernelCatalog(registry);
  return registry;
}

KernelTest::KernelTest() : context(createRegistry(), MLIRContext::Threading::DISABLED) {
  context.loadAllAvailableDialects();
}

static std::string alias(char name, const Placed &type) {
  std::string begin = std::string("!") + name + " = ";
  if (type.shape == "step")
    return begin + "!alex.step\n";
  std::string element = StringRef(type.shape).find_first_of("if") != StringRef::npos ? "" : "xf32";
  return begin + "tensor<" + type.shape + element + ", #alex.on<0, " + type.layout + ">>\n";
}

/// The kernel function of `test`.
static std::string textOf(const Case &test) {
  std::string aliases, arguments, results, values;
  for (size_t i = 0; i < test.operands.size(); ++i) {
    char name = static_cast<char>('a' + i);
    aliases += alias(name, test.operands[i]);
    arguments += std::string(i ? ", %" : "%") + name + ": !" + name;
  }
  bool isSingle = test.results.size() == 1;
  for (size_t i = 0; i < test.results.size(); ++i) {
    char name = static_cast<char>('y' + i);
    aliases += alias(name, test.results[i]);
    results += std::string(i ? ", !" : "!") + name;
    values += (i ? ", %r#" : "%r#") + std::to_string(i);
  }
  return aliases + "func.func private @kernel(" + arguments + ") -> (" + results +
         ") attributes {alexrt.kernel = \"" + test.kernel + "\"} {\n%r" +
         (isSingle ? "" : ":" + std::to_string(test.results.size())) + " = " + test.expression +
         "\nreturn " + (isSingle ? "%r" : values) + " : " + results + "\n}\n";
}

static SmallVector<int64_t> shapeOf(const Placed &type) {
  SmallVector<StringRef> sizes;
  StringRef(type.shape).split(sizes, 'x');
  if (!llvm::isDigit(sizes.back().front())) // "i8", "bf16"
    sizes.pop_back();
  return llvm::map_to_vector(sizes, [](StringRef size) { return int64_t(std::stol(size.str())); });
}

/// Numbers in [-1, 1), the same in every run; bytes are elements of a window of
/// up to 3 x 3, and integers one of 5 classes.
static TensorValue randomValue(const Placed &type, unsigned seed) {
  if (type.shape == "step")
    return TensorValue({8}, {0.125, 0.75, 0.0625, 4000000007, 77, 5, 300, 0});
  TensorValue value(shapeOf(type));
  StringRef shape = type.shape;
  std::minstd_rand generator(seed + 1);
  for (double &x : value.data)
    if (shape.ends_with("i8") || shape.ends_with("i32"))
      x = static_cast<double>(generator() % (shape.ends_with("i8") ? 9 : 5));
    else // as a float, which the kernel gets
      x = static_cast<float>(static_cast<double>(generator() % 20000) / 10000 - 1);
  return value;
}

/// Fails at the first element that is too far from `wanted`.
static void expectNear(const TensorValue &got, const TensorValue &wanted, double tolerance) {
  double largest = 0;
  for (double x : wanted.data)
    largest = std::max(largest, std::abs(x));
  for (size_t i = 0; i < wanted.data.size(); ++i)
    ASSERT_LE(std::abs(got.data[i] - wanted.data[i]), tolerance * largest)
        << "at element " << i << ": got " << got.data[i] << ", wanted " << wanted.data[i];
}

OwningOpRef<ModuleOp> KernelTest::parse(const Case &test) {
  return parseSourceString<ModuleOp>(textOf(test), &context);
}

void KernelTest::compile(const Case &test, StringRef cpu, ArrayRef<TensorValue> operands) {
  OwningOpRef<ModuleOp> module = parse(test);
  ASSERT_TRUE(module) << textOf(test);
  auto pointers = llvm::map_to_vector(operands, [](const TensorValue &value) { return &value; });
  auto results = interpret(*module->getOps<func::FuncOp>().begin(), pointers);
  ASSERT_TRUE(succeeded(results));
  wanted = *results;
  runner = KernelRunner::compile(*module, cpu);
  ASSERT_TRUE(runner);
  runner->setOperands(operands);
}

void KernelTest::compare(const Case &test, StringRef cpu) {
  SCOPED_TRACE("for " + cpu.str());
  SmallVector<TensorValue> operands;
  for (const Placed &operand : test.operands)
    operands.push_back(randomValue(operand, operands.size()));
  ASSERT_NO_FATAL_FAILURE(compile(test, cpu, operands));
  runner->run(0, runner->workItems());
  std::vector<std::vector<char>> once;
  for (unsigned i = 0; i < wanted.size(); ++i) {
    expectNear(runner->result(i), wanted[i], test.tolerance);
    once.emplace_back(runner->resultMemory(i));
  }
  runner->setOperands(operands);
  for (int64_t item = runner->workItems(); item-- > 0;)
    runner->run(item, item + 1);
  for (unsigned i = 0; i < wanted.size(); ++i)
    EXPECT_EQ(runner->resultMemory(i), ArrayRef(once[i]))
        << "the split of the work list changes result " << i;
}
