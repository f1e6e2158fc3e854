//===- SplitModule.cpp - the kernels of a module in several --------------------===//

#include "codegen/SplitModule.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace alexc;

namespace {
/// Functions that stay together, and how much code they are.
struct Part {
  llvm::SmallPtrSet<const llvm::GlobalValue *, 8> functions;
  size_t instructions = 0;

  void add(llvm::Function &function);
  void add(const Part &part) {
    functions.insert(part.functions.begin(), part.functions.end());
    instructions += part.instructions;
  }
};
} // namespace

/// Adds `function` and all that it calls.
void Part::add(llvm::Function &function) {
  if (function.isDeclaration() || !functions.insert(&function).second)
    return;
  instructions += function.getInstructionCount();
  for (llvm::Instruction &instruction : llvm::instructions(function))
    if (auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction))
      if (llvm::Function *callee = call->getCalledFunction())
        add(*callee);
}

/// The kernels, each with what it calls.
static std::vector<Part> collectKernels(llvm::Module &module) {
  std::vector<Part> kernels;
  for (llvm::Function &function : module)
    if (!function.isDeclaration() && function.hasAddressTaken()) {
      function.setLinkage(llvm::GlobalValue::ExternalLinkage);
      function.setVisibility(llvm::GlobalValue::HiddenVisibility);
      kernels.emplace_back().add(function);
    }
  return kernels;
}

/// Gives each kernel to the part that is smallest so far, the largest first.
static std::vector<Part> distribute(std::vector<Part> kernels, size_t count) {
  llvm::stable_sort(kernels,
                    [](const Part &a, const Part &b) { return a.instructions > b.instructions; });
  std::vector<Part> parts(std::clamp<size_t>(kernels.size(), 1, count));
  for (const Part &kernel : kernels)
    llvm::min_element(parts, [](const Part &a, const Part &b) {
      return a.instructions < b.instructions;
    })->add(kernel);
  return parts;
}

std::vector<std::unique_ptr<llvm::Module>> alexc::splitModule(llvm::Module &module, size_t count) {
  std::vector<Part> parts = distribute(collectKernels(module), count);
  std::vector<std::unique_ptr<llvm::Module>> modules;
  for (const Part &part : parts) {
    llvm::ValueToValueMapTy map;
    modules.push_back(llvm::CloneModule(module, map, [&](const llvm::GlobalValue *value) {
      // a constant of a kernel's own may be in any part: where it is not used it goes away
      if (llvm::isa<llvm::GlobalVariable>(value))
        return value->hasLocalLinkage() || modules.empty();
      return part.functions.contains(value);
    }));
  }
  return modules;
}
