//===- CpuTarget.cpp - the CPU that kernels are made for ----------------------===//

#include "codegen/CpuTarget.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace alexc;

/// What LLVM may use in kernels and a CPU may lack.
static constexpr llvm::StringLiteral checkedFeatures[] = {"sse3",
                                                          "ssse3",
                                                          "sse4.1",
                                                          "sse4.2",
                                                          "popcnt",
                                                          "avx",
                                                          "avx2",
                                                          "fma",
                                                          "f16c",
                                                          "bmi",
                                                          "bmi2",
                                                          "lzcnt",
                                                          "movbe",
                                                          "avx512f",
                                                          "avx512bw",
                                                          "avx512cd",
                                                          "avx512dq",
                                                          "avx512vl",
                                                          "avx512vbmi",
                                                          "avx512vbmi2",
                                                          "avx512vnni",
                                                          "avx512bitalg",
                                                          "avx512vpopcntdq",
                                                          "avx512bf16"};

/// The features of this machine, and LLVM's string for them. The name of its CPU
/// says too much where a virtual machine hides some.
static llvm::StringSet<> hostFeatures(std::string &text) {
  llvm::StringSet<> present;
  llvm::SubtargetFeatures features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures()) {
    features.AddFeature(feature.getKey(), feature.getValue());
    if (feature.getValue())
      present.insert(feature.getKey());
  }
  std::vector<std::string> sorted = features.getFeatures();
  llvm::sort(sorted); // the same text in every run
  text = llvm::join(sorted, ",");
  return present;
}

/// The features of a CPU; LLVM lists avx2 and leaves out avx, which it implies.
static llvm::StringSet<> featuresOf(llvm::StringRef cpu) {
  llvm::SmallVector<llvm::StringRef> names;
  llvm::X86::getFeaturesForCPU(cpu, names);
  llvm::StringMap<bool> implied;
  llvm::StringSet<> present;
  for (llvm::StringRef name : names) {
    present.insert(name);
    llvm::X86::updateImpliedFeatures(name, true, implied);
  }
  for (const auto &feature : implied)
    if (feature.getValue())
      present.insert(feature.getKey());
  return present;
}

static bool isKnown(llvm::StringRef cpu) {
  return llvm::X86::parseArchX86(cpu, /*Only64Bit=*/true) != llvm::X86::CK_None;
}

/// This machine's CPU; a model that LLVM does not know still has its features.
static std::string hostName() {
  llvm::StringRef name = llvm::sys::getHostCPUName();
  return isKnown(name) ? name.str() : "x86-64";
}

bool CpuTarget::lookup(llvm::StringRef mcpu, CpuTarget &target, std::string &error) {
  target = CpuTarget();
  bool isNative = mcpu == "native";
  target.cpu = isNative ? hostName() : mcpu.str();
  if (!isKnown(target.cpu)) {
    error = "unknown CPU '" + target.cpu +
            "', expected native, x86-64, x86-64-v2, x86-64-v3, x86-64-v4 or a name that LLVM "
            "knows, such as znver4 or skylake-avx512";
    return false;
  }
  llvm::StringSet<> present = isNative ? hostFeatures(target.features) : featuresOf(target.cpu);
  for (llvm::StringRef feature : checkedFeatures)
    if (present.contains(feature))
      target.required.push_back(feature.str());
  bool isAvx512 = present.contains("avx512f");
  target.lanes = isAvx512 ? 16 : present.contains("avx") ? 8 : 4;
  target.registers = isAvx512 ? 32 : 16;
  target.hasFma = present.contains("fma");
  return true;
}
