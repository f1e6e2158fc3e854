//===- GpuTarget.cpp - the GPU that kernels are made for ----------------------===//
//
// Sizes are from the CUDA programming guide (technical specifications per compute
// capability), clocks and bandwidths from the products' data sheets.

#include "codegen/cuda/GpuTarget.h"
#include "llvm/ADT/STLExtras.h"

using namespace alexc;

static constexpr int64_t kilobyte = 1024;

/// A100, RTX 3090, L4, H100, B200, RTX 5090.
static const GpuTarget targets[] = {
    {"sm_80", 108, 65536, 164 * kilobyte, 163 * kilobyte, 2048, 1.41e9, 1.9e12, 64},
    {"sm_86", 82, 65536, 100 * kilobyte, 99 * kilobyte, 1536, 1.70e9, 0.94e12, 128},
    {"sm_89", 58, 65536, 100 * kilobyte, 99 * kilobyte, 1536, 2.04e9, 0.30e12, 128},
    {"sm_90", 132, 65536, 228 * kilobyte, 227 * kilobyte, 2048, 1.83e9, 3.35e12, 128},
    {"sm_100", 148, 65536, 228 * kilobyte, 227 * kilobyte, 2048, 1.97e9, 8.0e12, 128},
    {"sm_120", 170, 65536, 100 * kilobyte, 99 * kilobyte, 1536, 2.41e9, 1.79e12, 128},
};

bool GpuTarget::lookup(llvm::StringRef architecture, GpuTarget &target, std::string &error) {
  const GpuTarget *found = llvm::find_if(
      targets, [&](const GpuTarget &known) { return known.architecture == architecture; });
  if (found != std::end(targets)) {
    target = *found;
    return true;
  }
  error = "unknown GPU architecture '" + architecture.str() + "'; known are";
  for (const GpuTarget &known : targets)
    error += " " + known.architecture;
  return false;
}
