//===- ObjectCache.h - what a slow tool made before -------------*- C++ -*-===//

#ifndef ALEXC_CODEGEN_OBJECTCACHE_H
#define ALEXC_CODEGEN_OBJECTCACHE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace alexc {

/// Files of a folder under keys. Several processes may use one folder. It is kept below
/// 1 GB, and files that nobody reads for 30 days go.
class ObjectCache {
public:
  /// In the folder `alexc` of the user's caches: $XDG_CACHE_HOME, or ~/.cache.
  ObjectCache();

  /// A key that stands for all of `texts`, in their order.
  static std::string keyOf(llvm::ArrayRef<std::string> texts);

  /// What was put under `key`, if it is there.
  std::optional<std::string> get(llvm::StringRef key) const;
  /// A folder that cannot be written to is no error: nothing is kept then.
  void put(llvm::StringRef key, llvm::StringRef bytes) const;
  /// Removes what is old or too much.
  void prune() const;

private:
  std::string fileOf(llvm::StringRef key) const;

  std::string folder; ///< empty: there is none
};

} // namespace alexc

#endif // ALEXC_CODEGEN_OBJECTCACHE_H
