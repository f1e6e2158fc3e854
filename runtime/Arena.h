//===- Arena.h - memory in one piece, in huge pages -------------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_ARENA_H
#define ALEXC_RUNTIME_ARENA_H

#include <cstdint>
#include <utility>

namespace alexrt {

/// Zeroed memory from the system. It costs nothing until it is touched, and
/// is then touched by the threads that compute there.
class Arena {
public:
  Arena() = default;
  /// Throws Error where there is not enough memory.
  explicit Arena(uint64_t bytes);
  ~Arena();
  Arena(Arena &&other) noexcept { swap(other); }
  Arena &operator=(Arena &&other) noexcept {
    swap(other);
    return *this;
  }

  /// Aligned to a page, to a huge one if it is that big. Null if size is 0.
  char *data() const { return start; }
  uint64_t size() const { return byteCount; }

private:
  void swap(Arena &other) noexcept {
    std::swap(mapping, other.mapping);
    std::swap(mappedBytes, other.mappedBytes);
    std::swap(start, other.start);
    std::swap(byteCount, other.byteCount);
  }

  void *mapping = nullptr;
  uint64_t mappedBytes = 0;
  char *start = nullptr;
  uint64_t byteCount = 0;
};

} // namespace alexrt

#endif // ALEXC_RUNTIME_ARENA_H
