//===- GpuTarget.h - the GPU that kernels are made for ----------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CUDA_GPUTARGET_H
#define ALEXC_CODEGEN_CUDA_GPUTARGET_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace alexc {

/// Blocks in the second and the third dimension of a grid, at the most.
inline constexpr int64_t mostBlocksDeep = 65535;

/// In which numbers convolutions and matrix products multiply; they add in fp32. tf32 and
/// bf16 are for tensor cores.
enum class Precision { fp32, tf32, bf16 };

/// "fp32", "tf32" or "bf16".
llvm::StringRef nameOf(Precision precision);
/// The precision of a name; an unknown one gives an error text.
bool readPrecision(llvm::StringRef name, Precision &precision, std::string &error);

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
  int64_t tensorMultiplyAddsPerCycle; ///< tf32, of a multiprocessor; bf16 are twice as many

  Precision precision = Precision::fp32; ///< asked for

  /// The target for `--gpu-arch`. An unknown name gives an error text.
  static bool lookup(llvm::StringRef architecture, GpuTarget &target, std::string &error);
  /// The target for `--gpu`, a product's name. An unknown name gives an error text.
  static bool lookupProduct(llvm::StringRef product, GpuTarget &target, std::string &error);

  /// Of a multiprocessor, whose tensor cores take tf32 and bf16.
  int64_t rateOf(Precision numbers) const {
    int64_t tensor = tensorMultiplyAddsPerCycle * (numbers == Precision::bf16 ? 2 : 1);
    return numbers == Precision::fp32 ? multiplyAddsPerCycle : tensor;
  }
  double multiplyAddsPerSecond(Precision numbers = Precision::fp32) const {
    return static_cast<double>(multiprocessors * rateOf(numbers)) * clockRate;
  }
};

} // namespace alexc

#endif // ALEXC_CODEGEN_CUDA_GPUTARGET_H
