//===- ObjectCache.cpp - what a slow tool made before --------------------------===//

#include "codegen/ObjectCache.h"
#include "codegen/OutputFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CachePruning.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

using namespace alexc;
using llvm::StringRef;
namespace path = llvm::sys::path;

ObjectCache::ObjectCache() {
  llvm::SmallString<128> cache;
  if (!path::cache_directory(cache))
    return;
  path::append(cache, "alexc");
  folder = cache.str().str();
}

std::string ObjectCache::keyOf(llvm::ArrayRef<std::string> texts) {
  llvm::SHA256 hash;
  for (const std::string &text : texts) {
    hash.update(std::to_string(text.size()) + ":"); // where one text ends
    hash.update(text);
  }
  return llvm::toHex(hash.final(), /*LowerCase=*/true);
}

/// llvm::pruneCache knows its files by the beginning of their names.
std::string ObjectCache::fileOf(StringRef key) const { return pathIn(folder, "llvmcache-" + key); }

std::optional<std::string> ObjectCache::get(StringRef key) const {
  if (folder.empty())
    return std::nullopt;
  auto file = llvm::MemoryBuffer::getFile(fileOf(key), /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return std::nullopt;
  return (*file)->getBuffer().str();
}

void ObjectCache::put(StringRef key, StringRef bytes) const {
  if (folder.empty() || llvm::sys::fs::create_directories(folder))
    return;
  llvm::Expected<OutputFile> file = OutputFile::create(fileOf(key));
  if (!file)
    return llvm::consumeError(file.takeError());
  file->stream() << bytes;
  llvm::consumeError(file->commit());
}

void ObjectCache::prune() const {
  if (folder.empty())
    return;
  llvm::CachePruningPolicy policy;
  policy.Expiration = std::chrono::hours(24 * 30);
  policy.MaxSizeBytes = uint64_t(1) << 30;
  llvm::pruneCache(folder, policy);
}
