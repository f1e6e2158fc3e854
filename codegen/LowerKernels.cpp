//===- LowerKernels.cpp - alex-lower-kernels ----------------------------------===//
//
// Makes the function over buffers and hands its body to the generator that the
// kernel names. The generators live in files of their own.

#include "codegen/Passes.h"
#include "codegen/cpu/Generators.h"
#include "codegen/cuda/Generators.h"
#include "codegen/loops/LrnPool.h"
#include "codegen/loops/LrnPoolGrad.h"
#include "codegen/loops/SharedLoops.h"
#include "compiler/KernelCatalog.h"
#include "dialect/Alexrt.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/BitVector.h"

namespace alexc {
#define GEN_PASS_DEF_LOWERKERNELSPASS
#include "codegen/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// Emits the body of a kernel and returns the number of its work items.
using Generator = FailureOr<int64_t> (*)(KernelBuilder &, CpuKernel &);

static Generator findGenerator(StringRef name) {
  return llvm::StringSwitch<Generator>(name)
      .Case("loops", emitLoops)
      .Case("lrn_pool", emitLrnPool)
      .Case("lrn_pool_grad", emitLrnPoolGrad)
      .Case("conv_direct", emitConvDirect)
      .Case("conv_plain", emitConvPlain)
      .Case("conv_data_grad", emitConvDataGrad)
      .Case("conv_filter_grad", emitConvFilterGrad)
      .Case("conv_grad_plain", emitConvGradPlain)
      .Case("linear_stream", emitLinearStream)
      .Case("linear_panel", emitLinearPanel)
      .Case("linear_data_grad", emitLinearDataGrad)
      .Case("linear_filter_grad", emitLinearFilterGrad)
      .Default(nullptr);
}

static MemRefType bufferType(Type tensor) {
  return MemRefType::get(physicalShape(tensor), storedElement(tensor));
}

/// The one op that a kernel computes, on the kernel's arguments.
static FailureOr<Operation *> findOp(func::FuncOp kernel) {
  auto refuse = [&] {
    return kernel.emitOpError("expects a kernel to hold one op on its arguments, which are "
                              "tensors or a step, and to return its results");
  };
  if (kernel.isExternal() ||
      !llvm::all_of(kernel.getArgumentTypes(), llvm::IsaPred<RankedTensorType, StepType>))
    return refuse();
  Operation *terminator = kernel.front().getTerminator();
  Operation &op = kernel.front().front();
  bool isAlone = op.getNextNode() == terminator;
  if (!isAlone || !llvm::equal(op.getResults(), terminator->getOperands()) ||
      !llvm::all_of(op.getOperands(), llvm::IsaPred<BlockArgument>))
    return refuse();
  return &op;
}

/// Which buffers of `kernel`, operands and then results, are the same memory as
/// another: a result takes the place of the operand that it is tied to.
static llvm::BitVector findTiedBuffers(func::FuncOp kernel, Operation *op) {
  unsigned operands = kernel.getNumArguments();
  llvm::BitVector tied(operands + kernel.getNumResults());
  auto layer = dyn_cast<LayerOpInterface>(op);
  for (unsigned result = 0; layer && result < op->getNumResults(); ++result)
    if (std::optional<unsigned> operand = layer.getTiedOperand(result)) {
      tied.set(cast<BlockArgument>(op->getOperand(*operand)).getArgNumber());
      tied.set(operands + result);
    }
  return tied;
}

/// An empty function on buffers for the operands and results of `kernel`, and
/// the range of work items. But for the tied ones no two buffers overlap when one
/// of them is written.
static func::FuncOp createBufferFunction(OpBuilder &builder, func::FuncOp kernel, Operation *op) {
  SmallVector<Type> types;
  for (Type type : llvm::concat<const Type>(kernel.getArgumentTypes(), kernel.getResultTypes()))
    types.push_back(bufferType(type));
  unsigned buffers = types.size();
  types.append(2, builder.getIndexType());
  auto lowered = func::FuncOp::create(builder, kernel.getLoc(), kernel.getName(),
                                      builder.getFunctionType(types, {}));
  lowered->setAttr(kernelAttrName, kernel->getAttr(kernelAttrName));
  llvm::BitVector tied = findTiedBuffers(kernel, op);
  for (unsigned i = 0; i < buffers; ++i)
    if (!tied[i])
      lowered.setArgAttr(i, "llvm.noalias", builder.getUnitAttr());
  lowered.addEntryBlock();
  return lowered;
}

static CpuKernel describeKernel(KernelBuilder &kb, Operation *op, func::FuncOp lowered,
                                const CpuTarget &target) {
  CpuKernel kernel{{op, {}, {}}, 0, 0, target};
  for (Value operand : op->getOperands()) {
    unsigned number = cast<BlockArgument>(operand).getArgNumber();
    kernel.operands.push_back(
        {lowered.getArgument(number), dyn_cast<RankedTensorType>(operand.getType())});
  }
  unsigned last = lowered.getNumArguments() - 1;
  unsigned firstResult = last - 1 - op->getNumResults();
  for (OpResult result : op->getResults())
    kernel.results.push_back({lowered.getArgument(firstResult + result.getResultNumber()),
                              cast<RankedTensorType>(result.getType())});
  kernel.begin = Index(kb, lowered.getArgument(last - 1));
  kernel.end = Index(kb, lowered.getArgument(last));
  return kernel;
}

static LogicalResult lowerKernel(func::FuncOp kernel, const CpuTarget &target) {
  auto name = kernel->getAttrOfType<StringAttr>(kernelAttrName);
  Generator generate = name ? findGenerator(name) : nullptr;
  if (!generate)
    return kernel.emitOpError("has no generator for kernel ") << kernel->getAttr(kernelAttrName);
  FailureOr<Operation *> op = findOp(kernel);
  if (failed(op))
    return failure();
  OpBuilder builder(kernel);
  func::FuncOp lowered = createBufferFunction(builder, kernel, *op);
  builder.setInsertionPointToStart(&lowered.front());
  KernelBuilder kb(builder, (*op)->getLoc());
  CpuKernel description = describeKernel(kb, *op, lowered, target);
  FailureOr<int64_t> work = generate(kb, description);
  if (failed(work))
    return failure(); // reported by the generator
  builder.setInsertionPointToEnd(&lowered.front());
  func::ReturnOp::create(builder, kernel.getLoc());
  lowered->setAttr(workAttrName, builder.getI64IntegerAttr(*work));
  kernel.erase();
  return success();
}

namespace {
struct LowerKernelsPass : alexc::impl::LowerKernelsPassBase<LowerKernelsPass> {
  using LowerKernelsPassBase::LowerKernelsPassBase;

  void runOnOperation() override {
    machine = Machine::of(getOperation());
    if (failed(machine.isGpu ? lowerForGpu() : lowerForCpu()))
      signalPassFailure();
  }

private:
  Machine machine;

  /// Calls `lower` on each kernel that still holds an op.
  LogicalResult forEachKernel(function_ref<LogicalResult(func::FuncOp)> lower) {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (kernel->hasAttr(kernelAttrName) && !kernel->hasAttr(workAttrName) &&
          failed(lower(kernel)))
        return failure();
    return success();
  }

  LogicalResult lowerForCpu() {
    CpuTarget target;
    std::string error;
    if (!CpuTarget::lookup(cpu.empty() ? machine.name : cpu, target, error))
      return getOperation().emitError(error);
    return forEachKernel([&](func::FuncOp kernel) { return lowerKernel(kernel, target); });
  }

  LogicalResult lowerForGpu() {
    GpuTarget target;
    std::string error;
    if (!GpuTarget::lookup(machine.name, target, error) ||
        !readPrecision(machine.precision, target.precision, error))
      return getOperation().emitError(error);
    OpBuilder builder(getOperation().getBody(), getOperation().getBody()->end());
    auto kernels = gpu::GPUModuleOp::create(builder, getOperation().getLoc(), "kernels");
    LogicalResult status = forEachKernel([&](func::FuncOp kernel) -> LogicalResult {
      FailureOr<Operation *> op = findOp(kernel);
      if (failed(op))
        return failure();
      return lowerToGpu(kernel, *op, findTiedBuffers(kernel, *op), kernels, target);
    });
    if (failed(status))
      return failure();
    // the text is printed from these ops: what a generator says twice is said once
    OpPassManager tidy(gpu::GPUModuleOp::getOperationName());
    tidy.addPass(createCanonicalizerPass());
    tidy.addPass(createLoopInvariantCodeMotionPass());
    tidy.addPass(createCSEPass());
    return runPipeline(tidy, kernels);
  }
};
} // namespace
