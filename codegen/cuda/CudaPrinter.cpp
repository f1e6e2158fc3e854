//===- CudaPrinter.cpp - a kernel as CUDA C++ ----------------------------------===//

#include "codegen/cuda/CudaPrinter.h"
#include "codegen/cuda/KernelPrinter.h"

using namespace mlir;
using namespace alexc;

static int64_t product(std::optional<ArrayRef<int32_t>> sizes) {
  return llvm::product_of(sizes.value_or(ArrayRef<int32_t>()), int64_t(1));
}

int64_t alexc::blocksOf(gpu::GPUFuncOp kernel) { return product(kernel.getKnownGridSize()); }
int64_t alexc::threadsOf(gpu::GPUFuncOp kernel) { return product(kernel.getKnownBlockSize()); }

/// `dim3(98, 1, 4)`, without ones at the end.
static std::string dimensions(ArrayRef<int32_t> sizes) {
  while (sizes.size() > 1 && sizes.back() == 1)
    sizes = sizes.drop_back();
  return "dim3(" +
         llvm::join(llvm::map_range(sizes, [](int32_t n) { return std::to_string(n); }), ", ") +
         ")";
}

LogicalResult KernelPrinter::printParameters(StringRef name) {
  // "at least one block": without this ptxas rather spills than fits fewer blocks
  std::string text = "__global__ void __launch_bounds__(" + std::to_string(threadsOf(kernel)) +
                     ", 1) " + name.str() + "(";
  for (BlockArgument argument : kernel.getArguments().take_front(kernel.getNumArguments())) {
    auto type = dyn_cast<MemRefType>(argument.getType());
    if (!type || !type.hasStaticShape() || !type.getLayout().isIdentity() ||
        cudaType(type.getElementType()).empty())
      return refuse(kernel,
                    "argument " + Twine(argument.getArgNumber()) + " is no array of a known shape");
    std::string wanted = wantedName(argument.getLoc());
    std::string own =
        names.declare(wanted.empty() ? "a" + std::to_string(argument.getArgNumber()) : wanted);
    memory[argument] = own;
    bool isAlone = bool(kernel.getArgAttr(argument.getArgNumber(), "llvm.noalias"));
    text += (argument.getArgNumber() ? ", " : "") +
            pointerDeclarator(type, own, isConstant(argument), isAlone ? "__restrict__" : "");
  }
  printStatement(out, text + ") {", 0);
  return success();
}

LogicalResult KernelPrinter::print(StringRef name) {
  if (!kernel.getKnownBlockSize() || !kernel.getKnownGridSize())
    return refuse(kernel, "it does not know the sizes of its blocks and its grid");
  if (!kernel.getBody().hasOneBlock())
    return refuse(kernel, "it has several blocks");
  if (kernel.getNumPrivateAttributions() > 0)
    return refuse(kernel, "it has private memory, which is a memref.alloca here");
  functionName = name.str();
  if (failed(printParameters(name)) || failed(printSharedTiles()) ||
      failed(printBlock(kernel.getBody().front())))
    return failure();
  out << "}\n";
  return success();
}

void KernelPrinter::printEntry(StringRef entry) {
  bool hasArguments = kernel.getNumArguments() > 0;
  out << "extern \"C\" int " << entry << "(void *const *" << (hasArguments ? "args" : "")
      << ", void *stream) {\n";
  std::string text = "return launch(" + functionName + ", " +
                     dimensions(*kernel.getKnownGridSize()) + ", " +
                     dimensions(*kernel.getKnownBlockSize()) + ", " +
                     std::to_string(sharedBytes(kernel)) + ", static_cast<cudaStream_t>(stream)";
  for (BlockArgument argument : kernel.getArguments().take_front(kernel.getNumArguments()))
    text += ", static_cast<" +
            pointerDeclarator(cast<MemRefType>(argument.getType()), "", isConstant(argument)) +
            ">(args[" + std::to_string(argument.getArgNumber()) + "])";
  printStatement(out, text + ");", 2);
  out << "}\n";
}

LogicalResult alexc::printCudaKernel(gpu::GPUFuncOp kernel, const CudaNames &names, StringRef head,
                                     llvm::raw_ostream &out) {
  KernelPrinter printer(kernel, out);
  if (!head.empty())
    printComment(out, head);
  if (failed(printer.print(names.kernel)))
    return failure();
  out << "\n";
  printer.printEntry(names.entry);
  return success();
}
