//===- WrapKernels.cpp - alex-wrap-kernels ------------------------------------===//

#include "codegen/Passes.h"
#include "dialect/Alexrt.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace alexc {
#define GEN_PASS_DEF_WRAPKERNELSPASS
#include "codegen/Passes.h.inc"
} // namespace alexc

using namespace mlir;
using namespace alexc;

/// void NAME(void *const *args, int64_t begin, int64_t end)
static LLVM::LLVMFuncOp createWrapper(OpBuilder &builder, LLVM::LLVMFuncOp kernel, StringRef name) {
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext()), item = builder.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                          {pointer, item, item});
  auto wrapper = LLVM::LLVMFuncOp::create(builder, kernel.getLoc(), name, type);
  wrapper->setAttr(kernelAttrName, kernel->removeAttr(kernelAttrName));
  return wrapper;
}

/// Calls `kernel` with the pointers that the wrapper's array holds, and its range.
static void callKernel(LLVM::LLVMFuncOp wrapper, LLVM::LLVMFuncOp kernel) {
  OpBuilder builder(wrapper);
  Block *entry = wrapper.addEntryBlock(builder);
  builder.setInsertionPointToStart(entry);
  Location loc = kernel.getLoc();
  Value array = entry->getArgument(0);
  SmallVector<Value> arguments;
  for (unsigned i = 0, buffers = kernel.getNumArguments() - 2; i < buffers; ++i) {
    Value slot = LLVM::GEPOp::create(builder, loc, array.getType(), array.getType(), array,
                                     ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    arguments.push_back(LLVM::LoadOp::create(builder, loc, array.getType(), slot));
  }
  llvm::append_range(arguments, entry->getArguments().drop_front());
  LLVM::CallOp::create(builder, loc, kernel, arguments);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
}

namespace {
struct WrapKernelsPass : alexc::impl::WrapKernelsPassBase<WrapKernelsPass> {
  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<LLVM::LLVMFuncOp>()))
      if (kernel->hasAttr(kernelAttrName))
        wrap(kernel);
  }

  void wrap(LLVM::LLVMFuncOp kernel) {
    std::string name = kernel.getName().str();
    // no kernel's own name has a dot: LowerToProgram.cpp
    kernel.setName(name + ".body");
    kernel.setLinkage(LLVM::Linkage::Internal);
    kernel.setAlwaysInline(true);
    OpBuilder builder(kernel->getContext());
    builder.setInsertionPointAfter(kernel);
    callKernel(createWrapper(builder, kernel, name), kernel);
  }
};
} // namespace
