//===- BinaryRun.h - run a compiled network on a trial ----------*- C++ -*-===//

#ifndef ALEXC_TOOLS_BINARYRUN_H
#define ALEXC_TOOLS_BINARYRUN_H

#include "codegen/TemporaryFolder.h"
#include "tools/Oracle.h"
#include "llvm/Support/Error.h"

namespace alexc {

/// A generated binary and the files that it is run on.
class BinaryRun {
public:
  /// How the binary is run.
  struct Options {
    int threads = 0; ///< 0: one for each CPU
    bool guard = false;
  };

  /// Writes the trial's parameters into `folder`.
  static llvm::Expected<BinaryRun> create(std::string binary, const TemporaryFolder &folder,
                                          const Trial &trial, const Options &options);

  /// The layers whose value exists in memory at this batch size.
  llvm::Expected<std::vector<std::string>> layersInMemory(int64_t batch) const;
  /// What `run` calls the network's result; no layer has this name.
  static constexpr const char *output = "";
  /// Runs `input` (N, C, H, W) and returns the values of `layers`, by name, and the
  /// network's result.
  llvm::Expected<std::map<std::string, TensorValue>> run(const TensorValue &input,
                                                         llvm::ArrayRef<std::string> layers) const;

  /// Runs the trial's images, labels and step at this batch size through the
  /// entry of training of a kind. Returns the file of its results, which the
  /// next run overwrites.
  llvm::Expected<std::string> runTraining(llvm::StringRef kind, int64_t batch,
                                          const Trial &trial) const;

private:
  BinaryRun(std::string binary, const TemporaryFolder &folder, const Options &options)
      : binary(std::move(binary)), folder(&folder), options(options) {}
  llvm::Error execute(std::vector<std::string> arguments) const;
  /// Executes with the options of all runs added.
  llvm::Error executeNetwork(std::vector<std::string> arguments) const;

  std::string binary;
  const TemporaryFolder *folder;
  Options options;
};

} // namespace alexc

#endif // ALEXC_TOOLS_BINARYRUN_H
