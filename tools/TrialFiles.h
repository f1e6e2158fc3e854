//===- TrialFiles.h - images and parameters in files ------------*- C++ -*-===//
//
// The runtime's file formats for the oracle's values. Each error names the file.

#ifndef ALEXC_TOOLS_TRIALFILES_H
#define ALEXC_TOOLS_TRIALFILES_H

#include "tools/Oracle.h"
#include "llvm/Support/Error.h"

namespace alexc {

/// What `action`, of the runtime, returns; its exception as an error.
template <typename Action>
auto catching(Action action) -> llvm::Expected<decltype(action())> {
  try {
    return action();
  } catch (const std::exception &error) {
    return llvm::createStringError(error.what());
  }
}

/// Reads a .npy file of fp32.
llvm::Expected<TensorValue> readValue(const std::string &path);
/// Writes `value` as a .npy file of fp32.
llvm::Error writeValue(const std::string &path, const TensorValue &value);

/// Reads the images that `entry` takes, as many as its batch has, from a .npy
/// file.
llvm::Error readImages(const std::string &path, mlir::func::FuncOp entry, Trial &trial);
/// Reads those of the trial's parameters that `entry` takes from a safetensors
/// file, which must have them all.
llvm::Error readParameters(const std::string &path, mlir::func::FuncOp entry, Trial &trial);
/// Reads one tensor of a safetensors file.
llvm::Expected<TensorValue> readTensor(const std::string &path, const std::string &name,
                                       llvm::ArrayRef<int64_t> shape);
/// Writes all of the trial's parameters, and momenta where it has them, as a
/// safetensors file.
llvm::Error writeParameters(const std::string &path, const Trial &trial);

} // namespace alexc

#endif // ALEXC_TOOLS_TRIALFILES_H
