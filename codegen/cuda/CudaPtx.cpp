//===- CudaPtx.cpp - kernels through MLIR's NVVM path --------------------------===//

#include "codegen/cuda/CudaPtx.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/GPU/Pipelines/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVM/NVVM/Target.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
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
  });
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
  OwningOpRef<ModuleOp> kernels = copyKernels(module);
  useIntrinsics(*kernels);
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
