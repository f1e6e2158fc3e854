//===- GpuTarget.cpp - the GPU that kernels are made for ----------------------===//
//
// Sizes are from the CUDA programming guide (technical specifications per compute
// capability), clocks and bandwidths from the products' data sheets.

#include "codegen/cuda/GpuTarget.h"
#include "llvm/ADT/STLExtras.h"

using namespace alexc;

static constexpr int64_t kilobyte = 1024;

/// Tensor rates are of dense matrices. The first product of an architecture stands for it.
static const GpuTarget targets[] = {
    {"A100", "sm_80", 108, 65536, 164 * kilobyte, 163 * kilobyte, 2048, 32, 1.41e9, 1.94e12, 64,
     512},
    {"RTX-3090", "sm_86", 82, 65536, 100 * kilobyte, 99 * kilobyte, 1536, 16, 1.70e9, 0.94e12, 128,
     128},
    {"L4", "sm_89", 58, 65536, 100 * kilobyte, 99 * kilobyte, 1536, 24, 2.04e9, 0.30e12, 128, 256},
    {"RTX-4090", "sm_89", 128, 65536, 100 * kilobyte, 99 * kilobyte, 1536, 24, 2.52e9, 1.01e12, 128,
     128},
    {"H100", "sm_90", 132, 65536, 228 * kilobyte, 227 * kilobyte, 2048, 32, 1.98e9, 3.35e12, 128,
     1024},
    {"H200", "sm_90", 132, 65536, 228 * kilobyte, 227 * kilobyte, 2048, 32, 1.98e9, 4.8e12, 128,
     1024},
    {"B200", "sm_100", 148, 65536, 228 * kilobyte, 227 * kilobyte, 2048, 32, 1.97e9, 8.0e12, 128,
     2048},
    {"RTX-5090", "sm_120", 170, 65536, 100 * kilobyte, 99 * kilobyte, 1536, 24, 2.41e9, 1.79e12,
     128, 128},
};

static constexpr llvm::StringLiteral precisions[] = {"fp32", "tf32", "bf16"};

llvm::StringRef alexc::nameOf(Precision precision) {
  return precisions[static_cast<int>(precision)];
}

bool alexc::readPrecision(llvm::StringRef name, Precision &precision, std::string &error) {
  const auto *known = llvm::find(precisions, name);
  if (known != std::end(precisions)) {
    precision = static_cast<Precision>(known - precisions);
    return true;
  }
  error = "unknown precision '" + name.str() + "'; known are fp32 tf32 bf16";
  return false;
}

/// The first target whose `member` is `name`; an unknown name gives an error text.
static bool find(llvm::StringRef kind, llvm::StringRef name, std::string GpuTarget::*member,
                 GpuTarget &target, std::string &error) {
  const GpuTarget *found =
      llvm::find_if(targets, [&](const GpuTarget &known) { return known.*member == name; });
  if (found != std::end(targets)) {
    target = *found;
    return true;
  }
  error = "unknown " + kind.str() + " '" + name.str() + "'; known are";
  llvm::StringRef last;
  for (const GpuTarget &known : targets)
    if (known.*member != last)
      error += " " + (last = known.*member).str();
  return false;
}

bool GpuTarget::lookup(llvm::StringRef architecture, GpuTarget &target, std::string &error) {
  return find("GPU architecture", architecture, &GpuTarget::architecture, target, error);
}

bool GpuTarget::lookupProduct(llvm::StringRef product, GpuTarget &target, std::string &error) {
  return find("GPU", product, &GpuTarget::product, target, error);
}
