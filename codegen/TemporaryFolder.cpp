//===- TemporaryFolder.cpp - a folder that goes away again ---------------------===//

#include "codegen/TemporaryFolder.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

using namespace alexc;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

llvm::Expected<TemporaryFolder> TemporaryFolder::create() {
  llvm::SmallString<128> path;
  if (std::error_code error = fs::createUniqueDirectory("alexc", path))
    return llvm::createStringError("cannot make a temporary folder: " + error.message());
  return TemporaryFolder(path.str().str());
}

llvm::Expected<TemporaryFolder> TemporaryFolder::createBeside(StringRef output) {
  llvm::SmallString<128> folder;
  fs::createUniquePath(output + ".%%%%%%%%", folder, /*MakeAbsolute=*/false);
  std::error_code error = fs::make_absolute(folder); // "-x" is no option then
  if (!error)
    error = fs::create_directory(folder, /*IgnoreExisting=*/false);
  if (error)
    return cannotWrite(output, error.message());
  return TemporaryFolder(folder.str().str());
}

TemporaryFolder::~TemporaryFolder() {
  if (!path.empty())
    fs::remove_directories(path);
}

std::error_code TemporaryFolder::keep(StringRef name) {
  std::error_code error = fs::rename(path, name);
  if (!error)
    path.clear();
  return error;
}
