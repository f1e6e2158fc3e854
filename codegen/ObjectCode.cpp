//===- ObjectCode.cpp - from LLVM's dialect to machine code --------------------===//

#include "codegen/ObjectCode.h"
#include "codegen/SplitModule.h"
#include "dialect/Alexrt.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/Parallel.h"
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

static void registerMachines() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createMachine(const CpuTarget &target) {
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string error;
  const llvm::Target *machine = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!machine)
    return llvm::createStringError(error);
  return std::unique_ptr<llvm::TargetMachine>(machine->createTargetMachine(
      triple, target.cpu, target.features, llvm::TargetOptions(), llvm::Reloc::PIC_, std::nullopt,
      llvm::CodeGenOptLevel::Aggressive));
}

static llvm::Expected<ObjectCode> compileModule(llvm::Module &module, const CpuTarget &target) {
  auto machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  module.setDataLayout((*machine)->createDataLayout());
  module.setTargetTriple((*machine)->getTargetTriple());
  if (llvm::Error error = makeOptimizingTransformer(3, 0, machine->get())(&module))
    return error;
  ObjectCode object;
  llvm::raw_svector_ostream out(object);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, out, nullptr, llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("no object files for " + module.getTargetTriple().str());
  passes.run(module);
  return object;
}

llvm::Expected<ObjectCode> alexc::makeObject(llvm::Module &module, const CpuTarget &target) {
  registerMachines();
  return compileModule(module, target);
}

//===----------------------------------------------------------------------===//
// In parallel
//===----------------------------------------------------------------------===//

/// Compiles a module that comes as bitcode, in a context of its own: threads
/// share none.
static llvm::Expected<ObjectCode> compileBitcode(llvm::StringRef bitcode, const CpuTarget &target) {
  llvm::LLVMContext context;
  auto module = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, "part"), context);
  if (!module)
    return module.takeError();
  return compileModule(**module, target);
}

namespace {
struct Job {
  std::string bitcode;
  ObjectCode object;
};
} // namespace

static std::vector<Job> makeJobs(llvm::Module &module) {
  constexpr size_t largestCount = 16; // as many processors have something to do
  std::vector<Job> jobs;
  for (const std::unique_ptr<llvm::Module> &part : splitModule(module, largestCount)) {
    llvm::raw_string_ostream out(jobs.emplace_back().bitcode);
    llvm::WriteBitcodeToFile(*part, out);
  }
  return jobs;
}

llvm::Expected<std::vector<ObjectCode>> alexc::makeObjects(llvm::Module &module,
                                                           const CpuTarget &target) {
  registerMachines();
  std::vector<Job> jobs = makeJobs(module);
  llvm::Error error = llvm::parallelForEachError(jobs, [&](Job &job) -> llvm::Error {
    auto object = compileBitcode(job.bitcode, target);
    if (!object)
      return object.takeError();
    job.object = std::move(*object);
    return llvm::Error::success();
  });
  if (error)
    return error;
  std::vector<ObjectCode> objects;
  for (Job &job : jobs)
    objects.push_back(std::move(job.object));
  return objects;
}
