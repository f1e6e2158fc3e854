//===- KernelRunner.cpp - compile a kernel and run it in this process ---------===//

#include "test/unit/KernelRunner.h"
#include "codegen/ObjectCode.h"
#include "codegen/Pipelines.h"
#include "dialect/Alexrt.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

GuardedBuffer::GuardedBuffer(size_t bytes) : size(bytes) {
  size_t page = sysconf(_SC_PAGESIZE);
  size_t used = llvm::alignTo(bytes, 64); // as the runtime aligns
  allocated = llvm::alignTo(used, page) + page;
  void *memory =
      mmap(nullptr, allocated, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED ||
      mprotect(static_cast<char *>(memory) + allocated - page, page, PROT_NONE))
    llvm::report_fatal_error("no memory for a test's buffer");
  pages = static_cast<char *>(memory);
  begin = pages + allocated - page - used;
}

GuardedBuffer::~GuardedBuffer() { munmap(pages, allocated); }

/// Where the element at `index` of its logical shape is, per physical dimension.
static SmallVector<int64_t> physicalIndex(RankedTensorType type, ArrayRef<int64_t> index) {
  Layout layout = layoutOf(type);
  int64_t outer = layout.outerBlock, inner = layout.channelBlock;
  SmallVector<int64_t> at(index);
  switch (layout.kind) {
  case Layout::Kind::plain:
    if (at.size() == 4) {
      at[2] += layout.halo[0];
      at[3] += layout.halo[1];
    }
    if (inner > 1) {
      at.push_back(at[1] % inner);
      at[1] /= inner;
    }
    return at;
  case Layout::Kind::batch:
    return {at[0] / outer, at[1], at[0] % outer};
  case Layout::Kind::filter:
    return {at[0] / outer, at[1] / inner, at[2], at[3], at[1] % inner, at[0] % outer};
  case Layout::Kind::transposed:
    return {at[1] / outer,
            at[0] / inner,
            type.getDimSize(2) - 1 - at[2],
            type.getDimSize(3) - 1 - at[3],
            at[0] % inner,
            at[1] % outer};
  }
  llvm_unreachable("unknown layout kind");
}

void alexc::forEachElement(Type valueType, function_ref<void(size_t, size_t)> visit) {
  auto type = dyn_cast<RankedTensorType>(valueType);
  if (!type) { // the words of a step
    for (size_t word : llvm::seq<size_t>(0, 8))
      visit(word, word);
    return;
  }
  ArrayRef<int64_t> shape = type.getShape();
  SmallVector<int64_t> physical = physicalShape(type), index(shape.size());
  for (int64_t element = 0; element < type.getNumElements(); ++element) {
    int64_t rest = element;
    for (size_t dim = shape.size(); dim-- > 0; rest /= shape[dim])
      index[dim] = rest % shape[dim];
    size_t offset = 0;
    for (auto [size, position] : llvm::zip_equal(physical, physicalIndex(type, index)))
      offset = offset * size + position;
    visit(element, offset);
  }
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

static LogicalResult runPhase(ModuleOp module, StringRef name, StringRef cpu) {
  PipelineOptions options;
  options.cpu = cpu.str();
  std::vector<Phase> phases = codegenPhases();
  llvm::erase_if(phases, [&](const Phase &phase) { return phase.name != name; });
  return runPhases(module, phases, options);
}

/// The object file of a module whose kernels are lowered.
static std::unique_ptr<llvm::MemoryBuffer> compileObject(ModuleOp module, StringRef cpu) {
  CpuTarget target;
  std::string error;
  if (!CpuTarget::lookup(cpu, target, error) || failed(runPhase(module, "llvm", cpu)))
    return nullptr;
  llvm::LLVMContext context;
  auto translated = translateToLlvm(module, target, context);
  if (!translated)
    return nullptr;
  llvm::Expected<ObjectCode> object = makeObject(*translated, target);
  if (!object) {
    llvm::consumeError(object.takeError());
    return nullptr;
  }
  return std::make_unique<llvm::SmallVectorMemoryBuffer>(std::move(*object));
}

static std::unique_ptr<llvm::orc::LLJIT> link(std::unique_ptr<llvm::MemoryBuffer> object) {
  auto code = llvm::cantFail(llvm::orc::LLJITBuilder().create());
  char prefix = code->getDataLayout().getGlobalPrefix();
  code->getMainJITDylib().addGenerator(llvm::cantFail(
      llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(prefix))); // memset
  llvm::cantFail(code->addObjectFile(std::move(object)));
  return code;
}

std::unique_ptr<KernelRunner> KernelRunner::compile(ModuleOp module, StringRef cpu) {
  auto runner = std::make_unique<KernelRunner>();
  auto kernel = *module.getOps<func::FuncOp>().begin();
  std::string name = kernel.getName().str();
  auto allocate = [](TypeRange types, std::vector<Argument> &arguments) {
    for (Type type : types)
      arguments.push_back({type, std::make_shared<GuardedBuffer>(physicalBytes(type))});
  };
  allocate(kernel.getArgumentTypes(), runner->operands);
  allocate(kernel.getResultTypes(), runner->results);
  auto layer = cast<LayerOpInterface>(kernel.front().front());
  for (auto [number, result] : llvm::enumerate(runner->results))
    if (std::optional<unsigned> operand = layer.getTiedOperand(number))
      result.buffer = runner->operands[*operand].buffer;
  if (failed(runPhase(module, "kernels", cpu)))
    return nullptr;
  Operation *lowered = SymbolTable::lookupSymbolIn(module, name);
  runner->work = lowered->getAttrOfType<IntegerAttr>(workAttrName).getInt();
  auto object = compileObject(module, cpu);
  if (!object)
    return nullptr;
  runner->code = link(std::move(object));
  runner->function = llvm::cantFail(runner->code->lookup(name)).toPtr<Function>();
  return runner;
}

/// The format of a value's numbers of 16 bits.
static const llvm::fltSemantics &halfFormat(Type type) {
  return cast<FloatType>(cast<RankedTensorType>(type).getElementType()).getFloatSemantics();
}

static uint16_t bitsOf(double value, const llvm::fltSemantics &format) {
  llvm::APFloat number(value);
  bool isRounded = false;
  number.convert(format, llvm::APFloat::rmNearestTiesToEven, &isRounded);
  return static_cast<uint16_t>(number.bitcastToAPInt().getZExtValue());
}

/// `element` matters for a step: its first words are floats.
void KernelRunner::Argument::write(size_t offset, size_t element, double value) {
  char *at = buffer->data();
  Type stored = storedElement(type);
  if (stored.isF32() || (isa<StepType>(type) && element < 3))
    reinterpret_cast<float *>(at)[offset] = static_cast<float>(value);
  else if (stored.isInteger(8))
    reinterpret_cast<uint8_t *>(at)[offset] = static_cast<uint8_t>(value);
  else if (stored.isInteger(16))
    reinterpret_cast<uint16_t *>(at)[offset] = bitsOf(value, halfFormat(type));
  else
    reinterpret_cast<uint32_t *>(at)[offset] =
        static_cast<uint32_t>(static_cast<int64_t>(value)); // a label may be negative
}

double KernelRunner::Argument::read(size_t offset) const {
  const char *at = buffer->data();
  if (storedElement(type).isInteger(8))
    return reinterpret_cast<const uint8_t *>(at)[offset];
  if (storedElement(type).isInteger(16))
    return llvm::APFloat(halfFormat(type),
                         llvm::APInt(16, reinterpret_cast<const uint16_t *>(at)[offset]))
        .convertToDouble();
  return reinterpret_cast<const float *>(at)[offset];
}

void KernelRunner::setOperands(ArrayRef<TensorValue> values) {
  for (Argument &result : results)
    llvm::fill(result.buffer->bytes(), '\xff'); // as floats these are NaN
  for (auto [argument, value] : llvm::zip_equal(operands, values)) {
    llvm::fill(argument.buffer->bytes(), '\0');
    forEachElement(argument.type,
                   [&argument = argument, &data = value.data](size_t element, size_t offset) {
                     argument.write(offset, element, data[element]);
                   });
  }
}

void KernelRunner::run(int64_t begin, int64_t end) {
  std::vector<void *> addresses;
  for (const Argument &argument : llvm::concat<Argument>(operands, results))
    addresses.push_back(argument.buffer->data());
  function(addresses.data(), begin, end);
}

TensorValue KernelRunner::result(unsigned number) const {
  const Argument &argument = results[number];
  TensorValue value(cast<RankedTensorType>(argument.type).getShape());
  int64_t size = ShapedType::getNumElements(physicalShape(argument.type));
  std::vector<bool> isElement(size);
  forEachElement(argument.type, [&](size_t element, size_t offset) {
    value.data[element] = argument.read(offset);
    isElement[offset] = true;
  });
  if (layoutOf(argument.type).hasHalo())
    for (auto [offset, isInside] : llvm::enumerate(isElement))
      EXPECT_TRUE(isInside || argument.read(offset) == 0) << "halo at " << offset;
  return value;
}

ArrayRef<char> KernelRunner::resultMemory(unsigned number) const {
  return results[number].buffer->bytes();
}
