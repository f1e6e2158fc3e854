//===- OutputFile.h - a file that is there whole or not at all --*- C++ -*-===//

#ifndef ALEXC_CODEGEN_OUTPUTFILE_H
#define ALEXC_CODEGEN_OUTPUTFILE_H

#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>

namespace alexc {

/// The file `name` of `folder`.
std::string pathIn(llvm::StringRef folder, const llvm::Twine &name);

/// "cannot write 'PATH': REASON".
llvm::Error cannotWrite(llvm::StringRef path, const llvm::Twine &reason);

/// Written under a temporary name in the folder of `path`, which it takes in the
/// end. Goes away without commit(), and when a signal ends the process. A device
/// or a pipe, such as /dev/null, is written to in place; of a link, the file that
/// it leads to is written.
class OutputFile {
public:
  static llvm::Expected<OutputFile> create(llvm::StringRef path);
  OutputFile(OutputFile &&) = default;
  ~OutputFile();

  const std::string &temporaryPath() const { return file ? file->TmpName : path; }
  llvm::raw_pwrite_stream &stream() { return *out; }
  /// Ends the writing and gives the file its name.
  llvm::Error commit();

private:
  OutputFile(llvm::StringRef path, llvm::sys::fs::TempFile file);
  OutputFile(llvm::StringRef path, std::unique_ptr<llvm::raw_fd_ostream> device);

  std::string path;
  std::unique_ptr<llvm::sys::fs::TempFile> file; ///< null after commit(), and for a device
  std::unique_ptr<llvm::raw_fd_ostream> out;
};

/// Writes a file of `text`, whole or not at all.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef text);

} // namespace alexc

#endif // ALEXC_CODEGEN_OUTPUTFILE_H
