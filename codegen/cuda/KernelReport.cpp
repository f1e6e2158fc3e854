//===- KernelReport.cpp - what a kernel costs before it runs -------------------===//

#include "codegen/cuda/KernelReport.h"
#include "codegen/Link.h"
#include "codegen/OutputFile.h"
#include "codegen/TemporaryFolder.h"
#include "codegen/cuda/CudaPrinter.h"
#include "codegen/cuda/CudaSource.h"
#include "dialect/Alexrt.h"
#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// On any GPU
//===----------------------------------------------------------------------===//

double KernelCost::excess(bool ofShared) const {
  double units = 0, least = 0;
  for (const MemoryAccess &access : accesses)
    if (access.isKnown && access.isShared == ofShared) {
      units += access.requests * access.units;
      least += access.requests * access.least;
    }
  return least > 0 ? units / least : 1;
}

bool KernelCost::isKnown(bool ofShared) const {
  return llvm::all_of(accesses, [&](const MemoryAccess &access) {
    return access.isKnown || access.isShared != ofShared;
  });
}

double KernelCost::computeSeconds(const GpuTarget &gpu) const {
  return static_cast<double>(operations) / (2 * gpu.multiplyAddsPerSecond(precision));
}

double KernelCost::memorySeconds(const GpuTarget &gpu) const {
  return static_cast<double>(bytes) / gpu.bytesPerSecond;
}

static KernelCost kernelCost(gpu::GPUFuncOp kernel, StringRef name) {
  KernelCost cost;
  cost.name = name.str();
  cost.blocks = blocksOf(kernel);
  cost.threads = threadsOf(kernel);
  cost.sharedBytes = sharedBytes(kernel);
  cost.bytes = bytesOf(kernel.getArgumentTypes());
  cost.accesses = analyzeAccesses(kernel);
  kernel.walk([&](nvgpu::MmaSyncOp product) {
    cost.precision = product.getTf32Enabled() ? Precision::tf32 : Precision::bf16;
  });
  return cost;
}

NetworkCost alexc::costOf(ModuleOp module, const CudaKernels &source) {
  NetworkCost network;
  auto description = module->getAttrOfType<DictionaryAttr>("alex.network");
  auto networkName = description ? description.getAs<StringAttr>("name") : nullptr;
  network.network = networkName ? networkName.str() : "network";
  llvm::DenseMap<StringRef, size_t> numbers;
  module.walk([&](gpu::GPUFuncOp kernel) {
    auto name = source.functions.find(kernel.getName());
    if (name == source.functions.end())
      return;
    numbers[kernel.getName()] = network.kernels.size();
    network.kernels.push_back(kernelCost(kernel, name->second));
  });
  for (auto program : module.getOps<ProgramOp>()) {
    ProgramCost cost{program.getSymName().str(), {}};
    for (auto launch : program.getOps<LaunchOp>()) {
      auto number = numbers.find(launch.getKernel());
      if (number == numbers.end())
        continue;
      KernelCost &kernel = network.kernels[number->second];
      kernel.operations = 2 * launch.getMacs();
      if (kernel.layer.empty())
        kernel.layer = launch.getLayer().str();
      cost.launches.push_back(number->second);
    }
    network.programs.push_back(std::move(cost));
  }
  return network;
}

//===----------------------------------------------------------------------===//
// On one
//===----------------------------------------------------------------------===//

std::string alexc::findDisassembler(const CudaCompiler &compiler) {
  if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName("nvdisasm"))
    return *found;
  std::string home = llvm::sys::Process::GetEnv("CUDA_HOME").value_or("");
  StringRef beside = llvm::sys::path::parent_path(compiler.program);
  for (const std::string &folder : {beside.str(), home + "/bin"})
    if (auto found = llvm::sys::findProgramByName("nvdisasm", {StringRef(folder)}))
      return *found;
  return "";
}

/// Adds the loops of a file to `code`.
static llvm::Error disassemble(const CompiledFile &file, StringRef disassembler,
                               NetworkCode &code) {
  llvm::Expected<TemporaryFolder> folder = TemporaryFolder::create();
  if (!folder)
    return folder.takeError();
  std::string cubin = folder->file("kernels.cubin"), text;
  if (llvm::Error error = writeFile(cubin, file.bytes))
    return error;
  if (llvm::Error failed = runTool("disassembling", {disassembler.str(), "-c", cubin}, &text))
    return failed;
  for (auto &[name, loop] : readDisassembly(text))
    code.loops[name] = loop;
  return llvm::Error::success();
}

llvm::Expected<NetworkCode> alexc::codeOf(llvm::ArrayRef<SourceFile> files, CudaCompiler compiler,
                                          StringRef architecture, const CudaRuntimeFiles &cuda,
                                          StringRef disassembler) {
  compiler.architectures = {architecture.str()};
  auto compiled = compileCuda(files, compiler, cuda, CodeForm::cubin);
  if (!compiled)
    return compiled.takeError();
  NetworkCode code;
  for (const CompiledFile &file : *compiled) {
    for (auto &[name, resources] : readPtxasLog(file.log))
      code.resources[name] = resources;
    if (disassembler.empty() || !code.disassemblyError.empty())
      continue;
    if (llvm::Error error = disassemble(file, disassembler, code))
      code.disassemblyError = llvm::toString(std::move(error));
  }
  return code;
}
