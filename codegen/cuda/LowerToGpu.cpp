//===- LowerToGpu.cpp - a kernel of one op becomes a gpu.func -----------------===//

#include "codegen/cuda/ArgumentNames.h"
#include "codegen/cuda/Generators.h"
#include "dialect/Alexrt.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace alexc;

/// Emits the body of a kernel.
using Generator = LogicalResult (*)(GpuBuilder &, GpuKernel &);

static Generator findGenerator(StringRef name) {
  return llvm::StringSwitch<Generator>(name)
      .Case("loops", emitThreads)
      .Case("conv_gemm", emitConvolutionProduct)
      .Case("linear_gemm", emitLinearProduct)
      .Case("linear_gemv", emitMatrixVector)
      .Default(nullptr);
}

static MemRefType bufferType(Type tensor) {
  return MemRefType::get(physicalShape(tensor), storedElement(tensor));
}

/// "(4, 1, 28, 28)", or "step" for the numbers of a step.
static std::string shapeText(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return "step";
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(tensor.getShape(), stream << "(");
  return text + ")";
}

/// What the kernel computes: "conv1+relu1: (4, 1, 28, 28), ... -> (4, 32, 28, 28)".
static std::string commentOf(Operation *op) {
  auto texts = [](TypeRange types) { return llvm::join(llvm::map_range(types, shapeText), ", "); };
  std::string layer = cast<LayerOpInterface>(op).getLayerName().str();
  return (layer.empty() ? op->getName().stripDialect().str() : layer) + ": " +
         texts(op->getOperandTypes()) + " -> " + texts(op->getResultTypes());
}

/// Names the variables of the printed text. Operands of `op` are arguments of `kernel`.
static void nameArguments(gpu::GPUFuncOp function, func::FuncOp kernel, Operation *op) {
  ArgumentNames names = nameArguments(op);
  auto name = [&](unsigned number, StringRef name) {
    BlockArgument argument = function.getArgument(number);
    argument.setLoc(NameLoc::get(StringAttr::get(function.getContext(), name), argument.getLoc()));
  };
  for (auto [operand, own] : llvm::zip_equal(op->getOperands(), names.operands))
    name(cast<BlockArgument>(operand).getArgNumber(), own);
  for (auto [number, own] : llvm::enumerate(names.results))
    name(kernel.getNumArguments() + number, own);
}

static gpu::GPUFuncOp createFunction(OpBuilder &builder, func::FuncOp kernel, Operation *op,
                                     const llvm::BitVector &tied) {
  SmallVector<Type> types;
  for (Type type : llvm::concat<const Type>(kernel.getArgumentTypes(), kernel.getResultTypes()))
    types.push_back(bufferType(type));
  auto function = gpu::GPUFuncOp::create(builder, kernel.getLoc(), kernel.getName(),
                                         builder.getFunctionType(types, {}));
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  function->setAttr(kernelAttrName, kernel->getAttr(kernelAttrName));
  function->setAttr(commentAttrName, builder.getStringAttr(commentOf(op)));
  for (unsigned i = 0; i < types.size(); ++i)
    if (!tied[i])
      function.setArgAttr(i, "llvm.noalias", builder.getUnitAttr());
  nameArguments(function, kernel, op);
  return function;
}

static GpuKernel describeKernel(Operation *op, gpu::GPUFuncOp function, const GpuTarget &target) {
  GpuKernel kernel{{op, {}, {}}, target};
  for (Value operand : op->getOperands()) {
    unsigned number = cast<BlockArgument>(operand).getArgNumber();
    kernel.operands.push_back(
        {function.getArgument(number), dyn_cast<RankedTensorType>(operand.getType())});
  }
  unsigned firstResult = function.getNumArguments() - op->getNumResults();
  for (OpResult result : op->getResults())
    kernel.results.push_back({function.getArgument(firstResult + result.getResultNumber()),
                              cast<RankedTensorType>(result.getType())});
  return kernel;
}

static LogicalResult checkLayouts(Operation *op) {
  for (Type type : llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    if (!isa<StepType>(type) && layoutOf(type) != Layout())
      return op->emitError("expects the logical layout on target cuda, got ") << type;
  return success();
}

/// A kernel counts the elements of a value in an int, the threads behind its end
/// included (CudaArithmetic.cpp).
static LogicalResult checkSizes(Operation *op) {
  constexpr int64_t most = (int64_t(1) << 31) - (1 << 16);
  for (Type type : llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    if (auto tensor = dyn_cast<RankedTensorType>(type); tensor && tensor.getNumElements() > most)
      return op->emitError("expects values of at most ")
             << most << " elements on target cuda, got " << tensor;
  return success();
}

/// CUDA C++ Programming Guide, compute capabilities: blocks of a grid's y and z.
static LogicalResult checkGrid(Operation *op, gpu::GPUFuncOp function) {
  std::optional<ArrayRef<int32_t>> grid = function.getKnownGridSize();
  if (grid && std::max((*grid)[1], (*grid)[2]) > mostBlocksDeep)
    return op->emitError("expects at most ")
           << mostBlocksDeep << " groups on target cuda, got " << std::max((*grid)[1], (*grid)[2]);
  return success();
}

LogicalResult alexc::lowerToGpu(func::FuncOp kernel, Operation *op, const llvm::BitVector &tied,
                                gpu::GPUModuleOp module, const GpuTarget &target) {
  auto name = kernel->getAttrOfType<StringAttr>(kernelAttrName);
  Generator generate = name ? findGenerator(name) : nullptr;
  if (!generate)
    return kernel.emitOpError("has no generator on target cuda for kernel ")
           << kernel->getAttr(kernelAttrName);
  if (failed(checkLayouts(op)) || failed(checkSizes(op)))
    return failure();
  OpBuilder builder(module.getBody(), module.getBody()->end());
  gpu::GPUFuncOp function = createFunction(builder, kernel, op, tied);
  builder.setInsertionPointToStart(&function.getBody().front());
  GpuBuilder gb(builder, op->getLoc(), function);
  GpuKernel description = describeKernel(op, function, target);
  if (failed(generate(gb, description)))
    return failure(); // reported by the generator
  if (failed(checkGrid(op, function)))
    return failure();
  builder.setInsertionPointToEnd(&function.getBody().front());
  gpu::ReturnOp::create(builder, kernel.getLoc());
  kernel.erase();
  return success();
}
