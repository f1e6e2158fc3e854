//===- ObjectCode.cpp - from LLVM's dialect to machine code --------------------===//

#include "codegen/ObjectCode.h"
#include "dialect/Alexrt.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace alexc;

void alexc::registerTranslations(DialectRegistry &registry) {
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

/// Functions say themselves which CPU they are for, so that the text form of
/// the module is complete.
static void setTarget(llvm::Module &module, const CpuTarget &target) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
    // LLVM prefers half of an AVX-512 register, which costs half of the speed here
    function.addFnAttr("prefer-vector-width", std::to_string(target.lanes * 32));
    function.addFnAttr(llvm::Attribute::NoUnwind); // no tables for unwinding either
  }
}

std::unique_ptr<llvm::Module> alexc::translateToLlvm(ModuleOp module, const CpuTarget &target,
                                                     llvm::LLVMContext &context) {
  for (auto program : llvm::make_early_inc_range(module.getOps<ProgramOp>()))
    program.erase(); // these become the program table
  std::unique_ptr<llvm::Module> translated = translateModuleToLLVMIR(module, context);
  if (translated)
    setTarget(*translated, target);
  return translated;
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createMachine(const CpuTarget &target) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string error;
  const llvm::Target *machine = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!machine)
    return llvm::createStringError(error);
  return std::unique_ptr<llvm::TargetMachine>(machine->createTargetMachine(
      triple, target.cpu, target.features, llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

llvm::Error alexc::writeObject(llvm::Module &module, const CpuTarget &target,
                               llvm::raw_pwrite_stream &out) {
  auto machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  module.setDataLayout((*machine)->createDataLayout());
  module.setTargetTriple((*machine)->getTargetTriple());
  if (llvm::Error error = makeOptimizingTransformer(3, 0, machine->get())(&module))
    return error;
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("no object files for " + module.getTargetTriple().str());
  passes.run(module);
  return llvm::Error::success();
}
