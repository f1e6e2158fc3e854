//===- TemporaryFolder.h - a folder that goes away again --------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_TEMPORARYFOLDER_H
#define ALEXC_CODEGEN_TEMPORARYFOLDER_H

#include "codegen/OutputFile.h"
#include "llvm/Support/Error.h"
#include <string>

namespace alexc {

/// A folder that is gone, with all that is in it, when this goes, unless it was kept.
class TemporaryFolder {
public:
  /// Among the system's temporary files.
  static llvm::Expected<TemporaryFolder> create();
  /// Beside `output`, whose name it can take in the end.
  static llvm::Expected<TemporaryFolder> createBeside(llvm::StringRef output);
  TemporaryFolder(TemporaryFolder &&other) : path(std::move(other.path)) { other.path.clear(); }
  ~TemporaryFolder();

  const std::string &getPath() const { return path; }
  std::string file(llvm::StringRef name) const { return pathIn(path, name); }
  /// Gives the folder its name.
  std::error_code keep(llvm::StringRef name);

private:
  explicit TemporaryFolder(std::string path) : path(std::move(path)) {}
  std::string path;
};

} // namespace alexc

#endif // ALEXC_CODEGEN_TEMPORARYFOLDER_H
