//===- CudaPtx.cpp - kernels through MLIR's NVVM path --------------------------===//

#include "codegen/cuda/CudaPtx.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Pipelines/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVM/NVVM/Target.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace alexc;

void alexc::registerPtxTranslations(DialectRegistry &registry) {
  registerAllExtensions(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
  NVVM::registerNVVMTargetInterfaceExternalModels(registry);
}

/// What rounds the number that `op` brings back from tf32, a type that LLVM has not.
static arith::TruncFOp findTf32Rounding(Operation *op) {
  auto back = dyn_cast<arith::ExtFOp>(op);
  bool isTf32 = back && isa<FloatTF32Type>(back.getIn().getType());
  return isTf32 ? back.getIn().getDefiningOp<arith::TruncFOp>() : arith::TruncFOp();
}

static Operation *roundToTf32(OpBuilder &builder, arith::TruncFOp rounding) {
  Location loc = rounding.getLoc();
  auto bits = LLVM::CallIntrinsicOp::create(builder, loc, builder.getI32Type(),
                                            builder.getStringAttr("llvm.nvvm.f2tf32.rna"),
                                            rounding.getIn());
  return LLVM::BitcastOp::create(builder, loc, builder.getF32Type(), bits.getResult(0));
}

/// Replaces ops by LLVM's intrinsics, which the GPU has instructions for: MLIR would
/// call functions of libdevice.
static void useIntrinsics(ModuleOp kernels) {
  kernels.walk([](Operation *op) {
    OpBuilder builder(op);
    auto replace = [&](Operation *intrinsic) {
      op->replaceAllUsesWith(intrinsic);
      op->erase();
    };
    Location loc = op->getLoc();
    auto call = [&](StringRef name) {
      return LLVM::CallIntrinsicOp::create(builder, loc, op->getResult(0).getType(),
                                           builder.getStringAttr(name), op->getOperands());
    };
    if (auto fma = dyn_cast<math::FmaOp>(op))
      replace(LLVM::FMAOp::create(builder, loc, fma.getA(), fma.getB(), fma.getC()));
    else if (isa<math::SqrtOp>(op))
      replace(call("llvm.nvvm.sqrt.rn.f"));
    else if (isa<math::AbsFOp>(op))
      replace(call("llvm.fabs.f32"));
    else if (arith::TruncFOp rounding = findTf32Rounding(op))
      replace(roundToTf32(builder, rounding));
  });
}

/// The words that a fragment is seen to be made of.
static Value wordsOf(Value fragment) {
  while (isa_and_present<vector::ShapeCastOp, vector::BitCastOp>(fragment.getDefiningOp()))
    fragment = fragment.getDefiningOp()->getOperand(0);
  return fragment;
}

/// Appends the words of `fragment` to `operands`, as i32 if it is not of sums.
static void addWords(OpBuilder &builder, Value fragment, bool isSum,
                     SmallVectorImpl<Value> &operands) {
  Value words = wordsOf(fragment);
  for (int64_t i = 0; i < cast<VectorType>(words.getType()).getNumElements(); ++i) {
    Value word = vector::ExtractOp::create(builder, words.getLoc(), words, ArrayRef<int64_t>{i});
    operands.push_back(
        isSum ? word
              : LLVM::BitcastOp::create(builder, words.getLoc(), builder.getI32Type(), word));
  }
}

/// Replaces a product of fragments, whose rows of words MLIR's pipeline for GPUs does not
/// lower, by LLVM's intrinsic.
static void useIntrinsic(nvgpu::MmaSyncOp product) {
  OpBuilder builder(product);
  Location loc = product.getLoc();
  SmallVector<Value> operands;
  addWords(builder, product.getMatrixA(), /*isSum=*/false, operands);
  addWords(builder, product.getMatrixB(), /*isSum=*/false, operands);
  addWords(builder, product.getMatrixC(), /*isSum=*/true, operands);
  StringRef name = product.getTf32Enabled() ? "llvm.nvvm.mma.m16n8k8.row.col.tf32"
                                            : "llvm.nvvm.mma.m16n8k16.row.col.bf16";
  SmallVector<Type> sums(4, builder.getF32Type());
  auto type = LLVM::LLVMStructType::getLiteral(builder.getContext(), sums);
  Value sum =
      LLVM::CallIntrinsicOp::create(builder, loc, type, builder.getStringAttr(name), operands)
          .getResult(0);
  SmallVector<Value> words;
  for (int64_t i = 0; i < 4; ++i)
    words.push_back(LLVM::ExtractValueOp::create(builder, loc, sum, ArrayRef<int64_t>{i}));
  auto flat = VectorType::get(4, builder.getF32Type());
  Value whole = vector::FromElementsOp::create(builder, loc, flat, words);
  Value rows = vector::ShapeCastOp::create(builder, loc, product.getType(), whole);
  product.getRes().replaceAllUsesWith(rows);
  product.erase();
}

/// Replaces all products of fragments, and leaves out the casts that nobody needs any more.
static LogicalResult useTensorIntrinsics(ModuleOp kernels) {
  SmallVector<nvgpu::MmaSyncOp> products;
  kernels.walk([&](nvgpu::MmaSyncOp product) { products.push_back(product); });
  for (nvgpu::MmaSyncOp product : products)
    useIntrinsic(product);
  return applyPatternsGreedily(kernels, FrozenRewritePatternSet());
}

/// A module with nothing but the kernels of `module`.
static OwningOpRef<ModuleOp> copyKernels(ModuleOp module) {
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(module.getLoc());
  for (auto part : module.getOps<gpu::GPUModuleOp>())
    kernels->push_back(part->clone());
  return kernels;
}

static void configure(gpu::GPUToNVVMPipelineOptions &options, StringRef architecture) {
  unsigned number = 0;
  architecture.drop_front(strlen("sm_")).getAsInteger(10, number);
  options.cubinChip = architecture.str();
  options.cubinFeatures = number >= 100 ? "+ptx86" : "+ptx80";
  options.cubinFormat = "isa";
  options.kernelUseBarePtrCallConv = true; // a buffer is one pointer: its shape is known
}

FailureOr<std::string> alexc::makePtx(ModuleOp module, StringRef architecture) {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  module.getContext()->loadDialect<LLVM::LLVMDialect>();
  OwningOpRef<ModuleOp> kernels = copyKernels(module);
  useIntrinsics(*kernels);
  if (failed(useTensorIntrinsics(*kernels)))
    return failure();
  gpu::GPUToNVVMPipelineOptions options;
  configure(options, architecture);
  PassManager passes(module.getContext());
  gpu::buildLowerToNVVMPassPipeline(passes, options);
  if (failed(passes.run(*kernels)))
    return failure();
  std::string text;
  for (auto binary : kernels->getOps<gpu::BinaryOp>())
    for (auto object : binary.getObjects().getAsRange<gpu::ObjectAttr>())
      text += object.getObject().getValue().str();
  return text;
}
