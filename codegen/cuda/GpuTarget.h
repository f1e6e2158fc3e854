//===- GpuTarget.h - the GPU that kernels are made for ----------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_GPUTARGET_H
#define ALEXC_CODEGEN_CUDA_GPUTARGET_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace alexc {

/// What the cost model and reports need to know of a GPU. One product stands for all
/// of its architecture in the cost model: only the order of the costs matters there.
struct GpuTarget {
  std::string product;          ///< "H100"
  std::string architecture;     ///< as for nvcc: "sm_90"
  int64_t multiprocessors;      ///< of the product
  int64_t registers;            ///< 32-bit registers of a multiprocessor
  int64_t sharedBytes;          ///< shared memory that a multiprocessor's blocks have between them
  int64_t sharedBytesOfBlock;   ///< the most that one block may ask for
  int64_t threads;              ///< of a multiprocessor
  int64_t blocks;               ///< of a multiprocessor
  double clockRate;             ///< cycles a second
  double bytesPerSecond;        ///< of the device's memory
  int64_t multiplyAddsPerCycle; ///< f32, of a multiprocessor

  /// The target for `--gpu-arch`. An unknown name gives an error text.
  static bool lookup(llvm::StringRef architecture, GpuTarget &target, std::string &error);
  /// The target for `--gpu`, a product's name. An unknown name gives an error text.
  static bool lookupProduct(llvm::StringRef product, GpuTarget &target, std::string &error);

  double multiplyAddsPerSecond() const {
    return static_cast<double>(multiprocessors * multiplyAddsPerCycle) * clockRate;
  }
};

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_GPUTARGET_H
