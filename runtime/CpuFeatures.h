//===- CpuFeatures.h - what this machine's CPU can do -----------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_CPUFEATURES_H
#define ALEXC_RUNTIME_CPUFEATURES_H

#include <string>
#include <vector>

namespace alexrt {

/// Which of the features (in LLVM's names: "avx2", "avx512f") this CPU, or its
/// operating system, does not support. Names that stand for no instructions of
/// a kernel (tuning, privileged ones) are passed over.
std::vector<std::string> missingCpuFeatures(const std::vector<std::string> &features);

} // namespace alexrt

#endif // ALEXC_RUNTIME_CPUFEATURES_H
