//===- CpuTarget.h - the CPU that kernels are made for ----------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_CPUTARGET_H
#define ALEXC_CODEGEN_CPUTARGET_H

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace alexc {

/// What generators need to know of a CPU: tiles follow from it.
struct CpuTarget {
  std::string cpu;                   ///< LLVM's name: "znver5", "x86-64-v3"
  std::string features;              ///< LLVM's feature string, for the native CPU
  std::vector<std::string> required; ///< what a binary checks at its start: "avx2", "fma"
  int64_t lanes = 4;                 ///< floats of a vector register: 4, 8 or 16
  int64_t registers = 16;            ///< vector registers
  bool hasFma = false;

  /// The target for `--mcpu`; "native" is this machine. An unknown name gives
  /// an error text.
  static bool lookup(llvm::StringRef mcpu, CpuTarget &target, std::string &error);
};

} // namespace alexc

#endif // ALEXC_CODEGEN_CPUTARGET_H
