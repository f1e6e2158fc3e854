//===- OutputFile.cpp - a file that is there whole or not at all ---------------===//

#include "codegen/OutputFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"

using namespace alexc;
namespace fs = llvm::sys::fs;

std::string alexc::pathIn(llvm::StringRef folder, const llvm::Twine &name) {
  llvm::SmallString<128> result(folder);
  llvm::sys::path::append(result, name);
  return result.str().str();
}

llvm::Error alexc::cannotWrite(llvm::StringRef path, const llvm::Twine &reason) {
  return llvm::createStringError("cannot write '" + path + "': " + reason);
}

OutputFile::OutputFile(llvm::StringRef path, std::unique_ptr<llvm::raw_fd_ostream> device)
    : path(path), out(std::move(device)) {}

OutputFile::OutputFile(llvm::StringRef path, fs::TempFile temporary)
    : path(path), file(std::make_unique<fs::TempFile>(std::move(temporary))),
      out(std::make_unique<llvm::raw_fd_ostream>(file->FD, /*shouldClose=*/false)) {}

/// The stream that /dev/stdout or /dev/stderr stands for, which may be a file with
/// other text in it; null for other names.
static std::unique_ptr<llvm::raw_fd_ostream> standardStream(llvm::StringRef path) {
  int descriptor = path == "/dev/stdout" ? 1 : path == "/dev/stderr" ? 2 : -1;
  return descriptor < 0 ? nullptr
                        : std::make_unique<llvm::raw_fd_ostream>(descriptor, /*shouldClose=*/false);
}

llvm::Expected<OutputFile> OutputFile::create(llvm::StringRef path) {
  if (fs::is_directory(path))
    return cannotWrite(path, "it is a folder");
  if (std::unique_ptr<llvm::raw_fd_ostream> stream = standardStream(path))
    return OutputFile(path, std::move(stream));
  if (fs::exists(path) && !fs::is_regular_file(path)) {
    std::error_code error;
    auto device = std::make_unique<llvm::raw_fd_ostream>(path, error);
    return error ? cannotWrite(path, error.message())
                 : llvm::Expected<OutputFile>(OutputFile(path, std::move(device)));
  }
  llvm::SmallString<128> target(path);
  if (fs::is_symlink_file(path) && fs::real_path(path, target))
    target = path; // leads nowhere: the file takes the link's place
  llvm::Expected<fs::TempFile> temporary = fs::TempFile::create(target + ".%%%%%%%%");
  if (!temporary)
    return cannotWrite(path, llvm::toString(temporary.takeError()));
  return OutputFile(target, std::move(*temporary));
}

llvm::Error OutputFile::commit() {
  out->flush();
  if (std::error_code error = out->error())
    return cannotWrite(path, error.message());
  if (!file)
    return llvm::Error::success();
  llvm::Error error = file->keep(path);
  file.reset();
  return error ? cannotWrite(path, llvm::toString(std::move(error))) : llvm::Error::success();
}

OutputFile::~OutputFile() {
  if (out)
    out->clear_error(); // or it ends the process; the error is reported elsewhere
  if (file)
    llvm::consumeError(file->discard());
}

llvm::Error alexc::writeFile(llvm::StringRef path, llvm::StringRef text) {
  llvm::Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  file->stream() << text;
  return file->commit();
}
